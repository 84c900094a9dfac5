package trainer

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// settings writes a TOML file.
func settings(t testing.TB, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "run.toml")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o666))
	return file
}

// TestWhatIsWrittenIsRead changes each setting of a configuration, by what the other has in its place.
func TestWhatIsWrittenIsRead(t *testing.T) {
	other := tiny(t)
	other.Init, other.Seed = filepath.Join(other.Out, "model"), 7
	other.Tokens = Tokens{Mask: "<m>", End: "<e>", File: "<f>", Suffix: "<s>", Prefix: "<p>"}
	other.Anneal.Steps = 5
	other.Optimize = Optimize{Momentum: 0.1, Beta1: 0.2, Beta2: 0.3, WeightDecay: 0.4, MaxNorm: 0.5, Average: 0.6}
	other.Samples = Samples{
		Rows: 160, Canvases: 8, CanvasShares: []float64{1, 0, 2}, Holes: 0.1, Path: 0.2, Short: 0.3, Weighting: "uniform",
		SuffixWeight: 0.4, EndWeight: 0.6, EditWeight: 0.7, Edited: 0.8, EditMasks: 0.9, MaxEdits: 0.15, OneEdit: 0.25,
	}
	other.Corpus, other.Tokenizer = "/data/corpus", "/data/tokenizer.json"
	for _, want := range []Config{Default(), other} {
		var b bytes.Buffer
		require.NoError(t, want.Write(&b))
		file := settings(t, b.String())
		got, err := Read(file)
		require.NoError(t, err)
		for _, path := range []*string{&want.Out, &want.Corpus, &want.Tokenizer} {
			if !filepath.IsAbs(*path) {
				*path = filepath.Join(filepath.Dir(file), *path)
			}
		}
		want.file = file
		require.Equal(t, want, got)
	}
	empty, err := Read(settings(t, ""))
	require.NoError(t, err)
	require.Equal(t, Default().Steps, empty.Steps)
}

func TestSettingsThatCannotBe(t *testing.T) {
	for text, want := range map[string]string{
		"out = \"x\"\n[steps]\ntotla = 5\n":             "line 3: there is no setting steps.totla: see \"seedls train config\"",
		"[step]\ntotal = 5\n":                           "line 1: there is no setting step: see",
		"seed = \"one\"\n":                              "line 1: seed is a TOML string, must be a whole number",
		"seed = -1\n":                                   "line 1, column 8, seed: negative integer value -1",
		"[steps]\ntotal = \"many\"\n":                   "line 2: steps.total is a TOML string, must be a whole number",
		"[steps]\ntotal = 0.5\n":                        "line 2: steps.total is a TOML float, must be a whole number",
		"[steps]\n\nrate = true\n":                      "line 3: steps.rate is a TOML boolean, must be a number",
		"[model]\ncanvas_sizes = [8, \"a\"]\n":          "line 2: model.canvas_sizes is a TOML string, must be a whole number",
		"out = 5\n":                                     "line 1: out is a TOML integer, must be a text in quotes",
		"steps = 5\n":                                   "line 1: steps is a TOML integer, must be a section, [steps]",
		"out = \"a\nseed = 1\n":                         "line 1, column 9: ",
		"out = \"\"\n":                                  "out is empty",
		"tokenizer = \"\"\n":                            "tokenizer is empty",
		"[steps]\ntotal = 0\n":                          "steps.total is 0, must be at least 1",
		"[steps]\nsequences = -1\n":                     "steps.sequences is -1, must be at least 1",
		"[steps]\ntotal = 10\nwarm_up = 8\ndecay = 3\n": "steps.warm_up and decay are 8 and 3 steps, more than the 10",
		"[steps]\nfinal = 2.0\n":                        "steps.final is 2: it must be from 0 to 1",
		"[steps]\nrate = 1\n":                           "steps.rate is 1, must be between 0 and 1",
		"[anneal]\nsteps = -2\n":                        "anneal.steps is -2, must be from 0 to steps.total, 20000, or -1",
		"[anneal]\nsteps = 20001\n":                     "anneal.steps is 20001, must be from 0 to",
		"[tokens]\nend = \"<|mask|>\"\n":                "tokens.end is \"<|mask|>\", and so is mask: they must be two tokens",
		"[steps]\nmasks = nan\n":                        "steps.masks is NaN, must be a share",
		"[steps]\ncheckpoint_minutes = 0\n":             "steps.checkpoint_minutes is 0, must be above 0",
	} {
		file := settings(t, text)
		_, err := Read(file)
		require.ErrorContains(t, err, file+": "+want, text)
		require.NotContains(t, err.Error(), "trainer.", text)
	}
	_, err := Read(filepath.Join(t.TempDir(), "none.toml"))
	require.ErrorContains(t, err, "none.toml")
}
