package train

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"seedls/engine/checkpoint"
	"seedls/engine/kernel"
	"seedls/engine/transformer"
)

// TestTransformer holds that a model is served as it was trained: the cross entropy of each row of a sequence is that of
// the logits that package transformer computes, token by token for the context, and for each canvas after its part of the
// context.
func TestTransformer(t *testing.T) {
	pool := kernel.NewPool(2)
	defer pool.Close()
	for _, name := range []string{"tiny-llama-block4", "tiny-qwen2-full-shift", "tiny-qwen3-block16"} {
		t.Run(name, func(t *testing.T) {
			opened, err := checkpoint.Open(filepath.Join(models, "arch", name))
			require.NoError(t, err)
			defer opened.Close()
			c := *opened
			c.Config.Diffusion = checkpoint.Diffusion{Attention: checkpoint.ContextCausal}
			p, err := Load(&c)
			require.NoError(t, err)
			m, err := transformer.Load(&c, kernel.F32)
			require.NoError(t, err)
			s := randomSequence(c.Config.VocabSize, 40, 9, 17, 1)
			for i := range s.Canvases {
				s.Canvases[i].Ahead = 0
			}

			var logits [][]float64
			r, cache := transformer.NewRunner(m, kernel.Best(), pool), m.NewKVCache(64)
			for _, id := range s.IDs[:s.Context] {
				logits = append(logits, wide(r.Next(cache, id)))
			}
			rest := s.IDs[s.Context:]
			for _, canvas := range s.Canvases {
				cache.Truncate(0)
				r.Extend(cache, s.IDs[:canvas.Start])
				slots := make([]int, canvas.Rows)
				for i := range slots {
					slots[i] = i
				}
				for _, row := range r.Canvas(cache, rest[:canvas.Rows], slots) {
					logits = append(logits, wide(row))
				}
				rest = rest[canvas.Rows:]
			}

			pass := NewPass(p, kernel.Best(), pool, kernel.F32)
			_, err = pass.Loss(s)
			require.NoError(t, err)
			require.Greater(t, len(pass.Rows()), s.Context)
			for _, row := range pass.Rows() {
				want := twinCrossEntropy(logits[row.Row], int(s.Targets[row.Row]))
				require.InEpsilon(t, want, row.CrossEntropy, 1e-5, "row %d", row.Row)
			}
		})
	}
}
