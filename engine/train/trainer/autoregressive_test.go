package trainer

import (
	"bytes"
	"context"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"seedls/engine/checkpoint"
	"seedls/engine/kernel"
	"seedls/engine/train"
	"seedls/engine/train/corpus"
	"seedls/engine/train/optimize"
	"seedls/engine/train/sample"
	"seedls/engine/train/state"
	"seedls/engine/transformer"
)

// others are the special tokens of some other family of models.
var others = Tokens{
	Mask: "<|fim_pad|>", End: "<|im_end|>", File: "<|file_sep|>", Suffix: "<|fim_suffix|>", Prefix: "<|fim_prefix|>",
}

// contexts are the first sequences of a run without their canvases.
func contexts(t *testing.T, c *Config, l *learner, number int) (all []*train.Sequence) {
	t.Helper()
	documents, err := corpus.Open(c.Corpus)
	require.NoError(t, err)
	defer documents.Close()
	s, err := sample.New(documents, l.tokens, l.model, nil, c.samples(l))
	require.NoError(t, err)
	for i := range number {
		q, err := s.Sequence(int64(i), sample.Phase{})
		require.NoError(t, err)
		n := q.Context
		all = append(all, &train.Sequence{
			IDs: q.IDs[:n], Positions: q.Positions[:n], Targets: q.Targets[:n], Weights: q.Weights[:n], Context: n,
		})
	}
	return all
}

// autoregressive trains a model to predict next tokens, and writes it as one that knows nothing of diffusion: its
// config.json does not, and its tokenizer has the special tokens of other models, most of which it does not call special.
// It returns the settings of a run from there.
func autoregressive(t *testing.T, modelType string, tied bool) Config {
	t.Helper()
	c := short(t, 150)
	l, err := c.learner()
	require.NoError(t, err)
	m := &l.model
	m.ModelType, m.QKNorm, m.QKVBias, m.TieWordEmbeddings = modelType, modelType == "qwen3", modelType == "qwen2", tied
	p, err := l.parameters(1)
	require.NoError(t, err)
	gradients, err := train.NewParameters(*m)
	require.NoError(t, err)
	o := options(t, 2)
	optimizer, err := optimize.New(p, o.Kernel, o.Pool, optimize.Defaults())
	require.NoError(t, err)
	pass := train.NewPass(p, o.Kernel, o.Pool, kernel.BF16)
	batch := contexts(t, &c, l, 80)
	for from := 0; from < len(batch); from += 2 {
		gradients.Clear()
		_, err := pass.Gradient(gradients, batch[from:from+2]...)
		require.NoError(t, err)
		optimizer.Step(gradients, 0.01)
		pass.Pack()
	}
	c.Init, c.Tokens = filepath.Join(t.TempDir(), "ar"), others
	require.NoError(t, state.WriteModel(c.Init, p, renamed(t, l.vocabulary), nil))
	withoutDiffusion(t, c.Init)
	return c
}

// renamed is a tokenizer.json with the other names of its special tokens, of which only the end is called special.
func renamed(t *testing.T, vocabulary []byte) []byte {
	t.Helper()
	var f map[string]any
	require.NoError(t, json.Unmarshal(vocabulary, &f))
	words := f["model"].(map[string]any)["vocab"].(map[string]any)
	for i, r := range defaultTokens.roles() {
		name := others.roles()[i].token
		words[name] = words[r.token]
		delete(words, r.token)
		for _, a := range f["added_tokens"].([]any) {
			if a := a.(map[string]any); a["content"] == r.token {
				a["content"], a["special"] = name, r.setting == "end"
			}
		}
	}
	data, err := json.Marshal(f)
	require.NoError(t, err)
	return data
}

// withoutDiffusion takes the diffusion object out of a model's config.json.
func withoutDiffusion(t *testing.T, dir string) {
	t.Helper()
	file := filepath.Join(dir, "config.json")
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	var fields map[string]any
	require.NoError(t, json.Unmarshal(data, &fields))
	delete(fields, "diffusion")
	data, err = json.Marshal(fields)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, data, 0o666))
	_, err = checkpoint.Open(dir)
	require.ErrorContains(t, err, "no diffusion object")
}

