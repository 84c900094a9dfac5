package train

import (
	"math"

	"seedls/engine/checkpoint"
	"seedls/engine/kernel"
)

// A Pass computes losses of sequences and their gradients, for one set of parameters, on a pool of workers. It owns the
// memory that this takes, which grows to what the longest sequence needs. It is used by one goroutine at a time.
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

	// The sequence under way.
	rows   int
	sights []sight
	blocks []block
	angles []float32 // [rows][2][headDim/2] cosines and sines
	scales []float32 // [rows] the derivative of the loss by the cross entropy of the row
	last   []float32 // [rows, hidden] the residual stream after all layers

	norm    []float32 // [rows, hidden]
	rotated []float32 // [rows, qkv] queries and keys normalised and rotated, values as they are
	act     []float32 // [rows, intermediate]

	// Gradients of the loss.
	dx       []float32 // [rows, hidden] by the residual stream
	dnorm    []float32 // [rows, hidden]
	dqkv     []float32 // [rows, qkv]
	dcontext []float32 // [rows, heads headDim]
	dgateUp  []float32 // [rows, 2 intermediate]
	dact     []float32 // [rows, intermediate]
	partial  []float32 // of the weight of a norm, by parts of the rows

	wanted []int     // rows that have a target
	logits []float32 // [logitRows, vocab rounded up]
	losses []float64 // [rows] cross entropy, 0 without a target

	operand    kernel.Operand
	columns    kernel.Matrix
	transposed []float32
	attentions []attention // of each worker
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

// A Loss is the mean cross entropy of the targets of a sequence, weighted, in nats.
type Loss struct {
	Context  float64 // of the next tokens
	Canvases float64 // of the tokens of canvases
}

// contextShare is the share of the context in the loss.
const contextShare = 0.5

