package structure

import (
	"runtime"
	"sync/atomic"
)

const (
	// treeBytes is the C heap that a syntax tree takes for each byte of text.
	treeBytes = 20
	// reparseBytes is what a new version of a tree takes after a small edit.
	reparseBytes = 64 << 10
	// uncollectedBytes is how much C heap may be taken between collections.
	uncollectedBytes = 64 << 20
)

// Bytes estimates the memory that the tree holds, text included, in bytes.
// Versions of one buffer share most of it, so that a sum over them is an upper
// bound.
func (t *Tree) Bytes() int {
	if t.parsed == nil {
		return len(t.text)
	}
	return (1 + treeBytes) * len(t.text)
}

// uncollected is the C heap that trees have taken since they last caused a
// garbage collection. Trees are freed by finalizers, and Go, which sees only
// their small handles, would let them pile up.
var uncollected atomic.Int64

// collectAfter notes that a tree took size bytes of C heap.
func collectAfter(size int) {
	if uncollected.Add(int64(size)) > uncollectedBytes {
		uncollected.Store(0)
		go runtime.GC()
	}
}
