package trainer

import (
	"fmt"

	"seedls/engine/checkpoint"
	"seedls/engine/tokenizer"
	"seedls/engine/train"
	"seedls/engine/train/sample"
)

// heldOutSeed draws the sequences that losses are measured on, the same for every run.
const heldOutSeed = 0x4e1d

// levels is how many parts the noise of canvases is divided into: t from 0 to 0.1, from 0.1 to 0.2, ...
const levels = 10

// NoiseLevels are mean cross entropies of masked tokens of text, in nats, by the share t of their canvas that is masked.
// Ends are left out: most of them are easy, and stand for no text.
type NoiseLevels struct {
	Mean  [levels]float64 `json:"mean"`
	Count [levels]int     `json:"count"` // of tokens
}

// add takes over the masked rows of a batch.
func (n *NoiseLevels) add(batch []*train.Sequence, rows []train.Row, d *checkpoint.Diffusion) {
	var sum [levels]float64
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
			return min(masked*levels/c.Rows, levels-1), end
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

// An evaluator has the sequences that losses are measured on.
type evaluator struct {
	batch  []*train.Sequence
	tokens *tokenizer.Tokenizer
	model  checkpoint.Config
}

func newEvaluator(s *sample.Sampler, tokens *tokenizer.Tokenizer, model checkpoint.Config, sequences int) (*evaluator, error) {
	e := &evaluator{tokens: tokens, model: model}
	for i := range sequences {
		q, err := s.Sequence(int64(i), sample.Masks)
		if err != nil {
			return nil, err
		}
		e.batch = append(e.batch, q)
	}
	return e, nil
}

func (e *evaluator) measure(pass *train.Pass) (*HeldOut, error) {
	if _, err := pass.Loss(e.batch...); err != nil {
		return nil, fmt.Errorf("held-out losses: %w", err)
	}
	h := &HeldOut{Sequences: len(e.batch)}
	rows := pass.Rows()
	h.NoiseLevels.add(e.batch, rows, &e.model.Diffusion)
	var context, contextBytes, canvasBytes float64
	contextRows, canvasRows := 0, 0
	for _, row := range rows {
		s := e.batch[row.Sequence]
		target := s.Targets[row.Row]
		if target == e.model.Diffusion.EndTokenID {
			continue
		}
		bytes := float64(len(e.tokens.Bytes(target)))
		if row.Row < s.Context {
			context += row.CrossEntropy
			contextBytes += bytes
			contextRows++
		} else {
			canvasBytes += bytes
			canvasRows++
		}
	}
	h.Context, h.ContextByte = context/float64(max(contextRows, 1)), context/max(contextBytes, 1)
	h.Diffusion = h.NoiseLevels.integral()
	h.DiffusionByte = h.Diffusion * float64(canvasRows) / max(canvasBytes, 1)
	return h, nil
}
