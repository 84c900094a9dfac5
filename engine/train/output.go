package train

import "seedls/engine/kernel"

// logitValues bounds the logits that exist at a time, above one panel of rows; logitRows bounds their rows.
const (
	logitValues = 1 << 24
	logitRows   = 256
)

// output computes the loss from the last residual stream, some rows at a time. Unless gradients is nil it adds those of
// the output matrix and of the last norm, and leaves that by the residual stream in p.dx.
func (p *Pass) output(s *Sequence, gradients *Parameters) Loss {
	c, hidden := &p.config, p.config.HiddenSize
	p.wanted = p.wanted[:0]
	for i, scale := range p.scales {
		if scale > 0 {
			p.wanted = append(p.wanted, i)
		}
	}
	p.losses = resize(p.losses, p.rows)
	p.dx, p.dnorm = resize(p.dx, p.rows*hidden), resize(p.dnorm, p.rows*hidden)
	clear(p.dx)

	most := min(logitRows, max(logitValues/c.VocabSize, kernel.PanelWidth))
	for from := 0; from < len(p.wanted); from += most {
		p.outputRows(s, p.wanted[from:min(from+most, len(p.wanted))], gradients)
	}
	var loss Loss
	for _, row := range p.wanted {
		if part := p.losses[row] * float64(p.scales[row]); row < s.Context {
			loss.Context += part / contextShare
		} else {
			loss.Canvases += part
		}
	}
	return loss
}

// outputRows does the given rows of output.
func (p *Pass) outputRows(s *Sequence, rows []int, gradients *Parameters) {
	vocab, hidden, eps := p.config.VocabSize, p.config.HiddenSize, p.config.RMSNormEps
	stride, weight := p.head.forward.Stride(), p.parameters.norm
	row := func(x []float32, i int) []float32 { return x[i*hidden:][:hidden] }
	for i, r := range rows {
		p.kernel.RMSNorm(row(p.norm, i), row(p.last, r), weight, eps)
	}
	p.logits = resize(p.logits, len(rows)*stride)
	p.multiply(p.logits, p.norm, len(rows), p.head.forward, false)
	p.each(len(rows), 1, func(_, i, _ int) {
		target := s.Targets[rows[i]]
		logits := p.logits[i*stride:][:vocab]
		lse, _ := p.kernel.LogSumExp(logits)
		p.losses[rows[i]] = float64(lse) - float64(logits[target])
		if gradients != nil {
			crossEntropyBackward(logits, target, lse, p.scales[rows[i]])
		}
	})
	if gradients == nil {
		return
	}
	p.outer(gradients.head, p.logits, p.norm, len(rows), vocab, stride)
	p.multiply(p.dnorm, p.logits, len(rows), p.head.backward, false)
	for i, r := range rows {
		rmsNormBackward(row(p.dx, r), gradients.norm, row(p.last, r), row(p.dnorm, i), weight, 1, hidden, eps, false)
	}
}
