package kernel

import (
	"errors"
	"io"
	"unsafe"
)

// storedAlign is what arrays of a stored matrix are padded to: a cache line.
const storedAlign = 64

// errStored is of data that is shorter than its matrix.
var errStored = errors.New("kernel: stored weights are cut short")

// WriteTo writes the packed weights in the byte order of the machine, for [MapMatrix].
func (m *Matrix) WriteTo(w io.Writer) (int64, error) {
	var written int64
	for _, array := range [][]byte{view(m.words), view(m.scales), view(m.groupScales), view(m.bias)} {
		for _, part := range [][]byte{array, make([]byte, -len(array)&(storedAlign-1))} {
			n, err := w.Write(part)
			written += int64(n)
			if err != nil {
				return written, err
			}
		}
	}
	return written, nil
}

// MapMatrix is the matrix that WriteTo wrote at the beginning of data, which it keeps and does not copy, and what follows
// it. data begins at a multiple of 64 bytes in memory, and must not change.
func MapMatrix(p Precision, outputs, depth int, biased bool, data []byte) (m *Matrix, rest []byte, err error) {
	m = &Matrix{precision: p, outputs: outputs, depth: depth}
	ok := true
	m.words, data = mapped[uint32](data, m.Panels()*m.panelWords(), &ok)
	if p == Int8 {
		m.scales, data = mapped[float32](data, m.Stride(), &ok)
	}
	if p == Int4 {
		m.groupScales, data = mapped[uint16](data, m.Stride()*m.padded()/Int4Group, &ok)
	}
	if biased {
		m.bias, data = mapped[float32](data, m.Stride(), &ok)
	}
	if !ok {
		return nil, nil, errStored
	}
	return m, data, nil
}

// mapped takes an array of n off data, with what pads it.
func mapped[T any](data []byte, n int, ok *bool) ([]T, []byte) {
	size := n * int(unsafe.Sizeof(*new(T)))
	padded := size + -size&(storedAlign-1)
	if !*ok || len(data) < padded || n == 0 {
		*ok = false
		return nil, nil
	}
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(data))), n), data[padded:]
}

// view is an array as bytes.
func view[T any](s []T) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(s))), len(s)*int(unsafe.Sizeof(*new(T))))
}
