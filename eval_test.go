package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"seedls/engine/kernel"
)

// TestEval measures a few holes and looks at all that is written.
func TestEval(t *testing.T) {
	if kernel.Best().Name() == "go" {
		t.Skip("built without cgo: with the Go kernel this takes minutes")
	}
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	code, stdout, stderr := seedls(t, "", "eval", "humaneval-infilling", "holdout", "--limit", "5", "--modes", "diffusion,ar,diffusion+order", "--seed", "3",
		"--json", file("a.json"), "--report", file("EVAL.md"), "--plot", file("a.svg"), "--plot-order", file("order.svg"), "--cache", file("cache"))
	if code != 0 || !strings.Contains(stdout, "### holdout") || !strings.Contains(stderr, "frontier: 27 done") || strings.Contains(stderr, "\x1b") {
		t.Fatalf("exit code %d, stdout %q, stderr %q", code, stdout, stderr)
	}
	data, err := os.ReadFile(file("a.json"))
	if err != nil {
		t.Fatal(err)
	}
	var results []struct {
		Suite, Model string
		N, Seed      int
		Modes        []map[string]any
		Order        map[string]any
	}
	if err := json.Unmarshal(data, &results); err != nil || len(results) != 2 {
		t.Fatalf("%v: %s", err, data)
	}
	for i, suite := range []string{"humaneval-infilling", "holdout"} {
		r := results[i]
		if r.Suite != suite || r.Model != "seed-go-8m" || r.N != 5 || r.Seed != 3 || len(r.Modes) != 3 || len(r.Order) == 0 || r.Modes[0]["mode"] != "diffusion" {
			t.Errorf("%+v", r)
		}
		for _, key := range []string{"exact_match", "edit_similarity", "parse_valid", "tokens_per_second", "tokens_per_forward", "ms_mean", "ms_p50", "ms_p95", "intervals"} {
			if r.Modes[1][key] == nil {
				t.Errorf("%s: no %s", suite, key)
			}
		}
		if _, ok := r.Modes[1]["pass_at_1"]; ok != (suite != "holdout") {
			t.Errorf("%s: pass_at_1 is there: %v", suite, ok)
		}
	}
	page, err := os.ReadFile(file("EVAL.md"))
	if err != nil || !strings.Contains(string(page), "(a.svg)") || !strings.Contains(string(page), "(order.svg)") ||
		!strings.Contains(string(page), "- blocks: 16 tokens\n- holes: chosen by the seed 3\n") || !strings.Contains(string(page), "### humaneval-infilling") {
		t.Errorf("%v: %s", err, page)
	}
	for _, name := range []string{"a.svg", "order.svg"} {
		if picture, err := os.ReadFile(file(name)); err != nil || !strings.HasPrefix(string(picture), "<svg") {
			t.Errorf("%v: %.40s", err, picture)
		}
	}
}

func TestEvalErrors(t *testing.T) {
	for _, test := range []struct {
		args string
		want string
	}{
		{"eval", "at least 1"},
		{"eval everything", `"everything"`},
		{"eval holdout --modes beam", `"beam"`},
		{"eval holdout --limit -1", "--limit -1"},
		{"eval holdout --plot-order a.svg --modes ar,diffusion", "diffusion+order among --modes"},
		{"eval holdout --block 129", "block 129"},
		{"eval holdout --json no/such/folder/a.json", "no/such/folder"},
	} {
		code, stdout, stderr := seedls(t, "", strings.Fields(test.args)...)
		if code != 2 || stdout != "" || !strings.Contains(stderr, test.want) {
			t.Errorf("%s: exit code %d, stdout %q, stderr %q", test.args, code, stdout, stderr)
		}
	}
}
