//go:build !cgo

package ceiling

import "sync/atomic"

// sink takes what the loops compute, so that they cannot be left out.
var sink atomic.Uint64

// probes has the one probe in plain Go: eight independent chains of x = x * 0.5 + 0.5.
func probes() []probe {
	return []probe{{name: "multiply-add, plain Go", kind: F32, operations: 8 * 2, run: func(rounds int) {
		const m = float32(0.5)
		var a, b, c, d, e, f, g, h float32 = 1, 2, 3, 4, 5, 6, 7, 8
		for range rounds {
			a, b, c, d = a*m+m, b*m+m, c*m+m, d*m+m
			e, f, g, h = e*m+m, f*m+m, g*m+m, h*m+m
		}
		sink.Add(uint64(a + b + c + d + e + f + g + h))
	}}}
}

// ways is the number of ways to read an array.
const ways = 1

type array []uint64

func allocate(bytes int) (array, bool) { return make(array, bytes/8), true }

func (a array) fill() {
	for i := range a {
		a[i] = 1
	}
}

// read sums an array in four independent sums.
func (a array) read(int) {
	var s, t, u, v uint64
	for ; len(a) >= 8; a = a[8:] {
		s, t, u, v = s+a[0]+a[4], t+a[1]+a[5], u+a[2]+a[6], v+a[3]+a[7]
	}
	sink.Add(s + t + u + v)
}

func (a array) free() {}
