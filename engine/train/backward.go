package train

// backward carries p.dx, the gradient by the last residual stream, to the first, and adds those of all weights.
func (p *Pass) backward(batch []*Sequence, gradients *Parameters) {
	c, hidden, width := &p.config, p.config.HiddenSize, p.config.IntermediateSize
	queries, qkv := c.Heads*c.HeadDim, p.heads.width()
	p.dmiddle = resize(p.dmiddle, p.rows*hidden)
	p.dcontext = resize(p.dcontext, p.rows*queries)
	p.drotated = resize(p.drotated, p.headRows*qkv)
	for i := len(p.layers) - 1; i >= 0; i-- {
		l, w, g := &p.layers[i], &p.parameters.layers[i], &gradients.layers[i]
		p.down.reset(p.precision, p.rows, hidden, width)
		p.gateUp.reset(p.precision, p.rows, 2*width, hidden)
		p.out.reset(p.precision, p.rows, hidden, queries)
		p.sumParts(g.postNorm, p.rows, func(wk *worker, from, to int, dweight []float32) {
			p.forwardNetBackward(wk, l, w, from, to, dweight)
			p.rotate(l, w, from, to)
		})
		p.add(g.down, &p.down)
		p.add(g.gateUp, &p.gateUp)
		p.add(g.out, &p.out)

		p.attendBackward()
		p.qkv.reset(p.precision, p.rows, qkv, hidden)
		p.qkvBackward(l, w, g)
		p.add(g.qkv, &p.qkv)
	}
	row := 0
	for _, s := range batch {
		for _, id := range s.IDs {
			addTo(gradients.embedding[int(id)*hidden:][:hidden], p.dx[row*hidden:])
			row++
		}
	}
}

// forwardNetBackward takes some rows back through the feed-forward network of a layer and the projection of its attention,
// from dx to dmiddle and dcontext.
func (p *Pass) forwardNetBackward(wk *worker, l *layer, w *layerParameters, from, to int, dweight []float32) {
	c, n := &p.config, to-from
	hidden, width, queries := c.HiddenSize, c.IntermediateSize, c.Heads*c.HeadDim
	x := of(hidden, from, to)
	dx, dmiddle, middle := x(p.dx), x(p.dmiddle), x(l.middle)
	wk.dact, wk.act = resize(wk.dact, n*width), resize(wk.act, n*width)
	wk.gateUp = resize(wk.gateUp, 2*n*width)
	wk.norm, wk.dnorm = resize(wk.norm, n*hidden), resize(wk.dnorm, n*hidden)

	wk.multiply(wk.dact, dx, n, l.down.backward, false)
	p.kernel.SwiGLUBackward(wk.gateUp, wk.act, l.gateUps[2*from*width:2*to*width], wk.dact, width)
	p.down.pack(p.kernel, from, n, dx, hidden, wk.act)

	p.kernel.RMSNorm(wk.norm, middle, w.postNorm, c.RMSNormEps)
	p.gateUp.pack(p.kernel, from, n, wk.gateUp, 2*width, wk.norm)
	wk.multiply(wk.dnorm, wk.gateUp, n, l.gateUp.backward, false)
	copy(dmiddle, dx)
	p.kernel.RMSNormBackward(dmiddle, dweight, middle, wk.dnorm, w.postNorm, n, hidden, c.RMSNormEps, true)

	p.out.pack(p.kernel, from, n, dmiddle, hidden, of(queries, from, to)(l.context))
	wk.multiply(of(queries, from, to)(p.dcontext), dmiddle, n, l.out.backward, false)
}

// attendBackward writes the gradient by p.rotated to p.drotated. A part is a key head of a sequence, with all queries that
// see it.
func (p *Pass) attendBackward() {
	h := p.heads
	group := h.queries / h.keys
	p.pool.Run(len(p.packed)*h.keys, func(worker, part int) {
		s, key := &p.packed[part/h.keys], part%h.keys
		for head := key * group; head < (key+1)*group; head++ {
			q, k, v := p.attended(p.rotated, s.first, head)
			dq, dk, dv := p.attended(p.drotated, s.first, head)
			if all := (span{0, len(s.sights)}); head == key*group { // what is added to
				clear(dk.of(all))
				clear(dv.of(all))
			}
			dcontext := p.dcontext[s.first*h.queries*h.dim+head*h.dim:]
			for i := range s.blocks {
				p.workers[worker].attendBackward(dq, dk, dv, dcontext, h.queries*h.dim, q, k, v, h.scale(), &s.blocks[i], s.sights)
			}
		}
	})
}

// qkvBackward takes p.drotated back through the rotation, the QK norm and the projection of queries, keys and values, from
// dmiddle to dx.
func (p *Pass) qkvBackward(l *layer, w, g *layerParameters) {
	h, hidden, eps := p.heads, p.config.HiddenSize, p.config.RMSNormEps
	width, normed := h.width(), (h.queries+h.keys)*h.dim
	sums := make([]float32, hidden+normed+width) // of the input norm, of QK norms by head, of biases
	p.sumParts(sums, p.rows, func(wk *worker, from, to int, sums []float32) {
		n, x, qkvs, unangles := to-from, of(hidden, from, to), of(width, from, to)(l.qkvs), of(h.dim, from, to)(p.unangles)
		dnorms := sums[hidden:][:normed]
		wk.qkv, wk.norm, wk.dnorm = resize(wk.qkv, n*width), resize(wk.norm, n*hidden), resize(wk.dnorm, n*hidden)
		for head := range h.all() {
			at := head * h.dim
			d := p.head(p.drotated, head, from)
			for i := range n {
				copy(wk.qkv[i*width+at:][:h.dim], d.values[i*h.dim:])
			}
			if at >= normed {
				continue
			}
			p.kernel.Rotate(wk.qkv[at:], width, 1, h.dim, unangles, nil, eps)
			if weight := h.norm(w, head); weight != nil {
				p.kernel.RMSNormBackward(wk.qkv[at:], dnorms[at:][:h.dim], qkvs[at:], wk.qkv[at:], weight, n, width, eps, false)
			}
		}
		if g.qkvBias != nil {
			addColumns(sums[hidden+normed:], wk.qkv)
		}
		p.kernel.RMSNorm(wk.norm, x(l.in), w.inputNorm, eps)
		p.qkv.pack(p.kernel, from, n, wk.qkv, width, wk.norm)
		wk.multiply(wk.dnorm, wk.qkv, n, l.qkv.backward, false)
		dx := x(p.dx)
		copy(dx, x(p.dmiddle))
		p.kernel.RMSNormBackward(dx, sums[:hidden], x(l.in), wk.dnorm, w.inputNorm, n, hidden, eps, true)
	})
	addTo(g.inputNorm, sums)
	if w.qNorm != nil {
		addColumns(g.qNorm, sums[hidden:][:h.queries*h.dim])
		addColumns(g.kNorm, sums[hidden+h.queries*h.dim:][:h.keys*h.dim])
	}
	if g.qkvBias != nil {
		addTo(g.qkvBias, sums[hidden+normed:])
	}
}

// sumParts runs a task on parts of n rows, and adds to sum what each of them gives, in order.
func (p *Pass) sumParts(sum []float32, n int, task func(w *worker, from, to int, sum []float32)) {
	p.partial = resize(p.partial, chunks(n, partRows)*len(sum))
	clear(p.partial)
	p.each(n, partRows, func(w *worker, from, to int) {
		task(w, from, to, p.partial[from/partRows*len(sum):][:len(sum)])
	})
	addColumns(sum, p.partial)
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
