package transformer

import "seedls/engine/kernel"

// What forward passes cost, for measurements: products with weights alone, without attention.

func (l *layer) matrices() []*kernel.Matrix {
	return []*kernel.Matrix{l.qkv, l.out, l.gateUp, l.down}
}

// RowWeights is the number of weights that a row is multiplied with when its logits are wanted: all of the layers, and
// the head.
func (m *Model) RowWeights() int {
	n := m.HeadWeights()
	for i := range m.layers {
		for _, w := range m.layers[i].matrices() {
			n += w.Outputs() * w.Depth()
		}
	}
	return n
}

// HeadWeights is the number of those weights that are the head's.
func (m *Model) HeadWeights() int { return m.head.Outputs() * m.head.Depth() }

// ExtendWeights is the number of weights that a token is multiplied with by [Runner.Extend] under context-causal
// attention: no head, and of the last layer only what makes keys and values.
func (m *Model) ExtendWeights() int {
	n := m.RowWeights() - m.HeadWeights()
	for _, w := range m.layers[len(m.layers)-1].matrices()[1:] {
		n -= w.Outputs() * w.Depth()
	}
	return n
}

// MatrixBytes is the memory of the packed matrices, the head among them: what a forward pass over one row reads.
func (m *Model) MatrixBytes() int {
	n := m.head.Bytes()
	for i := range m.layers {
		for _, w := range m.layers[i].matrices() {
			n += w.Bytes()
		}
	}
	return n
}
