package train

// outputRows bounds the logits that exist at a time, by rows.
const outputRows = 4 * partRows

// output computes the cross entropy of the rows that have a target from the last residual stream, some rows at a time.
// Unless gradients is nil it adds those of the output matrix and of the last norm, and leaves that by the residual stream
// in p.dx.
func (p *Pass) output(gradients *Parameters) {
	p.losses = resize(p.losses, len(p.wanted))
	p.dx = resize(p.dx, p.rows*p.config.HiddenSize)
	clear(p.dx)
	for from := 0; from < len(p.wanted); from += outputRows {
		to := min(from+outputRows, len(p.wanted))
		p.outputPart(p.wanted[from:to], p.losses[from:to], gradients)
	}
}

// outputPart does the given rows of output.
func (p *Pass) outputPart(wanted []want, losses []float64, gradients *Parameters) {
	vocab, hidden, eps := p.config.VocabSize, p.config.HiddenSize, p.config.RMSNormEps
	stride, weight := p.head.forward.Stride(), p.parameters.norm
	row := func(x []float32, i int) []float32 { return x[i*hidden:][:hidden] }
	p.picked = resize(p.picked, len(wanted)*hidden)
	p.dpicked = resize(p.dpicked, len(wanted)*hidden)
	p.logits = resize(p.logits, len(wanted)*stride)
	p.each(len(wanted), partRows, func(wk *worker, from, to int) {
		for i := from; i < to; i++ {
			p.kernel.RMSNorm(row(p.picked, i), row(p.last, wanted[i].row), weight, eps)
		}
		x, logits := of(hidden, from, to), of(stride, from, to)(p.logits)
		wk.multiply(logits, x(p.picked), to-from, p.head.forward, false)
		for i := from; i < to; i++ {
			logits, target := logits[(i-from)*stride:][:vocab], int(wanted[i].target)
			lse, _ := p.kernel.LogSumExp(logits)
			losses[i] = float64(lse) - float64(logits[target])
			if gradients != nil {
				p.kernel.CrossEntropyBackward(logits, target, lse, wanted[i].scale)
			}
		}
		if gradients != nil {
			wk.multiply(x(p.dpicked), logits, to-from, p.head.backward, false)
		}
	})
	if gradients == nil {
		return
	}
	p.outer(gradients.head, p.logits, p.picked, len(wanted), vocab, stride)
	for i, w := range wanted {
		p.kernel.RMSNormBackward(row(p.dx, w.row), gradients.norm, row(p.last, w.row), row(p.dpicked, i), weight, 1, hidden, eps, false)
	}
}
