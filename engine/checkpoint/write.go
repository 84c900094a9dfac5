package checkpoint

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
)

// Weights are the values of a tensor that is to be written, row-major.
type Weights struct {
	Name   string
	Shape  []int
	Values []float32
}

// writeBytes is about how much WriteTensors writes at a time.
const writeBytes = 1 << 16

// WriteTensors writes a safetensors file of weights as F32 or BF16, in their order, with little memory. Values are
// rounded to the nearest BF16, to even between two. An error is that of w.
func WriteTensors(w io.Writer, t DType, weights []Weights) error {
	tensors := make([]Tensor, len(weights))
	for i, weight := range weights {
		tensors[i] = Tensor{Name: weight.Name, DType: t, Shape: weight.Shape}
		if n := tensors[i].count(); n != len(weight.Values) {
			panic(fmt.Sprintf("checkpoint: tensor %q of shape %d has %d values", weight.Name, weight.Shape, len(weight.Values)))
		}
	}
	header, _, _ := TensorHeader(tensors)
	if _, err := w.Write(header); err != nil {
		return err
	}
	appendValues := AppendF32
	if t == BF16 {
		appendValues = AppendBF16
	}
	buffer := make([]byte, 0, writeBytes)
	for _, weight := range weights {
		for values := weight.Values; len(values) > 0; {
			n := min(len(values), writeBytes/4)
			if _, err := w.Write(appendValues(buffer, values[:n])); err != nil {
				return err
			}
			values = values[n:]
		}
	}
	return nil
}

// TensorHeader is what a safetensors file begins with whose tensors follow one another; their data is not looked at. It
// returns too where in the file each of them begins, and how long the file is.
func TensorHeader(tensors []Tensor) (header []byte, offsets []int64, size int64) {
	type entry struct {
		DType   DType    `json:"dtype"`
		Shape   []int    `json:"shape"`
		Offsets [2]int64 `json:"data_offsets"`
	}
	entries := map[string]any{"__metadata__": map[string]string{"format": "pt"}}
	for _, t := range tensors {
		end := size + int64(t.count())*int64(t.DType.bits())/8
		entries[t.Name] = entry{t.DType, t.Shape, [2]int64{size, end}}
		offsets = append(offsets, size)
		size = end
	}
	text, err := json.Marshal(entries)
	if err != nil {
		panic(err) // names and numbers always have a JSON form
	}
	for len(text)%8 != 0 {
		text = append(text, ' ')
	}
	header = append(binary.LittleEndian.AppendUint64(nil, uint64(len(text))), text...)
	for i := range offsets {
		offsets[i] += int64(len(header))
	}
	return header, offsets, size + int64(len(header))
}

// AppendF32 appends values as F32.
func AppendF32(b []byte, values []float32) []byte {
	for _, v := range values {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}

// AppendBF16 appends values as BF16: the nearest, the even one of two that are as near; a NaN stays one.
func AppendBF16(b []byte, values []float32) []byte {
	for _, v := range values {
		bits := math.Float32bits(v)
		if v == v {
			bits += 0x7fff + bits>>16&1
		} else {
			bits |= 0x400000
		}
		b = binary.LittleEndian.AppendUint16(b, uint16(bits>>16))
	}
	return b
}
