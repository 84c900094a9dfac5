package diffusion_test

import (
	"context"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"seedls/engine/diffusion"
	"seedls/engine/kernel"
	"seedls/engine/transformer"
)

// TestLogLikelihood sums what the built-in model says one token after another, over a text of more than one reading; what
// does not fit the cache does not count.
func TestLogLikelihood(t *testing.T) {
	model := builtinModel(t)
	pool := kernel.NewPool(2)
	defer pool.Close()
	runner := transformer.NewRunner(model, kernel.Best(), pool)
	s := diffusion.NewSampler(vocabulary, kernel.Best())
	golden := readGolden(t)[0]
	prompt, last := golden.Context[:len(golden.Context)-1], golden.Context[len(golden.Context)-1]
	written := golden.Autoregressive
	for len(written) < 40 {
		written = append(written, golden.Context...)
	}
	written = written[:40]
	for _, room := range []int{64, 20} {
		var want float64
		kv := model.NewKVCache(len(prompt) + 64)
		runner.Extend(kv, prompt)
		token := last
		read := min(room, len(written)+1)
		for i := range read {
			logits := runner.Next(kv, token)
			token = vocabulary.End
			if i < len(written) {
				token = written[i]
			}
			var mass float64
			for _, l := range logits {
				mass += math.Exp(float64(l))
			}
			want += float64(logits[token]) - math.Log(mass)
		}
		kv = model.NewKVCache(len(prompt) + room)
		sequence := transformer.Sequence{Runner: runner, Cache: kv}
		sequence.Extend(prompt)
		got, err := s.LogLikelihood(t.Context(), sequence, last, written)
		require.NoError(t, err)
		require.InDelta(t, want/float64(read), got, 1e-4)
		require.Equal(t, len(prompt)+read, kv.Len())
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	kv := model.NewKVCache(64)
	_, err := s.LogLikelihood(ctx, transformer.Sequence{Runner: runner, Cache: kv}, last, written)
	require.ErrorIs(t, err, context.Canceled)
	require.Zero(t, kv.Len())
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
