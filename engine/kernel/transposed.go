package kernel

import "fmt"

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
// outputs: what SetRows would make of x transposed. m is in F32, or in BF16, where two depths share a word and first is
// even: after an odd number of rows the next depth is zero. Calls for different depths may run at the same time.
func (m *Matrix) SetTransposed(first int, x []float32, rows, length, stride int) {
	per := m.precision.perWord()
	if per > 2 || first%per != 0 {
		panic(fmt.Sprintf("kernel: SetTransposed in %v at depth %d", m.precision, first))
	}
	size := m.panelWords()
	for r := 0; r < rows; r += per {
		low := x[r*stride:][:length]
		var high []float32
		if per == 2 && r+1 < rows {
			high = x[(r+1)*stride:][:length]
		}
		for from := 0; from < length; from += PanelWidth {
			to := min(from+PanelWidth, length)
			words := m.words[from/PanelWidth*size+(first+r)/per*PanelWidth:][:to-from]
			switch {
			case per == 1:
				copy(floats(words), low[from:to])
			case high == nil:
				for i, v := range low[from:to] {
					words[i] = uint32(bfloat16(v))
				}
			default:
				pairs := high[from:to][:len(words)]
				for i, v := range low[from:to][:len(words)] {
					words[i] = uint32(bfloat16(v)) | uint32(bfloat16(pairs[i]))<<16
				}
			}
		}
	}
}
