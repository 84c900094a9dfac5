package synth

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync"

	"seedls/engine/checkpoint"
)

// A tensor is one weight of a model: rows of columns, or one row when it is a vector.
type tensor struct {
	name          string
	rows, columns int
	vector        bool
	mean, std     float32
	headDim       int // of a query or key matrix, whose rows are the heads one after another; else 0
}

func (t *tensor) size() int { return t.rows * t.columns }

// shape is how safetensors describes it.
func (t *tensor) shape() []int {
	if t.vector {
		return []int{t.columns}
	}
	return []int{t.rows, t.columns}
}

// stored is how safetensors describes the weights.
func stored(list []tensor) []checkpoint.Tensor {
	all := make([]checkpoint.Tensor, len(list))
	for i, t := range list {
		all[i] = checkpoint.Tensor{Name: t.name, DType: checkpoint.BF16, Shape: t.shape()}
	}
	return all
}

// tensors lists the weights of a model. Matrices have variance 1/columns, so that each output is about as large as the
// inputs and the residual stream stays finite; what scales and shifts is not all the same, so that taking one for
// another shows.
func tensors(c *checkpoint.Config) []tensor {
	var list []tensor
	matrix := func(name string, rows, columns int) {
		list = append(list, tensor{name: name + ".weight", rows: rows, columns: columns, std: float32(1 / math.Sqrt(float64(columns)))})
	}
	norm := func(name string, n int) {
		list = append(list, tensor{name: name + ".weight", rows: 1, columns: n, vector: true, mean: 1, std: 0.1})
	}
	projection := func(name string, rows, headDim int) {
		matrix(name, rows, c.HiddenSize)
		list[len(list)-1].headDim = headDim
		if c.QKVBias {
			list = append(list, tensor{name: name + ".bias", rows: 1, columns: rows, vector: true, std: 0.1})
		}
	}
	matrix("model.embed_tokens", c.VocabSize, c.HiddenSize)
	for i := range c.Layers {
		layer := fmt.Sprintf("model.layers.%d.", i)
		norm(layer+"input_layernorm", c.HiddenSize)
		projection(layer+"self_attn.q_proj", c.Heads*c.HeadDim, c.HeadDim)
		projection(layer+"self_attn.k_proj", c.KVHeads*c.HeadDim, c.HeadDim)
		projection(layer+"self_attn.v_proj", c.KVHeads*c.HeadDim, 0)
		if c.QKNorm {
			norm(layer+"self_attn.q_norm", c.HeadDim)
			norm(layer+"self_attn.k_norm", c.HeadDim)
		}
		matrix(layer+"self_attn.o_proj", c.HiddenSize, c.Heads*c.HeadDim)
		norm(layer+"post_attention_layernorm", c.HiddenSize)
		matrix(layer+"mlp.gate_proj", c.IntermediateSize, c.HiddenSize)
		matrix(layer+"mlp.up_proj", c.IntermediateSize, c.HiddenSize)
		matrix(layer+"mlp.down_proj", c.HiddenSize, c.IntermediateSize)
	}
	norm("model.norm", c.HiddenSize)
	return list
}

// A chunk is some rows of a tensor that are generated together. It holds whole heads.
type chunk struct {
	tensor     int // its index
	first, end int // rows
}

// chunkValues is about how many values a chunk has.
const chunkValues = 1 << 18

func chunks(list []tensor) []chunk {
	var all []chunk
	for i, t := range list {
		rows := max(1, chunkValues/t.columns)
		if t.headDim > 0 {
			rows = max(1, rows/t.headDim) * t.headDim
		}
		for first := 0; first < t.rows; first += rows {
			all = append(all, chunk{i, first, min(first+rows, t.rows)})
		}
	}
	return all
}

// generate appends the values of a chunk, which are numbers that BF16 can write.
func (t *tensor) generate(values []float32, c chunk, seed uint64) []float32 {
	random := rand.NewPCG(seed, uint64(c.tensor)<<32|uint64(c.first))
	table := quantiles()
	var bits uint64
	for i := range (c.end - c.first) * t.columns {
		if i%4 == 0 {
			bits = random.Uint64()
		}
		values = append(values, roundToBF16(t.mean+t.std*table[uint16(bits)]))
		bits >>= 16
	}
	return values
}

// quantiles are those of the standard normal distribution: one of them drawn at random is normal, up to the 4.2 standard
// deviations that they reach.
var quantiles = sync.OnceValue(func() *[1 << 16]float32 {
	var table [1 << 16]float32
	for i := range table {
		p := (float64(i) + 0.5) / float64(len(table))
		table[i] = float32(math.Sqrt2 * math.Erfinv(2*p-1))
	}
	return &table
})

// roundToBF16 rounds a finite number to the nearest that BF16 can write, to even between two.
func roundToBF16(f float32) float32 {
	bits := math.Float32bits(f)
	bits += 0x7fff + bits>>16&1
	return math.Float32frombits(bits &^ 0xffff)
}
