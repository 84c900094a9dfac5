package train

import (
	"fmt"
	"math"

	"seedls/engine/checkpoint"
	"seedls/engine/kernel"
)

// A Pass computes losses of batches of sequences and their gradients, for one set of parameters, on a pool of workers. It
// owns the memory that this takes, which grows to what the longest batch needs. It is used by one goroutine at a time.
type Pass struct {
	parameters *Parameters
	config     checkpoint.Config
	heads      heads
	kernel     kernel.Kernel
	pool       *kernel.Pool
	precision  kernel.Precision

	layers      []layer
	head        linear
	frequencies []float64 // [headDim/2] radians a position
	workers     []worker  // of the pool

	// The rows under way: those of some sequences of a batch, one after another.
	rows     int
	packed   []packed
	angles   []float32 // [rows][2][headDim/2] cosines and sines
	unangles []float32 // the same, turning back
	last     []float32 // [rows, hidden] the residual stream after all layers
	wanted   []want    // the rows that have a target
	losses   []float64 // of wanted: cross entropy

	rotated []float32 // [rows, qkv] queries and keys normalised and rotated, values as they are
	norm    []float32 // [rows, hidden]
	act     []float32 // [rows, intermediate]

	// Gradients of the loss.
	dx       []float32 // [rows, hidden] by the residual stream after a layer
	dmiddle  []float32 // [rows, hidden] by that after attention
	dqkv     []float32 // [rows, qkv]
	dcontext []float32 // [rows, heads headDim]
	dgateUp  []float32 // [rows, 2 intermediate]
	partial  []float32 // of the weights of norms, by parts of the rows

	picked  []float32 // [outputRows, hidden] normalised rows of last
	dpicked []float32 // [outputRows, hidden] the gradient by them
	logits  []float32 // [outputRows, vocab rounded up]
	columns kernel.Matrix
}

// A packed sequence begins at a row of the pass.
type packed struct {
	first  int
	sights []sight
	blocks []block
}

// A layer is packed weights, and what its forward pass keeps for the backward pass.
type layer struct {
	qkv, out, gateUp, down linear

	in      []float32 // [rows, hidden] the residual stream
	qkvs    []float32 // [rows, qkv] queries, keys and values before QK norm and rotation
	context []float32 // [rows, heads headDim] what attention gathered
	middle  []float32 // [rows, hidden] the residual stream after attention
	gateUps []float32 // [rows, 2 intermediate]
}

// A worker is one of the pool, with what it computes with: the activations of a product, and the attention of one block of
// one head, of some rows that see m keys.
type worker struct {
	kernel    kernel.Kernel
	precision kernel.Precision
	operand   kernel.Operand
	matrix    kernel.Matrix
	rows      []float32 // [partRows, width]

	q, out         []float32 // [rows, dim]
	keys, values   []float32 // [m, dim]
	weights        []float32 // [rows, m]
	dout, dweights []float32 // the gradients by out and weights
	bykeys         []float32 // [m, dim]
}

// NewPass makes a pass that computes with k on pool, and packs the parameters. precision is that of what products
// multiply, F32 or BF16; sums, what is between products, and gradients are float32.
func NewPass(p *Parameters, k kernel.Kernel, pool *kernel.Pool, precision kernel.Precision) *Pass {
	c := p.config
	pass := &Pass{
		parameters: p,
		config:     c,
		heads:      heads{c.Heads, c.KVHeads, c.HeadDim},
		kernel:     k,
		pool:       pool,
		precision:  precision,
		layers:     make([]layer, c.Layers),
		head:       newLinear(precision, c.VocabSize, c.HiddenSize),
		workers:    make([]worker, pool.Workers()),
	}
	for i := range pass.layers {
		pass.layers[i] = layer{
			qkv:    newLinear(precision, pass.heads.width(), c.HiddenSize),
			out:    newLinear(precision, c.HiddenSize, c.Heads*c.HeadDim),
			gateUp: newLinear(precision, 2*c.IntermediateSize, c.HiddenSize),
			down:   newLinear(precision, c.HiddenSize, c.IntermediateSize),
		}
	}
	for i := range pass.workers {
		pass.workers[i].kernel, pass.workers[i].precision = k, precision
	}
	for j := range c.HeadDim / 2 {
		pass.frequencies = append(pass.frequencies, math.Pow(c.RopeTheta, -2*float64(j)/float64(c.HeadDim)))
	}
	pass.Pack()
	return pass
}

