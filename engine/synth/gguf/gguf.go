// Package gguf writes version 3 of the format in which llama.cpp reads models: a header of metadata and tensor
// descriptions, and then the tensors, each at a multiple of 32 bytes. Matrices are quantised to 8 bits, in the blocks
// that llama.cpp calls Q8_0; vectors stay F32.
package gguf

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Magic begins every GGUF.
const Magic = "GGUF"

const (
	version   = 3
	alignment = 32
)

// Type is how a tensor's values are stored, by the numbers of the format.
type Type uint32

const (
	F32  Type = 0
	Q8_0 Type = 8
)

// A block of Q8_0 is blockValues values that share a scale.
const (
	blockValues = 32
	blockBytes  = 2 + blockValues
)

// Bytes is the size of n values, which for Q8_0 are a multiple of 32.
func (t Type) Bytes(n int) int64 {
	if t == Q8_0 {
		return int64(n) / blockValues * blockBytes
	}
	return int64(n) * 4
}

// The types of metadata, by the numbers of the format.
const (
	typeUint32  = 4
	typeInt32   = 5
	typeFloat32 = 6
	typeBool    = 7
	typeString  = 8
	typeArray   = 9
)

// A File collects what the header says. It is used by one goroutine at a time.
type File struct {
	metadata []byte
	keys     uint64
	tensors  []byte
	offsets  []int64 // of the tensors, from the end of the header
	end      int64
}

// Set adds metadata, in the order of the calls. A value is a uint32, float32, bool, string, []int32 or []string; any
// other is a mistake of the caller, and panics.
func (f *File) Set(key string, value any) {
	f.metadata = appendString(f.metadata, key)
	f.metadata = appendValue(f.metadata, value)
	f.keys++
}

// Add adds a tensor. Its shape is in our order, rows first; the format has the columns first.
func (f *File) Add(name string, t Type, shape ...int) {
	f.tensors = appendString(f.tensors, name)
	f.tensors = binary.LittleEndian.AppendUint32(f.tensors, uint32(len(shape)))
	n := 1
	for i := len(shape) - 1; i >= 0; i-- {
		f.tensors = binary.LittleEndian.AppendUint64(f.tensors, uint64(shape[i]))
		n *= shape[i]
	}
	f.tensors = binary.LittleEndian.AppendUint32(f.tensors, uint32(t))
	f.tensors = binary.LittleEndian.AppendUint64(f.tensors, uint64(f.end))
	f.offsets = append(f.offsets, f.end)
	f.end = align(f.end + t.Bytes(n))
}

// Header returns the header, where in the file each tensor begins, in the order in which they were added, and how long
// the file is. What lies between tensors is zero.
func (f *File) Header() (header []byte, offsets []int64, size int64) {
	header = append(header, Magic...)
	header = binary.LittleEndian.AppendUint32(header, version)
	header = binary.LittleEndian.AppendUint64(header, uint64(len(f.offsets)))
	header = binary.LittleEndian.AppendUint64(header, f.keys)
	header = append(header, f.metadata...)
	header = append(header, f.tensors...)
	data := align(int64(len(header)))
	header = append(header, make([]byte, data-int64(len(header)))...)
	for _, offset := range f.offsets {
		offsets = append(offsets, data+offset)
	}
	return header, offsets, data + f.end
}

func align(n int64) int64 { return (n + alignment - 1) / alignment * alignment }

func appendString(b []byte, s string) []byte {
	b = binary.LittleEndian.AppendUint64(b, uint64(len(s)))
	return append(b, s...)
}

func appendValue(b []byte, value any) []byte {
	le := binary.LittleEndian
	switch v := value.(type) {
	case uint32:
		return le.AppendUint32(le.AppendUint32(b, typeUint32), v)
	case float32:
		return le.AppendUint32(le.AppendUint32(b, typeFloat32), math.Float32bits(v))
	case bool:
		b = le.AppendUint32(b, typeBool)
		if v {
			return append(b, 1)
		}
		return append(b, 0)
	case string:
		return appendString(le.AppendUint32(b, typeString), v)
	case []int32:
		b = appendArray(b, typeInt32, len(v))
		for _, n := range v {
			b = le.AppendUint32(b, uint32(n))
		}
		return b
	case []string:
		b = appendArray(b, typeString, len(v))
		for _, s := range v {
			b = appendString(b, s)
		}
		return b
	}
	panic(fmt.Sprintf("gguf: metadata of type %T", value))
}

func appendArray(b []byte, elements uint32, n int) []byte {
	b = binary.LittleEndian.AppendUint32(b, typeArray)
	b = binary.LittleEndian.AppendUint32(b, elements)
	return binary.LittleEndian.AppendUint64(b, uint64(n))
}

// Append appends finite values as t stores them. For Q8_0 there are a multiple of 32, of absolute values below 8e6.
func (t Type) Append(b []byte, values []float32) []byte {
	if t == F32 {
		for _, v := range values {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
		}
		return b
	}
	for ; len(values) > 0; values = values[blockValues:] {
		b = appendBlock(b, (*[blockValues]float32)(values))
	}
	return b
}

// appendBlock quantises a block: the scale, in half precision, maps its largest absolute value to 127.
func appendBlock(b []byte, values *[blockValues]float32) []byte {
	var largest float32
	for _, v := range values {
		largest = max(largest, v, -v)
	}
	scale := largest / 127
	var inverse float32
	if scale > 0 {
		inverse = 1 / scale
	}
	b = binary.LittleEndian.AppendUint16(b, half(scale))
	for _, v := range values {
		b = append(b, byte(int8(v*inverse+float32(math.Copysign(0.5, float64(v))))))
	}
	return b
}

// half is a number from 0 to 65504 in half precision, rounded to nearest, to even between two.
func half(f float32) uint16 {
	const smallestNormal = 0x1p-14
	if f < smallestNormal {
		return uint16(math.RoundToEven(float64(f) * 0x1p24))
	}
	bits := math.Float32bits(f)
	bits += 0xfff + bits>>13&1
	return uint16((bits - (127-15)<<23) >> 13)
}
