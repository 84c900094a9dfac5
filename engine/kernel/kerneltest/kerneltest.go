// Package kerneltest is the conformance suite that every tier of package kernel passes: each operation against its
// plain Go twin, on the shapes that tiles and vectors get wrong, and the invariants that the engine builds on.
package kerneltest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"seedls/engine/kernel"
)

// Run tests k against the reference.
func Run(t *testing.T, k kernel.Kernel) {
	tiers := kernel.Tiers()
	reference := tiers[len(tiers)-1]
	t.Run("MatMul", func(t *testing.T) { matMul(t, k, reference) })
	t.Run("RowsAreIndependent", func(t *testing.T) { rowsAreIndependent(t, k) })
	t.Run("Attend", func(t *testing.T) { attend(t, k, reference) })
	t.Run("RMSNorm", func(t *testing.T) { rmsNorm(t, k, reference) })
	t.Run("SwiGLU", func(t *testing.T) { swiGLU(t, k, reference) })
	t.Run("LogSumExp", func(t *testing.T) { logSumExp(t, k, reference) })
	t.Run("WrongLengths", func(t *testing.T) { wrongLengths(t, k) })
}

func matMul(t *testing.T, k, reference kernel.Kernel) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, rows := range []int{1, 2, 3, 5, 6, 7, 8, 9, 16, 33} {
		for _, shape := range [][2]int{{16, 16}, {32, 64}, {48, 31}, {100, 256}, {512, 1}} {
			for _, accumulate := range []bool{false, true} {
				name := fmt.Sprintf("%dx%dx%d accumulate=%v", rows, shape[0], shape[1], accumulate)
				w := kernel.NewMatrix(shape[0], shape[1])
				w.SetRows(0, normal(r, shape[0]*shape[1]))
				if rows%2 == 1 {
					w.SetBias(0, normal(r, shape[0]))
				}
				x := normal(r, rows*shape[1])
				got := normal(r, rows*w.Stride())
				want := append([]float32(nil), got...)
				from := rows % 2 % w.Panels()
				k.MatMul(got, x, rows, w, from, w.Panels(), accumulate)
				reference.MatMul(want, x, rows, w, from, w.Panels(), accumulate)
				near(t, name, got, want, 1e-5*math.Sqrt(float64(shape[1])))
			}
		}
	}
}

// rowsAreIndependent asserts that a row's product is the same to the bit whatever rows stand beside it: what makes a
// context fed in pieces equal one fed at once.
func rowsAreIndependent(t *testing.T, k kernel.Kernel) {
	r := rand.New(rand.NewPCG(3, 4))
	const rows, outputs, depth = 19, 80, 67
	w := kernel.NewMatrix(outputs, depth)
	w.SetRows(0, normal(r, outputs*depth))
	x := normal(r, rows*depth)
	together, alone := make([]float32, rows*outputs), make([]float32, rows*outputs)
	k.MatMul(together, x, rows, w, 0, w.Panels(), false)
	for i := range rows {
		for p := range w.Panels() {
			k.MatMul(alone[i*outputs:], x[i*depth:], 1, w, p, p+1, false)
		}
	}
	near(t, "rows apart", alone, together, 0)
}

func attend(t *testing.T, k, reference kernel.Kernel) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, headDim := range []int{16, 32, 64, 128} {
		const positions = 77
		c := kernel.NewHeadCache(positions, headDim)
		for p := range c.Capacity() {
			c.Set(p, normal(r, headDim), normal(r, headDim))
		}
		for _, visible := range [][]int32{{1}, {77}, {16, 17}, {1, 2, 3, 4, 5, 6, 7, 8}, {40, 40, 40}} {
			stride := 3 * headDim
			q := normal(r, len(visible)*stride)
			scores := normal(r, len(visible)*c.Capacity())
			got, want := make([]float32, len(visible)*headDim), make([]float32, len(visible)*headDim)
			scale := float32(1 / math.Sqrt(float64(headDim)))
			k.Attend(got, headDim, q, stride, c, visible, scale, scores)
			reference.Attend(want, headDim, q, stride, c, visible, scale, scores)
			near(t, fmt.Sprintf("head %d visible %v", headDim, visible), got, want, 2e-6)
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
	w := kernel.NewMatrix(32, 64)
	c := kernel.NewHeadCache(32, 16)
	for name, call := range map[string]func(){
		"results":           func() { k.MatMul(floats(63), floats(128), 2, w, 0, 2, false) },
		"activations":       func() { k.MatMul(floats(64), floats(127), 2, w, 0, 2, false) },
		"panels":            func() { k.MatMul(floats(99), floats(128), 2, w, 0, 3, false) },
		"negative panels":   func() { k.MatMul(floats(64), floats(128), 2, w, -1, 2, false) },
		"gathered":          func() { k.Attend(floats(15), 16, floats(16), 16, c, []int32{1}, 1, floats(32)) },
		"queries":           func() { k.Attend(floats(16), 16, floats(15), 16, c, []int32{1}, 1, floats(32)) },
		"sees too far":      func() { k.Attend(floats(16), 16, floats(16), 16, c, []int32{33}, 1, floats(64)) },
		"sees nothing":      func() { k.Attend(floats(16), 16, floats(16), 16, c, []int32{0}, 1, floats(32)) },
		"normalised":        func() { k.RMSNorm(floats(31), floats(32), floats(16), 1e-6) },
		"gates":             func() { k.SwiGLU(floats(32), floats(63), 16) },
		"no logits at all":  func() { k.LogSumExp(nil) },
		"no room for score": func() { k.Attend(floats(16), 16, floats(16), 16, c, []int32{20}, 1, floats(19)) },
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
