package gguf

import (
	"encoding/binary"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestHalf(t *testing.T) {
	value := func(h uint16) float32 {
		exponent, fraction := int(h>>10), float64(h&0x3ff)
		if exponent == 0 {
			return float32(math.Ldexp(fraction, -24))
		}
		return float32(math.Ldexp(1024+fraction, exponent-25))
	}
	const largest = 0x7bff // 65504
	for h := range uint16(largest) {
		this, next := value(h), value(h+1)
		middle := (this + next) / 2 // exact
		even := h + h&1
		for _, test := range []struct {
			f    float32
			want uint16
		}{
			{this, h},
			{math.Nextafter32(middle, 0), h},
			{middle, even},
			{math.Nextafter32(middle, 1e9), h + 1},
			{next, h + 1},
		} {
			if got := half(test.f); got != test.want {
				t.Fatalf("%g became %#04x, want %#04x", test.f, got, test.want)
			}
		}
	}
}

func TestBlocks(t *testing.T) {
	values := make([]float32, 2*blockValues)
	values[0], values[1], values[2], values[3] = -127, 63.4, 63.6, -0.6 // one is a step
	got := Q8_0.Append(nil, values)
	require.Len(t, got, int(Q8_0.Bytes(len(values))))
	require.EqualValues(t, 0x3c00, binary.LittleEndian.Uint16(got))
	require.Equal(t, []int8{-127, 63, 64, -1, 0}, []int8{int8(got[2]), int8(got[3]), int8(got[4]), int8(got[5]), int8(got[6])})
	require.Equal(t, make([]byte, blockBytes), got[blockBytes:], "a block of zeros")
}

func TestTensorsBeginAtMultiplesOf32(t *testing.T) {
	var f File
	f.Set("general.architecture", "llama")
	f.Add("a", F32, 3)
	f.Add("b", Q8_0, 2, 32)
	header, offsets, size := f.Header()
	data := int64(len(header))
	require.Zero(t, data%32)
	require.Equal(t, []int64{data, data + 32}, offsets)
	require.Equal(t, data+32+96, size) // 68 bytes of b
}

func TestSetOfAnotherTypePanics(t *testing.T) {
	require.Panics(t, func() { new(File).Set("k", 1) })
}
