package optimize

import (
	"math"

	"seedls/engine/kernel"
)

// matchRMS times the root of the longer side makes the mean square of Muon's updates about that of AdamW's
// (arXiv 2502.16982, section 2.2).
const matchRMS = 0.2

// muon updates a matrix by Muon with Nesterov momentum (Keller Jordan, 2024), and returns the sum of the squares of the
// changes.
func (o *Optimizer) muon(p *part, s *polar, weights, gradients, momentum []float32) (change float64) {
	keep, scale := float32(o.config.Momentum), o.scale
	momentum, direction := momentum[:len(gradients)], s.x[:len(gradients)]
	for i, g := range gradients {
		g *= scale
		m := keep*momentum[i] + g
		momentum[i] = m
		direction[i] = g + keep*m
	}
	direction = s.orthogonalize(p.rows, p.columns)[:len(weights)]
	rate, decay, size := o.rate, p.decay, float32(matchRMS*math.Sqrt(float64(max(p.rows, p.columns))))
	for i, w := range weights {
		step := rate * (size*direction[i] + decay*w)
		weights[i] = w - step
		change += float64(step) * float64(step)
	}
	return change
}

// A polar brings the singular values of a matrix near one, by the iteration of Newton and Schulz. It is the scratch space
// of one worker.
type polar struct {
	kernel    kernel.Kernel
	precision kernel.Precision

	x, y       []float32 // [rows, columns]
	gram, poly []float32 // [rows, rows]

	operand kernel.Operand // [rows, columns]
	square  kernel.Operand // [rows, rows]
	matrix  kernel.Matrix
}

// newPolar makes scratch space for matrices of which the shorter side is at most rows, the longer one columns.
func newPolar(k kernel.Kernel, precision kernel.Precision, rows, columns int) polar {
	p := polar{
		kernel: k, precision: precision,
		x: make([]float32, rows*columns), y: make([]float32, rows*columns),
		gram: make([]float32, rows*rows), poly: make([]float32, rows*rows),
	}
	p.operand.Reset(precision, rows, columns)
	p.square.Reset(precision, rows, rows)
	p.matrix.Reset(precision, rows, columns)
	p.matrix.Reset(precision, columns, rows)
	return p
}

// iterations is how often the polynomial is applied, and coefficients are those of x, x³ and x⁵ in it: they lift small
// singular values fast, and leave all between about 0.7 and 1.2.
const iterations = 5

var coefficients = [3]float32{3.4445, -4.7750, 2.0315}

// orthogonalize returns p.x, [rows, columns], with singular values near one. It is valid until the next call.
func (p *polar) orthogonalize(rows, columns int) []float32 {
	n := rows * columns
	if rows > columns {
		transpose(p.y[:n], p.x[:n], rows, columns)
		p.x, p.y = p.y, p.x
		p.iterate(columns, rows)
		transpose(p.y[:n], p.x[:n], columns, rows)
		return p.y[:n]
	}
	p.iterate(rows, columns)
	return p.x[:n]
}

// iterate works on p.x, [rows, columns], with no more rows than columns: X becomes a X + (b X Xᵀ + c (X Xᵀ)²) X.
func (p *polar) iterate(rows, columns int) {
	n := rows * columns
	norm := math.Sqrt(squares(p.x[:n]))
	if norm == 0 {
		return
	}
	inverse := 1 / norm
	for i, v := range p.x[:n] {
		p.x[i] = float32(float64(v) * inverse)
	}
	a, b, c := coefficients[0], coefficients[1], coefficients[2]
	for range iterations {
		x, gram := p.x[:n], p.gram[:rows*rows]
		y, poly := p.y[:len(x)], p.poly[:len(gram)]
		p.quantize(&p.operand, x, rows, columns)
		p.matrix.Reset(p.precision, rows, columns)
		p.matrix.SetOperand(&p.operand)
		p.multiply(gram, &p.operand, false)

		p.quantize(&p.square, gram, rows, rows)
		p.matrix.Reset(p.precision, rows, rows)
		p.matrix.SetOperand(&p.square) // it is symmetric
		p.multiply(poly, &p.square, false)

		for i, v := range gram {
			poly[i] = b*v + c*poly[i]
		}
		for i, v := range x {
			y[i] = a * v
		}
		p.quantize(&p.square, poly, rows, rows)
		p.matrix.Reset(p.precision, columns, rows)
		p.matrix.SetOperandTransposed(&p.operand)
		p.multiply(y, &p.square, true)
		p.x, p.y = p.y, p.x
	}
}

func (p *polar) quantize(o *kernel.Operand, x []float32, rows, depth int) {
	o.Reset(p.precision, rows, depth)
	p.kernel.Quantize(o, x, 0, rows)
}

// multiply computes y = x wᵀ, w being p.matrix, or adds it to y.
func (p *polar) multiply(y []float32, x *kernel.Operand, accumulate bool) {
	p.kernel.MatMul(y, x, &p.matrix, 0, p.matrix.Panels(), accumulate)
}

// transpose writes src, [rows, columns], to dst the other way round. Rows are a multiple of four, as of panels.
func transpose(dst, src []float32, rows, columns int) {
	for r := 0; r < rows; r += 4 {
		r0, r1, r2, r3 := src[r*columns:][:columns], src[(r+1)*columns:][:columns], src[(r+2)*columns:][:columns],
			src[(r+3)*columns:][:columns]
		for c := range columns {
			out := dst[c*rows+r:][:4]
			out[0], out[1], out[2], out[3] = r0[c], r1[c], r2[c], r3[c]
		}
	}
}
