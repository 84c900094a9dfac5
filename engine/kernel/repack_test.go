package kernel

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestSetOperand packs the same values from an operand and from floats, into memory that held others.
func TestSetOperand(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, shape := range [][2]int{{37, 21}, {16, 32}, {64, 70}, {1, 1}} {
		rows, depth := shape[0], shape[1]
		values := make([]float32, rows*depth)
		for i := range values {
			values[i] = r.Float32() - 0.5
		}
		for _, p := range []Precision{F32, BF16} {
			var o Operand
			o.Reset(p, rows, depth)
			fill(o.words, 0xffffffff)
			goKernel{}.Quantize(&o, values, 0, rows)
			got := NewMatrix(p, 128, 128)
			fill(got.words, 0x3f803f80)

			want := NewMatrix(p, rows, depth)
			want.SetRows(0, values)
			got.Reset(p, rows, depth)
			got.SetOperand(&o)
			require.Equal(t, want, got, "%v %v", p, shape)

			want = NewMatrix(p, depth, rows)
			goKernel{}.PackColumns(want, 0, values, rows, depth, depth)
			got.Reset(p, depth, rows)
			got.SetOperandTransposed(&o)
			require.Equal(t, want, got, "%v %v transposed", p, shape)

			require.Panics(t, func() { NewMatrix(p, rows+1, depth).SetOperand(&o) })
			require.Panics(t, func() { NewMatrix(p, depth, rows+1).SetOperandTransposed(&o) })
		}
	}
	require.Panics(t, func() { NewMatrix(Int8, 16, 16).SetOperand(new(Operand)) })
}
