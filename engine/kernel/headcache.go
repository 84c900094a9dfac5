package kernel

import (
	"fmt"
	"slices"
)

// A HeadCache holds the keys and values of one attention head, all of them finite, in F32 or BF16, in the layouts that
// make both products of attention the same as a product with a Matrix: keys with positions as outputs,
// [position/16][headDim/perWord][16], and values with positions as depth, [headDim/16][position/perWord][16].
type HeadCache struct {
	precision         Precision
	capacity, headDim int
	keys, values      []uint32
}

// maxHeadDim bounds headDim: kernels keep a query on their stack.
const maxHeadDim = 1024

// NewHeadCache makes room for capacity positions, rounded up to a multiple of 32; headDim must be a multiple of 16, and
// at most 1024. p is F32 or BF16.
func NewHeadCache(p Precision, capacity, headDim int) *HeadCache {
	if headDim%PanelWidth != 0 || headDim > maxHeadDim {
		panic(fmt.Sprintf("kernel: heads of %d: want a multiple of %d up to %d", headDim, PanelWidth, maxHeadDim))
	}
	capacity = (capacity + 2*PanelWidth - 1) / (2 * PanelWidth) * 2 * PanelWidth
	n := capacity * headDim / p.perWord()
	return &HeadCache{precision: p, capacity: capacity, headDim: headDim, keys: make([]uint32, n), values: make([]uint32, n)}
}

// Clone is a cache of its own with the same content.
func (c *HeadCache) Clone() *HeadCache {
	clone := *c
	clone.keys, clone.values = slices.Clone(c.keys), slices.Clone(c.values)
	return &clone
}

// Capacity is the number of positions that fit.
func (c *HeadCache) Capacity() int { return c.capacity }

// Bytes is the memory that the cache takes.
func (c *HeadCache) Bytes() int { return 4 * (len(c.keys) + len(c.values)) }
