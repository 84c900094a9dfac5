package kernel

import "math"

// goKernel is the reference: it says what each operation means, and serves machines without C.
type goKernel struct{}

func (goKernel) Name() string { return "go" }

func (goKernel) MatMul(y, x []float32, rows int, w *Matrix, from, to int, accumulate bool) {
	stride := w.Stride()
	for r := range rows {
		for p := from; p < to; p++ {
			out := y[r*stride+p*PanelWidth:][:PanelWidth]
			var sum [PanelWidth]float32
			multiply(&sum, x[r*w.depth:(r+1)*w.depth], w.panels[p*w.depth*PanelWidth:])
			for i, s := range sum {
				if w.bias != nil {
					s += w.bias[p*PanelWidth+i]
				}
				if accumulate {
					s += out[i]
				}
				out[i] = s
			}
		}
	}
}

// multiply adds a row of activations times one panel to sum.
func multiply(sum *[PanelWidth]float32, x, panel []float32) {
	for k, a := range x {
		for i, b := range panel[k*PanelWidth : (k+1)*PanelWidth] {
			sum[i] += a * b
		}
	}
}

func (goKernel) Attend(out []float32, outStride int, q []float32, qStride int, c *HeadCache, visible []int32, scale float32, scores []float32) {
	for r, n := range visible {
		score := scores[:n]
		for j := range score {
			key := c.keys[j/PanelWidth*c.headDim*PanelWidth+j%PanelWidth:]
			var s float32
			for d, a := range q[r*qStride : r*qStride+c.headDim] {
				s += a * key[d*PanelWidth]
			}
			score[j] = s * scale
		}
		softmax(score)
		for d := 0; d < c.headDim; d += PanelWidth {
			var sum [PanelWidth]float32
			multiply(&sum, score, c.values[d*c.capacity:])
			copy(out[r*outStride+d:][:PanelWidth], sum[:])
		}
	}
}

func softmax(x []float32) {
	top := maximum(x)
	var total float32
	for i, v := range x {
		x[i] = float32(math.Exp(float64(v - top)))
		total += x[i]
	}
	for i := range x {
		x[i] /= total
	}
}

func maximum(x []float32) float32 {
	top := x[0]
	for _, v := range x {
		top = max(top, v)
	}
	return top
}

func (goKernel) RMSNorm(y, x, weight []float32, eps float32) {
	width := len(weight)
	for at := 0; at < len(x); at += width {
		var squares float32
		for _, v := range x[at : at+width] {
			squares += v * v
		}
		scale := 1 / float32(math.Sqrt(float64(squares/float32(width)+eps)))
		for i, w := range weight {
			y[at+i] = x[at+i] * scale * w
		}
	}
}

func (goKernel) SwiGLU(y, gateUp []float32, width int) {
	for r := range len(y) / width {
		for i := range width {
			gate, up := gateUp[2*r*width+i], gateUp[(2*r+1)*width+i]
			y[r*width+i] = gate / (1 + float32(math.Exp(float64(-gate)))) * up
		}
	}
}

func (goKernel) LogSumExp(logits []float32) (lse, entropy float32) {
	top := maximum(logits)
	var mass, weighted float64
	for _, v := range logits {
		x := float64(v - top)
		e := math.Exp(x)
		mass += e
		weighted += e * x
	}
	return top + float32(math.Log(mass)), float32(math.Log(mass) - weighted/mass)
}
