package train

import (
	"fmt"

	"seedls/engine/backbone"
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

	layers  []layer
	output  linear
	rotary  backbone.Rotary
	workers []worker // of the pool

	// The rows under way: those of some sequences of a batch, one after another.
	rows     int
	headRows int // those of a head: zeros follow, up to a whole panel
	packed   []packed
	angles   []float32 // [rows][2][headDim/2] cosines and sines
	unangles []float32 // the same, turning back
	last     []float32 // [rows, hidden] the residual stream after all layers
	wanted   []want    // the rows that have a target
	losses   []float64 // of wanted: cross entropy

	batchRows []Row // of the batch

	// Of each head in turn, that of the queries first, a row for each of the rows and some of zeros.
	rotated  []float32 // [heads + 2 kvHeads][rows and zeros, headDim] queries and keys normalised and rotated, and values
	drotated []float32 // the gradient by them

	// Gradients of the loss.
	dx       []float32 // [rows, hidden] by the residual stream
	dcontext []float32 // [rows, heads headDim]
	dmiddle  []float32 // [rows, hidden] by the residual stream after attention
	partial  []float32 // by the weights of norms, of parts of the rows

	down, gateUp, out, qkv, vocabulary outer // of the layer under way, and of the output
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

// A worker is one of the pool, with what it computes with.
type worker struct {
	kernel    kernel.Kernel
	precision kernel.Precision
	operand   kernel.Operand
	matrix    kernel.Matrix

	// Of part of the rows.
	norm   []float32 // [partRows, hidden]
	dnorm  []float32 // [partRows, hidden]
	qkv    []float32 // [partRows, qkv]
	act    []float32 // [partRows, intermediate]
	dact   []float32 // [partRows, intermediate]
	gateUp []float32 // [partRows, 2 intermediate]
	logits []float32 // [partRows, vocab rounded up]

	// Of the attention of a block.
	out      []float32 // [rows, headDim]
	weights  []float32 // [rows, keys]
	dweights []float32 // [rows, keys]
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
		output:     newLinear(precision, p.backbone.Output),
		rotary:     backbone.NewRotary(c),
		workers:    make([]worker, pool.Workers()),
	}
	for i, l := range p.backbone.Layers {
		pass.layers[i] = layer{
			qkv:    newLinear(precision, l.QKV),
			out:    newLinear(precision, l.Out),
			gateUp: newLinear(precision, l.GateUp),
			down:   newLinear(precision, l.Down),
		}
	}
	for i := range pass.workers {
		pass.workers[i].kernel, pass.workers[i].precision = k, precision
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
	p.pack(p.output, p.parameters.head, nil)
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
const passRows = 2400

func (p *Pass) compute(batch []*Sequence, gradients *Parameters) (loss Loss, err error) {
	for i, s := range batch {
		if err := s.Check(p.config); err != nil {
			return Loss{}, fmt.Errorf("sequence %d of the batch: %w", i, err)
		}
	}
	total := weigh(batch)
	p.batchRows = p.batchRows[:0]
	for from := 0; from < len(batch); {
		to, rows := from+1, len(batch[from].IDs)
		for to < len(batch) && rows+len(batch[to].IDs) <= passRows {
			rows += len(batch[to].IDs)
			to++
		}
		p.forward(batch[from:to], from, total)
		p.predict(gradients)
		for i, w := range p.wanted {
			loss.add(w, p.losses[i])
			w.place.CrossEntropy = p.losses[i]
			p.batchRows = append(p.batchRows, w.place)
		}
		if gradients != nil {
			p.backward(batch[from:to], gradients)
		}
		from = to
	}
	return loss, nil
}

// forward computes the residual stream, and what the backward pass needs of each layer, for the sequences of a batch from
// first on.
func (p *Pass) forward(batch []*Sequence, first int, total totals) {
	p.prepare(batch, first, total)
	c, hidden := &p.config, p.config.HiddenSize
	for i := range p.layers {
		l, w := &p.layers[i], &p.parameters.layers[i]
		l.qkvs = resize(l.qkvs, p.rows*p.heads.width())
		l.context = resize(l.context, p.rows*c.Heads*c.HeadDim)
		l.middle = resize(l.middle, p.rows*hidden)
		l.gateUps = resize(l.gateUps, p.rows*2*c.IntermediateSize)
		p.each(p.rows, partRows, func(wk *worker, from, to int) {
			wk.norm = resize(wk.norm, (to-from)*hidden)
			p.kernel.RMSNorm(wk.norm, of(hidden, from, to)(l.in), w.inputNorm, c.RMSNormEps)
			wk.multiply(of(p.heads.width(), from, to)(l.qkvs), wk.norm, to-from, l.qkv.forward, false)
			p.rotate(l, w, from, to)
		})
		p.attend(l)
		out := &p.last
		if i+1 < len(p.layers) {
			out = &p.layers[i+1].in
		}
		*out = resize(*out, p.rows*hidden)
		p.each(p.rows, partRows, func(wk *worker, from, to int) {
			n, x, gateUps := to-from, of(hidden, from, to), of(2*c.IntermediateSize, from, to)(l.gateUps)
			middle, result := x(l.middle), x(*out)
			copy(middle, x(l.in))
			wk.multiply(middle, of(c.Heads*c.HeadDim, from, to)(l.context), n, l.out.forward, true)
			wk.norm = resize(wk.norm, n*hidden)
			p.kernel.RMSNorm(wk.norm, middle, w.postNorm, c.RMSNormEps)
			wk.multiply(gateUps, wk.norm, n, l.gateUp.forward, false)
			wk.act = resize(wk.act, n*c.IntermediateSize)
			p.kernel.SwiGLU(wk.act, gateUps, c.IntermediateSize)
			copy(result, middle)
			wk.multiply(result, wk.act, n, l.down.forward, true)
		})
	}
}

// of picks the rows [from, to) of arrays of the given width.
func of(width, from, to int) func(x []float32) []float32 {
	return func(x []float32) []float32 { return x[from*width : to*width] }
}

// prepare makes room for sequences, embeds their tokens, and computes their attention and angles.
func (p *Pass) prepare(batch []*Sequence, first int, total totals) {
	c, hidden := &p.config, p.config.HiddenSize
	p.rows, p.packed, p.wanted = 0, p.packed[:0], p.wanted[:0]
	for i, s := range batch {
		sights, blocks := s.attention()
		p.packed = append(p.packed, packed{p.rows, sights, blocks})
		p.wanted = s.wanted(p.wanted, p.rows, first+i, total)
		p.rows += len(s.IDs)
	}
	in := resize(p.layers[0].in, p.rows*hidden)
	p.layers[0].in = in
	p.headRows = p.rows + kernel.PanelWidth
	p.rotated = resize(p.rotated, p.headRows*p.heads.width())
	for head := range p.heads.all() {
		clear(p.rotated[((head+1)*p.headRows-kernel.PanelWidth)*c.HeadDim:][:kernel.PanelWidth*c.HeadDim])
	}
	p.angles = resize(p.angles, p.rows*c.HeadDim)
	p.unangles = resize(p.unangles, p.rows*c.HeadDim)
	half, row := c.HeadDim/2, 0
	for _, s := range batch {
		for i, id := range s.IDs {
			copy(in[row*hidden:][:hidden], p.parameters.embedding[int(id)*hidden:])
			angles, unangles := p.angles[row*c.HeadDim:][:c.HeadDim], p.unangles[row*c.HeadDim:][:c.HeadDim]
			p.rotary.Angles(angles, int(s.Positions[i]))
			copy(unangles, angles[:half])
			for j, sin := range angles[half:] {
				unangles[half+j] = -sin
			}
			row++
		}
	}
}

// rotate writes some rows of the layer's queries, keys and values to p.rotated, with QK norm and rotation.
func (p *Pass) rotate(l *layer, w *layerParameters, from, to int) {
	h, angles := p.heads, of(p.heads.dim, from, to)(p.angles)
	for head := range h.all() {
		x := of(h.dim, from, to)(p.head(p.rotated, head, 0).values)
		for i := range to - from {
			copy(x[i*h.dim:][:h.dim], l.qkvs[(from+i)*h.width()+head*h.dim:])
		}
		if head < h.queries+h.keys {
			p.kernel.Rotate(x, h.dim, 1, h.dim, angles, h.norm(w, head), p.config.RMSNormEps)
		}
	}
}

// head is the rows of a head from first on.
func (p *Pass) head(x []float32, head, first int) rows {
	dim := p.heads.dim
	return rows{x[(head*p.headRows+first)*dim : (head+1)*p.headRows*dim], dim}
}

// norm is the weight of the QK norm of a head of queries or keys, nil without one.
func (h heads) norm(w *layerParameters, head int) []float32 {
	if head < h.queries {
		return w.qNorm
	}
	return w.kNorm
}

// attend writes the layer's context.
func (p *Pass) attend(l *layer) {
	h := p.heads
	p.pool.Run(len(p.packed)*h.queries, func(worker, part int) {
		s, head := &p.packed[part/h.queries], part%h.queries
		q, k, v := p.attended(p.rotated, s.first, head)
		context := l.context[s.first*h.queries*h.dim+head*h.dim:]
		for i := range s.blocks {
			p.workers[worker].attend(context, h.queries*h.dim, q, k, v, h.scale(), &s.blocks[i], s.sights)
		}
	})
}

// attended is the queries of a query head, and its keys and values, from the row first on.
func (p *Pass) attended(x []float32, first, head int) (q, k, v rows) {
	key := p.heads.queries + head*p.heads.keys/p.heads.queries
	return p.head(x, head, first), p.head(x, key, first), p.head(x, key+p.heads.keys, first)
}
