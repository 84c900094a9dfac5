package kernel

import (
	"math"
	"unsafe"
)

// Int4Group is the number of values along the depth that share a scale in Int4.
const Int4Group = 32

// int8Zero is what Int8 stores for a weight of zero: weights are unsigned bytes, as VPDPBUSD and TDPBSUD want them.
const int8Zero = 128

// A Matrix holds the weights of a linear layer, [outputs, depth], packed in panels: 16 outputs side by side, [panel]
// [depth/perWord][16] words of 32 bits, so that one cache line holds what one word of activations meets. The words of
// Int4 hold eight values: the first four in the low halves of the bytes, the next four in the high halves. Outputs are
// padded to whole panels. A Matrix is filled with SetRows and SetBias and immutable afterwards.
type Matrix struct {
	precision      Precision
	outputs, depth int
	words          []uint32
	scales         []float32 // Int8: one an output, padded
	groupScales    []uint16  // Int4: bfloat16, [panel][depth/32][16]
	bias           []float32 // nil, or one an output, padded
}

// NewMatrix makes a matrix of zeros.
func NewMatrix(p Precision, outputs, depth int) *Matrix {
	m := &Matrix{precision: p, outputs: outputs, depth: depth}
	m.words = make([]uint32, m.Panels()*m.panelWords())
	switch p {
	case Int8:
		m.scales = make([]float32, m.Stride())
		fill(m.words, int8Zero*0x01010101)
	case Int4:
		m.groupScales = make([]uint16, m.Stride()*m.padded()/Int4Group)
		fill(m.words, 0x88888888)
	}
	return m
}

func fill(words []uint32, word uint32) {
	for i := range words {
		words[i] = word
	}
}

// Precision is how the weights are stored.
func (m *Matrix) Precision() Precision { return m.precision }

// Outputs is the number of columns of a product.
func (m *Matrix) Outputs() int { return m.outputs }

// Depth is the length of a row of activations.
func (m *Matrix) Depth() int { return m.depth }

// Panels is the number of panels: outputs / 16, rounded up.
func (m *Matrix) Panels() int { return (m.outputs + PanelWidth - 1) / PanelWidth }

// Stride is the length of a row of products: outputs rounded up to whole panels.
func (m *Matrix) Stride() int { return m.Panels() * PanelWidth }

// Bytes is the memory that the matrix takes.
func (m *Matrix) Bytes() int {
	return 4*(len(m.words)+len(m.scales)+len(m.bias)) + 2*len(m.groupScales)
}

func (m *Matrix) padded() int { return m.precision.padded(m.depth) }

// panelWords is the number of words of one panel.
func (m *Matrix) panelWords() int { return m.padded() / m.precision.perWord() * PanelWidth }

// SetRows packs weights, [n, depth] row-major, as the outputs from first on. Calls for different panels may run at the
// same time.
func (m *Matrix) SetRows(first int, weights []float32) {
	for row := 0; row < len(weights)/m.depth; row++ {
		output := first + row
		column := m.words[output/PanelWidth*m.panelWords()+output%PanelWidth:]
		values := weights[row*m.depth : (row+1)*m.depth]
		switch m.precision {
		case F32:
			for k, w := range values {
				column[k*PanelWidth] = math.Float32bits(w)
			}
		case BF16:
			for k, w := range values {
				setPart(column, k, 2, 16, uint32(bfloat16(w)))
			}
		case Int8:
			m.scales[output] = setInt8(column, values)
		case Int4:
			groups := m.padded() / Int4Group
			scales := m.groupScales[output/PanelWidth*groups*PanelWidth+output%PanelWidth:]
			for g := 0; g*Int4Group < len(values); g++ {
				group := values[g*Int4Group : min((g+1)*Int4Group, len(values))]
				scales[g*PanelWidth] = setInt4(column[g*Int4Group/8*PanelWidth:], group)
			}
		}
	}
}

// setPart sets the k-th value of a column, of the given bits, perWord in a word.
func setPart(column []uint32, k, perWord, bits int, value uint32) {
	word, shift := &column[k/perWord*PanelWidth], k%perWord*bits
	*word = *word&^((1<<bits-1)<<shift) | value<<shift
}

// setInt8 quantises a column to [-127, 127] times the scale that it returns.
func setInt8(column []uint32, values []float32) (scale float32) {
	var largest float32
	for _, v := range values {
		largest = max(largest, float32(math.Abs(float64(v))))
	}
	if largest == 0 {
		return 0
	}
	inverse := 127 / largest
	for k := 0; k < len(values); k += 4 {
		word := uint32(int8Zero * 0x01010101)
		for i, v := range values[k:min(k+4, len(values))] {
			word += uint32(int32(math.RoundToEven(float64(v*inverse)))) << (8 * i)
		}
		column[k/4*PanelWidth] = word
	}
	return largest / 127
}

// setInt4 quantises up to 32 values of a column to [-8, 7] times the scale that it returns as a bfloat16. The value
// furthest from zero becomes -8, so that the larger half of the range serves the larger side.
func setInt4(column []uint32, values []float32) (scale uint16) {
	var largest float32
	for _, v := range values {
		if math.Abs(float64(v)) > math.Abs(float64(largest)) {
			largest = v
		}
	}
	scale = bfloat16(largest / -8)
	if s := fromBfloat16(scale); s != 0 {
		for k, v := range values {
			q := min(max(math.RoundToEven(float64(v/s)), -8), 7) + 8
			setPart(column[k/8*PanelWidth:], int4Place(k%8), 8, 4, uint32(q))
		}
	}
	return scale
}

// int4Place is the place of the k-th of eight values among the half bytes of a word.
func int4Place(k int) int { return k%4*2 + k/4 }

// SetBias sets what is added to the outputs from first on.
func (m *Matrix) SetBias(first int, bias []float32) {
	if m.bias == nil {
		m.bias = make([]float32, m.Stride())
	}
	copy(m.bias[first:], bias)
}

// bfloat16 rounds to the nearest, ties to even; a NaN stays one.
func bfloat16(v float32) uint16 {
	u := math.Float32bits(v)
	if v != v {
		return uint16(u>>16) | 0x40
	}
	return uint16((u + 0x7fff + u>>16&1) >> 16)
}

func fromBfloat16(b uint16) float32 { return math.Float32frombits(uint32(b) << 16) }

// bits views floats as words.
func bits(floats []float32) []uint32 {
	return unsafe.Slice((*uint32)(unsafe.Pointer(unsafe.SliceData(floats))), len(floats))
}

// floats views words as what they hold in F32.
func floats(words []uint32) []float32 {
	return unsafe.Slice((*float32)(unsafe.Pointer(unsafe.SliceData(words))), len(words))
}