// Pack takes over the values of the parameters: call it after changing them.
func (p *Pass) Pack() {
	for i := range p.layers {
		l, w := &p.layers[i], &p.parameters.layers[i]
		p.pack(l.qkv, w.qkv, w.qkvBias)
		p.pack(l.out, w.out, nil)
		p.pack(l.gateUp, w.gateUp, nil)
		p.pack(l.down, w.down, nil)
	}
	p.pack(p.head, p.parameters.head, nil)
}

// Loss computes the loss of a batch. The error is that of [Sequence.Check].
func (p *Pass) Loss(batch ...*Sequence) (Loss, error) { return p.compute(batch, nil) }

// Gradient computes the loss of a batch, and adds the gradients of its total to gradients, which have the configuration
// of the parameters. The error is that of [Sequence.Check].
func (p *Pass) Gradient(gradients *Parameters, batch ...*Sequence) (Loss, error) {
	return p.compute(batch, gradients)
}

// passRows bounds the rows that are computed together, unless one sequence has more: the activations of a layer are kept
// for each, and the gradients of all weights are read and written once for all.
const passRows = 4096

func (p *Pass) compute(batch []*Sequence, gradients *Parameters) (loss Loss, err error) {
	for i, s := range batch {
		if err := s.Check(p.config); err != nil {
			return Loss{}, fmt.Errorf("sequence %d of the batch: %w", i, err)
		}
	}
	total := weigh(batch)
	for len(batch) > 0 {
		n, rows := 1, len(batch[0].IDs)
		for n < len(batch) && rows+len(batch[n].IDs) <= passRows {
			rows += len(batch[n].IDs)
			n++
		}
		p.forward(batch[:n], total)
		p.output(gradients)
		for i, w := range p.wanted {
			loss.add(w, p.losses[i])
		}
		if gradients != nil {
			p.backward(batch[:n], gradients)
		}
		batch = batch[n:]
	}
	return loss, nil
}

// forward computes the residual stream, and what the backward pass needs of each layer.
func (p *Pass) forward(batch []*Sequence, total totals) {
	p.prepare(batch, total)
	c, hidden := &p.config, p.config.HiddenSize
	for i := range p.layers {
		l, w := &p.layers[i], &p.parameters.layers[i]
		l.qkvs = resize(l.qkvs, p.rows*p.heads.width())
		l.context = resize(l.context, p.rows*c.Heads*c.HeadDim)
		l.middle = resize(l.middle, p.rows*hidden)
		l.gateUps = resize(l.gateUps, p.rows*2*c.IntermediateSize)
		p.each(p.rows, partRows, func(wk *worker, from, to int) {
			x, y := of(hidden, from, to), of(p.heads.width(), from, to)
			wk.rows = resize(wk.rows, (to-from)*hidden)
			p.kernel.RMSNorm(wk.rows, x(l.in), w.inputNorm, c.RMSNormEps)
			wk.multiply(y(l.qkvs), wk.rows, to-from, l.qkv.forward, false)
			p.rotate(l, w, from, to)
		})
		p.attend(l)
		out := &p.last
		if i+1 < len(p.layers) {
			out = &p.layers[i+1].in
		}
		*out = resize(*out, p.rows*hidden)
		p.each(p.rows, partRows, func(wk *worker, from, to int) {
			rows, width := to-from, c.IntermediateSize
			x, gateUps := of(hidden, from, to), of(2*width, from, to)(l.gateUps)
			middle, result := x(l.middle), x(*out)
			copy(middle, x(l.in))
			wk.multiply(middle, of(c.Heads*c.HeadDim, from, to)(l.context), rows, l.out.forward, true)
			wk.rows = resize(wk.rows, rows*max(hidden, width))
			p.kernel.RMSNorm(wk.rows[:rows*hidden], middle, w.postNorm, c.RMSNormEps)
			wk.multiply(gateUps, wk.rows, rows, l.gateUp.forward, false)
			act := wk.rows[:rows*width]
			p.kernel.SwiGLU(act, gateUps, width)
			copy(result, middle)
			wk.multiply(result, act, rows, l.down.forward, true)
		})
	}
}

