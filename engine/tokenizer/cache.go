package tokenizer

import (
	"slices"
	"strings"
	"sync"
)

const (
	// generationBytes bounds each of the two generations of a cache.
	generationBytes = 2 << 20
	// entryOverhead is what a map entry, its string and its slice take beside their contents, roughly, in bytes.
	entryOverhead = 96
	// maxCachedPiece keeps pieces that will hardly come again out of the cache.
	maxCachedPiece = 1 << 10
)

// cache remembers the tokens of pieces, in two generations: a full young one becomes the old one, and what is found in
// the old one moves to the young. It is safe for concurrent use.
type cache struct {
	mu         sync.Mutex
	young, old map[string][]int32
	youngBytes int
}

// get returns the tokens of piece, which the caller must not change.
func (c *cache) get(piece string) ([]int32, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if ids, ok := c.young[piece]; ok {
		return ids, true
	}
	ids, ok := c.old[piece]
	if ok {
		delete(c.old, piece)
		c.insert(strings.Clone(piece), ids)
	}
	return ids, ok
}

// put copies both the piece and its tokens: neither keeps a document alive.
func (c *cache) put(piece string, ids []int32) {
	if len(piece) > maxCachedPiece {
		return
	}
	piece, ids = strings.Clone(piece), slices.Clone(ids)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.insert(piece, ids)
}

func (c *cache) insert(piece string, ids []int32) {
	size := len(piece) + 4*len(ids) + entryOverhead
	if c.young == nil || c.youngBytes+size > generationBytes {
		c.young, c.old, c.youngBytes = map[string][]int32{}, c.young, 0
	}
	if _, ok := c.young[piece]; !ok {
		c.young[piece] = ids
		c.youngBytes += size
	}
}
