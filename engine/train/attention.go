package train

import (
	"math"

	"seedls/engine/kernel"
)

// Attention goes head by head and block by block. The keys and values that a block sees are gathered, so that what is
// left are dense products, and a softmax over the keys that each row sees among them. Nothing but the result is kept: the
// backward pass computes the attention weights again.

// heads is the shape of a row of queries, keys and values: those of each query head, each key head, each value head.
type heads struct{ queries, keys, dim int }

func (h heads) width() int { return (h.queries + 2*h.keys) * h.dim }

// An attention is the scratch of a worker: of one block of one head at a time. It has rows of queries and m keys.
type attention struct {
	kernel    kernel.Kernel
	precision kernel.Precision
	operand   kernel.Operand
	matrix    kernel.Matrix

	q, out         []float32 // [rows, dim]
	keys, values   []float32 // [m, dim]
	weights        []float32 // [rows, m]
	dout           []float32 // [rows, dim]
	dweights       []float32 // [rows, m]
	columns, dkeys []float32 // [dim, rows], [dim, m]
}

// forward writes what a query head gathers to its columns of context, [n, queries*dim], reading rotated queries and keys
// and the values from qkv, [n, h.width()].
func (a *attention) forward(context, qkv []float32, h heads, head int, b *block, sights []sight) {
	a.weigh(qkv, h, head, b, sights)
	rows, m, stride := b.rows.len(), b.keys(), h.queries*h.dim
	a.matrix.Reset(a.precision, h.dim, m)
	a.matrix.SetTransposed(0, a.values, m, h.dim, h.dim)
	a.out = resize(a.out, rows*h.dim)
	a.product(a.out, a.weights, rows, m, false)
	for r := range rows {
		copy(context[(b.rows.from+r)*stride+head*h.dim:][:h.dim], a.out[r*h.dim:])
	}
}

// weigh gathers the rows of a block and computes their attention weights: zeros where a row does not see.
func (a *attention) weigh(qkv []float32, h heads, head int, b *block, sights []sight) {
	rows, m, stride := b.rows.len(), b.keys(), h.width()
	keyHead := h.queries + head*h.keys/h.queries
	a.q = resize(a.q, rows*h.dim)
	gather(a.q, qkv[head*h.dim:], h.dim, stride, b.rows)
	a.keys = b.gather(resize(a.keys, m*h.dim), qkv[keyHead*h.dim:], h.dim, stride)
	a.values = b.gather(resize(a.values, m*h.dim), qkv[(keyHead+h.keys)*h.dim:], h.dim, stride)

	a.weights = resize(a.weights, rows*m)
	a.matrix.Reset(a.precision, m, h.dim)
	a.matrix.SetRows(0, a.keys)
	a.product(a.weights, a.q, rows, h.dim, false)
	scale := float32(1 / math.Sqrt(float64(h.dim)))
	for r, seen := range sights[b.rows.from:b.rows.to] {
		row := a.weights[r*m:][:m]
		own := b.own(seen)
		softmax(row[:seen.prefix], row[own.from:own.to], scale)
		clear(row[seen.prefix:own.from])
		clear(row[own.to:])
	}
}

// backward writes the gradient by the queries of a head to its columns of dqkv, and adds those by its keys and values to
// theirs. dcontext is the gradient by the context that forward wrote.
func (a *attention) backward(dqkv, dcontext, qkv []float32, h heads, head int, b *block, sights []sight) {
	a.weigh(qkv, h, head, b, sights)
	rows, m, stride := b.rows.len(), b.keys(), h.width()
	keyHead := h.queries + head*h.keys/h.queries
	a.dout = resize(a.dout, rows*h.dim)
	gather(a.dout, dcontext[head*h.dim:], h.dim, h.queries*h.dim, b.rows)
	a.addProduct(dqkv[(keyHead+h.keys)*h.dim:], a.dout, a.weights, h.dim, stride, b)

	a.dweights = resize(a.dweights, rows*m)
	a.matrix.Reset(a.precision, m, h.dim)
	a.matrix.SetRows(0, a.values)
	a.product(a.dweights, a.dout, rows, h.dim, false)
	scale := float32(1 / math.Sqrt(float64(h.dim)))
	for r, seen := range sights[b.rows.from:b.rows.to] {
		row, drow := a.weights[r*m:][:m], a.dweights[r*m:][:m]
		own := b.own(seen)
		softmaxBackward(drow[:own.to], row[:own.to], scale)
		clear(drow[own.to:])
	}

	a.matrix.Reset(a.precision, h.dim, m)
	a.matrix.SetTransposed(0, a.keys, m, h.dim, h.dim)
	a.out = resize(a.out, rows*h.dim)
	a.product(a.out, a.dweights, rows, m, false)
	for r := range rows {
		copy(dqkv[(b.rows.from+r)*stride+head*h.dim:][:h.dim], a.out[r*h.dim:])
	}
	a.addProduct(dqkv[keyHead*h.dim:], a.q, a.dweights, h.dim, stride, b)
}

// product is y = x wᵀ of a.matrix, or adds it to y.
func (a *attention) product(y, x []float32, rows, depth int, accumulate bool) {
	a.operand.Reset(a.precision, rows, depth)
	a.kernel.Quantize(&a.operand, x, 0, rows)
	a.kernel.MatMul(y, &a.operand, &a.matrix, 0, a.matrix.Panels(), accumulate)
}

// addProduct adds wᵀ x to dst, whose rows, dim values each and stride apart, are those of the block's keys. x is [rows,
// dim], w is [rows, m].
func (a *attention) addProduct(dst, x, w []float32, dim, stride int, b *block) {
	rows, m := b.rows.len(), b.keys()
	a.columns = resize(a.columns, dim*rows)
	transpose(a.columns, rows, x, dim, rows, dim)
	a.matrix.Reset(a.precision, m, rows)
	a.matrix.SetTransposed(0, w, rows, m, m)
	a.dkeys = resize(a.dkeys, dim*m)
	a.product(a.dkeys, a.columns, dim, rows, false)
	for key := range b.prefix + b.canvases.len() {
		row := key
		if key >= b.prefix {
			row = b.canvases.from + key - b.prefix
		}
		out := dst[row*stride:][:dim]
		for d := range out {
			out[d] += a.dkeys[d*m+key]
		}
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

// softmax replaces scores, of which there are two parts, by softmax(scale * scores).
func softmax(a, b []float32, scale float32) {
	parts := [2][]float32{a, b}
	top := float32(math.Inf(-1))
	for _, part := range parts {
		for _, v := range part {
			if v > top {
				top = v
			}
		}
	}
	var total float32
	for _, part := range parts {
		for i, v := range part {
			e := float32(math.Exp(float64(scale * (v - top))))
			part[i] = e
			total += e
		}
	}
	inverse := 1 / total
	for _, part := range parts {
		for i := range part {
			part[i] *= inverse
		}
	}
}

// softmaxBackward turns the gradient by weights = softmax(scale * scores) into that by the scores.
func softmaxBackward(d, weights []float32, scale float32) {
	var along float32
	for i, w := range weights {
		along += w * d[i]
	}
	for i, w := range weights {
		d[i] = scale * w * (d[i] - along)
	}
}
