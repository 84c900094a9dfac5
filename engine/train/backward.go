package train

// backward carries p.dx, the gradient by the last residual stream, to the first, and adds those of all weights.
func (p *Pass) backward(batch []*Sequence, gradients *Parameters) {
	c, hidden, width := &p.config, p.config.HiddenSize, p.config.IntermediateSize
	queries, qkv := c.Heads*c.HeadDim, p.heads.width()
	p.dmiddle = resize(p.dmiddle, p.rows*hidden)
	p.dqkv = resize(p.dqkv, p.rows*qkv)
	p.dcontext = resize(p.dcontext, p.rows*queries)
	p.dgateUp = resize(p.dgateUp, p.rows*2*width)
	p.act = resize(p.act, p.rows*width)
	p.norm = resize(p.norm, p.rows*hidden)
	for i := len(p.layers) - 1; i >= 0; i-- {
		l, w, g := &p.layers[i], &p.parameters.layers[i], &gradients.layers[i]
		p.normsBackward(g.postNorm, func(wk *worker, from, to int, dweight []float32) {
			p.forwardNetBackward(wk, l, w, from, to, dweight)
		})
		p.outer(g.down, p.dx, p.act, p.rows, hidden, hidden)
		p.outer(g.gateUp, p.dgateUp, p.norm, p.rows, 2*width, 2*width)
		p.outer(g.out, p.dmiddle, l.context, p.rows, hidden, hidden)

		p.attendBackward()
		p.rotateBackward(l, w, g)
		p.normsBackward(g.inputNorm, func(wk *worker, from, to int, dweight []float32) {
			x, rows := of(hidden, from, to), to-from
			wk.rows = resize(wk.rows, rows*hidden)
			p.kernel.RMSNorm(x(p.norm), x(l.in), w.inputNorm, c.RMSNormEps)
			wk.multiply(wk.rows, of(qkv, from, to)(p.dqkv), rows, l.qkv.backward, false)
			dx := x(p.dx)
			copy(dx, x(p.dmiddle))
			p.kernel.RMSNormBackward(dx, dweight, x(l.in), wk.rows, w.inputNorm, rows, hidden, c.RMSNormEps, true)
		})
		if g.qkvBias != nil {
			addColumns(g.qkvBias, p.dqkv)
		}
		p.outer(g.qkv, p.dqkv, p.norm, p.rows, qkv, qkv)
	}
	row := 0
	for _, s := range batch {
		for _, id := range s.IDs {
			addTo(gradients.embedding[int(id)*hidden:][:hidden], p.dx[row*hidden:])
			row++
		}
	}
}

// forwardNetBackward takes some rows back through the feed-forward network of a layer and the projection of its attention:
// from dx to dmiddle and dcontext. It leaves the network's inputs and activations in norm and act, and rotates again.
func (p *Pass) forwardNetBackward(wk *worker, l *layer, w *layerParameters, from, to int, dweight []float32) {
	c, rows := &p.config, to-from
	hidden, width := c.HiddenSize, c.IntermediateSize
	x, gate := of(hidden, from, to), of(2*width, from, to)
	wk.rows = resize(wk.rows, rows*max(hidden, width))
	dact := wk.rows[:rows*width]
	wk.multiply(dact, x(p.dx), rows, l.down.backward, false)
	p.kernel.SwiGLUBackward(gate(p.dgateUp), of(width, from, to)(p.act), gate(l.gateUps), dact, width)
	p.kernel.RMSNorm(x(p.norm), x(l.middle), w.postNorm, c.RMSNormEps)
	dnorm := wk.rows[:rows*hidden]
	wk.multiply(dnorm, gate(p.dgateUp), rows, l.gateUp.backward, false)
	dmiddle := x(p.dmiddle)
	copy(dmiddle, x(p.dx))
	p.kernel.RMSNormBackward(dmiddle, dweight, x(l.middle), dnorm, w.postNorm, rows, hidden, c.RMSNormEps, true)
	wk.multiply(of(c.Heads*c.HeadDim, from, to)(p.dcontext), dmiddle, rows, l.out.backward, false)
	p.rotate(l, w, from, to)
}

// normsBackward runs a task on parts of the rows, and adds up what each gives as the gradient by the weight of a norm.
func (p *Pass) normsBackward(sum []float32, task func(w *worker, from, to int, dweight []float32)) {
	p.partial = resize(p.partial, chunks(p.rows, partRows)*len(sum))
	clear(p.partial)
	p.each(p.rows, partRows, func(w *worker, from, to int) {
		task(w, from, to, p.partial[from/partRows*len(sum):][:len(sum)])
	})
	addColumns(sum, p.partial)
}

// attendBackward writes the gradient by p.rotated to p.dqkv. A part is a key head of a sequence, with all queries that see
// it.
func (p *Pass) attendBackward() {
	h := p.heads
	group := h.queries / h.keys
	p.pool.Run(len(p.packed)*h.keys, func(worker, part int) {
		s := &p.packed[part/h.keys]
		dqkv, dcontext := p.dqkv[s.first*h.width():], p.dcontext[s.first*h.queries*h.dim:]
		key := part % h.keys
		for row := range s.sights { // what is added to
			clear(dqkv[row*h.width()+(h.queries+key)*h.dim:][:h.dim])
			clear(dqkv[row*h.width()+(h.queries+h.keys+key)*h.dim:][:h.dim])
		}
		for head := key * group; head < (key+1)*group; head++ {
			for i := range s.blocks {
				p.workers[worker].attendBackward(dqkv, dcontext, p.rotated[s.first*h.width():], h, head, &s.blocks[i], s.sights)
			}
		}
	})
}

// rotateBackward turns p.dqkv from the gradient by p.rotated into that by the layer's qkvs, and adds those of QK norm.
func (p *Pass) rotateBackward(l *layer, w *layerParameters, g *layerParameters) {
	h, width, eps := p.heads, p.heads.width(), p.config.RMSNormEps
	normed := h.queries + h.keys
	p.partial = resize(p.partial, chunks(p.rows, partRows)*normed*h.dim)
	clear(p.partial)
	p.each(p.rows, partRows, func(_ *worker, from, to int) {
		d, qkvs := p.dqkv[from*width:], l.qkvs[from*width:]
		p.kernel.Rotate(d, width, normed, h.dim, of(h.dim, from, to)(p.unangles), nil, eps)
		if w.qNorm == nil {
			return
		}
		dweights := p.partial[from/partRows*normed*h.dim:]
		for head := range normed {
			weight := w.qNorm
			if head >= h.queries {
				weight = w.kNorm
			}
			at := head * h.dim
			p.kernel.RMSNormBackward(d[at:], dweights[at:][:h.dim], qkvs[at:], d[at:], weight, to-from, width, eps, false)
		}
	})
	if w.qNorm == nil {
		return
	}
	for at := 0; at < len(p.partial); at += normed * h.dim {
		addColumns(g.qNorm, p.partial[at:][:h.queries*h.dim])
		addColumns(g.kNorm, p.partial[at+h.queries*h.dim:][:h.keys*h.dim])
	}
}

// addColumns adds the sums of the columns of x, [rows, len(sums)], to sums.
func addColumns(sums, x []float32) {
	for at := 0; at < len(x); at += len(sums) {
		addTo(sums, x[at:])
	}
}

// addTo adds as many values of x to sum as it has.
func addTo(sum, x []float32) {
	x = x[:len(sum)]
	for i, v := range x {
		sum[i] += v
	}
}
