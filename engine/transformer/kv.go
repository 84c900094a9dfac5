package transformer

import "seedls/engine/kernel"

// A KVCache is the committed tokens of one sequence and, under context-causal attention, their keys and values. The
// first Len positions hold the context; a canvas borrows the positions after it for the length of one forward pass.
// It belongs to one goroutine at a time.
type KVCache struct {
	tokens   []int32
	heads    []*kernel.HeadCache // [layer*KVHeads + head]
	capacity int
}

// NewKVCache makes an empty cache for at most capacity tokens, context and canvas together. Keys and values are in BF16,
// but for a model in F32.
func (m *Model) NewKVCache(capacity int) *KVCache {
	precision := kernel.BF16
	if m.precision == kernel.F32 {
		precision = kernel.F32
	}
	c := &KVCache{tokens: make([]int32, 0, capacity), capacity: capacity}
	for range len(m.layers) * m.config.KVHeads {
		c.heads = append(c.heads, kernel.NewHeadCache(precision, capacity, m.config.HeadDim))
	}
	return c
}

// Tokens is the context. The slice is the cache's own: read it, and only until the cache changes.
func (c *KVCache) Tokens() []int32 { return c.tokens }

// Len is the number of tokens in the context.
func (c *KVCache) Len() int { return len(c.tokens) }

// Room is the number of tokens that still fit.
func (c *KVCache) Room() int { return c.capacity - len(c.tokens) }

// Capacity is the number of tokens that fit in all.
func (c *KVCache) Capacity() int { return c.capacity }

// Truncate forgets all but the first n tokens.
func (c *KVCache) Truncate(n int) { c.tokens = c.tokens[:n] }

// Clone is a cache of its own with the same context and capacity.
func (c *KVCache) Clone() *KVCache {
	clone := &KVCache{tokens: append(make([]int32, 0, c.capacity), c.tokens...), capacity: c.capacity}
	for _, h := range c.heads {
		clone.heads = append(clone.heads, h.Clone())
	}
	return clone
}

// Bytes is the memory that the cache takes.
func (c *KVCache) Bytes() int {
	n := 4 * c.capacity
	for _, h := range c.heads {
		n += h.Bytes()
	}
	return n
}
