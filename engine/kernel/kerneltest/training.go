package kerneltest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"seedls/engine/kernel"
)

// training tests what a backward pass needs.
func training(t *testing.T, k, reference kernel.Kernel) {
	for _, p := range []kernel.Precision{kernel.F32, kernel.BF16} {
		t.Run("Pack/"+p.String(), func(t *testing.T) { pack(t, k, p) })
	}
	t.Run("Softmax", func(t *testing.T) { softmax(t, k, reference) })
	t.Run("CrossEntropy", func(t *testing.T) { crossEntropyBackward(t, k, reference) })
	t.Run("RMSNormBackward", func(t *testing.T) { rmsNormBackward(t, k, reference) })
	t.Run("SwiGLUBackward", func(t *testing.T) { swigluBackward(t, k, reference) })
}

// pack asserts that a product does not depend on whether its sides came by rows or by columns, to the bit.
func pack(t *testing.T, k kernel.Kernel, p kernel.Precision) {
	const stride = 60
	for _, shape := range [][3]int{{1, 1, 1}, {16, 16, 32}, {5, 37, 21}, {35, 50, 33}, {48, 16, 64}} {
		rows, outputs, depth := shape[0], shape[1], shape[2]
		r := rand.New(rand.NewPCG(uint64(rows), uint64(depth)))
		x, weights := normal(r, rows*depth), normal(r, outputs*depth)
		byColumns := func(x []float32, n int) []float32 {
			columns := normal(r, depth*stride)
			for i := range n {
				for j := range depth {
					columns[j*stride+i] = x[i*depth+j]
				}
			}
			return columns
		}
		w := kernel.NewMatrix(p, outputs, depth)
		w.SetRows(0, weights)
		want := make([]float32, rows*w.Stride())
		o := operand(k, p, x, rows, depth)
		k.MatMul(want, o, w, 0, w.Panels(), false)

		other := kernel.NewMatrix(p, 64, 64)
		other.SetRows(0, slices.Repeat([]float32{7}, 64*64))
		other.SetBias(0, normal(r, 16))
		got := make([]float32, len(want))
		check := func(how string) {
			t.Helper()
			k.MatMul(got, o, other, 0, other.Panels(), false)
			near(t, fmt.Sprintf("%v %s", shape, how), got, want, 0)
		}
		other.Reset(p, outputs, depth)
		half := outputs / 3
		k.PackRows(other, 0, weights[:half*depth])
		k.PackRows(other, half, weights[half*depth:])
		check("by rows")

		columns := byColumns(weights, outputs)
		other.Reset(p, outputs, depth)
		half = depth / 4 * 2
		k.PackColumns(other, 0, columns, half, outputs, stride)
		k.PackColumns(other, half, columns[half*stride:], depth-half, outputs, stride)
		check("by columns")

		columns = byColumns(x, rows)
		o.Reset(p, 64, 64)
		k.Quantize(o, normal(r, 64*64), 0, 64)
		o.Reset(p, rows, depth)
		k.QuantizeColumns(o, 0, columns, half, rows, stride)
		k.QuantizeColumns(o, half, columns[half*stride:], depth-half, rows, stride)
		check("both by columns")

		from := rows / kernel.PanelWidth * kernel.PanelWidth
		tail := o.Slice(from, rows)
		o, got, want = &tail, got[from*w.Stride():], want[from*w.Stride():]
		clear(got)
		check("the last rows")
	}
}

func softmax(t *testing.T, k, reference kernel.Kernel) {
	r := rand.New(rand.NewPCG(23, 24))
	const rows, width, scale = 3, 48, 0.7
	got := normal(r, rows*width)
	got[1], got[width] = 200, float32(math.Inf(-1))
	want := slices.Clone(got)
	k.Softmax(got, width, scale)
	reference.Softmax(want, width, scale)
	near(t, "softmax", got, want, 1e-6)
	if got[width] != 0 {
		t.Errorf("a score of -Inf becomes %g", got[width])
	}
	d := normal(r, rows*width)
	wantD := slices.Clone(d)
	k.SoftmaxBackward(d, got, width, scale)
	reference.SoftmaxBackward(wantD, got, width, scale)
	near(t, "gradients", d, wantD, 1e-6)
}

func crossEntropyBackward(t *testing.T, k, reference kernel.Kernel) {
	r := rand.New(rand.NewPCG(25, 26))
	for _, n := range []int{1, 5, 16, 100} {
		logits := normal(r, n)
		want := slices.Clone(logits)
		lse, _ := k.LogSumExp(logits)
		k.CrossEntropyBackward(logits, n/2, lse, 0.3)
		reference.CrossEntropyBackward(want, n/2, lse, 0.3)
		near(t, fmt.Sprint(n, " logits"), logits, want, 1e-6)
	}
}

func rmsNormBackward(t *testing.T, k, reference kernel.Kernel) {
	r := rand.New(rand.NewPCG(27, 28))
	for _, width := range []int{16, 64, 320} {
		const rows = 3
		stride := width + 5
		x, dy, weight := normal(r, rows*stride), normal(r, rows*stride), normal(r, width)
		for _, accumulate := range []bool{false, true} {
			got, gotWeight := normal(r, rows*stride), normal(r, width)
			want, wantWeight := slices.Clone(got), slices.Clone(gotWeight)
			k.RMSNormBackward(got, gotWeight, x, dy, weight, rows, stride, 1e-6, accumulate)
			reference.RMSNormBackward(want, wantWeight, x, dy, weight, rows, stride, 1e-6, accumulate)
			near(t, fmt.Sprintf("width %d accumulate=%v", width, accumulate), got, want, 1e-5)
			near(t, fmt.Sprintf("weight of width %d", width), gotWeight, wantWeight, 1e-5)
		}
		alone := slices.Clone(dy)
		k.RMSNormBackward(alone, make([]float32, width), x, alone, weight, rows, stride, 1e-6, false)
		want := slices.Clone(dy)
		k.RMSNormBackward(want, make([]float32, width), x, dy, weight, rows, stride, 1e-6, false)
		near(t, fmt.Sprintf("in place, width %d", width), alone, want, 0)
	}
}

func swigluBackward(t *testing.T, k, reference kernel.Kernel) {
	r := rand.New(rand.NewPCG(29, 30))
	const rows, width = 3, 48
	gateUp, dy := normal(r, 2*rows*width), normal(r, rows*width)
	copy(gateUp, []float32{-200, -88, -30, -1e-8, 0, 1e-8, 30, 88, 200})
	got, want := make([]float32, 2*rows*width), make([]float32, 2*rows*width)
	y, wantY := make([]float32, rows*width), make([]float32, rows*width)
	k.SwiGLUBackward(got, y, gateUp, dy, width)
	reference.SwiGLUBackward(want, wantY, gateUp, dy, width)
	near(t, "gradients", got, want, 1e-5)
	near(t, "results", y, wantY, 1e-5)
}
