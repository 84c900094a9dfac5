package train

import (
	"seedls/engine/backbone"
	"seedls/engine/kernel"
)

// A linear is the weights of y = x wᵀ + bias, [outputs, depth], packed for both directions.
type linear struct {
	forward  *kernel.Matrix // of w
	backward *kernel.Matrix // of wᵀ; its depth is outputs rounded up to whole panels, as rows of y are
}

func newLinear(precision kernel.Precision, p backbone.Product) linear {
	outputs, depth := p.Outputs(), p.Depth()
	return linear{kernel.NewMatrix(precision, outputs, depth), kernel.NewMatrix(precision, depth, roundUp(outputs))}
}

// pack takes over new weights, and a bias unless it is nil.
func (p *Pass) pack(l linear, weights, bias []float32) {
	outputs, depth := l.forward.Outputs(), l.forward.Depth()
	p.each(outputs, partRows, func(_ *worker, from, to int) {
		rows := weights[from*depth : to*depth]
		p.kernel.PackRows(l.forward, from, rows)
		p.kernel.PackColumns(l.backward, from, rows, to-from, depth, depth)
	})
	if bias != nil {
		l.forward.SetBias(0, bias)
	}
}

// multiply computes y = x wᵀ, with w's bias, or adds it to y. x is [rows, depth], y is [rows, stride].
func (w *worker) multiply(y, x []float32, rows int, m *kernel.Matrix, accumulate bool) {
	w.operand.Reset(m.Precision(), rows, m.Depth())
	w.kernel.Quantize(&w.operand, x, 0, rows)
	w.kernel.MatMul(y, &w.operand, m, 0, m.Panels(), accumulate)
}

// An outer product dyᵀ x over many rows is the gradient of the weights, [outputs, depth], of a product: of its results and
// of what it multiplied, [rows, depth]. Parts of the rows are packed one by one.
type outer struct {
	dy kernel.Operand
	x  kernel.Matrix
}

func (o *outer) reset(p kernel.Precision, rows, outputs, depth int) {
	o.dy.Reset(p, outputs, rows)
	o.x.Reset(p, depth, rows)
}

// pack takes over rows from first on, as long as dy and x are wide.
func (o *outer) pack(k kernel.Kernel, first, rows int, dy []float32, stride int, x []float32) {
	outputs, depth := o.dy.Rows(), o.x.Outputs()
	k.QuantizeColumns(&o.dy, first, dy, rows, outputs, stride)
	k.PackColumns(&o.x, first, x, rows, depth, depth)
}

// add adds the products to dw.
func (p *Pass) add(dw []float32, o *outer) {
	depth := o.x.Outputs()
	p.each(o.dy.Rows(), partRows, func(_ *worker, from, to int) {
		part := o.dy.Slice(from, to)
		p.kernel.MatMul(dw[from*depth:], &part, &o.x, 0, o.x.Panels(), true)
	})
}

// partRows is how many rows are a part of an operation: a multiple of kernel.PanelWidth, enough for products to read
// weights from memory rarely, few enough for what is between them to stay in a core's cache.
const partRows = 128

// each runs task on [0, n) in parts of the given size, whatever the number of workers.
func (p *Pass) each(n, size int, task func(w *worker, from, to int)) {
	p.pool.Run(chunks(n, size), func(worker, part int) {
		task(&p.workers[worker], part*size, min((part+1)*size, n))
	})
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
