// Package kerneltest is the conformance suite that every tier of package kernel passes: each operation against its
// plain Go twin, on the shapes that tiles and vectors get wrong, and the invariants that the engine builds on.
package kerneltest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"seedls/engine/kernel"
)

// Run tests k against the reference.
func Run(t *testing.T, k kernel.Kernel) {
	tiers := kernel.Tiers()
	reference := tiers[len(tiers)-1]
	for _, p := range kernel.Precisions {
		t.Run(p.String(), func(t *testing.T) {
			t.Run("Quantize", func(t *testing.T) { quantize(t, k, reference, p) })
			t.Run("MatMul", func(t *testing.T) { matMul(t, k, reference, p) })
			t.Run("RowsAreIndependent", func(t *testing.T) { rowsAreIndependent(t, k, p) })
			if p == kernel.F32 || p == kernel.BF16 {
				t.Run("Keep", func(t *testing.T) { keep(t, k, reference, p) })
				t.Run("Attend", func(t *testing.T) { attend(t, k, reference, p) })
			}
		})
	}
	t.Run("Rotate", func(t *testing.T) { rotate(t, k, reference) })
	t.Run("Argmax", func(t *testing.T) { argmax(t, k) })
	t.Run("RMSNorm", func(t *testing.T) { rmsNorm(t, k, reference) })
	t.Run("SwiGLU", func(t *testing.T) { swiGLU(t, k, reference) })
	t.Run("LogSumExp", func(t *testing.T) { logSumExp(t, k, reference) })
	t.Run("Training", func(t *testing.T) { training(t, k, reference) })
	t.Run("WrongLengths", func(t *testing.T) { wrongLengths(t, k) })
}

// quantize asserts that operands are the reference's, to the bit: through products with weights that pick one activation
// an output.
func quantize(t *testing.T, k, reference kernel.Kernel, p kernel.Precision) {
	r := rand.New(rand.NewPCG(13, 14))
	for _, depth := range []int{1, 15, 16, 31, 64, 100, 256} {
		x := normal(r, 4*depth)
		clear(x[:depth])
		x[depth] = -1e-30
		x[2*depth] = 3e38
		unit := kernel.NewMatrix(p, depth, depth)
		weights := make([]float32, depth*depth)
		for i := range depth {
			weights[i*depth+i] = 1
		}
		unit.SetRows(0, weights)
		var results [2][]float32
		for i, quantizer := range []kernel.Kernel{k, reference} {
			results[i] = make([]float32, 4*unit.Stride())
			reference.MatMul(results[i], operand(quantizer, p, x, 4, depth), unit, 0, unit.Panels(), false)
		}
		near(t, fmt.Sprint("depth ", depth), results[0], results[1], 0)
	}
	for _, bad := range []float64{math.Inf(1), math.NaN()} {
		x := normal(r, 2*64)
		x[64+33] = float32(bad)
		w := kernel.NewMatrix(p, 16, 64)
		w.SetRows(0, normal(r, 16*64))
		y := make([]float32, 2*16)
		k.MatMul(y, operand(k, p, x, 2, 64), w, 0, 1, false)
		for i, v := range y {
			if finite := !math.IsNaN(float64(v)) && !math.IsInf(float64(v), 0); finite != (i < 16) {
				t.Errorf("activations with %v in the second row give %v in row %d", bad, v, i/16)
			}
		}
	}
}

func matMul(t *testing.T, k, reference kernel.Kernel, p kernel.Precision) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, rows := range []int{1, 2, 3, 5, 6, 7, 8, 9, 16, 17, 33, 48} {
		for _, shape := range [][2]int{{16, 16}, {32, 64}, {48, 31}, {100, 256}, {512, 1}, {176, 704}, {32, 4500}} {
			for _, accumulate := range []bool{false, true} {
				name := fmt.Sprintf("%dx%dx%d accumulate=%v", rows, shape[0], shape[1], accumulate)
				w := kernel.NewMatrix(p, shape[0], shape[1])
				w.SetRows(0, normal(r, shape[0]*shape[1]))
				if rows%2 == 1 {
					w.SetBias(0, normal(r, shape[0]))
				}
				x := operand(k, p, normal(r, rows*shape[1]), rows, shape[1])
				got := normal(r, rows*w.Stride())
				want := append([]float32(nil), got...)
				from := rows % 2 % w.Panels()
				k.MatMul(got, x, w, from, w.Panels(), accumulate)
				reference.MatMul(want, x, w, from, w.Panels(), accumulate)
				near(t, name, got, want, 1e-5*math.Sqrt(float64(shape[1])))
			}
		}
	}
}

