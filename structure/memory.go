//go:build cgo

package structure

import (
	"runtime"
	"sync/atomic"
)

const (
	// reparseBytes is what a new version of a tree takes after a small edit.
	reparseBytes = 64 << 10
	// uncollectedBytes is how much C heap may be taken between collections.
	uncollectedBytes = 64 << 20
)

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
