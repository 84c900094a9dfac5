package kernel

// Reset makes m a matrix of zeros of other sizes and without bias, in F32 or BF16, in the memory that it has where that
// is enough. Products with m must be over.
func (m *Matrix) Reset(p Precision, outputs, depth int) {
	if p != F32 && p != BF16 {
		panic("kernel: a matrix in " + p.String() + " is not reset")
	}
	words := m.words
	*m = Matrix{precision: p, outputs: outputs, depth: depth}
	m.words = resize(words, m.Panels()*m.panelWords())
	clear(m.words)
}

// SetTransposed packs x, rows of length floats that are stride apart, as the depths from first on of the first length
// outputs: what SetRows would make of x transposed. m is in F32 or BF16. In F32, calls for different depths may run at the
// same time; in BF16, where two depths share a word, if they begin and end at even ones.
func (m *Matrix) SetTransposed(first int, x []float32, rows, length, stride int) {
	size := m.panelWords()
	for r := range rows {
		row := x[r*stride:][:length]
		for from := 0; from < length; from += PanelWidth {
			values := row[from:min(from+PanelWidth, length)]
			panel := m.words[from/PanelWidth*size:][:size]
			switch k := first + r; m.precision {
			case F32:
				copy(floats(panel[k*PanelWidth:]), values)
			case BF16:
				for i, v := range values {
					setPart16(panel[k/2*PanelWidth+i:], k%2, bfloat16(v))
				}
			default:
				panic("kernel: SetTransposed of a matrix in " + m.precision.String())
			}
		}
	}
}