// Total is what the gradients are of.
func (l Loss) Total() float64 { return contextShare*l.Context + l.Canvases }

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
		attentions: make([]attention, pool.Workers()),
	}
	for i := range pass.layers {
		pass.layers[i] = layer{
			qkv:    newLinear(precision, pass.heads.width(), c.HiddenSize),
			out:    newLinear(precision, c.HiddenSize, c.Heads*c.HeadDim),
			gateUp: newLinear(precision, 2*c.IntermediateSize, c.HiddenSize),
			down:   newLinear(precision, c.HiddenSize, c.IntermediateSize),
		}
	}
	for i := range pass.attentions {
		pass.attentions[i].kernel, pass.attentions[i].precision = k, precision
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

// Loss computes the loss of a sequence. The error is that of [Sequence.Check].
func (p *Pass) Loss(s *Sequence) (Loss, error) {
	if err := s.Check(p.config); err != nil {
		return Loss{}, err
	}
	p.forward(s)
	return p.output(s, nil), nil
}

// Gradient computes the loss of a sequence, and adds the gradients of its total to gradients, which have the
// configuration of the parameters. The error is that of [Sequence.Check].
func (p *Pass) Gradient(s *Sequence, gradients *Parameters) (Loss, error) {
	if err := s.Check(p.config); err != nil {
		return Loss{}, err
	}
	p.forward(s)
	loss := p.output(s, gradients)
	p.backward(s, gradients)
	return loss, nil
}

// forward computes the residual stream, and what the backward pass needs of each layer.
func (p *Pass) forward(s *Sequence) {
	p.prepare(s)
	c, hidden := &p.config, p.config.HiddenSize
	first := &p.layers[0]
	first.in = resize(first.in, p.rows*hidden)
	for i, id := range s.IDs {
		copy(first.in[i*hidden:][:hidden], p.parameters.embedding[int(id)*hidden:])
	}
	for i := range p.layers {
		l, w := &p.layers[i], &p.parameters.layers[i]
		l.qkvs = resize(l.qkvs, p.rows*p.heads.width())
		l.context = resize(l.context, p.rows*c.Heads*c.HeadDim)
		l.middle = resize(l.middle, p.rows*hidden)
		l.gateUps = resize(l.gateUps, p.rows*2*c.IntermediateSize)

		p.normalize(l.in, w.inputNorm)
		p.multiply(l.qkvs, p.norm, p.rows, l.qkv.forward, false)
		p.rotate(l, w)
		p.pool.Run(c.Heads*len(p.blocks), func(worker, part int) {
			head, b := part%c.Heads, &p.blocks[len(p.blocks)-1-part/c.Heads] // the longest first
			p.attentions[worker].forward(l.context, p.rotated, p.heads, head, b, p.sights)
		})
		copy(l.middle, l.in)
		p.multiply(l.middle, l.context, p.rows, l.out.forward, true)
		p.normalize(l.middle, w.postNorm)
		p.multiply(l.gateUps, p.norm, p.rows, l.gateUp.forward, false)
		p.activate(l)
		out := &p.last
		if i+1 < len(p.layers) {
			out = &p.layers[i+1].in
		}
		*out = resize(*out, p.rows*hidden)
		copy(*out, l.middle)
		p.multiply(*out, p.act, p.rows, l.down.forward, true)
	}
}

// prepare makes room for a sequence, and computes its attention and angles.
func (p *Pass) prepare(s *Sequence) {
	c := &p.config
	p.rows = len(s.IDs)
	p.sights, p.blocks = s.attention()
	p.scales = s.scales(p.scales)
	p.norm = resize(p.norm, p.rows*c.HiddenSize)
	p.rotated = resize(p.rotated, p.rows*p.heads.width())
	p.act = resize(p.act, p.rows*c.IntermediateSize)
	half := c.HeadDim / 2
	p.angles = resize(p.angles, p.rows*c.HeadDim)
	for i, position := range s.Positions {
		for j, frequency := range p.frequencies {
			sin, cos := math.Sincos(float64(position) * frequency)
			p.angles[2*i*half+j], p.angles[(2*i+1)*half+j] = float32(cos), float32(sin)
		}
	}
}

// normalize writes the RMSNorm of x to p.norm.
func (p *Pass) normalize(x, weight []float32) {
	hidden := p.config.HiddenSize
	p.each(p.rows, partRows, func(_, from, to int) {
		p.kernel.RMSNorm(p.norm[from*hidden:], x[from*hidden:to*hidden], weight, p.config.RMSNormEps)
	})
}

// rotate writes the layer's queries, keys and values to p.rotated, with QK norm and rotation.
func (p *Pass) rotate(l *layer, w *layerParameters) {
	h, width, eps := p.heads, p.heads.width(), p.config.RMSNormEps
	p.each(p.rows, partRows, func(_, from, to int) {
		rows, angles := p.rotated[from*width:to*width], p.angles[from*h.dim:to*h.dim]
		copy(rows, l.qkvs[from*width:])
		p.kernel.Rotate(rows, width, h.queries, h.dim, angles, w.qNorm, eps)
		p.kernel.Rotate(rows[h.queries*h.dim:], width, h.keys, h.dim, angles, w.kNorm, eps)
	})
}

// activate writes the SwiGLU of the layer to p.act.
func (p *Pass) activate(l *layer) {
	width := p.config.IntermediateSize
	p.each(p.rows, partRows, func(_, from, to int) {
		p.kernel.SwiGLU(p.act[from*width:to*width], l.gateUps[2*from*width:], width)
	})
}

// backward carries p.dx, the gradient by the last residual stream, to the first, and adds those of all weights.
func (p *Pass) backward(s *Sequence, gradients *Parameters) {
	c, hidden, width := &p.config, p.config.HiddenSize, p.config.IntermediateSize
	queries, qkv := c.Heads*c.HeadDim, p.heads.width()
	p.dqkv = resize(p.dqkv, p.rows*qkv)
	p.dcontext = resize(p.dcontext, p.rows*queries)
	p.dact = resize(p.dact, p.rows*width)
	p.dgateUp = resize(p.dgateUp, p.rows*2*width)
	for i := len(p.layers) - 1; i >= 0; i-- {
		l, w, g := &p.layers[i], &p.parameters.layers[i], &gradients.layers[i]

		p.activate(l)
		p.outer(g.down, p.dx, p.act, p.rows, hidden, hidden)
		p.multiply(p.dact, p.dx, p.rows, l.down.backward, false)
		p.each(p.rows, partRows, func(_, from, to int) {
			swigluBackward(p.dgateUp[2*from*width:], l.gateUps[2*from*width:], p.dact[from*width:to*width], width)
		})
		p.normalize(l.middle, w.postNorm)
		p.outer(g.gateUp, p.dgateUp, p.norm, p.rows, 2*width, 2*width)
		p.multiply(p.dnorm, p.dgateUp, p.rows, l.gateUp.backward, false)
		p.normalizeBackward(g.postNorm, l.middle, w.postNorm)

		p.outer(g.out, p.dx, l.context, p.rows, hidden, hidden)
		p.multiply(p.dcontext, p.dx, p.rows, l.out.backward, false)
		p.rotate(l, w)
		p.attendBackward()
		p.rotateBackward(l, w, g)
		if g.qkvBias != nil {
			addColumns(g.qkvBias, p.dqkv)
		}
		p.normalize(l.in, w.inputNorm)
		p.outer(g.qkv, p.dqkv, p.norm, p.rows, qkv, qkv)
		p.multiply(p.dnorm, p.dqkv, p.rows, l.qkv.backward, false)
		p.normalizeBackward(g.inputNorm, l.in, w.inputNorm)
	}
	for i, id := range s.IDs {
		addTo(gradients.embedding[int(id)*hidden:][:hidden], p.dx[i*hidden:])
	}
}

// normalizeBackward adds the gradients of normalize(x, weight), given p.dnorm, to p.dx and dweight.
func (p *Pass) normalizeBackward(dweight, x, weight []float32) {
	hidden := p.config.HiddenSize
	p.partial = resize(p.partial, chunks(p.rows, partRows)*hidden)
	clear(p.partial)
	p.each(p.rows, partRows, func(_, from, to int) {
		rmsNormBackward(p.dx[from*hidden:], p.partial[from/partRows*hidden:][:hidden], x[from*hidden:], p.dnorm[from*hidden:],
			weight, to-from, hidden, p.config.RMSNormEps, true)
	})
	addColumns(dweight, p.partial)
}

// attendBackward writes the gradient by p.rotated to p.dqkv. A part is a key head, with all queries that see it.
func (p *Pass) attendBackward() {
	clear(p.dqkv)
	group := p.heads.queries / p.heads.keys
	p.pool.Run(p.heads.keys, func(worker, part int) {
		for head := part * group; head < (part+1)*group; head++ {
			for i := range p.blocks {
				p.attentions[worker].backward(p.dqkv, p.dcontext, p.rotated, p.heads, head, &p.blocks[i], p.sights)
			}
		}
	})
}

// rotateBackward turns p.dqkv from the gradient by p.rotated into that by the layer's qkvs, and adds those of QK norm.
func (p *Pass) rotateBackward(l *layer, w *layerParameters, g *layerParameters) {
	h, width := p.heads, p.heads.width()
	normed := h.queries + h.keys
	p.partial = resize(p.partial, normed*h.dim)
	clear(p.partial)
	p.pool.Run(normed, func(_, head int) {
		d := p.dqkv[head*h.dim:]
		rotateBackward(d, width, h.dim, p.angles)
		weight := w.qNorm
		if head >= h.queries {
			weight = w.kNorm
		}
		if weight == nil {
			return
		}
		rmsNormBackward(d, p.partial[head*h.dim:][:h.dim], l.qkvs[head*h.dim:], d, weight, p.rows, width, p.config.RMSNormEps, false)
	})
	if w.qNorm != nil {
		addColumns(g.qNorm, p.partial[:h.queries*h.dim])
		addColumns(g.kNorm, p.partial[h.queries*h.dim:])
	}
}
