package train

import "seedls/engine/kernel"

// A linear is the weights of y = x wᵀ + bias, [outputs, depth], packed for both directions.
type linear struct {
	forward  *kernel.Matrix // of w
	backward *kernel.Matrix // of wᵀ; its depth is outputs rounded up to whole panels, as rows of y are
}

func newLinear(precision kernel.Precision, outputs, depth int) linear {
	return linear{kernel.NewMatrix(precision, outputs, depth), kernel.NewMatrix(precision, depth, roundUp(outputs))}
}

// pack takes over new weights, and a bias unless it is nil.
func (p *Pass) pack(l linear, weights, bias []float32) {
	outputs, depth := l.forward.Outputs(), l.forward.Depth()
	p.each(outputs, kernel.PanelWidth, func(_, from, to int) {
		rows := weights[from*depth : to*depth]
		l.forward.SetRows(from, rows)
		l.backward.SetTransposed(from, rows, to-from, depth, depth)
	})
	if bias != nil {
		l.forward.SetBias(0, bias)
	}
}

// multiply computes y = x wᵀ, with w's bias, or adds it to y. x is [rows, depth], y is [rows, stride].
func (p *Pass) multiply(y, x []float32, rows int, w *kernel.Matrix, accumulate bool) {
	p.operand.Reset(p.precision, rows, w.Depth())
	p.each(rows, partRows, func(_, from, to int) { p.kernel.Quantize(&p.operand, x, from, to) })
	p.each(w.Panels(), panelGroup, func(_, from, to int) { p.kernel.MatMul(y, &p.operand, w, from, to, accumulate) })
}

// outer adds dyᵀ x to dw, [outputs, depth]: the gradient of the weights of a product. dy is [rows, stride], of which the
// first outputs columns count; x is [rows, depth].
func (p *Pass) outer(dw, dy, x []float32, rows, outputs, stride int) {
	depth := len(dw) / outputs
	p.columns.Reset(p.precision, depth, rows)
	p.each(rows, partRows, func(_, from, to int) {
		p.columns.SetTransposed(from, x[from*depth:], to-from, depth, depth)
	})
	p.transposed = resize(p.transposed, outputs*rows)
	p.operand.Reset(p.precision, outputs, rows)
	p.each(outputs, partRows, func(_, from, to int) {
		transpose(p.transposed[from*rows:], rows, dy[from:], stride, rows, to-from)
		p.kernel.Quantize(&p.operand, p.transposed, from, to)
	})
	p.each(p.columns.Panels(), panelGroup, func(_, from, to int) {
		p.kernel.MatMul(dw, &p.operand, &p.columns, from, to, true)
	})
}

const (
	// partRows is how many rows are a part of an operation on rows; even, as two depths of BF16 share a word.
	partRows = 32
	// panelGroup is the number of panels that kernels multiply together at most.
	panelGroup = 4
)

// each runs task on [0, n) in parts of the given size, whatever the number of workers.
func (p *Pass) each(n, size int, task func(worker, from, to int)) {
	p.pool.Run(chunks(n, size), func(worker, part int) { task(worker, part*size, min((part+1)*size, n)) })
}

// transpose writes the rows and columns of src to dst, the other way round; the strides are of their rows.
func transpose(dst []float32, dstStride int, src []float32, srcStride, rows, columns int) {
	row := func(r int) []float32 { return src[r*srcStride:][:columns] }
	r := 0
	for ; r+4 <= rows; r += 4 {
		r0, r1, r2, r3 := row(r), row(r+1), row(r+2), row(r+3)
		for c := range columns {
			out := dst[c*dstStride+r:][:4]
			out[0], out[1], out[2], out[3] = r0[c], r1[c], r2[c], r3[c]
		}
	}
	for ; r < rows; r++ {
		for c, v := range row(r) {
			dst[c*dstStride+r] = v
		}
	}
}

// chunks is n / size, rounded up.
func chunks(n, size int) int { return (n + size - 1) / size }

// roundUp is n rounded up to whole panels.
func roundUp(n int) int { return chunks(n, kernel.PanelWidth) * kernel.PanelWidth }

func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
