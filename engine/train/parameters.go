package train

import (
	"fmt"
	"math"

	"seedls/engine/backbone"
	"seedls/engine/checkpoint"
)

// Parameters are all weights of a model, or a value for each, such as its gradient. They are in one array, in which what
// one product multiplies is side by side: the queries', keys' and values' projections, the gates' and ups'.
type Parameters struct {
	config   checkpoint.Config
	backbone *backbone.Model
	values   []float32
	tensors  []Tensor

	embedding []float32 // [vocab, hidden]
	head      []float32 // [vocab, hidden]; the embedding itself where the output is tied
	norm      []float32 // [hidden]
	layers    []layerParameters
}

type layerParameters struct {
	inputNorm, postNorm []float32 // [hidden]
	qNorm, kNorm        []float32 // [headDim], nil without QK norm
	qkv                 []float32 // [(heads + 2 kvHeads) headDim, hidden]
	qkvBias             []float32 // [(heads + 2 kvHeads) headDim], nil without bias
	out                 []float32 // [hidden, heads headDim]
	gateUp              []float32 // [2 intermediate, hidden]
	down                []float32 // [hidden, intermediate]
}

// A Tensor is a part of [Parameters] under its name in the checkpoint. Values, row-major, are the parameters themselves.
type Tensor struct {
	Name   string
	Shape  []int
	Values []float32
}

// NewParameters makes parameters of zeros. An error names the size that the kernels cannot handle.
func NewParameters(c checkpoint.Config) (*Parameters, error) {
	b, err := backbone.New(c)
	if err != nil {
		return nil, err
	}
	p := &Parameters{config: c, backbone: b, values: make([]float32, b.Parameters), layers: make([]layerParameters, c.Layers)}
	p.layout()
	return p, nil
}

// Load reads the parameters of a checkpoint. Errors name the file and the tensor or the setting.
func Load(c *checkpoint.Checkpoint) (*Parameters, error) {
	p, err := NewParameters(c.Config)
	if err != nil {
		return nil, fmt.Errorf("%s: config.json: %w", c.Name, err)
	}
	return p, c.Read(func() error {
		for _, t := range p.tensors {
			stored, err := c.Tensor(t.Name, t.Shape...)
			if err != nil {
				return err
			}
			copy(t.Values, stored.Float32())
		}
		return nil
	})
}

// layout lists the tensors, and hands each its part of the values.
func (p *Parameters) layout() {
	b, rest := p.backbone, p.values
	// join is the values of some tensors, one after another.
	join := func(tensors ...backbone.Tensor) []float32 {
		all, n := rest, 0
		for _, t := range tensors {
			size := t.Size()
			p.tensors = append(p.tensors, Tensor{t.Name, t.Shape, rest[:size:size]})
			n, rest = n+size, rest[size:]
		}
		return all[:n:n]
	}
	p.embedding = join(b.Embedding)
	for i, l := range b.Layers {
		w := &p.layers[i]
		w.inputNorm = join(l.InputNorm)
		w.qkv = join(l.QKV.Weights...)
		if l.QKV.Biases != nil {
			w.qkvBias = join(l.QKV.Biases...)
		}
		if l.QNorm != nil {
			w.qNorm, w.kNorm = join(*l.QNorm), join(*l.KNorm)
		}
		w.out = join(l.Out.Weights...)
		w.postNorm = join(l.PostNorm)
		w.gateUp = join(l.GateUp.Weights...)
		w.down = join(l.Down.Weights...)
	}
	p.norm = join(b.Norm)
	p.head = p.embedding
	if !b.Tied {
		p.head = join(b.Output.Weights...)
	}
}

// Config is that of the model.
func (p *Parameters) Config() checkpoint.Config { return p.config }

// Tensors lists all parameters, in an order that depends on the configuration alone. Do not change the slice.
func (p *Parameters) Tensors() []Tensor { return p.tensors }

// Values are those of all tensors, one after another: the parameters themselves.
func (p *Parameters) Values() []float32 { return p.values }

// Clear sets all values to zero.
func (p *Parameters) Clear() { clear(p.values) }

// Norm is the Euclidean length of all values.
func (p *Parameters) Norm() float64 {
	var squares float64
	for _, v := range p.values {
		squares += float64(v) * float64(v)
	}
	return math.Sqrt(squares)
}
