package synth

import (
	"math"
	"math/rand/v2"
	"sync"

	"seedls/engine/backbone"
	"seedls/engine/checkpoint"
)

// A tensor is one weight of a model: rows of columns, or one row when it is a vector.
type tensor struct {
	backbone.Tensor
	rows, columns int
	mean, std     float32
	headDim       int // of a query or key matrix, whose rows are the heads one after another; else 0
}

// stored is how safetensors describes the weights.
func stored(list []tensor) []checkpoint.Tensor {
	all := make([]checkpoint.Tensor, len(list))
	for i, t := range list {
		all[i] = checkpoint.Tensor{Name: t.Name, DType: checkpoint.BF16, Shape: t.Shape}
	}
	return all
}

// tensors lists the weights of a model whose heads are headDim wide. Matrices have variance 1/columns, so that each output
// is about as large as the inputs and the residual stream stays finite; what scales and shifts is not all the same, so
// that taking one for another shows.
func tensors(b *backbone.Model, headDim int) []tensor {
	var list []tensor
	matrix := func(t backbone.Tensor) {
		rows, columns := t.Shape[0], t.Shape[1]
		list = append(list, tensor{Tensor: t, rows: rows, columns: columns, std: float32(1 / math.Sqrt(float64(columns)))})
	}
	vector := func(t backbone.Tensor, mean float32) {
		list = append(list, tensor{Tensor: t, rows: 1, columns: t.Shape[0], mean: mean, std: 0.1})
	}
	product := func(p backbone.Product, headDims ...int) {
		for i, w := range p.Weights {
			matrix(w)
			if i < len(headDims) {
				list[len(list)-1].headDim = headDims[i]
			}
			if p.Biases != nil {
				vector(p.Biases[i], 0)
			}
		}
	}
	matrix(b.Embedding)
	for _, l := range b.Layers {
		vector(l.InputNorm, 1)
		product(l.QKV, headDim, headDim) // of queries and keys
		if l.QNorm != nil {
			vector(*l.QNorm, 1)
			vector(*l.KNorm, 1)
		}
		product(l.Out)
		vector(l.PostNorm, 1)
		product(l.GateUp)
		product(l.Down)
	}
	vector(b.Norm, 1)
	if !b.Tied {
		product(b.Output)
	}
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
