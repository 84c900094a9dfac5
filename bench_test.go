package main

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// asSeedls is set where a test has the test's own binary started as seedls.
const asSeedls = "SEEDLS_TEST_AS_SEEDLS"

// TestBench measures the built-in model, and one that has no prompt and predicts no next token.
func TestBench(t *testing.T) {
	t.Setenv(asSeedls, "1")
	missing := []string{"ar_tokens_per_second", "speedup", "decode_tokens_per_second", "decode_share_of_bandwidth", "startup_ms", "first_answer_ms"}
	for _, test := range []struct {
		args    []string
		missing []string
	}{
		{[]string{"--threads", "2"}, nil},
		{[]string{"--threads", "1", "--model", "testdata/models/arch/tiny-qwen2-full-shift"}, missing},
	} {
		plot := filepath.Join(t.TempDir(), "a.svg")
		code, stdout, stderr := seedls(t, "", append([]string{"bench", "--json", "--runs", "1", "--plot", plot}, test.args...)...)
		if code != 0 || stderr != "" {
			t.Fatalf("exit code %d, stderr %q", code, stderr)
		}
		var got map[string]any
		if err := json.Unmarshal([]byte(stdout), &got); err != nil {
			t.Fatalf("%v: %s", err, stdout)
		}
		for _, key := range []string{"model", "kernel", "precision"} {
			if text, _ := got[key].(string); text == "" {
				t.Errorf("%s is %v", key, got[key])
			}
		}
		for _, key := range append([]string{
			"threads", "parameters", "weight_bytes", "peak_gops", "bandwidth_gbs", "prefill_tokens_per_second",
			"diffusion_tokens_per_second", "tokens_per_forward", "block_size", "prefill_share_of_peak", "rss_bytes",
		}, missing...) {
			if value, ok := got[key]; slices.Contains(test.missing, key) {
				if !ok || value != nil {
					t.Errorf("%s is %v, want null", key, value)
				}
			} else if !positive(value) {
				t.Errorf("%s is %v", key, value)
			}
		}
		completions := got["completions"].(map[string]any)
		if !positive(completions["p50_ms"]) || !positive(completions["p95_ms"]) || positive(completions["ar_p50_ms"]) != (test.missing == nil) {
			t.Errorf("completions are %v", completions)
		}
		before := 0.0
		for _, c := range got["profile"].([]any) {
			c := c.(map[string]any)
			if canvas := c["canvas"].(float64); canvas <= before || !positive(c["latency_us"]) {
				t.Errorf("after a canvas of %v: %v", before, c)
			} else {
				before = canvas
			}
		}
		if ceilings := got["ceilings"].([]any); before != 128 || len(ceilings) < 2 || (len(got["left_out"].([]any)) > 0) != (test.missing != nil) {
			t.Errorf("canvases to %v, ceilings %v, left out %v", before, ceilings, got["left_out"])
		}
		if picture, err := os.ReadFile(plot); err != nil || !strings.HasPrefix(string(picture), "<svg") {
			t.Errorf("%v: %.40s", err, picture)
		}
	}
}

// positive says whether a value of JSON is a positive number.
func positive(value any) bool {
	number, ok := value.(float64)
	return ok && number > 0 && !math.IsInf(number, 0)
}

func TestBenchErrors(t *testing.T) {
	for _, test := range []struct {
		args string
		code int
		want string
	}{
		{"bench now", 2, "unknown command"},
		{"bench --runs 0", 2, "--runs 0"},
		{"bench --threads 0", 2, "--threads 0"},
		{"bench --plot no/such/folder/a.svg", 2, "no/such/folder"},
		{"bench --model testdata/demo", 1, "config.json"},
	} {
		code, stdout, stderr := seedls(t, "", strings.Fields(test.args)...)
		if code != test.code || stdout != "" || !strings.Contains(stderr, test.want) {
			t.Errorf("%s: exit code %d, stdout %q, stderr %q", test.args, code, stdout, stderr)
		}
	}
}
