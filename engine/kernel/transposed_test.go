package kernel

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSetTransposed packs the same weights by outputs and, in two parts, by depths, into memory that held others.
func TestSetTransposed(t *testing.T) {
	const outputs, depth, stride, half = 37, 21, 40, 10
	r := rand.New(rand.NewPCG(3, 4))
	rows, transposed := make([]float32, outputs*depth), make([]float32, depth*stride)
	for o := range outputs {
		for k := range depth {
			rows[o*depth+k] = r.Float32()
			transposed[k*stride+o] = rows[o*depth+k]
		}
	}
	for _, p := range []Precision{F32, BF16} {
		t.Run(p.String(), func(t *testing.T) {
			want := NewMatrix(p, outputs, depth)
			want.SetRows(0, rows)
			got := NewMatrix(p, 64, 64)
			fill(got.words, 0x3f803f80)
			got.SetBias(0, rows)
			got.Reset(p, outputs, depth)
			got.SetTransposed(0, transposed, half, outputs, stride)
			got.SetTransposed(half, transposed[half*stride:], depth-half, outputs, stride)
			require.Equal(t, want, got)
		})
	}
	require.Panics(t, func() { new(Matrix).Reset(Int8, 16, 16) })
	require.Panics(t, func() { NewMatrix(Int8, 16, 16).SetTransposed(0, rows, 1, 16, 16) })
	require.Panics(t, func() { NewMatrix(BF16, 16, 16).SetTransposed(1, rows, 1, 16, 16) })
}