// nextTokenLoss is the mean cross entropy of the contexts of the first step, token by token by package transformer.
func nextTokenLoss(t *testing.T, c Config) float64 {
	t.Helper()
	l, err := c.learner()
	require.NoError(t, err)
	m, err := checkpoint.OpenForTraining(c.Init)
	require.NoError(t, err)
	defer m.Close()
	model, err := transformer.Load(m, kernel.F32)
	require.NoError(t, err)
	o := options(t, 1)
	runner, cache := transformer.NewRunner(model, o.Kernel, o.Pool), model.NewKVCache(l.model.MaxPositions)
	sum, weights := 0.0, 0.0
	for _, q := range contexts(t, &c, l, c.Steps.Sequences) {
		cache.Truncate(0)
		for i, id := range q.IDs {
			logits, total := runner.Next(cache, id), 0.0
			if q.Weights[i] == 0 {
				continue
			}
			for _, logit := range logits {
				total += math.Exp(float64(logit))
			}
			weight := float64(q.Weights[i])
			sum += weight * (math.Log(total) - float64(logits[q.Targets[i]]))
			weights += weight
		}
	}
	return sum / weights
}

// TestAutoregressive goes on from models without a diffusion object: nothing of what they know is lost at the first step,
// and canvases are learnt.
func TestAutoregressive(t *testing.T) {
	for _, model := range []struct {
		kind string
		tied bool
	}{{"llama", false}, {"qwen2", true}, {"qwen3", true}} {
		t.Run(model.kind, func(t *testing.T) {
			c := autoregressive(t, model.kind, model.tied)
			c.Steps.Evaluate, c.Steps.HeldOut, c.Steps.Checkpoint = 6, 16, 1000
			before := nextTokenLoss(t, c)
			require.Less(t, before, 0.9*math.Log(600), "it has learnt something")
			var notes []string
			o := options(t, 2)
			o.Observe = func(e Event) {
				if e.Note != "" {
					notes = append(notes, e.Note)
				}
			}
			require.NoError(t, Run(t.Context(), c, o))
			require.Equal(t, []string{c.Init + " is autoregressive: attention and masks are annealed over the first 15 of 150 steps " +
				"(anneal.steps sets another number)"}, notes)

			all := records(t, c.Out)
			require.InEpsilon(t, before, all[0].Context, 0.005, "rounding to bfloat16")
			masks := func(r Record) (n int) {
				for _, count := range r.Count {
					n += count
				}
				return n
			}
			require.LessOrEqual(t, masks(all[0]), c.Steps.Sequences*c.Samples.Canvases, "a mask a canvas")
			require.Greater(t, masks(all[15]), 2*masks(all[0]))
			mean := func(from, to int) (sum float64) {
				for _, r := range all[from:to] {
					sum += r.Canvases / float64(to-from)
				}
				return sum
			}
			early, late := mean(15, 35), mean(130, 150)
			first, last := all[5].HeldOut.Context, all[149].HeldOut.Context
			t.Logf("canvases %.3f after the annealing, %.3f in the end; next tokens %.3f, %.3f", early, late, first, last)
			require.Less(t, late, 0.95*early)
			require.Less(t, last, 0.97*first)

			served, err := checkpoint.Open(filepath.Join(c.Out, "model"))
			require.NoError(t, err)
			defer served.Close()
			require.Equal(t, model.kind, served.Config.ModelType)
			l, err := loadLearner(served)
			require.NoError(t, err)
			d := served.Config.Diffusion
			require.Equal(t, checkpoint.ContextCausal, d.Attention)
			require.False(t, d.ShiftLogits)
			require.Equal(t, c.Model.CanvasSizes, d.CanvasSizes)
			require.Equal(t, c.Model.MaxTokens, d.Prompt.MaxTokens)
			for token, id := range map[string]int32{
				others.Mask: d.MaskTokenID, others.End: d.EndTokenID,
				others.File: d.Prompt.FileID, others.Suffix: d.Prompt.SuffixID, others.Prefix: d.Prompt.PrefixID,
			} {
				require.Equal(t, token, string(l.tokens.Bytes(id)))
				require.True(t, l.tokens.IsSpecial(id), "text must not become one")
			}
			_, err = transformer.Load(served, kernel.Int8)
			require.NoError(t, err)
			card, err := os.ReadFile(filepath.Join(c.Out, "model", "README.md"))
			require.NoError(t, err)
			require.Contains(t, string(card), "It went on from `ar`, an autoregressive model.")
			require.Contains(t, string(card), "steps = 15\n")
		})
	}
}

