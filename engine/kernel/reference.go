package kernel

import "math"

// goKernel is the reference: it says what each operation means, and serves machines without C.
type goKernel struct{}

func (goKernel) Name() string { return "go" }

func (goKernel) Quantize(o *Operand, x []float32, from, to int) {
	width := o.rowWords()
	for r := from; r < to; r++ {
		row, words := x[r*o.depth:(r+1)*o.depth], o.words[r*width:(r+1)*width]
		switch o.precision {
		case F32:
			copy(floats(words), row)
		case BF16:
			clear(words)
			for k, v := range row {
				words[k/2] |= uint32(bfloat16(v)) << (k % 2 * 16)
			}
		case Int8:
			o.scales[r], o.sums[r] = quantizeInt8(words, row)
			if len(o.groupSums) > 0 {
				sumGroups(o.groupSums[r*o.groups():(r+1)*o.groups()], words)
			}
		}
	}
}

// quantizeInt8 returns the scale and the sum of the bytes of a row. A row with a value that is not finite gets a scale
// that is none either.
func quantizeInt8(words []uint32, row []float32) (scale float32, sum int32) {
	var largest, poison float32
	for _, v := range row {
		largest = max(largest, float32(math.Abs(float64(v))))
		poison += v - v
	}
	var inverse float32
	if largest > 0 {
		inverse = 127 / largest
	}
	clear(words)
	for k, v := range row {
		q := int32(math.RoundToEven(float64(v * inverse)))
		words[k/4] |= uint32(uint8(q)) << (k % 4 * 8)
		sum += q
	}
	return largest/127 + poison, sum
}

func sumGroups(sums []int32, words []uint32) {
	clear(sums)
	for i, w := range words {
		sums[i*4/Int4Group] += int32(int8(w)) + int32(int8(w>>8)) + int32(int8(w>>16)) + int32(int8(w>>24))
	}
}