// rowsAreIndependent asserts that a row's product is the same to the bit whatever rows stand beside it: what makes a
// context fed in pieces equal one fed at once.
func rowsAreIndependent(t *testing.T, k kernel.Kernel, p kernel.Precision) {
	r := rand.New(rand.NewPCG(3, 4))
	const rows, outputs, depth = 51, 112, 67
	w := kernel.NewMatrix(p, outputs, depth)
	w.SetRows(0, normal(r, outputs*depth))
	x := normal(r, rows*depth)
	together, alone := make([]float32, rows*outputs), make([]float32, rows*outputs)
	k.MatMul(together, operand(k, p, x, rows, depth), w, 0, w.Panels(), false)
	for i := range rows {
		row := operand(k, p, x[i*depth:(i+1)*depth], 1, depth)
		for from := 0; from < w.Panels(); {
			to := min(from+1+i%6, w.Panels())
			k.MatMul(alone[i*outputs:], row, w, from, to, false)
			from = to
		}
	}
	near(t, "rows apart", alone, together, 0)
}

func operand(k kernel.Kernel, p kernel.Precision, x []float32, rows, depth int) *kernel.Operand {
	var o kernel.Operand
	o.Reset(p, rows, depth)
	k.Quantize(&o, x, 0, rows)
	return &o
}

// fill keeps random keys and values at all positions, in two calls.
func fill(k kernel.Kernel, c *kernel.HeadCache, r *rand.Rand, headDim int) {
	x := normal(r, c.Capacity()*2*headDim)
	const first = 7
	k.Keep(c, 0, x, x[headDim:], first, 2*headDim)
	k.Keep(c, first, x[first*2*headDim:], x[first*2*headDim+headDim:], c.Capacity()-first, 2*headDim)
}

// keep asserts that attention over what k kept is, to the bit, that over what the reference kept.
func keep(t *testing.T, k, reference kernel.Kernel, p kernel.Precision) {
	for _, headDim := range []int{16, 64} {
		var results [2][]float32
		for i, keeper := range []kernel.Kernel{k, reference} {
			c := kernel.NewHeadCache(p, 50, headDim)
			fill(keeper, c, rand.New(rand.NewPCG(15, 16)), headDim)
			q := normal(rand.New(rand.NewPCG(17, 18)), headDim)
			results[i] = make([]float32, headDim)
			reference.Attend(results[i], headDim, q, headDim, c, []int32{50}, 0.1, make([]float32, kernel.AttentionRows*c.Capacity()))
		}
		near(t, fmt.Sprint("head ", headDim), results[0], results[1], 0)
	}
}

func rotate(t *testing.T, k, reference kernel.Kernel) {
	r := rand.New(rand.NewPCG(19, 20))
	for _, headDim := range []int{2, 6, 16, 64} {
		const rows, heads = 3, 5
		stride := heads*headDim + 7
		got, angles := normal(r, rows*stride), normal(r, rows*headDim)
		var norm []float32
		for range 2 {
			want := slices.Clone(got)
			k.Rotate(got, stride, heads, headDim, angles, norm, 1e-6)
			reference.Rotate(want, stride, heads, headDim, angles, norm, 1e-6)
			near(t, fmt.Sprintf("head %d, norm %v", headDim, norm != nil), got, want, 1e-5)
			if headDim%kernel.PanelWidth != 0 {
				break
			}
			norm = normal(r, headDim)
		}
	}
}

func argmax(t *testing.T, k kernel.Kernel) {
	r := rand.New(rand.NewPCG(21, 22))
	for _, n := range []int{1, 5, 16, 255, 256, 257, 8192} {
		x := normal(r, n)
		for range 20 {
			at := r.IntN(n)
			x[at] = 100
			if n > 1 {
				x[n-1] = max(x[n-1], 100)
			}
			if got := k.Argmax(x); got != slices.Index(x, 100) {
				t.Fatalf("n=%d: %d, want %d", n, got, slices.Index(x, 100))
			}
			clear(x)
		}
	}
	x := []float32{float32(math.Inf(-1)), float32(math.Inf(-1)), -3}
	if got := k.Argmax(x); got != 2 {
		t.Errorf("argmax of %v is %d", x, got)
	}
}

