package kernel

import "math"

func (goKernel) PackRows(w *Matrix, first int, weights []float32) {
	w.packsRows(first, weights)
	w.SetRows(first, weights)
}

func (goKernel) PackColumns(w *Matrix, first int, x []float32, rows, length, stride int) {
	w.packsColumns(first, rows, length)
	per, size := w.precision.perWord(), w.panelWords()
	for r := range rows {
		if r%per == 0 {
			for column := 0; column < length; column += PanelWidth {
				clear(w.words[column/PanelWidth*size+(first+r)/per*PanelWidth:][:PanelWidth])
			}
		}
		for i, v := range x[r*stride:][:length] {
			set(w.precision, w.words, i/PanelWidth*size*per, first+r, i%PanelWidth, v)
		}
	}
}

func (goKernel) QuantizeColumns(o *Operand, first int, x []float32, rows, length, stride int) {
	width, per := o.packsColumns(first, rows, length), o.precision.perWord()
	for c := range length {
		words := o.words[c*o.rowWords()+first/per:][:width]
		clear(words)
		for r := range rows {
			if v := x[r*stride+c]; o.precision == F32 {
				words[r] = math.Float32bits(v)
			} else {
				words[r/2] |= uint32(bfloat16(v)) << (r % 2 * 16)
			}
		}
	}
}

func (goKernel) Softmax(x []float32, width int, scale float32) {
	for at := 0; at < len(x); at += width {
		row := x[at:][:width]
		for i := range row {
			row[i] *= scale
		}
		inverse := 1 / exponentials(row)
		for i := range row {
			row[i] *= inverse
		}
	}
}

func (goKernel) SoftmaxBackward(d, y []float32, width int, scale float32) {
	for at := 0; at < len(y); at += width {
		d, y := d[at:][:width], y[at:][:width]
		var along float32
		for i, v := range y {
			along += v * d[i]
		}
		for i, v := range y {
			d[i] = scale * v * (d[i] - along)
		}
	}
}

func (goKernel) CrossEntropyBackward(logits []float32, target int, lse, scale float32) {
	for i, v := range logits {
		logits[i] = scale * float32(math.Exp(float64(v-lse)))
	}
	logits[target] -= scale
}

func (goKernel) RMSNormBackward(dx, dweight, x, dy, weight []float32, rows, stride int, eps float32, accumulate bool) {
	width := len(weight)
	for r := range rows {
		x, dy, dx := x[r*stride:][:width], dy[r*stride:][:width], dx[r*stride:][:width]
		var squares, along float32
		for i, w := range weight {
			squares += x[i] * x[i]
			along += w * dy[i] * x[i]
		}
		scale := float32(1 / math.Sqrt(float64(squares/float32(width)+eps)))
		along *= scale * scale / float32(width)
		for i, w := range weight {
			d := scale * (w*dy[i] - along*x[i])
			dweight[i] += dy[i] * x[i] * scale
			if accumulate {
				d += dx[i]
			}
			dx[i] = d
		}
	}
}

func (goKernel) SwiGLUBackward(dgateUp, y, gateUp, dy []float32, width int) {
	for r := range len(dy) / width {
		for i := range width {
			gate, up, d := gateUp[2*r*width+i], gateUp[(2*r+1)*width+i], dy[r*width+i]
			sigmoid := 1 / (1 + float32(math.Exp(float64(-gate))))
			y[r*width+i] = gate * sigmoid * up
			dgateUp[(2*r+1)*width+i] = d * gate * sigmoid
			dgateUp[2*r*width+i] = d * up * sigmoid * (1 + gate*(1-sigmoid))
		}
	}
}
