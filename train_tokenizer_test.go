package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"seedls/engine/tokenizer"
)

func TestTrainTokenizer(t *testing.T) {
	out := filepath.Join(t.TempDir(), "tokenizer.json")
	args := []string{"train", "tokenizer", "--vocab", "1200", "--superwords", "400", "--out", out, "engine"}
	code, stdout, stderr := seedls(t, "", args...)
	if code != 0 || stderr != "" || !strings.Contains(stdout, "1200 tokens, 400 of them superwords") {
		t.Fatalf("exit code %d, stdout %q, stderr %q", code, stdout, stderr)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := tokenizer.Parse(data, 1200)
	if err != nil || tokens.Size() != 1200 {
		t.Fatalf("%d tokens: %v", tokens.Size(), err)
	}

	// Measuring on other files changes what is learned from, and says how well it is written.
	code, stdout, stderr = seedls(t, "", append(args, "--held-out", "engine/tokenizer", "--json")...)
	var result struct {
		Vocab         int
		Bytes         int64   `json:"bytes"`
		HeldOutBytes  int64   `json:"held_out_bytes"`
		HeldOutTokens int64   `json:"held_out_tokens"`
		BytesPerToken float64 `json:"bytes_per_token"`
	}
	if err := json.Unmarshal([]byte(stdout), &result); code != 0 || err != nil {
		t.Fatalf("exit code %d, %v, stdout %q, stderr %q", code, err, stdout, stderr)
	}
	if data, err = os.ReadFile(out); err != nil {
		t.Fatal(err)
	}
	if tokens, err = tokenizer.Parse(data, 1200); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("engine/tokenizer/split.go")
	if err != nil {
		t.Fatal(err)
	}
	share := float64(len(text)) / float64(len(tokens.EncodeText(nil, string(text))))
	if result.Vocab != 1200 || result.HeldOutBytes < int64(len(text)) || result.Bytes < result.HeldOutBytes ||
		result.BytesPerToken < 2 || result.BytesPerToken > 5 || share < 2 || share > 5 {
		t.Errorf("%+v; %.2f bytes a token in one of the files", result, share)
	}

	// A run that fails leaves the file as it is, and nothing else.
	code, _, _ = seedls(t, "", append(args, "--vocab", "90000")...)
	again, err := os.ReadFile(out)
	if code != 1 || err != nil || !bytes.Equal(again, data) {
		t.Errorf("exit code %d, %v, changed: %t", code, err, !bytes.Equal(again, data))
	}
	if left, err := os.ReadDir(filepath.Dir(out)); err != nil || len(left) != 1 {
		t.Errorf("left: %v, %v", left, err)
	}
}

func TestTrainTokenizerErrors(t *testing.T) {
	empty := t.TempDir()
	for _, c := range []struct {
		code int
		want string
		args []string
	}{
		{2, `"out" not set`, []string{"engine"}},
		{2, "wants text: paths of files and directories, or --corpus FILE", []string{"--out", "x"}},
		{2, "want 272, for 16 special tokens and the 256 bytes", []string{"--out", "x", "--vocab", "200", "engine"}},
		{2, "9000 superwords in a vocabulary of 8192 tokens", []string{"--out", "x", "--vocab", "8192", "--superwords", "9000", "engine"}},
		{2, "a sample of 0 bytes", []string{"--out", "x", "--sample", "0", "engine"}},
		{2, "0 threads", []string{"--out", "x", "--threads", "0", "engine"}},
		{1, "no file with the extension", []string{"--out", "x", empty}},
		{1, "--held-out: ", []string{"--out", "x", "--held-out", empty, "engine"}},
		{1, "nowhere", []string{"--out", "x", filepath.Join(empty, "nowhere")}},
		{1, "not 16112: add text", []string{"--out", "x", "--superwords", "0", "engine/tokenizer/lines.go"}},
	} {
		code, _, stderr := seedls(t, "", append([]string{"train", "tokenizer"}, c.args...)...)
		if code != c.code || !strings.Contains(stderr, c.want) {
			t.Errorf("%q: exit code %d, stderr %q", c.args, code, stderr)
		}
	}
	if _, err := os.Stat("x"); err == nil {
		t.Error("a run that failed wrote a file")
	}
}

// TestTrainTokenizerOnCorpus learns from what train corpus wrote, and measures on what that held out.
func TestTrainTokenizerOnCorpus(t *testing.T) {
	dir := t.TempDir()
	file, out := filepath.Join(dir, "corpus"), filepath.Join(dir, "tokenizer.json")
	if code, _, stderr := seedls(t, "", "train", "corpus", "--out", file, "."); code != 0 {
		t.Fatalf("exit code %d, %s", code, stderr)
	}
	code, stdout, stderr := seedls(t, "", "train", "tokenizer", "--corpus", file, "--vocab", "1200", "--superwords", "400", "--out", out, "--json")
	var result tokenizerResult
	if err := json.Unmarshal([]byte(stdout), &result); code != 0 || err != nil {
		t.Fatalf("exit code %d, %v, stderr %q", code, err, stderr)
	}
	if result.Vocab != 1200 || result.HeldOutBytes == 0 || result.Bytes < result.HeldOutBytes || result.BytesPerToken < 2 {
		t.Errorf("%+v", result)
	}
	for _, args := range [][]string{{"--corpus", file, "."}, nil, {"--corpus", filepath.Join(dir, "none")}} {
		if code, _, stderr := seedls(t, "", append([]string{"train", "tokenizer", "--out", out}, args...)...); code == 0 || stderr == "" {
			t.Errorf("%q: exit code %d, stderr %q", args, code, stderr)
		}
	}
}
