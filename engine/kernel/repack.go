package kernel

import "fmt"

// SetOperand packs the rows of an operand, in F32 or BF16, as all outputs: m becomes what SetRows makes of the same
// values, without rounding them again. m was made or reset for that.
func (m *Matrix) SetOperand(o *Operand) {
	m.repackable(o, o.rows, o.depth)
	size, width := m.panelWords(), o.rowWords()
	row := func(r int) []uint32 { return o.words[r*width:][:width] }
	r := 0
	for ; r+4 <= o.rows; r += 4 {
		column := m.words[r/PanelWidth*size+r%PanelWidth:]
		r0, r1, r2, r3 := row(r), row(r+1), row(r+2), row(r+3)
		for k := range width {
			out := column[k*PanelWidth:][:4]
			out[0], out[1], out[2], out[3] = r0[k], r1[k], r2[k], r3[k]
		}
	}
	for ; r < o.rows; r++ {
		column := m.words[r/PanelWidth*size+r%PanelWidth:]
		for k, word := range row(r) {
			column[k*PanelWidth] = word
		}
	}
}

// SetOperandTransposed packs the rows of an operand, in F32 or BF16, as all depths: m becomes what SetTransposed makes of
// the same values, without rounding them again. m was made or reset for that.
func (m *Matrix) SetOperandTransposed(o *Operand) {
	m.repackable(o, o.depth, o.rows)
	size, width := m.panelWords(), o.rowWords()
	if o.precision == F32 {
		for r := range o.rows {
			for from := 0; from < o.depth; from += PanelWidth {
				copy(m.words[from/PanelWidth*size+r*PanelWidth:], o.words[r*width:][from:min(from+PanelWidth, o.depth)])
			}
		}
		return
	}
	const half = PanelWidth / 2
	for r := 0; r < o.rows; r += 2 {
		low := o.words[r*width:][:width]
		for panel := range m.Panels() {
			line := m.words[panel*size+r/2*PanelWidth:][:PanelWidth]
			a := low[panel*half:][:half]
			if r+1 == o.rows {
				for i, word := range a {
					line[2*i], line[2*i+1] = word&0xffff, word>>16
				}
				continue
			}
			b := o.words[(r+1)*width+panel*half:][:half]
			for i, word := range a {
				line[2*i], line[2*i+1] = word&0xffff|b[i]<<16, word>>16|b[i]&0xffff0000
			}
		}
	}
}

func (m *Matrix) repackable(o *Operand, outputs, depth int) {
	if m.precision > BF16 || m.precision != o.precision || m.outputs != outputs || m.depth != depth {
		panic(fmt.Sprintf("kernel: a matrix in %v, [%d, %d], of an operand in %v, [%d, %d]",
			m.precision, m.outputs, m.depth, o.precision, outputs, depth))
	}
}
