// Package transformer runs the Llama family of backbones, Qwen2 and Qwen3 among them, over a KV cache and a canvas.
//
// There is one forward pass. It takes some new rows that follow the cached ones, and it differs between attention
// regimes only in how far each row sees: a causal row sees itself and what is before it, a canvas row sees the context
// and the whole canvas, a row of a block-causal model sees to the end of its block. What makes backbones differ (QKV
// bias, QK norm, grouped queries, tied output) is a switch in the same pass. Package backbone defines the layers; package
// train computes the same ones forward and backward.
//
// A [Model] is immutable and shared. A [KVCache] is the committed tokens of one sequence. A [Runner] owns the scratch
// memory and does the work; it is used by one goroutine at a time.
package transformer

import (
	"fmt"

	"seedls/engine/backbone"
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

	rotary     backbone.Rotary
	parameters int // how many weights there are
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
	embedding(t backbone.Tensor) checkpoint.Tensor
	vector(t backbone.Tensor) []float32
	matrix(p backbone.Product) *kernel.Matrix
	failure() error
}

// build makes the model of the given name and configuration from w. The order in which it asks for weights is that of
// stored models: see [Model.WriteTo].
func build(name string, config checkpoint.Config, precision kernel.Precision, w weights) (*Model, error) {
	b, err := backbone.New(config)
	if err != nil {
		return nil, fmt.Errorf("%s: config.json: %w", name, err)
	}
	if most := precision.MaxDepth(); config.IntermediateSize > most || config.Heads*config.HeadDim > most {
		return nil, fmt.Errorf("%s: config.json: intermediate_size is %d and the heads have %d in all: %v sums at most %d products exactly; use bf16",
			name, config.IntermediateSize, config.Heads*config.HeadDim, precision, most)
	}
	if config.Diffusion.Attention == checkpoint.ContextCausal && config.Diffusion.ShiftLogits {
		return nil, fmt.Errorf("%s: config.json: diffusion.shift_logits with context-causal attention is not supported: "+
			"the row before a canvas does not see it", name)
	}

	m := &Model{
		config: config, precision: precision, layers: make([]layer, len(b.Layers)), rotary: backbone.NewRotary(config),
		parameters: b.Parameters,
	}
	m.embedding = w.embedding(b.Embedding)
	m.norm = w.vector(b.Norm)
	m.head = w.matrix(b.Output)
	for i, l := range b.Layers {
		m.layers[i] = layer{
			inputNorm: w.vector(l.InputNorm),
			postNorm:  w.vector(l.PostNorm),
			qkv:       w.matrix(l.QKV),
			out:       w.matrix(l.Out),
			gateUp:    w.matrix(l.GateUp),
			down:      w.matrix(l.Down),
		}
		if l.QNorm != nil {
			m.layers[i].qNorm, m.layers[i].kNorm = w.vector(*l.QNorm), w.vector(*l.KNorm)
		}
	}
	if err := w.failure(); err != nil {
		return nil, err
	}
	return m, nil
}

// Config is the checkpoint's configuration.
func (m *Model) Config() checkpoint.Config { return m.config }

// Precision is how the weights of the layers are stored.
func (m *Model) Precision() kernel.Precision { return m.precision }

// Parameters counts the weights, a tied output once.
func (m *Model) Parameters() int { return m.parameters }

// Bytes is the memory that the packed weights take.
func (m *Model) Bytes() int {
	return m.MatrixBytes() + len(m.embedding.Data)
}
