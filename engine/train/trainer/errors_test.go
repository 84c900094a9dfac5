package trainer

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"seedls/engine/builtin"
	"seedls/engine/checkpoint"
	"seedls/engine/train"
	"seedls/engine/train/corpus"
	"seedls/engine/train/state"
)

// short is a run of a few steps that saves after each.
func short(t testing.TB, steps int) Config {
	c := tiny(t)
	c.Steps.Total, c.Steps.WarmUp, c.Steps.Decay = steps, 0, 0
	c.Steps.Evaluate, c.Steps.HeldOut, c.Steps.Checkpoint = 2, 2, 1e-9
	c.file = "run.toml"
	return c
}

// emptyCorpus has no document.
func emptyCorpus(t *testing.T, file string) string {
	require.NoError(t, os.WriteFile(file, []byte("seedls corpus 1\nend 0\n"), 0o666))
	return file
}

// TestBadInput has a run with each thing that can be wrong before its first step.
func TestBadInput(t *testing.T) {
	builtIn, err := builtin.Open()
	require.NoError(t, err)
	for name, c := range map[string]struct {
		spoil func(t *testing.T, c *Config, dir string)
		want  string
	}{
		"no corpus":    {func(_ *testing.T, c *Config, dir string) { c.Corpus = dir + "/none" }, "/none: no such file"},
		"not a corpus": {func(_ *testing.T, c *Config, _ string) { c.Corpus = "run.go" }, `run.go is no corpus of this version: make one with "seedls train corpus"`},
		"a directory":  {func(_ *testing.T, c *Config, dir string) { c.Corpus = dir }, "is a directory"},
		"empty corpus": {
			func(t *testing.T, c *Config, dir string) { c.Corpus = emptyCorpus(t, dir+"/corpus") },
			`/corpus has no text: make it of more source trees with "seedls train corpus"`,
		},
		"nothing held out": {func(t *testing.T, c *Config, dir string) {
			c.Corpus = dir + "/corpus"
			data, err := os.ReadFile(testCorpus)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(c.Corpus, data, 0o666))
			emptyCorpus(t, corpus.HeldOutFile(c.Corpus))
		}, "losses are measured on what was held out of the corpus: "},
		"no held-out part": {func(t *testing.T, c *Config, dir string) {
			c.Corpus = dir + "/corpus"
			data, err := os.ReadFile(testCorpus)
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(c.Corpus, data, 0o666))
		}, "corpus.heldout: no such file"},
		"no tokenizer":    {func(_ *testing.T, c *Config, dir string) { c.Tokenizer = dir + "/none" }, `/none: no such file or directory: "seedls train tokenizer" makes it`},
		"not a tokenizer": {func(_ *testing.T, c *Config, _ string) { c.Tokenizer = "run.go" }, "run.go: tokenizer.json: "},
		"tokenizer of another model": {func(t *testing.T, c *Config, _ string) {
			data, err := os.ReadFile(c.Tokenizer)
			require.NoError(t, err)
			data = []byte(strings.ReplaceAll(string(data), "|mask|", "|hide|"))
			require.NoError(t, os.WriteFile(c.Tokenizer, data, 0o666))
		}, `tokenizer.json: no token "<|mask|>": tokens.mask must name one of its added_tokens`},
		"a token that is text": {
			func(_ *testing.T, c *Config, _ string) { c.Tokens.End = "\n" }, `tokenizer.json: token "\n" is text: tokens.end must name`,
		},
		"layers":       {func(_ *testing.T, c *Config, _ string) { c.Model.Layers = 0 }, "run.toml: [model]: layers is 0, must be from 1"},
		"width":        {func(_ *testing.T, c *Config, _ string) { c.Model.HiddenSize = 33 }, "run.toml: [model]: hidden_size is 33"},
		"kv heads":     {func(_ *testing.T, c *Config, _ string) { c.Model.KVHeads = 3 }, "run.toml: [model]: kv_heads is 3"},
		"no canvas":    {func(_ *testing.T, c *Config, _ string) { c.Model.CanvasSizes = nil }, "run.toml: [model]: canvas_sizes has 0 entries"},
		"prompt":       {func(_ *testing.T, c *Config, _ string) { c.Model.MaxTokens = 999 }, "run.toml: [model]: max_prompt_tokens is 999"},
		"suffix":       {func(_ *testing.T, c *Config, _ string) { c.Model.MaxSuffixTokens = 60 }, "run.toml: [model]: max_suffix_tokens 60 and"},
		"no room":      {func(_ *testing.T, c *Config, _ string) { c.Model.MaxPositions = 68 }, "run.toml: [model]: a prompt of 64 tokens"},
		"weighting":    {func(_ *testing.T, c *Config, _ string) { c.Samples.Weighting = "even" }, `run.toml: samples.weighting is "even", must be "elbo" or "uniform"`},
		"share":        {func(_ *testing.T, c *Config, _ string) { c.Samples.MaxEdits = 2 }, "run.toml: samples.max_edits is 2, must be a share"},
		"shares":       {func(_ *testing.T, c *Config, _ string) { c.Samples.CanvasShares = []float64{1} }, "run.toml: samples.canvas_shares has 1 numbers"},
		"rows":         {func(_ *testing.T, c *Config, _ string) { c.Samples.Rows = 10 }, "run.toml: samples.rows is 10, must be at least"},
		"momentum":     {func(_ *testing.T, c *Config, _ string) { c.Optimize.Momentum = 1 }, "run.toml: optimize.momentum is 1"},
		"decay":        {func(_ *testing.T, c *Config, _ string) { c.Optimize.WeightDecay = -1 }, "run.toml: optimize.weight_decay is -1"},
		"norm":         {func(_ *testing.T, c *Config, _ string) { c.Optimize.MaxNorm = -1 }, "run.toml: optimize.max_norm is -1"},
		"no sequences": {func(_ *testing.T, c *Config, _ string) { c.Steps.Sequences = 0 }, "run.toml: steps.sequences is 0, must be at least 1"},
		"no file":      {func(_ *testing.T, c *Config, _ string) { c.file, c.Steps.Sequences = "", 0 }, "steps.sequences is 0"},
		"out is file":  {func(_ *testing.T, c *Config, _ string) { c.Out = c.Tokenizer }, "run.toml: out: "},
		"out below a file": {
			func(_ *testing.T, c *Config, _ string) { c.Out = filepath.Join(c.Tokenizer, "run") }, "run.toml: out: ",
		},
		"no init": {func(_ *testing.T, c *Config, dir string) { c.Init = dir }, "no config.json in "},
		"init without a prompt layout": {func(t *testing.T, c *Config, dir string) {
			c.Init = dir + "/model"
			writeModel(t, c.Init, builtIn.TokenizerJSON(), func(m *checkpoint.Config) { m.Diffusion.Prompt = nil })
		}, "/model: the model: config.json: no diffusion.prompt"},
		"init of another attention": {func(t *testing.T, c *Config, dir string) {
			c.Init = dir + "/model"
			writeModel(t, c.Init, builtIn.TokenizerJSON(), func(m *checkpoint.Config) { m.Diffusion.Attention = checkpoint.Full })
		}, `/model: diffusion.attention is "full": only models of "context-causal" are trained`},
		"init with another tokenizer": {func(t *testing.T, c *Config, dir string) {
			c.Init = dir + "/model"
			data, err := os.ReadFile(c.Tokenizer)
			require.NoError(t, err)
			writeModel(t, c.Init, data, func(m *checkpoint.Config) { m.Diffusion.MaskTokenID = 600 })
		}, "/model: diffusion.mask_token_id is 600, which is no special token of the tokenizer"},
		"init without a tokenizer": {func(t *testing.T, c *Config, dir string) {
			c.Init = dir + "/model"
			writeModel(t, c.Init, nil, func(*checkpoint.Config) {})
		}, "model has no tokenizer.json: put in the one that the model was trained with"},
	} {
		t.Run(name, func(t *testing.T) {
			config := short(t, 1)
			c.spoil(t, &config, t.TempDir())
			err := Run(t.Context(), config, options(t, 1))
			require.ErrorContains(t, err, c.want)
		})
	}
}