// TestAnnealingStopped stops a run within the annealing, at its end and after it, and finds what one left that was not.
func TestAnnealingStopped(t *testing.T) {
	whole := autoregressive(t, "qwen2", true)
	whole.Steps.Total, whole.Anneal.Steps, whole.Steps.Checkpoint = 5, 3, 1000
	require.NoError(t, Run(t.Context(), whole, options(t, 1)))
	stopped := whole
	stopped.Out += "-stopped"
	for range whole.Steps.Total - 1 {
		ctx, cancel := context.WithCancel(t.Context())
		o := options(t, 2)
		o.Observe = func(e Event) {
			if e.Record != nil {
				cancel()
			}
			require.Empty(t, e.Note, "the settings say how long")
		}
		require.ErrorIs(t, Run(ctx, stopped, o), ErrStopped)
	}
	require.NoError(t, Run(t.Context(), stopped, options(t, 1)))
	require.Equal(t, records(t, whole.Out), records(t, stopped.Out))
	want, err := os.ReadFile(filepath.Join(whole.Out, "model", "model.safetensors"))
	require.NoError(t, err)
	got, err := os.ReadFile(filepath.Join(stopped.Out, "model", "model.safetensors"))
	require.NoError(t, err)
	require.Equal(t, want, got)

	other := whole
	other.Out, other.Anneal.Steps = whole.Out+"-other", 0
	require.NoError(t, Run(t.Context(), other, options(t, 1)))
	require.NotEqual(t, records(t, whole.Out)[0].Canvases, records(t, other.Out)[0].Canvases)
	require.Equal(t, records(t, whole.Out)[0].Context, records(t, other.Out)[0].Context)
}

// TestAnnealSteps has the number of steps depend on the model only where the settings do not say it.
func TestAnnealSteps(t *testing.T) {
	c := Default()
	diffusion, ordinary := &learner{}, &learner{autoregressive: true}
	require.Zero(t, c.annealSteps(diffusion))
	require.Equal(t, c.Steps.Total/10, c.annealSteps(ordinary))
	for _, n := range []int{0, 7} {
		c.Anneal.Steps = n
		require.Equal(t, n, c.annealSteps(diffusion))
		require.Equal(t, n, c.annealSteps(ordinary))
	}
}

// TestAutoregressiveErrors has settings that do not fit an autoregressive model.
func TestAutoregressiveErrors(t *testing.T) {
	c := autoregressive(t, "qwen3", true)
	tokenizer := filepath.Join(c.Init, "tokenizer.json")
	for want, change := range map[string]func(*Config){
		tokenizer + `: no token "<|mask|>": tokens.mask must name one of its added_tokens`: func(c *Config) { c.Tokens = defaultTokens },
		tokenizer + `: no token "": tokens.file must name`:                                 func(c *Config) { c.Tokens.File = "" },
		tokenizer + `: token "\n" is text: tokens.suffix must name`:                        func(c *Config) { c.Tokens.Suffix = "\n" },
		"run.toml: [model]: canvas_sizes[1] is 256, must be from 9 to 128":                 func(c *Config) { c.Model.CanvasSizes = []int{8, 256} },
		"run.toml: [model]: max_prompt_tokens is 384, must be from 1 to 124":               func(c *Config) { c.Model.MaxTokens = 384 },
		"run.toml: samples.rows is 10":                                                     func(c *Config) { c.Samples.Rows = 10 },
		"ar has no tokenizer.json: put in the one": func(c *Config) {
			c.Init = filepath.Join(t.TempDir(), "ar")
			require.NoError(t, os.CopyFS(c.Init, os.DirFS(filepath.Dir(tokenizer))))
			require.NoError(t, os.Remove(filepath.Join(c.Init, "tokenizer.json")))
		},
	} {
		changed := c
		change(&changed)
		err := Run(t.Context(), changed, options(t, 1))
		require.ErrorContains(t, err, want)
		require.NoDirExists(t, c.Out)
	}
	var out bytes.Buffer
	require.NoError(t, WriteSamples(&out, c, nil, 5, sample.Masks))
	require.Equal(t, 5, strings.Count(out.String(), "context: "))
	require.Contains(t, out.String(), "rows see 1 ahead")
}
