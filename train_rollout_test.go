package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"seedls/engine/train/corpus"
	"seedls/engine/train/rollout"
	"seedls/engine/train/sample"
)

const trainingText = "engine/train/trainer/testdata/corpus"

// TestTrainRollout has the built-in model fill holes, twice the same, and trains it on how it did.
func TestTrainRollout(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "trajectories")
	roll := func(extra ...string) rollingResult {
		t.Helper()
		args := append([]string{"train", "rollout", "--corpus", trainingText, "--holes", "15", "--seeds", "2", "--json"}, extra...)
		code, stdout, stderr := seedls(t, "", args...)
		require.Zero(t, code, stderr)
		var r rollingResult
		require.NoError(t, json.Unmarshal([]byte(stdout), &r))
		return r
	}
	r := roll("--out", file)
	require.Positive(t, r.Verified)
	require.Positive(t, r.ForwardsPerToken)
	kept, err := rollout.Read(file)
	require.NoError(t, err)
	require.Len(t, kept, r.Kept)
	again := roll("--threads", "3")
	require.Equal(t, r.Stats, again.Stats)

	config := filepath.Join(dir, "run.toml")
	data, err := filepath.Abs(trainingText)
	require.NoError(t, err)
	model, err := filepath.Abs("engine/builtin/seed-go-8m")
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(config, fmt.Appendf(nil, `corpus = %q
init = %q
[steps]
total = 3
sequences = 2
warm_up = 1
decay = 1
rate = 0.0001
evaluate = 3
held_out = 2
[trajectories]
file = "trajectories"
share = 1.0
`, data, model), 0o666))
	code, _, stderr := seedls(t, "", "train", "run", "--config", config)
	require.Zero(t, code, stderr)
	code, _, stderr = seedls(t, "", "train", "rollout", "--corpus", trainingText, "--holes", "0")
	require.Equal(t, 2, code)
	require.Contains(t, stderr, "want at least 1")
}

func TestJudgeWantsNamesToResolve(t *testing.T) {
	wantsParsers(t)
	const text = "package p\n\nfunc double(number int) int {\n\treturn number * 2 + zero\n}\n"
	start := strings.Index(text, "number *")
	judge := codeJudge{}
	hole := &sample.Hole{Document: corpus.Document{Path: "double.go", Text: text}, Start: start, End: start + len("number * 2")}
	for text, want := range map[string]rollout.Verdict{
		"number * 2":    {OK: true, Similarity: 1},
		"number + 2":    {OK: true, Similarity: 0.9},
		"number * zero": {OK: true, Similarity: 0.7},
		"figure * 2":    {Similarity: 0.5},
		"number * (":    {Similarity: 0.9},
	} {
		verdict, err := judge.Verify(t.Context(), hole, text)
		require.NoError(t, err)
		require.Equal(t, want.OK, verdict.OK, text)
		require.InDelta(t, want.Similarity, verdict.Similarity, 0.1, text)
	}
}

// TestTrainPolicy goes two rounds, and then finds them done.
func TestTrainPolicy(t *testing.T) {
	dir := t.TempDir()
	config := filepath.Join(dir, "policy.toml")
	data, err := filepath.Abs(trainingText)
	require.NoError(t, err)
	model, err := filepath.Abs("engine/builtin/seed-go-8m")
	require.NoError(t, err)
	text := fmt.Sprintf(`corpus = %q
init = %q
out = "policy"
[steps]
total = 2
sequences = 2
warm_up = 1
decay = 1
rate = 0.0001
evaluate = 2
held_out = 2
`, data, model)
	require.NoError(t, os.WriteFile(config, []byte(text), 0o666))
	args := []string{"train", "policy", "--config", config, "--rounds", "2", "--holes", "12", "--measured", "8", "--similarity", "0", "--likelihood", "-20", "--margin", "1", "--json"}
	code, stdout, stderr := seedls(t, "", args...)
	require.Zero(t, code, stderr)
	var rounds []policyRound
	require.NoError(t, json.Unmarshal([]byte(stdout), &rounds))
	require.Len(t, rounds, 3)
	for i, r := range rounds[1:] {
		require.Equal(t, filepath.Join(dir, "policy", fmt.Sprintf("round-%02d", i+1), "model"), r.Model)
		require.Positive(t, r.Preferred)
		require.True(t, r.Kept)
	}
	_, again, stderr := seedls(t, "", args...)
	require.Equal(t, stdout, again, stderr)

	require.NoError(t, os.WriteFile(config, fmt.Appendf(nil, "corpus = %q\n", data), 0o666))
	code, _, stderr = seedls(t, "", "train", "policy", "--config", config)
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "init is empty")
}
