package train

import (
	"fmt"
	"math"

	"seedls/engine/checkpoint"
	"seedls/engine/kernel"
)

// Parameters are all weights of a model, or a value for each, such as its gradient. They are in one array, in which what
// one product multiplies is side by side: the queries', keys' and values' projections, the gates' and ups'.
type Parameters struct {
	config  checkpoint.Config
	values  []float32
	tensors []Tensor

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
	for _, size := range []struct {
		name  string
		value int
	}{
		{"hidden_size", c.HiddenSize},
		{"intermediate_size", c.IntermediateSize},
		{"head_dim", c.HeadDim},
	} {
		if size.value < 1 || size.value%kernel.PanelWidth != 0 {
			return nil, fmt.Errorf("%s is %d: training needs a multiple of %d", size.name, size.value, kernel.PanelWidth)
		}
	}
	p := &Parameters{config: c}
	p.layout() // counts
	p.values = make([]float32, p.count())
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

// layout lists the tensors, and hands each its part of p.values once these have been made.
func (p *Parameters) layout() {
	c := &p.config
	rest := p.values
	p.tensors = p.tensors[:0]
	// join is the values of several tensors, one after another.
	join := func(tensors ...Tensor) []float32 {
		all := rest
		n := 0
		for _, t := range tensors {
			if size := count(t.Shape); p.values != nil {
				t.Values, rest = rest[:size:size], rest[size:]
				n += size
			}
			p.tensors = append(p.tensors, t)
		}
		return all[:n:n]
	}
	tensor := func(name string, shape ...int) Tensor { return Tensor{Name: name, Shape: shape} }

	queries, keys := c.Heads*c.HeadDim, c.KVHeads*c.HeadDim
	p.embedding = join(tensor("model.embed_tokens.weight", c.VocabSize, c.HiddenSize))
	p.layers = make([]layerParameters, c.Layers)
	for i := range p.layers {
		l, prefix := &p.layers[i], fmt.Sprintf("model.layers.%d.", i)
		attention, mlp := prefix+"self_attn.", prefix+"mlp."
		l.inputNorm = join(tensor(prefix+"input_layernorm.weight", c.HiddenSize))
		l.qkv = join(tensor(attention+"q_proj.weight", queries, c.HiddenSize),
			tensor(attention+"k_proj.weight", keys, c.HiddenSize), tensor(attention+"v_proj.weight", keys, c.HiddenSize))
		if c.QKVBias {
			l.qkvBias = join(tensor(attention+"q_proj.bias", queries), tensor(attention+"k_proj.bias", keys),
				tensor(attention+"v_proj.bias", keys))
		}
		if c.QKNorm {
			l.qNorm = join(tensor(attention+"q_norm.weight", c.HeadDim))
			l.kNorm = join(tensor(attention+"k_norm.weight", c.HeadDim))
		}
		l.out = join(tensor(attention+"o_proj.weight", c.HiddenSize, queries))
		l.postNorm = join(tensor(prefix+"post_attention_layernorm.weight", c.HiddenSize))
		l.gateUp = join(tensor(mlp+"gate_proj.weight", c.IntermediateSize, c.HiddenSize),
			tensor(mlp+"up_proj.weight", c.IntermediateSize, c.HiddenSize))
		l.down = join(tensor(mlp+"down_proj.weight", c.HiddenSize, c.IntermediateSize))
	}
	p.norm = join(tensor("model.norm.weight", c.HiddenSize))
	p.head = p.embedding
	if !c.TieWordEmbeddings {
		p.head = join(tensor("lm_head.weight", c.VocabSize, c.HiddenSize))
	}
}

func (p *Parameters) count() (n int) {
	for _, t := range p.tensors {
		n += count(t.Shape)
	}
	return n
}

func count(shape []int) int {
	n := 1
	for _, d := range shape {
		n *= d
	}
	return n
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
