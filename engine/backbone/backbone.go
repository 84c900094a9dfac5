// Package backbone defines the transformer, the Llama family of backbones with Qwen2 and Qwen3 among them, once for all
// that hold its weights: package transformer, which computes it over a KV cache, package train, which computes it forward
// and backward, and package synth, which makes one up.
//
// A [Model] is definitions alone: what the tensors are called in a checkpoint, which shapes they have, which of them are
// multiplied together, and which a configuration has at all. [Rotary] and [AttentionScale] are what else follows from it.
//
// How rows go through a layer is said here and computed there, by the same operations of package kernel.
package backbone

import (
	"fmt"

	"seedls/engine/checkpoint"
	"seedls/engine/kernel"
)

// A Model computes, for the token of each row,
//
//	x = Embedding[token]
//	x through each of Layers
//	logits = Output(norm(x, Norm))
//
// where norm is the root mean square norm. It is immutable.
type Model struct {
	Embedding Tensor // [vocab, hidden]
	Layers    []Layer
	Norm      Tensor  // [hidden]
	Output    Product // of vocab outputs
	Tied      bool    // the output's weights are the embedding

	Parameters int // the number of values in all tensors, a tied output counted once
}

// A Layer computes, for the residual stream x of each row,
//
//	queries, keys, values = QKV(norm(x, InputNorm))
//	queries, keys = rotate(norm(queries, QNorm)), rotate(norm(keys, KNorm))
//	x += Out(attention(queries, keys, values))
//	gates, ups = GateUp(norm(x, PostNorm))
//	x += Down(silu(gates) * ups)
//
// The outputs of QKV are the heads one after another, each headDim wide: those of queries, of keys, of values. Heads are
// normed and rotated one by one, and as many query heads as there are for a key head, neighbours, attend to it.
type Layer struct {
	InputNorm    Tensor  // [hidden]
	QKV          Product // with a bias if the configuration has one
	QNorm, KNorm *Tensor // [headDim], nil without QK norm
	Out          Product
	PostNorm     Tensor // [hidden]
	GateUp, Down Product
}

// A Tensor is weights by the name and with the shape that they have in a checkpoint.
type Tensor struct {
	Name  string
	Shape []int
}

// Size is the number of values.
func (t Tensor) Size() int {
	n := 1
	for _, d := range t.Shape {
		n *= d
	}
	return n
}

// A Product computes y = x wᵀ, or x wᵀ + bias. It may have several weights, whose outputs follow one another, so that all
// are computed at once.
type Product struct {
	Weights []Tensor // [outputs, depth] each
	Biases  []Tensor // [outputs] each, one for each of the weights, or none at all
}

// Outputs is how many values a row of y has.
func (p Product) Outputs() int {
	n := 0
	for _, w := range p.Weights {
		n += w.Shape[0]
	}
	return n
}

// Depth is how many values a row of x has.
func (p Product) Depth() int { return p.Weights[0].Shape[1] }

// New is the model of a configuration. An error names the setting that the kernels cannot handle.
func New(c checkpoint.Config) (*Model, error) {
	for _, size := range []struct {
		name  string
		value int
	}{
		{"hidden_size", c.HiddenSize},
		{"intermediate_size", c.IntermediateSize},
		{"head_dim", c.HeadDim},
	} {
		if size.value < 1 || size.value%kernel.PanelWidth != 0 {
			return nil, fmt.Errorf("%s is %d: the kernels need a multiple of %d", size.name, size.value, kernel.PanelWidth)
		}
	}
	m := &Model{Layers: make([]Layer, c.Layers), Tied: c.TieWordEmbeddings}
	tensor := func(name string, shape ...int) Tensor {
		t := Tensor{name, shape}
		m.Parameters += t.Size()
		return t
	}
	product := func(weights ...Tensor) Product { return Product{Weights: weights} }

	hidden, queries, keys := c.HiddenSize, c.Heads*c.HeadDim, c.KVHeads*c.HeadDim
	m.Embedding = tensor("model.embed_tokens.weight", c.VocabSize, hidden)
	for i := range m.Layers {
		l, prefix := &m.Layers[i], fmt.Sprintf("model.layers.%d.", i)
		attention, mlp := prefix+"self_attn.", prefix+"mlp."
		l.InputNorm = tensor(prefix+"input_layernorm.weight", hidden)
		l.QKV = product(tensor(attention+"q_proj.weight", queries, hidden), tensor(attention+"k_proj.weight", keys, hidden),
			tensor(attention+"v_proj.weight", keys, hidden))
		if c.QKVBias {
			l.QKV.Biases = []Tensor{
				tensor(attention+"q_proj.bias", queries), tensor(attention+"k_proj.bias", keys), tensor(attention+"v_proj.bias", keys),
			}
		}
		if c.QKNorm {
			l.QNorm = new(tensor(attention+"q_norm.weight", c.HeadDim))
			l.KNorm = new(tensor(attention+"k_norm.weight", c.HeadDim))
		}
		l.Out = product(tensor(attention+"o_proj.weight", hidden, queries))
		l.PostNorm = tensor(prefix+"post_attention_layernorm.weight", hidden)
		l.GateUp = product(tensor(mlp+"gate_proj.weight", c.IntermediateSize, hidden),
			tensor(mlp+"up_proj.weight", c.IntermediateSize, hidden))
		l.Down = product(tensor(mlp+"down_proj.weight", hidden, c.IntermediateSize))
	}
	m.Norm = tensor("model.norm.weight", hidden)
	m.Output = product(m.Embedding)
	if !m.Tied {
		m.Output = product(tensor("lm_head.weight", c.VocabSize, hidden))
	}
	return m, nil
}
