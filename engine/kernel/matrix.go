package kernel

// A Matrix holds the weights of a linear layer, [outputs, depth], packed in panels: 16 outputs side by side, [panel]
// [depth][16], so that one cache line holds what one activation meets. Outputs are padded with zeros to whole panels.
// A Matrix is filled with SetRow and SetBias and immutable afterwards.
type Matrix struct {
	outputs, depth int
	panels         []float32
	bias           []float32 // nil, or one a column, padded
}

// NewMatrix makes a matrix of zeros.
func NewMatrix(outputs, depth int) *Matrix {
	m := &Matrix{outputs: outputs, depth: depth}
	m.panels = make([]float32, m.Stride()*depth)
	return m
}

// Outputs is the number of columns of a product.
func (m *Matrix) Outputs() int { return m.outputs }

// Depth is the length of a row of activations.
func (m *Matrix) Depth() int { return m.depth }

// Panels is the number of panels: outputs / 16, rounded up.
func (m *Matrix) Panels() int { return (m.outputs + PanelWidth - 1) / PanelWidth }

// Stride is the length of a row of products: outputs rounded up to whole panels.
func (m *Matrix) Stride() int { return m.Panels() * PanelWidth }

// Bytes is the memory that the matrix takes.
func (m *Matrix) Bytes() int { return 4 * (len(m.panels) + len(m.bias)) }

// SetRows packs weights, [n, depth] row-major, as the outputs from first on.
func (m *Matrix) SetRows(first int, weights []float32) {
	for row := 0; row < len(weights)/m.depth; row++ {
		output := first + row
		panel := m.panels[output/PanelWidth*m.depth*PanelWidth+output%PanelWidth:]
		for k, w := range weights[row*m.depth : (row+1)*m.depth] {
			panel[k*PanelWidth] = w
		}
	}
}

// SetBias sets what is added to the outputs from first on.
func (m *Matrix) SetBias(first int, bias []float32) {
	if m.bias == nil {
		m.bias = make([]float32, m.Stride())
	}
	copy(m.bias[first:], bias)
}

// A HeadCache holds the keys and values of one attention head in the layouts that make both products of attention
// the same as a product with a Matrix: keys with positions as outputs, [position/16][headDim][16], and values with
// positions as depth, [headDim/16][position][16].
type HeadCache struct {
	capacity, headDim int
	keys, values      []float32
}

// NewHeadCache makes room for capacity positions, rounded up to a multiple of 16; headDim must be one.
func NewHeadCache(capacity, headDim int) *HeadCache {
	capacity = (capacity + PanelWidth - 1) / PanelWidth * PanelWidth
	return &HeadCache{
		capacity: capacity, headDim: headDim,
		keys: make([]float32, capacity*headDim), values: make([]float32, capacity*headDim),
	}
}

// Capacity is the number of positions that fit.
func (c *HeadCache) Capacity() int { return c.capacity }

// Set stores the key and the value of a position, headDim floats each.
func (c *HeadCache) Set(position int, key, value []float32) {
	keys := c.keys[position/PanelWidth*c.headDim*PanelWidth+position%PanelWidth:]
	for d, k := range key {
		keys[d*PanelWidth] = k
	}
	for d := 0; d < c.headDim; d += PanelWidth {
		copy(c.values[d*c.capacity+position*PanelWidth:][:PanelWidth], value[d:])
	}
}

// Bytes is the memory that the cache takes.
func (c *HeadCache) Bytes() int { return 4 * (len(c.keys) + len(c.values)) }
