package transformer

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"seedls/engine/builtin"
	"seedls/engine/checkpoint"
	"seedls/engine/kernel"
)

// TestCanvasesTogether computes canvases of several lengths after contexts of several lengths in one forward pass, the
// second of them left out: the logits are those of each canvas alone, to the bit, in all regimes of attention, precisions
// and numbers of threads.
func TestCanvasesTogether(t *testing.T) {
	builtinCheckpoint, err := builtin.Open()
	require.NoError(t, err)
	checkpoints := []*checkpoint.Checkpoint{builtinCheckpoint}
	for _, name := range []string{"tiny-qwen2-full-shift", "tiny-llama-block4"} {
		c, err := checkpoint.Open(filepath.Join(models, "arch", name))
		require.NoError(t, err)
		defer c.Close()
		checkpoints = append(checkpoints, c)
	}
	for _, c := range checkpoints {
		for _, p := range kernel.Precisions {
			model, err := Load(c, p)
			require.NoError(t, err)
			vocab, mask := model.Config().VocabSize, c.Config.Diffusion.MaskTokenID
			for _, threads := range []int{1, 3} {
				pool := kernel.NewPool(threads)
				defer pool.Close()
				runner := NewRunner(model, kernel.Best(), pool)
				var batch Batch
				var canvases [][]int32
				var slots [][]int
				var want [][]float32
				for i, lengths := range [][2]int{{20, 16}, {20, 0}, {20, 20}, {37, 5}, {0, 8}} {
					kv := model.NewKVCache(64)
					if i > 0 {
						kv = batch.Caches[0].Clone()
						kv.Truncate(min(kv.Len(), lengths[0]))
					}
					for kv.Len() < lengths[0] {
						runner.Extend(kv, []int32{int32((7*kv.Len() + i) % (vocab - 16))})
					}
					canvas := slices.Repeat([]int32{mask}, lengths[1])
					var predicted []int
					if len(canvas) > 0 {
						canvas[len(canvas)/2] = int32(3 + i)
						predicted = []int{0, len(canvas) - 1}
						for _, logits := range runner.Canvas(kv, canvas, predicted) {
							want = append(want, slices.Clone(logits))
						}
					}
					batch.Caches = append(batch.Caches, kv)
					canvases, slots = append(canvases, canvas), append(slots, predicted)
				}
				batch.Runner = runner
				require.Equal(t, want, batch.Canvases(canvases, slots), "%s in %v on %d threads", c.Name, p, threads)
				require.Equal(t, 37, batch.Caches[3].Len(), "a canvas stays in the context")
				allocations := testing.AllocsPerRun(5, func() { batch.Canvases(canvases, slots) })
				require.Zero(t, allocations, "%s in %v on %d threads", c.Name, p, threads)
			}
		}
	}
}

// TestReadPredictsEachToken reads tokens of two sequences together, after a canvas was computed there, and one by one: the
// logits and the contexts are the same.
func TestReadPredictsEachToken(t *testing.T) {
	model := builtinModel(t)
	pool := kernel.NewPool(2)
	defer pool.Close()
	runner := NewRunner(model, kernel.Best(), pool)
	tokens := randomTokens(40)
	batch := Batch{Runner: runner}
	var want [][]float32
	for _, known := range []int{20, 33, 40} {
		kv := model.NewKVCache(64)
		runner.Extend(kv, tokens[:known])
		batch.Caches = append(batch.Caches, kv.Clone())
		for _, token := range tokens[known:] {
			want = append(want, slices.Clone(runner.Next(kv, token)))
		}
	}
	batch.Canvases([][]int32{masks(16), nil, masks(8)}, [][]int{{0}, nil, {1}})
	require.Equal(t, want, batch.Read([][]int32{tokens[20:], tokens[33:], nil}))
	for _, kv := range batch.Caches {
		require.Equal(t, tokens, kv.Tokens())
	}
}
