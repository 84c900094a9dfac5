package kernel

import "fmt"

// Training is what the backward passes of a model need besides. Matrices and operands are in F32 or BF16 here. Widths are
// multiples of PanelWidth, and rows follow one another unless a stride is given.
type Training interface {
	// PackRows is w.SetRows. Calls for different panels may run at the same time.
	PackRows(w *Matrix, first int, weights []float32)

	// PackColumns packs x, rows of length floats that are stride apart, as the depths from first on of the first length
	// outputs of w: what PackRows would make of x transposed. In BF16 two depths share a word, and first is even: after an
	// odd number of rows the next depth is zero. Calls for different depths may run at the same time.
	PackColumns(w *Matrix, first int, x []float32, rows, length, stride int)

	// QuantizeColumns packs x, rows of length floats that are stride apart, as the depths from first on of the first
	// length rows of o: what Quantize would make of x transposed. In BF16 first is even. Calls for different depths may run
	// at the same time.
	QuantizeColumns(o *Operand, first int, x []float32, rows, length, stride int)

	// Softmax replaces each row of width scores by softmax(scale * scores). Scores of -Inf become zeros.
	Softmax(x []float32, width int, scale float32)

	// SoftmaxBackward turns d, the gradient by rows y of Softmax's results, into that by its scores.
	SoftmaxBackward(d, y []float32, width int, scale float32)

	// CrossEntropyBackward turns logits, whose log-sum-exp is lse, into scale times the gradient of the cross entropy of
	// target.
	CrossEntropyBackward(logits []float32, target int, lse, scale float32)

	// RMSNormBackward writes the gradient by the inputs x of RMSNorm to dx, or adds it there, and adds that by its weight to
	// dweight. dy is the gradient by its results. The rows of x, dy and dx are stride apart; dx may be dy unless it is added
	// to.
	RMSNormBackward(dx, dweight, x, dy, weight []float32, rows, stride int, eps float32, accumulate bool)

	// SwiGLUBackward writes the gradient by gateUp to dgateUp, given that by SwiGLU's results, dy. It writes these results
	// to y once more.
	SwiGLUBackward(dgateUp, y, gateUp, dy []float32, width int)
}

// Reset gives m other sizes and no bias, in F32 or BF16, in the memory that it has where that is enough. All its outputs
// and depths are then to be packed anew. Products with m must be over.
func (m *Matrix) Reset(p Precision, outputs, depth int) {
	floating(p)
	words := m.words
	*m = Matrix{precision: p, outputs: outputs, depth: depth}
	size := m.panelWords()
	m.words = resize(words, m.Panels()*size)
	for panel := range m.Panels() { // the padding of the depth
		clear(m.words[panel*size+depth/p.perWord()*PanelWidth : (panel+1)*size])
	}
	if outputs%PanelWidth != 0 {
		clear(m.words[(m.Panels()-1)*size:])
	}
}

// floating refuses precisions that training has no use for.
func floating(p Precision) {
	if p != F32 && p != BF16 {
		panic("kernel: training in " + p.String())
	}
}

// packsColumns refuses what PackColumns cannot do.
func (m *Matrix) packsColumns(first, rows, length int) {
	floating(m.precision)
	if first%m.precision.perWord() != 0 || first < 0 || first+rows > m.depth || length > m.outputs {
		panic(fmt.Sprintf("kernel: depths %d to %d of %d in %v, outputs to %d of %d", first, first+rows, m.depth, m.precision,
			length, m.outputs))
	}
}

// packsRows refuses what PackRows cannot do.
func (m *Matrix) packsRows(first int, weights []float32) {
	floating(m.precision)
	if rows := len(weights) / m.depth; first < 0 || first+rows > m.outputs {
		panic(fmt.Sprintf("kernel: outputs %d to %d of %d", first, first+rows, m.outputs))
	}
}

// packsColumns refuses what QuantizeColumns cannot do, and returns the words of a row that it sets.
func (o *Operand) packsColumns(first, rows, length int) int {
	floating(o.precision)
	per := o.precision.perWord()
	if first%per != 0 || first < 0 || first+rows > o.depth || length > o.rows {
		panic(fmt.Sprintf("kernel: depths %d to %d of %d in %v, rows to %d of %d", first, first+rows, o.depth, o.precision, length,
			o.rows))
	}
	if first+rows == o.depth { // the padding too
		return o.rowWords() - first/per
	}
	return (rows + per - 1) / per
}
