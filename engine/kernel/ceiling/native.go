//go:build cgo

package ceiling

/*
#cgo CFLAGS: -O3 -std=gnu11 -Wall
#include "ceiling.h"

// probe is the i-th of all families, the last of which is followed by NULL.
static const struct ceiling_probe *probe(int i) {
	const struct ceiling_probe *families[] = {ceiling_vector, ceiling_x86, ceiling_arm, ceiling_amx};
	for (int f = 0; f < 4; f++)
		for (const struct ceiling_probe *p = families[f]; p->name; p++)
			if (i-- == 0) return p;
	return NULL;
}
static int supported(const struct ceiling_probe *p) { return p->supported(); }
static void run(const struct ceiling_probe *p, long rounds) { p->run(rounds); }
*/
import "C"

import "unsafe"

// probes lists the probes that this machine can run.
func probes() []probe {
	var all []probe
	for i := C.int(0); ; i++ {
		p := C.probe(i)
		if p == nil {
			return all
		}
		if C.supported(p) != 0 {
			all = append(all, probe{
				name: C.GoString(p.name), kind: Kind(C.GoString(p.arithmetic)), operations: float64(p.operations),
				run: func(rounds int) { C.run(p, C.long(rounds)) },
			})
		}
	}
}

// ways is the number of ways to read an array.
const ways = C.CEILING_READS

// An array is memory outside of Go's heap.
type array struct {
	memory unsafe.Pointer
	bytes  C.size_t
}

func allocate(bytes int) (array, bool) {
	a := array{C.ceiling_allocate(C.size_t(bytes)), C.size_t(bytes)}
	return a, a.memory != nil
}

func (a array) fill()        { C.ceiling_fill(a.memory, a.bytes) }
func (a array) read(way int) { C.ceiling_read(a.memory, a.bytes, C.int(way)) }
func (a array) free()        { C.ceiling_free(a.memory) }