func (goKernel) MatMul(y []float32, o *Operand, w *Matrix, from, to int, accumulate bool) {
	o.fits(w)
	width, size, stride := o.rowWords(), w.panelWords(), w.Stride()
	for r := range o.rows {
		x := o.words[r*width : (r+1)*width]
		for p := from; p < to; p++ {
			out := y[r*stride+p*PanelWidth:][:PanelWidth]
			panel := w.words[p*size : (p+1)*size]
			var sum [PanelWidth]float32
			switch w.precision {
			case F32, BF16:
				multiplyWords(w.precision, &sum, x, panel)
			case Int8:
				multiplyInt8(&sum, x, panel)
				for i, s := range w.scales[p*PanelWidth:][:PanelWidth] {
					sum[i] *= o.scales[r] * s
				}
			case Int4:
				groups := o.groups()
				multiplyInt4(&sum, x, panel, w.groupScales[p*groups*PanelWidth:(p+1)*groups*PanelWidth])
				for i := range sum {
					sum[i] *= o.scales[r]
				}
			}
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

func multiplyBF16(sum *[PanelWidth]float32, x, panel []uint32) {
	for k, a := range x {
		low, high := fromBfloat16(uint16(a)), fromBfloat16(uint16(a>>16))
		for i, b := range panel[k*PanelWidth : (k+1)*PanelWidth] {
			sum[i] += low * fromBfloat16(uint16(b))
			sum[i] += high * fromBfloat16(uint16(b>>16))
		}
	}
}

func multiplyInt8(sum *[PanelWidth]float32, x, panel []uint32) {
	var exact [PanelWidth]int32
	for k, a := range x {
		a0, a1, a2, a3 := int32(int8(a)), int32(int8(a>>8)), int32(int8(a>>16)), int32(int8(a>>24))
		for i, b := range panel[k*PanelWidth : (k+1)*PanelWidth] {
			exact[i] += a0*(int32(uint8(b))-int8Zero) + a1*(int32(uint8(b>>8))-int8Zero) +
				a2*(int32(uint8(b>>16))-int8Zero) + a3*(int32(uint8(b>>24))-int8Zero)
		}
	}
	for i, s := range exact {
		sum[i] = float32(s)
	}
}

func multiplyInt4(sum *[PanelWidth]float32, x, panel []uint32, scales []uint16) {
	const words = Int4Group / 8
	for g := 0; g*words*PanelWidth < len(panel); g++ {
		for i := range sum {
			var exact int32
			for k := range Int4Group {
				word := panel[(g*words+k/8)*PanelWidth+i]
				weight := int32(word>>(4*int4Place(k%8))&15) - 8
				exact += weight * int32(int8(x[(g*Int4Group+k)/4]>>(k%4*8)))
			}
			sum[i] += float32(exact) * fromBfloat16(scales[g*PanelWidth+i])
		}
	}
}

func (goKernel) Attend(out []float32, outStride int, q []float32, qStride int, c *HeadCache, visible []int32, scale float32, scores []float32) {
	var query [maxHeadDim]uint32
	per := c.precision.perWord()
	_ = scores[AttentionRows*c.capacity-1]
	for r, n := range visible {
		score := scores[:c.capacity]
		scaled := floats(query[:c.headDim])
		for d, a := range q[r*qStride : r*qStride+c.headDim] {
			scaled[d] = a * scale
		}
		pack(c.precision, query[:c.headDim])
		for at := 0; at < int(n); at += PanelWidth {
			var sum [PanelWidth]float32
			multiplyWords(c.precision, &sum, query[:c.headDim/per], c.keys[at*c.headDim/per:])
			copy(score[at:], sum[:])
		}
		inverse := 1 / exponentials(score[:n])
		clear(score[n:])
		depth := (int(n) + per - 1) / per
		probabilities := bits(score[:depth*per])
		pack(c.precision, probabilities)
		for d := 0; d < c.headDim; d += PanelWidth {
			var sum [PanelWidth]float32
			multiplyWords(c.precision, &sum, probabilities[:depth], c.values[d*c.capacity/per:])
			for i, s := range sum {
				out[r*outStride+d+i] = s * inverse
			}
		}
	}
}

// pack rewrites floats as the words of a precision, in place.
func pack(p Precision, words []uint32) {
	if p == BF16 {
		for i, v := range floats(words) {
			setPart16(words, i, bfloat16(v))
		}
	}
}

func setPart16(words []uint32, i int, half uint16) {
	shift := i % 2 * 16
	words[i/2] = words[i/2]&^(0xffff<<shift) | uint32(half)<<shift
}

func multiplyWords(p Precision, sum *[PanelWidth]float32, x, panel []uint32) {
	if p == F32 {
		multiply(sum, floats(x), floats(panel))
	} else {
		multiplyBF16(sum, x, panel)
	}
}

func (k goKernel) Rotate(x []float32, stride, heads, headDim int, angles, norm []float32, eps float32) {
	half := headDim / 2
	for r := range len(angles) / headDim {
		turns := angles[r*headDim:][:headDim]
		for h := range heads {
			head := x[r*stride+h*headDim:][:headDim]
			if norm != nil {
				k.RMSNorm(head, head, norm[:headDim], eps)
			}
			for i, a := range head[:half] {
				b := head[half+i]
				cos, sin := turns[i], turns[half+i]
				head[i], head[half+i] = a*cos-b*sin, b*cos+a*sin
			}
		}
	}
}

func (goKernel) Keep(c *HeadCache, start int, keys, values []float32, rows, stride int) {
	for r := range rows {
		position := start + r
		for d := range c.headDim {
			set(c.precision, c.keys, position/PanelWidth*c.headDim*PanelWidth, d, position%PanelWidth, keys[r*stride+d])
			set(c.precision, c.values, d/PanelWidth*c.capacity*PanelWidth, position, d%PanelWidth, values[r*stride+d])
		}
	}
}

// set stores a value in a column of a panel that begins after the given number of values.
func set(p Precision, words []uint32, panel, depth, column int, value float32) {
	if p == F32 {
		words[panel+depth*PanelWidth+column] = math.Float32bits(value)
		return
	}
	setPart(words[panel/2+column:], depth, 2, 16, uint32(bfloat16(value)))
}

// exponentials replaces x by e^(x - maximum) and returns the sum.
func exponentials(x []float32) (total float32) {
	top := maximum(x)
	for i, v := range x {
		x[i] = float32(math.Exp(float64(v - top)))
		total += x[i]
	}
	return total
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

func (goKernel) Argmax(x []float32) int {
	_ = x[0]
	best := 0
	for i, v := range x {
		if v > x[best] {
			best = i
		}
	}
	return best
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