func attend(t *testing.T, k, reference kernel.Kernel, p kernel.Precision) {
	tolerance := 2e-6
	if p == kernel.BF16 {
		tolerance = 4e-3 // a probability that rounds the other way
	}
	r := rand.New(rand.NewPCG(5, 6))
	for _, headDim := range []int{16, 32, 64, 128} {
		const positions = 77
		c := kernel.NewHeadCache(p, positions, headDim)
		fill(k, c, r, headDim)
		for _, visible := range [][]int32{{1}, {77}, {16, 17}, {1, 2, 3, 4, 5, 6, 7, 8}, {40, 40, 40}, slices.Repeat([]int32{70}, 19)} {
			stride := 3 * headDim
			q := normal(r, len(visible)*stride)
			scores := normal(r, kernel.AttentionRows*c.Capacity())
			got, want := make([]float32, len(visible)*headDim), make([]float32, len(visible)*headDim)
			scale := float32(1 / math.Sqrt(float64(headDim)))
			k.Attend(got, headDim, q, stride, c, visible, scale, scores)
			reference.Attend(want, headDim, q, stride, c, visible, scale, scores)
			near(t, fmt.Sprintf("head %d visible %v", headDim, visible), got, want, tolerance)
		}
	}
}

func rmsNorm(t *testing.T, k, reference kernel.Kernel) {
	r := rand.New(rand.NewPCG(7, 8))
	for _, width := range []int{16, 64, 256} {
		x, weight := normal(r, 5*width), normal(r, width)
		got, want := make([]float32, len(x)), make([]float32, len(x))
		k.RMSNorm(got, x, weight, 1e-6)
		reference.RMSNorm(want, x, weight, 1e-6)
		near(t, fmt.Sprint("width ", width), got, want, 1e-5)
		k.RMSNorm(x, x, weight, 1e-6)
		near(t, fmt.Sprint("in place, width ", width), x, got, 0)
	}
}

func swiGLU(t *testing.T, k, reference kernel.Kernel) {
	r := rand.New(rand.NewPCG(9, 10))
	const rows, width = 3, 48
	gateUp := normal(r, 2*rows*width)
	copy(gateUp, []float32{-200, -88, -30, -1e-8, 0, 1e-8, 30, 88, 200})
	got, want := make([]float32, rows*width), make([]float32, rows*width)
	k.SwiGLU(got, gateUp, width)
	reference.SwiGLU(want, gateUp, width)
	near(t, "swiglu", got, want, 1e-5)
}

func logSumExp(t *testing.T, k, reference kernel.Kernel) {
	r := rand.New(rand.NewPCG(11, 12))
	for _, n := range []int{1, 3, 15, 16, 17, 100, 8192} {
		for _, scale := range []float32{0, 1, 10, 100} {
			logits := normal(r, n)
			for i := range logits {
				logits[i] *= scale
			}
			lse, entropy := k.LogSumExp(logits)
			wantLSE, wantEntropy := reference.LogSumExp(logits)
			near(t, fmt.Sprintf("n=%d scale=%g", n, scale), []float32{lse, entropy}, []float32{wantLSE, wantEntropy}, 1e-5)
		}
	}
}