// writeModel writes a model of zeros in a small shape, with the vocabulary of the built-in one.
func writeModel(t *testing.T, dir string, tokens []byte, change func(*checkpoint.Config)) {
	t.Helper()
	builtIn, err := builtin.Open()
	require.NoError(t, err)
	c := builtIn.Config
	prompt := *c.Diffusion.Prompt
	c.Diffusion.Prompt = &prompt
	c.HiddenSize, c.IntermediateSize, c.Layers, c.Heads, c.KVHeads, c.HeadDim = 16, 16, 1, 1, 1, 16
	change(&c)
	p, err := train.NewParameters(c)
	require.NoError(t, err)
	require.NoError(t, state.WriteModel(dir, p, tokens, nil))
}

// TestTwoRuns has a second run begin in the directory of one that is under way.
func TestTwoRuns(t *testing.T) {
	c := short(t, 3)
	o := options(t, 1)
	asked := false
	o.Observe = func(e Event) {
		if e.Record != nil && !asked {
			asked = true
			require.ErrorContains(t, Run(t.Context(), c, options(t, 1)), c.Out+": another run is under way there")
		}
	}
	require.NoError(t, Run(t.Context(), c, o))
	require.True(t, asked)
}

// TestAnotherRunsDirectory goes on where a run of other settings was.
func TestAnotherRunsDirectory(t *testing.T) {
	c := short(t, 2)
	require.NoError(t, Run(t.Context(), c, options(t, 1)))
	losses := records(t, c.Out)
	const mend = "begin a run in another directory"
	for want, change := range map[string]func(*Config){
		"num_hidden_layers is 2 there and 1 in this run":         func(c *Config) { c.Model.Layers = 1 },
		"was trained with seed 1, and seed is 2 now":             func(c *Config) { c.Seed = 2 },
		"step-000002 is after 2 steps, and steps.total is 1 now": func(c *Config) { c.Steps.Total = 1 },
		"was trained with another tokenizer than " + c.Out + "/../t.json": func(c *Config) {
			c.Tokenizer = c.Out + "/../t.json"
			data, err := vocabulary()
			require.NoError(t, err)
			require.NoError(t, os.WriteFile(c.Tokenizer, append(data, '\n'), 0o666))
		},
	} {
		changed := c
		change(&changed)
		err := Run(t.Context(), changed, options(t, 1))
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, mend)
	}
	require.Equal(t, losses, records(t, c.Out))
	c.Steps.Total = 3
	require.NoError(t, Run(t.Context(), c, options(t, 1)), "more steps may be added")
	require.Len(t, records(t, c.Out), 3)
}

