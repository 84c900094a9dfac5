package rollout

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"seedls/engine/builtin"
	"seedls/engine/diffusion"
	"seedls/engine/kernel"
	"seedls/engine/tokenizer"
	"seedls/engine/train"
	"seedls/engine/train/corpus"
	"seedls/engine/train/sample"
	"seedls/engine/transformer"
)

// lineJudge takes a text for a hole that is one line, or nothing.
type lineJudge struct{}

func (lineJudge) Order(*sample.Hole) diffusion.Order { return nil }

func (lineJudge) Stop(_ *sample.Hole, text string) bool { return strings.Contains(text, "\n") }

func (lineJudge) Verify(_ context.Context, h *sample.Hole, text string) (Verdict, error) {
	v := Verdict{OK: !strings.Contains(text, "\n")}
	if text == h.Document.Text[h.Start:h.End] {
		v.Similarity = 1
	}
	return v, nil
}

// world is the built-in model, and holes of this package's own sources.
type world struct {
	holes   *sample.Sampler
	model   *transformer.Model
	tokens  *tokenizer.Tokenizer
	weights *train.Parameters
}

func newWorld(t *testing.T) *world {
	t.Helper()
	if kernel.Best().Name() == "go" {
		t.Skip("the plain Go kernel takes minutes to fill holes")
	}
	path := filepath.Join(t.TempDir(), "corpus")
	w, err := corpus.Create(path)
	require.NoError(t, err)
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	for _, f := range files {
		text, err := os.ReadFile(f)
		require.NoError(t, err)
		require.NoError(t, w.Add(corpus.Document{Repository: "seedls", Path: f, Language: "go", Text: string(text)}))
	}
	require.NoError(t, w.Commit())
	texts, err := corpus.Open(path)
	require.NoError(t, err)
	t.Cleanup(func() { texts.Close() })

	c, err := builtin.Open()
	require.NoError(t, err)
	defer c.Close()
	tokens, err := tokenizer.Parse(c.TokenizerJSON(), c.Config.VocabSize)
	require.NoError(t, err)
	holes, err := sample.New(texts, tokens, c.Config, nil, sample.DefaultConfig())
	require.NoError(t, err)
	model, err := transformer.Load(c, kernel.BF16)
	require.NoError(t, err)
	weights, err := train.Load(c)
	require.NoError(t, err)
	return &world{holes, model, tokens, weights}
}

func (w *world) workers(t *testing.T, n int) []Worker {
	t.Helper()
	var workers []Worker
	for range n {
		pool := kernel.NewPool(1)
		t.Cleanup(pool.Close)
		r, err := NewRoller(w.model, w.tokens, kernel.Best(), pool, lineJudge{}, Options{
			Thresholds: []float32{0.3, 0.9}, Seeds: 2, Temperature: 0.8,
		})
		require.NoError(t, err)
		pass := train.NewPass(w.weights, kernel.Best(), pool, kernel.BF16)
		workers = append(workers, Worker{r, pass, pass})
	}
	return workers
}

func everything(all []Trajectory) []Trajectory { return all }

func TestGenerate(t *testing.T) {
	w := newWorld(t)
	const holes = 12
	done := 0
	all, stats, err := Generate(t.Context(), w.workers(t, 3), w.holes, 5, 100, holes, everything, func(n, _ int) { done = n })
	require.NoError(t, err)
	require.Equal(t, holes, done)
	require.Equal(t, stats.Trajectories, len(all))
	require.Positive(t, stats.Verified)
	require.Less(t, stats.Verified, len(all))

	again, _, err := Generate(t.Context(), w.workers(t, 1), w.holes, 5, 100, holes, everything, func(int, int) {})
	require.NoError(t, err)
	require.Equal(t, all, again, "it depends on the number of workers")

	mask, end := w.model.Config().Diffusion.MaskTokenID, w.model.Config().Diffusion.EndTokenID
	drawn, forwards := 0, map[float32]int{}
	for _, x := range all {
		require.NoError(t, x.check())
		require.Equal(t, slices.Repeat([]int32{mask}, len(x.Final)), x.States[0])
		require.NotContains(t, x.Final, mask)
		require.NotContains(t, x.Final[:x.Text], end)
		require.Negative(t, x.Score)
		require.Negative(t, x.Likelihood)
		for i := 1; i < len(x.States); i++ {
			require.Less(t, masks(x.States[i], mask), masks(x.States[i-1], mask))
		}
		if x.Temperature > 0 {
			drawn++
		} else {
			forwards[x.Threshold] += x.Forwards()
		}
	}
	require.Equal(t, len(all)/2, drawn)
	require.Less(t, forwards[0.3], forwards[0.9], "a lower threshold takes fewer steps")
}