// wrongLengths asserts that arrays that are too short are a panic, which can be recovered from, and are not read or
// written beyond their ends.
func wrongLengths(t *testing.T, k kernel.Kernel) {
	floats := func(n int) []float32 { return make([]float32, n) }
	w := kernel.NewMatrix(kernel.F32, 32, 64)
	c := kernel.NewHeadCache(kernel.F32, 32, 16)
	o := operand(k, kernel.F32, floats(32), 2, 16)
	x := operand(k, kernel.F32, floats(128), 2, 64)
	for name, call := range map[string]func(){
		"results":           func() { k.MatMul(floats(63), x, w, 0, 2, false) },
		"activations":       func() { k.Quantize(x, floats(127), 0, 2) },
		"rows":              func() { k.Quantize(x, floats(4096), 0, 20) },
		"panels":            func() { k.MatMul(floats(99), x, w, 0, 3, false) },
		"negative panels":   func() { k.MatMul(floats(64), x, w, -1, 2, false) },
		"another precision": func() { k.MatMul(floats(64), x, kernel.NewMatrix(kernel.Int8, 32, 64), 0, 2, false) },
		"another depth":     func() { k.MatMul(floats(64), x, kernel.NewMatrix(kernel.F32, 32, 48), 0, 2, false) },
		"gathered":          func() { k.Attend(floats(15), 16, floats(16), 16, c, []int32{1}, 1, floats(512)) },
		"queries":           func() { k.Attend(floats(16), 16, floats(15), 16, c, []int32{1}, 1, floats(512)) },
		"sees too far":      func() { k.Attend(floats(16), 16, floats(16), 16, c, []int32{33}, 1, floats(528)) },
		"sees nothing":      func() { k.Attend(floats(16), 16, floats(16), 16, c, []int32{0}, 1, floats(512)) },
		"keys kept":         func() { k.Keep(c, 0, floats(31), floats(32), 2, 16) },
		"kept beyond":       func() { k.Keep(c, 31, floats(32), floats(32), 2, 16) },
		"turned":            func() { k.Rotate(floats(31), 16, 1, 16, floats(32), nil, 0) },
		"turned and normed": func() { k.Rotate(floats(32), 16, 1, 16, floats(32), floats(15), 0) },
		"nothing to choose": func() { k.Argmax(nil) },
		"normalised":        func() { k.RMSNorm(floats(31), floats(32), floats(16), 1e-6) },
		"gates":             func() { k.SwiGLU(floats(32), floats(63), 16) },
		"no logits at all":  func() { k.LogSumExp(nil) },
		"rows packed":       func() { k.PackRows(w, 0, floats(33*64)) },
		"packed before":     func() { k.PackRows(w, -1, floats(64)) },
		"columns packed":    func() { k.PackColumns(w, 0, floats(63), 2, 32, 32) },
		"too deep":          func() { k.PackColumns(w, 63, floats(64), 2, 32, 32) },
		"too wide":          func() { k.PackColumns(w, 0, floats(66), 2, 33, 33) },
		"odd depth":         func() { k.PackColumns(kernel.NewMatrix(kernel.BF16, 16, 16), 1, floats(16), 1, 16, 16) },
		"packed as bytes":   func() { k.PackColumns(kernel.NewMatrix(kernel.Int8, 16, 16), 0, floats(16), 1, 16, 16) },
		"reset to bytes":    func() { new(kernel.Matrix).Reset(kernel.Int8, 16, 16) },
		"columns quantised": func() { k.QuantizeColumns(o, 0, floats(31), 16, 2, 2) },
		"too many columns":  func() { k.QuantizeColumns(o, 0, floats(64), 16, 3, 3) },
		"scores":            func() { k.Softmax(floats(40), 32, 1) },
		"by scores":         func() { k.SoftmaxBackward(floats(31), floats(32), 32, 1) },
		"target":            func() { k.CrossEntropyBackward(floats(16), 16, 0, 1) },
		"by activations": func() {
			k.RMSNormBackward(floats(31), floats(16), floats(32), floats(32), floats(16), 2, 16, 0, false)
		},
		"by the norm":       func() { k.RMSNormBackward(floats(32), floats(15), floats(32), floats(32), floats(16), 2, 16, 0, false) },
		"by gates":          func() { k.SwiGLUBackward(floats(31), floats(16), floats(32), floats(16), 16) },
		"no room for score": func() { k.Attend(floats(16), 16, floats(16), 16, c, []int32{20}, 1, floats(511)) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			call()
		}()
	}
}

func normal(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

// near fails where got strays from want by more than tolerance times (1 + |want|).
func near(t *testing.T, name string, got, want []float32, tolerance float64) {
	t.Helper()
	for i, w := range want {
		d := math.Abs(float64(got[i] - w))
		if !(d <= tolerance*(1+math.Abs(float64(w)))) {
			t.Fatalf("%s: element %d is %g, want %g", name, i, got[i], w)
		}
	}
}
