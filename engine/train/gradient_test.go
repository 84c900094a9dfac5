package train

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"seedls/engine/backbone"
	"seedls/engine/checkpoint"
	"seedls/engine/kernel"
)

// step is that of central differences, in float64.
const step = 1e-5

// derivative is the derivative of f at x, by central differences, along a direction.
func derivative(f func(x []float64) float64, x, direction []float64) float64 {
	along := func(step float64) float64 {
		moved := make([]float64, len(x))
		for i, v := range x {
			moved[i] = v + step*direction[i]
		}
		return f(moved)
	}
	return (along(step) - along(-step)) / (2 * step)
}

// check compares a gradient, value by value, with central differences of f at x.
func check(t *testing.T, name string, f func(x []float64) float64, x, got []float32) {
	t.Helper()
	at, direction, want := wide(x), make([]float64, len(x)), make([]float32, len(x))
	for i := range x {
		direction[i] = 1
		want[i] = float32(derivative(f, at, direction))
		direction[i] = 0
	}
	near(t, name, got, want, tolerance)
}

func wide(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

func random(r *rand.Rand, n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	return x
}

// dot is the loss that has the gradient d by y.
func dot(d []float32, y []float64) (sum float64) {
	for i, v := range y {
		sum += float64(d[i]) * v
	}
	return sum
}

func TestRMSNormBackward(t *testing.T) {
	const rows, width, stride, eps = 3, 16, 20, 0.1
	r := rand.New(rand.NewPCG(1, 1))
	x, dy, weight, before := random(r, rows*stride), random(r, rows*stride), random(r, width), random(r, rows*stride)
	f := func(x, weight []float64) (loss float64) {
		for row := range rows {
			loss += dot(dy[row*stride:], twinNorm(x[row*stride:][:width], weight, float64(float32(eps))))
		}
		return loss
	}
	dx, dweight := make([]float32, len(x)), make([]float32, width)
	kernel.Best().RMSNormBackward(dx, dweight, x, dy, weight, rows, stride, eps, false)
	check(t, "inputs", func(x []float64) float64 { return f(x, wide(weight)) }, x, dx)
	check(t, "weight", func(weight []float64) float64 { return f(wide(x), weight) }, weight, dweight)

	sum := append([]float32(nil), before...)
	kernel.Best().RMSNormBackward(sum, dweight, x, dy, weight, rows, stride, eps, true)
	for i := range sum {
		require.InDelta(t, before[i]+dx[i], sum[i], 1e-6)
	}
	kernel.Best().RMSNormBackward(dy, dweight, x, dy, weight, rows, stride, eps, false)
	for row := range rows {
		require.Equal(t, dx[row*stride:][:width], dy[row*stride:][:width], "in place")
	}
}

func TestRotateBackward(t *testing.T) {
	const dim, position, theta = 16, 7, 100
	r := rand.New(rand.NewPCG(2, 1))
	x, d, angles := random(r, dim), random(r, dim), make([]float32, dim)
	for i := range dim / 2 {
		sin, cos := math.Sincos(position * math.Pow(theta, -2*float64(i)/dim))
		angles[i], angles[dim/2+i] = float32(cos), float32(sin)
	}
	dy := append([]float32(nil), d...)
	for i := range dim / 2 { // as Pass.unangles
		angles[dim/2+i] *= -1
	}
	kernel.Best().Rotate(d, dim, 1, dim, angles, nil, 0)
	check(t, "head", func(x []float64) float64 { return dot(dy, twinRotate(x, position, theta)) }, x, d)
}

func TestSwiGLUBackward(t *testing.T) {
	const rows, width = 3, 16
	r := rand.New(rand.NewPCG(3, 1))
	gateUp, dy, got := random(r, rows*2*width), random(r, rows*width), make([]float32, rows*2*width)
	kernel.Best().SwiGLUBackward(got, make([]float32, len(dy)), gateUp, dy, width)
	check(t, "gates and ups", func(x []float64) (loss float64) {
		for row := range rows {
			loss += dot(dy[row*width:], twinSwiGLU(x[row*2*width:][:2*width]))
		}
		return loss
	}, gateUp, got)
}

func TestCrossEntropyBackward(t *testing.T) {
	const target, scale = 3, 0.25
	logits := random(rand.New(rand.NewPCG(4, 1)), 21)
	got := append([]float32(nil), logits...)
	lse, _ := kernel.Best().LogSumExp(logits)
	kernel.Best().CrossEntropyBackward(got, target, lse, scale)
	check(t, "logits", func(x []float64) float64 { return scale * twinCrossEntropy(x, target) }, logits, got)
}

// TestLinearBackward has outputs that do not fill their panels.
func TestLinearBackward(t *testing.T) {
	const rows, outputs, depth = 5, 40, 16
	r := rand.New(rand.NewPCG(5, 1))
	pool := kernel.NewPool(2)
	defer pool.Close()
	wk := worker{kernel: kernel.Best()}
	p := &Pass{kernel: kernel.Best(), pool: pool, workers: make([]worker, 2)}
	p.workers[0], p.workers[1] = wk, wk
	x, w, bias := random(r, rows*depth), random(r, outputs*depth), random(r, outputs)
	l := newLinear(kernel.F32, backbone.Product{Weights: []backbone.Tensor{{Shape: []int{outputs, depth}}}})
	p.pack(l, w, bias)
	stride := l.forward.Stride()
	dy := random(r, rows*stride)
	for row := range rows {
		clear(dy[row*stride+outputs : (row+1)*stride])
	}
	f := func(x, w, bias []float64) (loss float64) {
		for row := range rows {
			loss += dot(dy[row*stride:], twinLinear(x[row*depth:][:depth], w, bias))
		}
		return loss
	}
	y := make([]float32, rows*stride)
	wk.multiply(y, x, rows, l.forward, false)
	var forward float64
	for i, d := range dy {
		forward += float64(d) * float64(y[i])
	}
	require.InEpsilon(t, f(wide(x), wide(w), wide(bias)), forward, tolerance)

	dx, dw, dbias := make([]float32, len(x)), make([]float32, len(w)), make([]float32, stride)
	wk.multiply(dx, dy, rows, l.backward, false)
	var o outer
	o.reset(kernel.F32, rows, outputs, depth)
	const half = rows / 2
	o.pack(p.kernel, half, rows-half, dy[half*stride:], stride, x[half*depth:])
	o.pack(p.kernel, 0, half, dy, stride, x)
	p.add(dw, &o)
	addColumns(dbias, dy)
	check(t, "inputs", func(x []float64) float64 { return f(x, wide(w), wide(bias)) }, x, dx)
	check(t, "weights", func(w []float64) float64 { return f(wide(x), w, wide(bias)) }, w, dw)
	check(t, "bias", func(bias []float64) float64 { return f(wide(x), wide(w), bias) }, bias, dbias[:outputs])
}

func TestAttentionBackward(t *testing.T) {
	for _, h := range []heads{{2, 2, 16}, {4, 2, 16}, {3, 1, 16}} {
		t.Run(fmt.Sprint(h), func(t *testing.T) {
			r := rand.New(rand.NewPCG(6, 1))
			s := randomSequence(10, 6, 3, 4)
			s.Canvases[0].Start = 0
			n := len(s.IDs)
			qkv, d := random(r, n*h.width()), random(r, n*h.queries*h.dim)
			f := func(x []float64) (loss float64) {
				rows := make([][]float64, n)
				for i := range rows {
					rows[i] = x[i*h.width():][:h.width()]
				}
				for i := range rows {
					loss += dot(d[i*h.queries*h.dim:], twinAttend(rows, h, s, i))
				}
				return loss
			}
			wk := worker{kernel: kernel.Best()}
			context, dqkv := make([]float32, len(d)), make([]float32, len(qkv))
			head := func(x []float32, head int) rows { // as Pass.head
				values := make([]float32, (n+kernel.PanelWidth)*h.dim)
				for i := range n {
					copy(values[i*h.dim:], x[i*h.width()+head*h.dim:][:h.dim])
				}
				return rows{values, h.dim}
			}
			add := func(x rows, head int) {
				for i := range n {
					addTo(dqkv[i*h.width()+head*h.dim:][:h.dim], x.values[i*h.dim:])
				}
			}
			sights, blocks := s.attention()
			for query := range h.queries {
				key := h.queries + query*h.keys/h.queries
				q, k, v := head(qkv, query), head(qkv, key), head(qkv, key+h.keys)
				zero := make([]float32, len(qkv))
				dq, dk, dv := head(zero, 0), head(zero, 0), head(zero, 0)
				stride := h.queries * h.dim
				for _, b := range blocks {
					wk.attend(context[query*h.dim:], stride, q, k, v, h.scale(), &b, sights)
					wk.attendBackward(dq, dk, dv, d[query*h.dim:], stride, q, k, v, h.scale(), &b, sights)
				}
				add(dq, query)
				add(dk, key)
				add(dv, key+h.keys)
			}
			require.InEpsilon(t, f(wide(qkv)), dot(d, wide(context)), tolerance)
			check(t, "queries, keys and values", f, qkv, dqkv)
		})
	}
}

// TestGradientOfAModel compares the loss of whole models with the twin's, and the gradient of each tensor, along random
// directions, with central differences.
func TestGradientOfAModel(t *testing.T) {
	base := checkpoint.Config{
		VocabSize: 40, HiddenSize: 32, Layers: 2, Heads: 4, KVHeads: 4, HeadDim: 16, IntermediateSize: 48, MaxPositions: 500,
		RMSNormEps: 1e-5, RopeTheta: 100,
	}
	short := randomSequence(base.VocabSize, 12, 4, 5, 1)
	for _, test := range []struct {
		name     string
		change   func(*checkpoint.Config)
		sequence *Sequence
	}{
		{"plain", func(*checkpoint.Config) {}, short},
		{"tied", func(c *checkpoint.Config) { c.TieWordEmbeddings = true }, short},
		{"grouped queries, bias", func(c *checkpoint.Config) { c.KVHeads, c.QKVBias = 2, true }, short},
		{"grouped queries, QK norm, tied", func(c *checkpoint.Config) { c.KVHeads, c.QKNorm, c.TieWordEmbeddings = 1, true, true }, short},
		{
			"several blocks and chunks", func(c *checkpoint.Config) { c.KVHeads, c.Layers = 2, 1 },
			randomSequence(base.VocabSize, blockRows+160, 50, blockRows-40, 30),
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, s := base, test.sequence
			test.change(&c)
			p, err := NewParameters(c)
			require.NoError(t, err)
			r := rand.New(rand.NewPCG(7, 1))
			for _, x := range p.Tensors() {
				for i := range x.Values {
					x.Values[i] = float32(r.NormFloat64() / math.Sqrt(float64(x.Shape[len(x.Shape)-1])))
					if len(x.Shape) == 1 {
						x.Values[i] += 1
					}
				}
			}
			pool := kernel.NewPool(2)
			defer pool.Close()
			gradients, err := NewParameters(c)
			require.NoError(t, err)
			pass := NewPass(p, kernel.Best(), pool, kernel.F32)
			loss, err := pass.Gradient(gradients, s)
			require.NoError(t, err)
			if s != short {
				require.Greater(t, len(pass.packed[0].blocks), 3)
				require.Greater(t, len(pass.wanted), partRows)
			}
			alone, err := pass.Loss(s)
			require.NoError(t, err)
			require.Equal(t, alone, loss)

			w := twin{}
			for _, x := range p.Tensors() {
				w[x.Name] = wide(x.Values)
			}
			require.InEpsilon(t, w.loss(c, s), loss.Total(), 1e-5)
			for _, g := range gradients.Tensors() {
				at := w[g.Name]
				for range 2 {
					direction := wide(random(r, len(at)))
					want := derivative(func(x []float64) float64 { w[g.Name] = x; return w.loss(c, s) }, at, direction)
					length := math.Sqrt(dot(g.Values, wide(g.Values)))
					require.NotZero(t, length, g.Name)
					require.InDelta(t, want, dot(g.Values, direction), tolerance*length, g.Name)
				}
				w[g.Name] = at
			}
		})
	}
}