// TestDamage goes on where the last checkpoint, or the losses, are not as they were written.
func TestDamage(t *testing.T) {
	c := short(t, 4)
	require.NoError(t, Run(t.Context(), c, options(t, 1)))
	want := records(t, c.Out)
	require.NoError(t, os.Truncate(filepath.Join(c.Out, "step-000004", "training.safetensors"), 1000))
	var warnings []string
	o := options(t, 1)
	o.Observe = func(e Event) {
		if e.Warning != nil {
			warnings = append(warnings, e.Warning.Error())
		}
	}
	require.NoError(t, Run(t.Context(), c, o))
	require.Len(t, warnings, 1)
	require.Contains(t, warnings[0], filepath.Join(c.Out, "step-000004", "training.safetensors")+": damaged")
	require.Equal(t, want, records(t, c.Out))

	require.NoError(t, os.Truncate(filepath.Join(c.Out, historyFile), 10))
	err := Run(t.Context(), c, options(t, 1))
	require.ErrorContains(t, err, filepath.Join(c.Out, historyFile))
	require.ErrorContains(t, err, "10 are there: put it back as it was, or begin a run in another directory")
}

// TestFullDisk has the losses on a disk without room.
func TestFullDisk(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("this system has no /dev/full")
	}
	c := short(t, 2)
	require.NoError(t, os.MkdirAll(c.Out, 0o777))
	losses := filepath.Join(c.Out, historyFile)
	require.NoError(t, os.Symlink("/dev/full", losses))
	err := Run(t.Context(), c, options(t, 1))
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.ErrorContains(t, err, "no checkpoint was written, the one before is whole: the disk is full: free some space: write "+losses)
	require.NoError(t, os.Remove(losses))
	require.NoError(t, Run(t.Context(), c, options(t, 1)))
}