func masks(state []int32, mask int32) (n int) {
	for _, id := range state {
		if id == mask {
			n++
		}
	}
	return n
}

func TestGenerateIsCancelled(t *testing.T) {
	w := newWorld(t)
	ctx, cancel := context.WithCancel(t.Context())
	_, _, err := Generate(ctx, w.workers(t, 2), w.holes, 1, 0, 1000, everything, func(int, int) { cancel() })
	require.ErrorIs(t, err, context.Canceled)
}

// TestScore gives what was there a better score and likelihood than another text as long.
func TestScore(t *testing.T) {
	w := newWorld(t)
	worker := w.workers(t, 1)[0]
	d := w.model.Config().Diffusion
	better, likelier, n := 0, 0, 0
	for number := range int64(40) {
		h, err := w.holes.Hole(number)
		require.NoError(t, err)
		if len(h.Middle) < 3 || len(h.Middle) > 15 {
			continue
		}
		r := rand.New(rand.NewPCG(1, uint64(number)))
		pair := make([]Trajectory, 2)
		for i := range pair {
			text := slices.Clone(h.Middle)
			if i == 1 {
				r.Shuffle(len(text), func(a, b int) { text[a], text[b] = text[b], text[a] })
			}
			pair[i] = Trajectory{Prompt: h.Prompt, Final: append(text, slices.Repeat([]int32{d.EndTokenID}, 16-len(text))...), Text: len(text)}
			require.NoError(t, Likelihood(worker.Frozen, d.EndTokenID, &pair[i]))
		}
		require.NoError(t, Score(worker.Pass, d.MaskTokenID, pair, r))
		n++
		if pair[0].Score > pair[1].Score {
			better++
		}
		if pair[0].Likelihood > pair[1].Likelihood {
			likelier++
		}
	}
	require.Greater(t, n, 10)
	require.Greater(t, better, n*8/10)
	require.Greater(t, likelier, n*8/10)
}

func TestBest(t *testing.T) {
	all := []Trajectory{{Score: -3, Verified: true}, {Score: -1}, {Score: -2, Verified: true}, {Score: -4, Verified: true}}
	best := Best(2)(slices.Clone(all))
	require.Equal(t, []Trajectory{all[2], all[0]}, best)
	require.Len(t, Best(9)(slices.Clone(all)), 3)
}

func TestPrefer(t *testing.T) {
	const mask, n = 1, 8
	steps := func(sizes ...int) Trajectory {
		x := Trajectory{Prompt: []int32{9}, Final: []int32{10, 11, 12, 13, 14, 15, 16, 17}, Text: n, Verified: true, Similarity: 1}
		state := slices.Repeat([]int32{mask}, n)
		at := 0
		for _, size := range sizes {
			x.States = append(x.States, slices.Clone(state))
			at += copy(state[at:at+size], x.Final[at:])
		}
		return x
	}
	fast, slow, wrong := steps(4, 4), steps(1, 1, 1, 1, 1, 1, 1, 1), steps(8)
	require.Greater(t, Distance(&fast), Distance(&slow))
	require.InDelta(t, 1, Distance(&wrong), 1e-9, "all at once")
	wrong.Verified = false
	goal := Goal{Similarity: 0.5, Likelihood: -2}
	kept := goal.Prefer([]Trajectory{slow, fast, wrong, wrong})
	require.Len(t, kept, 2)
	require.Equal(t, slow.States, kept[0].States)
	require.Greater(t, kept[1].Weight, kept[0].Weight)

	fast.Similarity = 0.4
	require.Len(t, goal.Prefer([]Trajectory{slow, fast}), 1)
	fast.Similarity, fast.Likelihood = 1, -3
	require.Len(t, goal.Prefer([]Trajectory{slow, fast}), 1)
	require.Empty(t, goal.Prefer([]Trajectory{slow, slow}), "there is nothing to prefer")
	require.Empty(t, goal.Prefer([]Trajectory{wrong, wrong}))
}

