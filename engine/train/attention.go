package train

import "math"

// Attention goes head by head and block by block. The keys and values that a block sees are gathered, so that what is
// left are dense products, and a softmax over the keys that each row sees among them. Nothing but the result is kept: the
// backward pass computes the attention weights again.

// heads is the shape of a row of queries, keys and values: those of each query head, each key head, each value head.
type heads struct{ queries, keys, dim int }

func (h heads) width() int { return (h.queries + 2*h.keys) * h.dim }

// scale is that of the products of queries and keys.
func (h heads) scale() float32 { return float32(1 / math.Sqrt(float64(h.dim))) }

// attend writes what a query head gathers for a block to its columns of context, [n, queries*dim], reading rotated
// queries and keys and the values from qkv, [n, width()].
func (w *worker) attend(context, qkv []float32, h heads, head int, b *block, sights []sight) {
	w.weigh(qkv, h, head, b, sights)
	rows, m, stride := b.rows.len(), b.keys(), h.queries*h.dim
	w.matrix.Reset(w.precision, h.dim, m)
	w.kernel.PackColumns(&w.matrix, 0, w.values, m, h.dim, h.dim)
	w.out = resize(w.out, rows*h.dim)
	w.multiply(w.out, w.weights, rows, &w.matrix, false)
	for r := range rows {
		copy(context[(b.rows.from+r)*stride+head*h.dim:][:h.dim], w.out[r*h.dim:])
	}
}

// weigh gathers the rows of a block and computes their attention weights: zeros where a row does not see.
func (w *worker) weigh(qkv []float32, h heads, head int, b *block, sights []sight) {
	rows, m, stride := b.rows.len(), b.keys(), h.width()
	keyHead := h.queries + head*h.keys/h.queries
	w.q = resize(w.q, rows*h.dim)
	gather(w.q, qkv[head*h.dim:], h.dim, stride, b.rows)
	w.keys = b.gather(resize(w.keys, m*h.dim), qkv[keyHead*h.dim:], h.dim, stride)
	w.values = b.gather(resize(w.values, m*h.dim), qkv[(keyHead+h.keys)*h.dim:], h.dim, stride)

	w.weights = resize(w.weights, rows*m)
	w.matrix.Reset(w.precision, m, h.dim)
	w.kernel.PackRows(&w.matrix, 0, w.keys)
	w.multiply(w.weights, w.q, rows, &w.matrix, false)
	for r, seen := range sights[b.rows.from:b.rows.to] {
		row, own := w.weights[r*m:][:m], b.own(seen)
		hide(row[seen.prefix:own.from])
		hide(row[own.to:])
	}
	w.kernel.Softmax(w.weights, m, h.scale())
}

// hide leaves no attention for keys with these scores.
func hide(scores []float32) {
	for i := range scores {
		scores[i] = float32(math.Inf(-1))
	}
}

// attendBackward writes the gradient by the queries of a head to its columns of dqkv, and adds those by its keys and
// values to theirs. dcontext is the gradient by the context that attend wrote.
func (w *worker) attendBackward(dqkv, dcontext, qkv []float32, h heads, head int, b *block, sights []sight) {
	w.weigh(qkv, h, head, b, sights)
	rows, m, stride := b.rows.len(), b.keys(), h.width()
	keyHead := h.queries + head*h.keys/h.queries
	w.dout = resize(w.dout, rows*h.dim)
	gather(w.dout, dcontext[head*h.dim:], h.dim, h.queries*h.dim, b.rows)
	w.addByKeys(dqkv[(keyHead+h.keys)*h.dim:], w.dout, w.weights, h.dim, stride, b)

	w.dweights = resize(w.dweights, rows*m)
	w.matrix.Reset(w.precision, m, h.dim)
	w.kernel.PackRows(&w.matrix, 0, w.values)
	w.multiply(w.dweights, w.dout, rows, &w.matrix, false)
	w.kernel.SoftmaxBackward(w.dweights, w.weights, m, h.scale())

	w.matrix.Reset(w.precision, h.dim, m)
	w.kernel.PackColumns(&w.matrix, 0, w.keys, m, h.dim, h.dim)
	w.out = resize(w.out, rows*h.dim)
	w.multiply(w.out, w.dweights, rows, &w.matrix, false)
	for r := range rows {
		copy(dqkv[(b.rows.from+r)*stride+head*h.dim:][:h.dim], w.out[r*h.dim:])
	}
	w.addByKeys(dqkv[keyHead*h.dim:], w.q, w.dweights, h.dim, stride, b)
}

// addByKeys adds weightsᵀ x to dst, whose rows, dim values each and stride apart, are those of the block's keys. x is
// [rows, dim], weights is [rows, keys].
func (w *worker) addByKeys(dst, x, weights []float32, dim, stride int, b *block) {
	rows, m := b.rows.len(), b.keys()
	w.matrix.Reset(w.precision, dim, rows)
	w.kernel.PackColumns(&w.matrix, 0, x, rows, dim, dim)
	w.operand.Reset(w.precision, m, rows)
	w.kernel.QuantizeColumns(&w.operand, weights, 0, m, m)
	w.bykeys = resize(w.bykeys, m*dim)
	w.kernel.MatMul(w.bykeys, &w.operand, &w.matrix, 0, w.matrix.Panels(), false)
	for key := range b.prefix + b.canvases.len() {
		row := key
		if key >= b.prefix {
			row = b.canvases.from + key - b.prefix
		}
		addTo(dst[row*stride:][:dim], w.bykeys[key*dim:])
	}
}

// own is where among the keys of b the canvas is that a row sees.
func (b *block) own(s sight) span {
	first := b.prefix - b.canvases.from
	return span{s.own.from + first, s.own.to + first}
}

// gather copies the block's keys, dim values of each row of src, to dst, and fills up with zeros.
func (b *block) gather(dst, src []float32, dim, stride int) []float32 {
	gather(dst, src, dim, stride, span{0, b.prefix})
	gather(dst[b.prefix*dim:], src, dim, stride, b.canvases)
	clear(dst[(b.prefix+b.canvases.len())*dim:])
	return dst
}

func gather(dst, src []float32, dim, stride int, rows span) {
	for i := range rows.len() {
		copy(dst[i*dim:][:dim], src[(rows.from+i)*stride:])
	}
}
