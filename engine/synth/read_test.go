package synth_test

import (
	"encoding/binary"
	"math"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// readGGUF reads a GGUF: its metadata, and the tensors as numbers, row after row.
func readGGUF(t *testing.T, path string) (metadata map[string]any, tensors map[string]readTensor) {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	r := &reader{data: data}
	require.Equal(t, "GGUF", string(r.take(4)))
	require.EqualValues(t, 3, r.u32())
	count, keys := r.u64(), r.u64()
	metadata = map[string]any{}
	for range keys {
		key := r.string()
		metadata[key] = r.value(r.u32())
	}
	type description struct {
		name   string
		shape  []int
		kind   uint32
		offset uint64
	}
	var descriptions []description
	for range count {
		d := description{name: r.string()}
		for range r.u32() {
			d.shape = append([]int{int(r.u64())}, d.shape...)
		}
		d.kind, d.offset = r.u32(), r.u64()
		descriptions = append(descriptions, d)
	}
	start := (r.at + 31) / 32 * 32
	tensors = map[string]readTensor{}
	for _, d := range descriptions {
		require.Zero(t, d.offset%32, d.name)
		n := 1
		for _, size := range d.shape {
			n *= size
		}
		r.at = start + int(d.offset)
		read := readTensor{shape: d.shape}
		switch d.kind {
		case 0:
			for range n {
				read.values = append(read.values, math.Float32frombits(r.u32()))
				read.steps = append(read.steps, 0)
			}
		case 8:
			for range n / 32 {
				scale := halfValue(binary.LittleEndian.Uint16(r.take(2)))
				for _, q := range r.take(32) {
					read.values = append(read.values, scale*float32(int8(q)))
					read.steps = append(read.steps, scale)
				}
			}
		default:
			t.Fatalf("%s has type %d", d.name, d.kind)
		}
		tensors[d.name] = read
	}
	return metadata, tensors
}

type readTensor struct {
	shape  []int
	values []float32
	steps  []float32 // between neighbouring numbers that could have been written
}

type reader struct {
	data []byte
	at   int
}

func (r *reader) take(n int) []byte {
	r.at += n
	return r.data[r.at-n : r.at]
}

func (r *reader) u32() uint32    { return binary.LittleEndian.Uint32(r.take(4)) }
func (r *reader) u64() uint64    { return binary.LittleEndian.Uint64(r.take(8)) }
func (r *reader) string() string { return string(r.take(int(r.u64()))) }

func (r *reader) value(kind uint32) any {
	switch kind {
	case 4:
		return r.u32()
	case 5:
		return int32(r.u32())
	case 6:
		return math.Float32frombits(r.u32())
	case 7:
		return r.take(1)[0] == 1
	case 8:
		return r.string()
	case 9:
		element, n := r.u32(), r.u64()
		list := make([]any, n)
		for i := range list {
			list[i] = r.value(element)
		}
		return list
	}
	panic(kind)
}

// halfValue is a finite number in half precision.
func halfValue(h uint16) float32 {
	exponent, fraction := int(h>>10), float64(h&0x3ff)
	if exponent == 0 {
		return float32(math.Ldexp(fraction, -24))
	}
	return float32(math.Ldexp(1024+fraction, exponent-25))
}
