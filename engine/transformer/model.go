// Package transformer runs the Llama family of backbones, Qwen2 and Qwen3 among them, over a KV cache and a canvas.
//
// There is one forward pass. It takes some new rows that follow the cached ones, and it differs between attention
// regimes only in how far each row sees: a causal row sees itself and what is before it, a canvas row sees the context
// and the whole canvas, a row of a block-causal model sees to the end of its block. What makes backbones differ (QKV
// bias, QK norm, grouped queries, tied output) is a switch in the same pass.
//
// A [Model] is immutable and shared. A [KVCache] is the committed tokens of one sequence. A [Runner] owns the scratch
// memory and does the work; it is used by one goroutine at a time.
package transformer

import (
	"fmt"
	"math"

	"seedls/engine/checkpoint"
	"seedls/engine/kernel"
)

// A Model is packed weights: its own, so that the checkpoint that they are from may be closed, or those in the data that
// [LoadStored] was given. It is immutable and safe for concurrent use.
type Model struct {
	config    checkpoint.Config
	precision kernel.Precision
	embedding checkpoint.Tensor // [vocab, hidden] as stored
	layers    []layer
	norm      []float32      // [hidden]
	head      *kernel.Matrix // vocab outputs of depth hidden

	frequencies []float64 // [headDim/2] radians a position of the rotary embedding
}

type layer struct {
	inputNorm, postNorm []float32 // [hidden]
	qNorm, kNorm        []float32 // [headDim], nil without QK norm
	qkv                 *kernel.Matrix
	out                 *kernel.Matrix
	gateUp              *kernel.Matrix
	down                *kernel.Matrix
}

// weights is where a model's weights come from, asked for in the same order whatever the source. The first error is
// kept, and what is asked for afterwards is nil.
type weights interface {
	embedding(vocab, hidden int) checkpoint.Tensor
	vector(name string, n int) []float32
	// matrix has the outputs of parts one after another, so that one product computes them all.
	matrix(depth int, bias bool, parts ...part) *kernel.Matrix
	failure() error
}

// part is a weight, and perhaps its bias, that becomes some of the outputs of a matrix.
type part struct {
	name    string
	outputs int
}

// build makes the model of the given name and configuration from w.
func build(name string, config checkpoint.Config, precision kernel.Precision, w weights) (*Model, error) {
	for _, size := range []struct {
		name  string
		value int
	}{
		{"hidden_size", config.HiddenSize},
		{"intermediate_size", config.IntermediateSize},
		{"head_dim", config.HeadDim},
	} {
		if size.value%kernel.PanelWidth != 0 {
			return nil, fmt.Errorf("%s: config.json: %s is %d, not a multiple of %d, which the kernels need",
				name, size.name, size.value, kernel.PanelWidth)
		}
	}
	if most := precision.MaxDepth(); config.IntermediateSize > most || config.Heads*config.HeadDim > most {
		return nil, fmt.Errorf("%s: config.json: intermediate_size is %d and the heads have %d in all: %v sums at most %d products exactly; use bf16",
			name, config.IntermediateSize, config.Heads*config.HeadDim, precision, most)
	}
	if config.Diffusion.Attention == checkpoint.ContextCausal && config.Diffusion.ShiftLogits {
		return nil, fmt.Errorf("%s: config.json: diffusion.shift_logits with context-causal attention is not supported: "+
			"the row before a canvas does not see it", name)
	}

	m := &Model{config: config, precision: precision, layers: make([]layer, config.Layers)}
	hidden, headDim := config.HiddenSize, config.HeadDim
	m.embedding = w.embedding(config.VocabSize, hidden)
	m.norm = w.vector("model.norm.weight", hidden)
	output := "model.embed_tokens"
	if !config.TieWordEmbeddings {
		output = "lm_head"
	}
	m.head = w.matrix(hidden, false, part{output, config.VocabSize})
	for i := range m.layers {
		prefix := fmt.Sprintf("model.layers.%d.", i)
		attention, mlp := prefix+"self_attn.", prefix+"mlp."
		queries, keys := config.Heads*headDim, config.KVHeads*headDim
		m.layers[i] = layer{
			inputNorm: w.vector(prefix+"input_layernorm.weight", hidden),
			postNorm:  w.vector(prefix+"post_attention_layernorm.weight", hidden),
			qkv: w.matrix(hidden, config.QKVBias,
				part{attention + "q_proj", queries}, part{attention + "k_proj", keys}, part{attention + "v_proj", keys}),
			out:    w.matrix(queries, false, part{attention + "o_proj", hidden}),
			gateUp: w.matrix(hidden, false, part{mlp + "gate_proj", config.IntermediateSize}, part{mlp + "up_proj", config.IntermediateSize}),
			down:   w.matrix(config.IntermediateSize, false, part{mlp + "down_proj", hidden}),
		}
		if config.QKNorm {
			m.layers[i].qNorm = w.vector(attention+"q_norm.weight", headDim)
			m.layers[i].kNorm = w.vector(attention+"k_norm.weight", headDim)
		}
	}
	if err := w.failure(); err != nil {
		return nil, err
	}
	for j := range headDim / 2 {
		m.frequencies = append(m.frequencies, math.Pow(config.RopeTheta, -2*float64(j)/float64(headDim)))
	}
	return m, nil
}

// Config is the checkpoint's configuration.
func (m *Model) Config() checkpoint.Config { return m.config }

// Precision is how the weights of the layers are stored.
func (m *Model) Precision() kernel.Precision { return m.precision }

// Parameters counts the weights, a tied output once.
func (m *Model) Parameters() int {
	n := len(m.norm)
	if !m.config.TieWordEmbeddings {
		n += m.config.VocabSize * m.config.HiddenSize
	}
	n += m.config.VocabSize * m.config.HiddenSize
	for _, l := range m.layers {
		n += len(l.inputNorm) + len(l.postNorm) + len(l.qNorm) + len(l.kNorm)
		for _, w := range l.matrices() {
			n += w.Outputs() * w.Depth()
		}
		if m.config.QKVBias {
			n += l.qkv.Outputs()
		}
	}
	return n
}

// Bytes is the memory that the packed weights take.
func (m *Model) Bytes() int {
	return m.MatrixBytes() + len(m.embedding.Data)
}