// TestStop cancels a run in each of its steps, and finds the losses and the model of one that was left alone. Threads
// differ.
func TestStop(t *testing.T) {
	whole := short(t, 5)
	whole.Steps.Masks = 0.5
	whole.Steps.Checkpoint = 1000
	require.NoError(t, Run(t.Context(), whole, options(t, 1)))
	stopped := whole
	stopped.Out += "-stopped"
	for step := range whole.Steps.Total - 1 {
		ctx, cancel := context.WithCancel(t.Context())
		o := options(t, 1+step%3)
		saved := ""
		o.Observe = func(e Event) {
			if e.Record != nil {
				cancel()
			}
			if e.Checkpoint != "" {
				saved = filepath.Base(e.Checkpoint)
			}
		}
		require.ErrorIs(t, Run(ctx, stopped, o), ErrStopped)
		require.Equal(t, "step-00000"+string(rune('1'+step)), saved)
	}
	require.NoError(t, Run(t.Context(), stopped, options(t, 2)))
	require.Equal(t, records(t, whole.Out), records(t, stopped.Out))
	for _, file := range []string{"model.safetensors", "config.json", "tokenizer.json"} {
		a, err := os.ReadFile(filepath.Join(whole.Out, "model", file))
		require.NoError(t, err)
		b, err := os.ReadFile(filepath.Join(stopped.Out, "model", file))
		require.NoError(t, err)
		require.Equal(t, a, b, file)
	}
}

// TestNoCheckpoint has something in the way of the second of three checkpoints: the first stays, and the run goes on from it
// as if nothing had been.
func TestNoCheckpoint(t *testing.T) {
	whole := short(t, 3)
	require.NoError(t, Run(t.Context(), whole, options(t, 1)))
	c := whole
	c.Out += "-blocked"
	obstacle := filepath.Join(c.Out, "step-000002", "thesis.tex")
	require.NoError(t, os.MkdirAll(filepath.Dir(obstacle), 0o777))
	require.NoError(t, os.WriteFile(obstacle, nil, 0o666))
	o := options(t, 1)
	err := Run(t.Context(), c, o)
	require.ErrorContains(t, err, "none of the 1 checkpoints is whole", "what is no checkpoint is not taken for none")
	require.NoError(t, os.RemoveAll(filepath.Dir(obstacle)))
	o.Observe = func(e Event) {
		if e.Record != nil && e.Record.Step == 1 {
			require.NoError(t, os.MkdirAll(filepath.Dir(obstacle), 0o777))
			require.NoError(t, os.WriteFile(obstacle, nil, 0o666))
		}
	}
	err = Run(t.Context(), c, o)
	require.ErrorContains(t, err, "no checkpoint was written, the one before is whole: "+filepath.Dir(obstacle)+" has thesis.tex in it")
	latest, err := state.Latest(c.Out, func(error) {})
	require.NoError(t, err)
	require.Equal(t, 1, latest.Progress.Step)
	require.NoError(t, os.RemoveAll(filepath.Dir(obstacle)))
	require.NoError(t, Run(t.Context(), c, options(t, 1)))
	require.Equal(t, records(t, whole.Out), records(t, c.Out))
}
