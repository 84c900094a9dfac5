package kernel

import "fmt"

// operandRows is what the rows of an operand are rounded up to: a kernel may read, and ignore, rows that are not set.
const operandRows = 16

// An Operand is the activations of a product, [rows, depth], in the form that weights of a precision meet. It is reused
// from product to product; Quantize of different rows may run at the same time.
type Operand struct {
	precision   Precision
	rows, depth int
	words       []uint32 // [rows rounded up][padded depth / perWord]

	// Int8 only: a row is its signed bytes times its scale, and the sums are of the bytes.
	scales    []float32 // [rows]
	sums      []int32   // [rows]
	groupSums []int32   // [rows][padded depth / Int4Group], for weights in Int4 alone
}

// Reset makes room for the activations, [rows, depth], of a product with weights of precision p.
func (o *Operand) Reset(p Precision, rows, depth int) {
	o.precision, o.rows, o.depth = p.operand(), rows, depth
	o.words = resize(o.words, (rows+operandRows-1)/operandRows*operandRows*o.rowWords())
	if o.precision == Int8 {
		o.scales = resize(o.scales, rows)
		o.sums = resize(o.sums, rows)
		o.groupSums = o.groupSums[:0]
		if p == Int4 {
			o.groupSums = resize(o.groupSums, rows*o.groups())
		}
	}
}

// Rows is the number of rows.
func (o *Operand) Rows() int { return o.rows }

// Slice is rows [from, to) of o, in F32 or BF16, in the same memory; from is a multiple of PanelWidth.
func (o *Operand) Slice(from, to int) Operand {
	floating(o.precision)
	if from%operandRows != 0 || from > to || to > o.rows {
		panic(fmt.Sprintf("kernel: rows %d to %d of %d", from, to, o.rows))
	}
	return Operand{precision: o.precision, rows: to - from, depth: o.depth, words: o.words[from*o.rowWords():]}
}

func (o *Operand) padded() int { return o.precision.padded(o.depth) }

func (o *Operand) rowWords() int { return o.padded() / o.precision.perWord() }

func (o *Operand) groups() int { return o.padded() / Int4Group }

// fits panics where o is not an operand for w.
func (o *Operand) fits(w *Matrix) {
	if o.precision != w.precision.operand() || o.depth != w.depth || w.precision == Int4 && o.rows > 0 && len(o.groupSums) == 0 {
		panic("kernel: an operand of " + o.precision.String() + " for weights of " + w.precision.String() + ", or of another depth")
	}
}

func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
