package tokenizer

import (
	"fmt"
	"strings"
	"testing"
)

func TestCacheIsBounded(t *testing.T) {
	var c cache
	ids := []int32{1, 2, 3}
	size := func(generation map[string][]int32) (n int) {
		for piece, ids := range generation {
			n += len(piece) + 4*len(ids) + entryOverhead
		}
		return n
	}
	for i := range 100_000 {
		c.put(fmt.Sprintf("piece %d", i), ids)
		if _, ok := c.get("piece 0"); !ok {
			t.Fatalf("a piece in use was forgotten after %d others", i)
		}
	}
	if young, old := size(c.young), size(c.old); young != c.youngBytes || young > generationBytes || old > generationBytes {
		t.Errorf("generations have %d and %d bytes, counted %d, limit %d", young, old, c.youngBytes, generationBytes)
	}
	if _, ok := c.get("piece 1"); ok {
		t.Error("a piece that nobody asked for is still there")
	}
	long := strings.Repeat("x", maxCachedPiece+1)
	if c.put(long, ids); c.youngBytes > generationBytes {
		t.Errorf("the young generation has %d bytes", c.youngBytes)
	}
	if _, ok := c.get(long); ok {
		t.Error("a piece that is too long was kept")
	}
}
