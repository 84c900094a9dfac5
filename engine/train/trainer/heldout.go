package trainer

import (
	"context"
	"fmt"

	"seedls/engine/checkpoint"
	"seedls/engine/kernel"
	"seedls/engine/train"
	"seedls/engine/train/corpus"
	"seedls/engine/train/sample"
)

// heldOutSeed draws the sequences that losses are measured on, the same for every run.
const heldOutSeed = 0x4e1d

// Levels is how many parts the noise of canvases is divided into: t from 0 to 0.1, from 0.1 to 0.2, ...
const Levels = 10

// NoiseLevels are mean cross entropies of masked tokens of text, in nats, by the share t of their canvas that is masked.
// Ends are left out: most of them are easy, and stand for no text.
type NoiseLevels struct {
	Mean  [Levels]float64 `json:"mean"`
	Count [Levels]int     `json:"count"` // of tokens
}

// add takes over the masked rows of a batch.
func (n *NoiseLevels) add(batch []*train.Sequence, rows []train.Row, d *checkpoint.Diffusion) {
	var sum [Levels]float64
	for i := range sum {
		sum[i] = n.Mean[i] * float64(n.Count[i])
	}
	last, level, end := -1, 0, 0 // the sequence, and its canvas before end
	for _, row := range rows {
		s := batch[row.Sequence]
		if row.Row < s.Context || s.IDs[row.Row] != d.MaskTokenID || s.Targets[row.Row] == d.EndTokenID {
			continue
		}
		if row.Sequence != last || row.Row >= end {
			last = row.Sequence
			level, end = levelAt(s, row.Row, d.MaskTokenID)
		}
		sum[level] += row.CrossEntropy
		n.Count[level]++
	}
	for i, count := range n.Count {
		if count > 0 {
			n.Mean[i] = sum[i] / float64(count)
		}
	}
}

// levelAt is the noise of the canvas with a row, and where that canvas ends.
func levelAt(s *train.Sequence, row int, mask int32) (level, end int) {
	begin := s.Context
	for _, c := range s.Canvases {
		if end = begin + c.Rows; row < end {
			masked := 0
			for _, id := range s.IDs[begin:end] {
				if id == mask {
					masked++
				}
			}
			return min(masked*Levels/c.Rows, Levels-1), end
		}
		begin = end
	}
	return 0, end
}

// integral is the loss of a token under the evidence lower bound: the mean over all t, as far as there are any.
func (n *NoiseLevels) integral() float64 {
	sum, used := 0.0, 0.0
	for i, count := range n.Count {
		if count > 0 {
			sum += n.Mean[i]
			used++
		}
	}
	return sum / max(used, 1)
}

// HeldOut is the losses of text that was not learnt from, of the average of the weights, but for ends.
type HeldOut struct {
	Context       float64 `json:"context"`        // nats a token, of next tokens
	ContextByte   float64 `json:"context_byte"`   // nats a byte
	Diffusion     float64 `json:"diffusion"`      // nats a token: the bound
	DiffusionByte float64 `json:"diffusion_byte"` // nats a byte
	NoiseLevels
	Sequences int `json:"sequences"`
}

// Measure computes the losses of a model on so many sequences of a corpus, the same documents for every model. observe,
// unless nil, is told how many are done. Errors name the model.
func Measure(
	ctx context.Context, c *checkpoint.Checkpoint, documents *corpus.Corpus, sequences int, o Options, observe func(done int),
) (*HeldOut, error) {
	l, err := loadLearner(c)
	if err != nil {
		return nil, err
	}
	e, err := newEvaluator(documents, l, o.Cutter, sample.DefaultConfig(), sequences)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	return e.measure(ctx, train.NewPass(l.weights, o.Kernel, o.Pool, kernel.BF16), observe)
}

// An evaluator has the sequences that losses are measured on.
type evaluator struct {
	*learner
	batch []*train.Sequence
}

func newEvaluator(c *corpus.Corpus, l *learner, cutter sample.Cutter, samples sample.Config, sequences int) (*evaluator, error) {
	samples.Seed = heldOutSeed
	s, err := sample.New(c, l.tokens, l.model, cutter, samples)
	if err != nil {
		return nil, err
	}
	e := &evaluator{learner: l}
	for i := range sequences {
		q, err := s.Sequence(int64(i), sample.Phase{Stage: sample.Masks})
		if err != nil {
			return nil, err
		}
		e.batch = append(e.batch, q)
	}
	return e, nil
}

// measuredTogether is how many sequences are computed between two looks at the context.
const measuredTogether = 8

func (e *evaluator) measure(ctx context.Context, pass *train.Pass, observe func(done int)) (*HeldOut, error) {
	h := &HeldOut{Sequences: len(e.batch)}
	var next, canvas perByte
	for from := 0; from < len(e.batch); from += measuredTogether {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		batch := e.batch[from:min(from+measuredTogether, len(e.batch))]
		if _, err := pass.Loss(batch...); err != nil {
			return nil, fmt.Errorf("held-out losses: %w", err)
		}
		rows := pass.Rows()
		h.NoiseLevels.add(batch, rows, &e.model.Diffusion)
		for _, row := range rows {
			s := batch[row.Sequence]
			target := s.Targets[row.Row]
			switch bytes := len(e.tokens.Bytes(target)); {
			case target == e.model.Diffusion.EndTokenID:
			case row.Row < s.Context:
				next.add(row.CrossEntropy, bytes)
			default:
				canvas.add(row.CrossEntropy, bytes)
			}
		}
		if observe != nil {
			observe(from + len(batch))
		}
	}
	h.Context, h.ContextByte = next.nats/max(next.tokens, 1), next.nats/max(next.bytes, 1)
	h.Diffusion = h.NoiseLevels.integral()
	h.DiffusionByte = h.Diffusion * canvas.tokens / max(canvas.bytes, 1)
	return h, nil
}

// A perByte is the loss of some tokens, and their text.
type perByte struct{ nats, tokens, bytes float64 }

func (p *perByte) add(nats float64, bytes int) {
	p.nats += nats
	p.tokens++
	p.bytes += float64(bytes)
}
