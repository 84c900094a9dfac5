package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestModelSynth(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "model")
	file := filepath.Join(t.TempDir(), "model.gguf")
	code, stdout, stderr := seedls(t, "", "model", "synth", "--shape", "seed-8m", "--out", dir, "--gguf", file, "--seed", "3")
	if code != 0 || stdout != dir+": seed-8m with random weights of seed 3\n" || stderr != "" {
		t.Fatalf("exit code %d, stdout %q, stderr %q", code, stdout, stderr)
	}
	if info, err := os.Stat(file); err != nil || info.Size() < 9e6 {
		t.Errorf("the GGUF: %v, %v", info, err)
	}

	// It has the sizes of the built-in model, and completes.
	var infos [2]map[string]any
	for i, args := range [][]string{{"--model", dir}, nil} {
		code, stdout, stderr := seedls(t, "", append([]string{"model", "info", "--json"}, args...)...)
		if err := json.Unmarshal([]byte(stdout), &infos[i]); code != 0 || err != nil {
			t.Fatalf("exit code %d, %v, stderr %q", code, err, stderr)
		}
	}
	for _, key := range []string{"backbone", "parameters", "attention", "prompt_tokens", "max_positions", "stored_bytes"} {
		if infos[0][key] != infos[1][key] {
			t.Errorf("%s is %v, and %v in the built-in model", key, infos[0][key], infos[1][key])
		}
	}
	var answer struct{ Raw string }
	_, stdout, _ = seedls(t, "", "complete", demo, "--model", dir, "--block", "8", "--blocks", "1", "--json")
	if err := json.Unmarshal([]byte(stdout), &answer); err != nil || answer.Raw == "" {
		t.Errorf("%v: %s", err, stdout)
	}
}

func TestModelSynthUsage(t *testing.T) {
	for want, args := range map[string][]string{
		`"gpt-5": use one of seed-8m`: {"--shape", "gpt-5", "--out", "x"},
		`"out" not set`:               {"--shape", "seed-8m"},
		`"shape" not set`:             {"--out", "x"},
	} {
		code, _, stderr := seedls(t, "", append([]string{"model", "synth"}, args...)...)
		if code != 2 || !strings.Contains(stderr, want) {
			t.Errorf("%q: exit code %d, stderr %q", args, code, stderr)
		}
	}
	if code, _, stderr := seedls(t, "", "model", "synth", "--shape", "seed-8m", "--out", "testdata"); code != 1 ||
		!strings.Contains(stderr, "testdata is not empty") {
		t.Errorf("exit code %d, stderr %q", code, stderr)
	}
	if _, stdout, _ := seedls(t, "", "__complete", "model", "synth", "--shape", ""); !strings.Contains(stdout, "qwen2.5-coder-0.5b\n") {
		t.Errorf("completion of --shape offers %q", stdout)
	}
}
