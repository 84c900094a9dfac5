package train

import "math"

// The backward passes of what stands between products. Each takes the gradient of the loss by the operation's outputs.

// rmsNormBackward writes the gradient by the inputs of an RMSNorm to dx, or adds it there, and adds that by its weight,
// [width], to dweight. x, dy and dx are rows of width values, stride apart; dx may be dy unless it is added to.
func rmsNormBackward(dx, dweight, x, dy, weight []float32, rows, stride int, eps float32, accumulate bool) {
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

// rotateBackward turns the gradient by rotated heads, in place, into that by the heads before: it turns them back.
// The arguments are those of kernel.Kernel's Rotate.
func rotateBackward(d []float32, stride, headDim int, angles []float32) {
	half := headDim / 2
	for r := range len(angles) / headDim {
		turns, head := angles[r*headDim:][:headDim], d[r*stride:][:headDim]
		for i := range half {
			a, b := head[i], head[half+i]
			cos, sin := turns[i], turns[half+i]
			head[i], head[half+i] = a*cos+b*sin, b*cos-a*sin
		}
	}
}

// swigluBackward writes the gradient by gates and ups, in rows as those of gateUp, over dgateUp. dy has rows of width.
func swigluBackward(dgateUp, gateUp, dy []float32, width int) {
	for r := range len(dy) / width {
		gates, ups, dy := gateUp[2*r*width:][:width], gateUp[(2*r+1)*width:][:width], dy[r*width:][:width]
		dgates, dups := dgateUp[2*r*width:][:width], dgateUp[(2*r+1)*width:][:width]
		for i, d := range dy {
			gate := gates[i]
			sigmoid := 1 / (1 + float32(math.Exp(float64(-gate))))
			dups[i] = d * gate * sigmoid
			dgates[i] = d * ups[i] * sigmoid * (1 + gate*(1-sigmoid))
		}
	}
}

// crossEntropyBackward turns logits, whose log-sum-exp is lse, into scale times the gradient of the cross entropy of
// target.
func crossEntropyBackward(logits []float32, target int32, lse, scale float32) {
	for i, v := range logits {
		logits[i] = scale * float32(math.Exp(float64(v-lse)))
	}
	logits[target] -= scale
}

// addColumns adds the sums of the columns of x, [rows, len(sums)], to sums.
func addColumns(sums, x []float32) {
	for at := 0; at < len(x); at += len(sums) {
		addTo(sums, x[at:])
	}
}

// addTo adds as many values of x to sum as it has.
func addTo(sum, x []float32) {
	x = x[:len(sum)]
	for i, v := range x {
		sum[i] += v
	}
}
