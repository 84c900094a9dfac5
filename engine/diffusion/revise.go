package diffusion

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

// Repair revises a text that is there: the canvas is its tokens and then End, slack times, as a text and what follows it
// were in the edit stage of training (Seed Diffusion, arXiv 2508.02193). A step predicts every slot, and a token gives
// way to another that has o.EditThreshold of confidence, End to a token as well, by which a text gets longer. It is over
// once nothing changes any more, or after o.Revisions steps; what the order finds wrong is masked again, o.Remasks times,
// and filled by o.Policy, or a token a step without one. Of the other options only Order, Observe and Doubt matter; with
// Doubt there need not be a revision.
// Cancellation is that of [Sampler.Diffuse].
func (s *Sampler) Repair(ctx context.Context, f Forward, text []int32, slack int, o Options) (Result, error) {
	if o.Revisions < 1 && o.Doubt <= 0 {
		return Result{}, errors.New("diffusion: a repair wants at least 1 revision")
	}
	if room := f.Room(); len(text)+slack > room {
		return Result{}, fmt.Errorf("diffusion: a repair of %d tokens and %d more, with room for %d", len(text), slack, room)
	}
	if o.Policy == nil {
		o.Policy = Threshold(1)
	}
	o.Canvas, o.Blocks = len(text)+slack, 1
	if err := s.begin(f, o); err != nil {
		return Result{}, err
	}
	s.repair = true
	copy(s.canvas, text)
	for slot := range slack {
		s.canvas[len(text)+slot] = s.vocabulary.End
	}
	if o.Doubt > 0 {
		if err := s.doubt(ctx, f, len(text), o.Doubt); err != nil {
			s.release()
			return s.result, err
		}
		s.result.Forwards++
	}
	return s.run(ctx, f)
}

// doubt masks the given share of the first n tokens of the canvas, one at least: those that the model is least sure of.
func (s *Sampler) doubt(ctx context.Context, f Forward, n int, share float32) error {
	if err := ctx.Err(); err != nil || n == 0 {
		return err
	}
	s.endless = n
	s.slots, s.candidates = s.slots[:0], s.candidates[:0]
	for slot := range n {
		s.slots = append(s.slots, slot)
	}
	for slot, logits := range f.Canvas(s.canvas, s.slots) {
		lse, _ := s.kernel.LogSumExp(logits)
		if !finite(lse) {
			return errNotFinite
		}
		s.confidence[slot] = probability(logits[s.canvas[slot]], lse)
		s.candidates = append(s.candidates, Candidate{Slot: slot, Confidence: s.confidence[slot]})
	}
	byConfidence(s.candidates)
	for _, c := range s.candidates[max(0, n-max(1, int(share*float32(n)+0.5))):] {
		s.canvas[c.Slot], s.confidence[c.Slot] = s.vocabulary.Mask, 0
	}
	return nil
}

// beforeEnd returns what of the canvas comes before its first End, if it has one.
func (s *Sampler) beforeEnd() (text []int32, ended bool) {
	if at := slices.Index(s.canvas, s.vocabulary.End); at >= 0 {
		return s.canvas[:at], true
	}
	return s.canvas, false
}

// revise puts what the logits of all slots say into a canvas without masks, and returns what it changed.
func (s *Sampler) revise(all [][]float32, o *Options) ([]Candidate, error) {
	s.revised, s.waiting, s.vetoed = s.revised[:0], s.waiting[:0], s.vetoed[:0]
	for slot, logits := range all {
		stands := logits[s.canvas[slot]]
		c, lse, err := s.best(slot, logits, 0)
		if err != nil {
			return nil, err
		}
		s.confidence[slot] = probability(stands, lse)
		if c.Token == s.canvas[slot] || c.Confidence < o.EditThreshold {
			continue
		}
		if o.Order != nil && !o.Order.Possible(s.canvas, slot, c.Token) {
			if o.Observe != nil {
				s.vetoed = append(s.vetoed, objection(o.Order, c))
			}
			continue
		}
		s.canvas[slot], s.confidence[slot] = c.Token, c.Confidence
		s.revised = append(s.revised, c)
	}
	return s.revised, nil
}
