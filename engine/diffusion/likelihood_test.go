package diffusion_test

import (
	"context"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"seedls/engine/diffusion"
	"seedls/engine/kernel"
	"seedls/engine/transformer"
)

// TestLogLikelihoods sums what the built-in model says one token after another, of texts of no reading, of one and of more.
func TestLogLikelihoods(t *testing.T) {
	model := builtinModel(t)
	pool := kernel.NewPool(2)
	defer pool.Close()
	runner := transformer.NewRunner(model, kernel.Best(), pool)
	s := diffusion.NewSampler(vocabulary, kernel.Best())
	golden := readGolden(t)[0]
	prompt, last := golden.Context[:len(golden.Context)-1], golden.Context[len(golden.Context)-1]
	long := slices.Concat(golden.Autoregressive, golden.Context, golden.Context, golden.Context)
	batch := transformer.Batch{Runner: runner}
	var texts [][]int32
	var want []float64
	for _, n := range []int{0, 3, 70} {
		kv := model.NewKVCache(len(prompt) + 72)
		runner.Extend(kv, prompt)
		batch.Caches = append(batch.Caches, kv.Clone())
		texts = append(texts, long[:n])
		token, sum := last, 0.0
		for _, next := range append(slices.Clone(long[:n]), vocabulary.End) {
			logits, mass := runner.Next(kv, token), 0.0
			for _, l := range logits {
				mass += math.Exp(float64(l))
			}
			sum += float64(logits[next]) - math.Log(mass)
			token = next
		}
		want = append(want, sum)
	}
	got, err := s.LogLikelihoods(t.Context(), batch, last, texts)
	require.NoError(t, err)
	require.InDeltaSlice(t, want, got, 1e-2)
	for i, kv := range batch.Caches {
		require.Equal(t, slices.Concat(prompt, []int32{last}, texts[i]), kv.Tokens())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = s.LogLikelihoods(ctx, batch, last, texts)
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, len(prompt)+1, batch.Caches[0].Len())
}

// TestLogConfidence adds up the confidences of what was committed and is left, over blocks and the end.
func TestLogConfidence(t *testing.T) {
	for _, n := range []int{5, 20} {
		canvas := map[[2]int]float64{}
		r, err := diffusion.NewSampler(toy, kernel.Best()).Diffuse(t.Context(), &oracle{text: text(n), room: 1000}, diffusion.Options{
			Canvas: 8, Blocks: 4, Policy: diffusion.FixedSteps(3),
			Observe: func(s diffusion.Step) {
				for _, c := range s.Committed {
					canvas[[2]int{s.Block, c.Slot}] = math.Log(float64(c.Confidence))
				}
			},
		})
		require.NoError(t, err)
		var want float64
		for at := range n + 1 {
			want += canvas[[2]int{at / 8, at % 8}]
		}
		require.InDelta(t, want, r.LogConfidence, 1e-6)
	}
}
