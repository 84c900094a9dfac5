package transformer

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"seedls/engine/backbone"
	"seedls/engine/checkpoint"
	"seedls/engine/kernel"
)

// A stored model is its packed weights in the order in which build asks for them, each padded to 64 bytes, after a header
// of 64 bytes: a line that says so, and the type of the embedding. Which model it is, and in which precision, is for
// whoever keeps it to know. Like the kernels, it wants a little-endian machine.
const (
	storedAlign  = 64
	storedHeader = "seedls packed weights 1 %s\n"
)

// ErrNotStoredModel is of data that [Model.WriteTo] did not write, or not for this configuration and precision.
var ErrNotStoredModel = errors.New("not the packed weights of this model")

// WriteTo writes the packed weights, for [LoadStored].
func (m *Model) WriteTo(w io.Writer) (int64, error) {
	c := &counter{w: w}
	c.padded(fmt.Appendf(nil, storedHeader, m.embedding.DType))
	c.padded(m.embedding.Data)
	c.vector(m.norm)
	c.matrix(m.head)
	for i := range m.layers {
		l := &m.layers[i]
		c.vector(l.inputNorm)
		c.vector(l.postNorm)
		for _, w := range l.matrices() {
			c.matrix(w)
		}
		c.vector(l.qNorm)
		c.vector(l.kNorm)
	}
	return c.n, c.err
}

// counter writes until the first error, and counts.
type counter struct {
	w   io.Writer
	n   int64
	err error
}

func (c *counter) padded(data []byte) {
	for _, part := range [][]byte{data, make([]byte, -len(data)&(storedAlign-1))} {
		if c.err == nil {
			var n int
			n, c.err = c.w.Write(part)
			c.n += int64(n)
		}
	}
}

func (c *counter) vector(v []float32) {
	data := make([]byte, 0, 4*len(v))
	data, _ = binary.Append(data, binary.LittleEndian, v) // fails for other types only
	c.padded(data)
}

func (c *counter) matrix(m *kernel.Matrix) {
	if c.err == nil {
		var n int64
		n, c.err = m.WriteTo(c.w)
		c.n += n
	}
}

// LoadStored is the model that WriteTo wrote to data, which it keeps: it must not change or go as long as there is the
// model, and begins at a multiple of 64 bytes in memory. name is the model's, for errors. Data that does not fit is an [ErrNotStoredModel]; weights that are
// wrong are not noticed.
func LoadStored(name string, config checkpoint.Config, precision kernel.Precision, data []byte) (*Model, error) {
	r := &storedReader{data: data, precision: precision}
	m, err := build(name, config, precision, r)
	if err == nil && len(r.data) > 0 {
		err = ErrNotStoredModel
	}
	if err != nil {
		return nil, err
	}
	return m, nil
}

// storedReader takes one part after another off data.
type storedReader struct {
	data      []byte
	precision kernel.Precision
	err       error
}

func (r *storedReader) failure() error { return r.err }

func (r *storedReader) take(n int) []byte {
	padded := n + -n&(storedAlign-1)
	if r.err != nil || len(r.data) < padded {
		r.err = ErrNotStoredModel
		return nil
	}
	data := r.data[:n]
	r.data = r.data[padded:]
	return data
}

func (r *storedReader) embedding(embedding backbone.Tensor) checkpoint.Tensor {
	header := bytes.TrimRight(r.take(storedAlign), "\x00")
	t := checkpoint.Tensor{Name: embedding.Name, Shape: embedding.Shape}
	if _, err := fmt.Sscanf(string(header), storedHeader, &t.DType); err != nil {
		r.err = ErrNotStoredModel
		return t
	}
	size := 2
	switch t.DType {
	case checkpoint.F32:
		size = 4
	case checkpoint.F16, checkpoint.BF16:
	default:
		r.err = ErrNotStoredModel
	}
	t.Data = r.take(t.Shape[0] * t.Shape[1] * size)
	return t
}

func (r *storedReader) vector(t backbone.Tensor) []float32 {
	n := t.Shape[0]
	data := r.take(4 * n)
	if data == nil {
		return nil
	}
	v := make([]float32, n)
	_, _ = binary.Decode(data, binary.LittleEndian, v) // data is as long as v
	return v
}

func (r *storedReader) matrix(p backbone.Product) *kernel.Matrix {
	if r.err != nil {
		return nil
	}
	m, rest, err := kernel.MapMatrix(r.precision, p.Outputs(), p.Depth(), p.Biases != nil, r.data)
	if err != nil {
		r.err = ErrNotStoredModel
		return nil
	}
	r.data = rest
	return m
}
