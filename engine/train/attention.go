package train

import (
	"math"

	"seedls/engine/backbone"
)

// Attention goes head by head and block by block: dense products with the keys and values that any row of the block sees,
// and a softmax over those that each row sees. Nothing but the result is kept: the backward pass computes the attention
// weights again.

// heads is the shape of a row of queries, keys and values: those of each query head, each key head, each value head.
type heads struct{ queries, keys, dim int }

func (h heads) all() int { return h.queries + 2*h.keys }

func (h heads) width() int { return h.all() * h.dim }

// scale is that of the products of queries and keys.
func (h heads) scale() float32 { return backbone.AttentionScale(h.dim) }

// rows are the queries, keys or values of one head, or their gradients, of a sequence: dim values each, one after another,
// and behind them at least kernel.PanelWidth more rows of finite values.
type rows struct {
	values []float32
	dim    int
}

func (r rows) of(s span) []float32 { return r.values[s.from*r.dim : s.to*r.dim] }

// canvas is the rows of the block's canvases, up to a whole panel.
func (r rows) canvas(b *block) []float32 {
	return r.of(span{b.canvases.from, b.canvases.from + roundUp(b.canvases.len())})
}

// attend writes what the rows of a block gather, dim values each, to columns of context; its rows are stride apart.
func (w *worker) attend(context []float32, stride int, q, k, v rows, scale float32, b *block, sights []sight) {
	w.weigh(q, k, scale, b, sights)
	n, dim := b.rows.len(), q.dim
	w.packColumns(v, b)
	w.out = resize(w.out, n*dim)
	w.multiply(w.out, w.weights, n, &w.matrix, false)
	for r := range n {
		copy(context[(b.rows.from+r)*stride:][:dim], w.out[r*dim:])
	}
}

// weigh computes the attention weights of the rows of a block: zeros where a row does not see.
func (w *worker) weigh(q, k rows, scale float32, b *block, sights []sight) {
	n, m := b.rows.len(), b.keys()
	w.weights = resize(w.weights, n*m)
	w.packRows(k, b)
	w.multiply(w.weights, q.of(b.rows), n, &w.matrix, false)
	for r, seen := range sights[b.rows.from:b.rows.to] {
		row, own := w.weights[r*m:][:m], b.own(seen)
		hide(row[seen.prefix:own.from])
		hide(row[own.to:])
	}
	w.kernel.Softmax(w.weights, m, scale)
}

// packRows makes w.matrix the block's rows of x.
func (w *worker) packRows(x rows, b *block) {
	w.matrix.Reset(w.precision, b.keys(), x.dim)
	w.kernel.PackRows(&w.matrix, 0, x.of(span{0, b.first()}))
	w.kernel.PackRows(&w.matrix, b.first(), x.canvas(b))
}

// packColumns makes w.matrix the block's rows of x, transposed.
func (w *worker) packColumns(x rows, b *block) {
	w.matrix.Reset(w.precision, x.dim, b.keys())
	w.kernel.PackColumns(&w.matrix, 0, x.values, b.first(), x.dim, x.dim)
	w.kernel.PackColumns(&w.matrix, b.first(), x.canvas(b), b.keys()-b.first(), x.dim, x.dim)
}

// hide leaves no attention for keys with these scores.
func hide(scores []float32) {
	for i := range scores {
		scores[i] = float32(math.Inf(-1))
	}
}

// attendBackward writes the gradient by the queries of a block to dq, and adds those by its keys and values to dk and dv.
// dcontext is the gradient by the context that attend wrote.
func (w *worker) attendBackward(dq, dk, dv rows, dcontext []float32, stride int, q, k, v rows, scale float32, b *block,
	sights []sight,
) {
	w.weigh(q, k, scale, b, sights)
	n, m, dim := b.rows.len(), b.keys(), q.dim
	w.out = resize(w.out, n*dim)
	for r := range n {
		copy(w.out[r*dim:][:dim], dcontext[(b.rows.from+r)*stride:])
	}
	w.addByKeys(dv, w.out, w.weights, b)

	w.dweights = resize(w.dweights, n*m)
	w.packRows(v, b)
	w.multiply(w.dweights, w.out, n, &w.matrix, false)
	w.kernel.SoftmaxBackward(w.dweights, w.weights, m, scale)

	w.packColumns(k, b)
	w.multiply(dq.of(b.rows), w.dweights, n, &w.matrix, false)
	w.addByKeys(dk, q.of(b.rows), w.dweights, b)
}

// addByKeys adds weightsᵀ x to the rows of dst that are the block's keys. x is [n, dim], weights is [n, keys].
func (w *worker) addByKeys(dst rows, x, weights []float32, b *block) {
	n, m := b.rows.len(), b.keys()
	w.matrix.Reset(w.precision, dst.dim, n)
	w.kernel.PackColumns(&w.matrix, 0, x, n, dst.dim, dst.dim)
	w.operand.Reset(w.precision, m, n)
	w.kernel.QuantizeColumns(&w.operand, 0, weights, n, m, m)
	context, canvases := w.operand.Slice(0, b.prefix), w.operand.Slice(b.first(), b.first()+b.canvases.len())
	w.kernel.MatMul(dst.values, &context, &w.matrix, 0, w.matrix.Panels(), true)
	w.kernel.MatMul(dst.of(b.canvases), &canvases, &w.matrix, 0, w.matrix.Panels(), true)
}
