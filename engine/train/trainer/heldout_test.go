package trainer

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"seedls/engine/builtin"
	"seedls/engine/checkpoint"
	"seedls/engine/train"
	"seedls/engine/train/corpus"
)

// TestNoiseLevels has canvases with one, with half, and with all of their rows masked, among what does not count.
func TestNoiseLevels(t *testing.T) {
	const mask, end, text = 1, 2, 7
	d := &checkpoint.Diffusion{MaskTokenID: mask, EndTokenID: end}
	batch := []*train.Sequence{
		{
			Context:  2,
			Canvases: []train.Canvas{{Rows: 10}, {Rows: 4}},
			IDs:      []int32{text, mask, text, mask, text, text, text, text, text, text, text, text, mask, mask, text, text},
			Targets:  []int32{text, text, -1, text, -1, -1, -1, -1, -1, -1, -1, -1, text, end, text, -1},
		},
		{
			Canvases: []train.Canvas{{Rows: 2}},
			IDs:      []int32{mask, mask},
			Targets:  []int32{text, text},
		},
	}
	rows := []train.Row{
		{Sequence: 0, Row: 0, CrossEntropy: 100}, // of the context, like the next
		{Sequence: 0, Row: 1, CrossEntropy: 100},
		{Sequence: 0, Row: 3, CrossEntropy: 1},
		{Sequence: 0, Row: 12, CrossEntropy: 2},
		{Sequence: 0, Row: 13, CrossEntropy: 100}, // an end
		{Sequence: 0, Row: 14, CrossEntropy: 100}, // not masked
		{Sequence: 1, Row: 0, CrossEntropy: 3},
		{Sequence: 1, Row: 1, CrossEntropy: 5},
	}
	var got NoiseLevels
	require.Zero(t, got.integral())
	got.add(batch, rows, d)
	want := NoiseLevels{
		Mean:  [Levels]float64{1: 1, 5: 2, 9: 4},
		Count: [Levels]int{1: 1, 5: 1, 9: 2},
	}
	require.Equal(t, want, got)
	require.InDelta(t, (1+2+4)/3., got.integral(), 1e-12)

	got.add(batch[1:], []train.Row{{Row: 1, CrossEntropy: 7}}, d)
	want.Mean[9], want.Count[9] = 5, 3
	require.Equal(t, want, got)
}

// TestMeasure measures the built-in model, which knows Go, and one that knows nothing.
func TestMeasure(t *testing.T) {
	documents, err := corpus.Open(corpus.HeldOutFile(testCorpus))
	require.NoError(t, err)
	defer documents.Close()
	builtIn, err := builtin.Open()
	require.NoError(t, err)
	var done []int
	got, err := Measure(t.Context(), builtIn, documents, 10, options(t, 2), func(n int) { done = append(done, n) })
	require.NoError(t, err)
	require.Equal(t, []int{8, 10}, done)
	require.Equal(t, 10, got.Sequences)
	require.Greater(t, got.Context, 1.0)
	require.Less(t, got.Context, 5.0)
	require.Less(t, got.Diffusion, 6.0)
	require.Less(t, got.ContextByte, got.Context/2)
	require.Less(t, got.DiffusionByte, got.Diffusion/2)
	require.Less(t, got.Mean[1], got.Mean[9], "more masks are harder")

	dir := t.TempDir()
	writeModel(t, dir, builtIn.TokenizerJSON(), func(*checkpoint.Config) {})
	zeros, err := checkpoint.Open(dir)
	require.NoError(t, err)
	defer zeros.Close()
	even, err := Measure(t.Context(), zeros, documents, 10, options(t, 1), nil)
	require.NoError(t, err)
	require.InDelta(t, 9.0109, even.Context, 1e-3, "the logarithm of 8192 tokens")
	require.InDelta(t, 9.0109, even.Diffusion, 1e-3)
	require.Equal(t, got.Count, even.Count, "the same sequences")

	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = Measure(cancelled, builtIn, documents, 10, options(t, 1), nil)
	require.ErrorIs(t, err, context.Canceled)
}