func TestLearner(t *testing.T) {
	w := newWorld(t)
	all, _, err := Generate(t.Context(), w.workers(t, 2), w.holes, 5, 0, 10, everything, func(int, int) {})
	require.NoError(t, err)
	for i := range all {
		all[i].Weight = float64(i % 2)
	}
	c := w.model.Config()
	l, err := NewLearner(c, all, 3, 0.5, 600)
	require.NoError(t, err)
	edited, masked := 0, 0
	for number := range int64(200) {
		s := l.Sequence(number)
		require.NoError(t, s.Check(c))
		require.Equal(t, s, l.Sequence(number))
		require.LessOrEqual(t, len(s.IDs), max(600, s.Context+64))
		of := slices.IndexFunc(all, func(x Trajectory) bool {
			return x.Weight > 0 && slices.Equal(x.Prompt, s.IDs[:s.Context])
		})
		require.GreaterOrEqual(t, of, 0, "a trajectory without weight was drawn")
		for i := s.Context; i < len(s.IDs); i++ {
			switch {
			case s.IDs[i] == c.Diffusion.MaskTokenID:
				masked++
				require.GreaterOrEqual(t, s.Targets[i], int32(0))
			case s.Targets[i] >= 0 && s.Targets[i] != s.IDs[i]:
				edited++
			}
		}
	}
	require.Positive(t, masked)
	require.Positive(t, edited)
	small := c
	small.VocabSize = 100
	_, err = NewLearner(small, all, 3, 0.5, 600)
	require.ErrorContains(t, err, "is not in the vocabulary of 100: it is of another model")
	for i := range all {
		all[i].Weight = 0
	}
	_, err = NewLearner(c, all, 3, 0.5, 600)
	require.ErrorContains(t, err, "no trajectories of any weight")
}

func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trajectories")
	all := []Trajectory{
		{Prompt: []int32{3}, States: [][]int32{{1, 1}, {5, 1}}, Final: []int32{5, 6}, Text: 1, Score: -1.5, Verified: true, Weight: 2},
		{Prompt: []int32{4}, States: [][]int32{{1}}, Final: []int32{6}, Weight: 1},
	}
	require.NoError(t, Write(path, all))
	got, err := Read(path)
	require.NoError(t, err)
	require.Equal(t, all, got)

	_, err = Read(path + ".none")
	require.ErrorIs(t, err, os.ErrNotExist)
	for want, text := range map[string]string{
		"has no trajectories":                         "",
		"trajectory 1: it lacks a prompt":             "{}",
		"trajectory 1: its text has 3 tokens":         `{"prompt":[1],"states":[[1]],"final":[2],"text":3}`,
		"trajectory 1: state 0 has 2 tokens":          `{"prompt":[1],"states":[[1,1]],"final":[2]}`,
		"trajectory 1: its weight is -1":              `{"prompt":[1],"states":[[1]],"final":[2],"weight":-1}`,
		"trajectory 2: unexpected EOF: make it again": `{"prompt":[1],"states":[[1]],"final":[2]}` + "\n{",
	} {
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
		_, err := Read(path)
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, path)
	}
	require.Error(t, Write(filepath.Join(t.TempDir(), "none", "file"), all))
}

func TestBadOptions(t *testing.T) {
	w := newWorld(t)
	pool := kernel.NewPool(1)
	defer pool.Close()
	_, err := NewRoller(w.model, w.tokens, kernel.Best(), pool, lineJudge{}, Options{Seeds: 1})
	require.ErrorContains(t, err, "0 thresholds")
}
