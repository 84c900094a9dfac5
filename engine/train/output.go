package train

// outputRows is how many rows that have a target are computed together.
const outputRows = 8 * partRows

// predict computes the cross entropy of the rows that have a target from the last residual stream. Unless gradients is nil
// it adds those of the output matrix and of the last norm, and leaves that by the residual stream in p.dx. Logits exist for
// partRows rows a worker.
func (p *Pass) predict(gradients *Parameters) {
	p.losses = resize(p.losses, len(p.wanted))
	p.dx = resize(p.dx, p.rows*p.config.HiddenSize)
	clear(p.dx)
	for from := 0; from < len(p.wanted); from += outputRows {
		to := min(from+outputRows, len(p.wanted))
		p.predictRows(p.wanted[from:to], p.losses[from:to], gradients)
	}
}

func (p *Pass) predictRows(wanted []want, losses []float64, gradients *Parameters) {
	vocab, hidden, eps := p.config.VocabSize, p.config.HiddenSize, p.config.RMSNormEps
	stride, weight := p.output.forward.Stride(), p.parameters.norm
	row := func(x []float32, i int) []float32 { return x[i*hidden:][:hidden] }
	var dweight []float32
	if gradients != nil {
		p.vocabulary.reset(p.precision, len(wanted), vocab, hidden)
		dweight = gradients.norm
	}
	p.sumParts(dweight, len(wanted), func(wk *worker, from, to int, dweight []float32) {
		n := to - from
		wk.norm = resize(wk.norm, n*hidden)
		for i := range n {
			p.kernel.RMSNorm(row(wk.norm, i), row(p.last, wanted[from+i].row), weight, eps)
		}
		wk.logits = resize(wk.logits, n*stride)
		wk.multiply(wk.logits, wk.norm, n, p.output.forward, false)
		for i, w := range wanted[from:to] {
			logits := wk.logits[i*stride:][:vocab]
			lse, _ := p.kernel.LogSumExp(logits)
			losses[from+i] = float64(lse) - float64(logits[w.target])
			if gradients != nil {
				p.kernel.CrossEntropyBackward(logits, int(w.target), lse, w.scale)
			}
		}
		if gradients == nil {
			return
		}
		p.vocabulary.pack(p.kernel, from, n, wk.logits, stride, wk.norm)
		wk.dnorm = resize(wk.dnorm, n*hidden)
		wk.multiply(wk.dnorm, wk.logits, n, p.output.backward, false)
		for i, w := range wanted[from:to] {
			p.kernel.RMSNormBackward(row(p.dx, w.row), dweight, row(p.last, w.row), row(wk.dnorm, i), weight, 1, hidden, eps, false)
		}
	})
	if gradients != nil {
		p.add(gradients.head, &p.vocabulary)
	}
}