// of picks the rows [from, to) of arrays of the given width.
func of(width, from, to int) func(x []float32) []float32 {
	return func(x []float32) []float32 { return x[from*width : to*width] }
}

// prepare makes room for sequences, embeds their tokens, and computes their attention and angles.
func (p *Pass) prepare(batch []*Sequence, total totals) {
	c, hidden := &p.config, p.config.HiddenSize
	p.rows, p.packed, p.wanted = 0, p.packed[:0], p.wanted[:0]
	for _, s := range batch {
		sights, blocks := s.attention()
		p.packed = append(p.packed, packed{p.rows, sights, blocks})
		p.wanted = s.wanted(p.wanted, p.rows, total)
		p.rows += len(s.IDs)
	}
	first := &p.layers[0]
	first.in = resize(first.in, p.rows*hidden)
	p.rotated = resize(p.rotated, p.rows*p.heads.width())
	p.angles = resize(p.angles, p.rows*c.HeadDim)
	p.unangles = resize(p.unangles, p.rows*c.HeadDim)
	half, row := c.HeadDim/2, 0
	for _, s := range batch {
		for i, id := range s.IDs {
			copy(first.in[row*hidden:][:hidden], p.parameters.embedding[int(id)*hidden:])
			angles, unangles := p.angles[row*c.HeadDim:][:c.HeadDim], p.unangles[row*c.HeadDim:][:c.HeadDim]
			for j, frequency := range p.frequencies {
				sin, cos := math.Sincos(float64(s.Positions[i]) * frequency)
				angles[j], angles[half+j] = float32(cos), float32(sin)
				unangles[j], unangles[half+j] = float32(cos), float32(-sin)
			}
			row++
		}
	}
}

// rotate writes some rows of the layer's queries, keys and values to p.rotated, with QK norm and rotation.
func (p *Pass) rotate(l *layer, w *layerParameters, from, to int) {
	h, width, eps := p.heads, p.heads.width(), p.config.RMSNormEps
	rows, angles := of(width, from, to)(p.rotated), of(h.dim, from, to)(p.angles)
	copy(rows, l.qkvs[from*width:])
	p.kernel.Rotate(rows, width, h.queries, h.dim, angles, w.qNorm, eps)
	p.kernel.Rotate(rows[h.queries*h.dim:], width, h.keys, h.dim, angles, w.kNorm, eps)
}

// attend writes the layer's context.
func (p *Pass) attend(l *layer) {
	h := p.heads
	var parts []attentionPart
	for i := range p.packed {
		s := &p.packed[i]
		for b := len(s.blocks) - 1; b >= 0; b-- { // the longest first
			for head := range h.queries {
				parts = append(parts, attentionPart{s, &s.blocks[b], head})
			}
		}
	}
	p.pool.Run(len(parts), func(worker, part int) {
		a := parts[part]
		first := a.sequence.first
		p.workers[worker].attend(l.context[first*h.queries*h.dim:], p.rotated[first*h.width():], h, a.head, a.block, a.sequence.sights)
	})
}

type attentionPart struct {
	sequence *packed
	block    *block
	head     int
}
