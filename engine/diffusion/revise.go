package diffusion

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Repair revises a text that is there: the canvas is its tokens and then End, slack times, as a text and what follows it
// were in the edit stage of training (Seed Diffusion, arXiv 2508.02193). A step predicts every slot, and a token gives
// way to another that has o.EditThreshold of confidence, End to a token as well, by which a text gets longer. It is over
// once nothing changes any more, or after o.Revisions steps. Of the other options only Order and Observe matter.
// Cancellation is that of [Sampler.Diffuse].
func (s *Sampler) Repair(ctx context.Context, f Forward, text []int32, slack int, o Options) (Result, error) {
	if o.Revisions < 1 {
		return Result{}, errors.New("diffusion: a repair wants at least 1 revision")
	}
	if room := f.Room(); len(text)+slack > room {
		return Result{}, fmt.Errorf("diffusion: a repair of %d tokens and %d more, with room for %d", len(text), slack, room)
	}
	if o.Order != nil {
		o.Order.Begin(nil)
	}
	s.canvas = append(s.canvas[:0], text...)
	for range slack {
		s.canvas = append(s.canvas, s.vocabulary.End)
	}
	result := Result{Blocks: 1, Ended: true}
	for index := range o.Revisions {
		step, err := s.revise(ctx, f, &o)
		if err != nil {
			return result, err
		}
		result.Forwards++
		if o.Observe != nil {
			step.Index = index
			o.Observe(step)
		}
		if len(step.Revised) == 0 {
			break
		}
	}
	text, _ = s.beforeEnd()
	result.Tokens = slices.Clone(text)
	return result, nil
}

// reviseBlock revises the canvas, in which no mask is left. An End that comes by it is where the block ends.
func (s *Sampler) reviseBlock(ctx context.Context, f Forward, o *Options, block, index int, result *Result) error {
	for round := range o.Revisions {
		step, err := s.revise(ctx, f, o)
		if err != nil {
			return err
		}
		result.Forwards++
		if text, ended := s.beforeEnd(); ended {
			s.canvas = s.canvas[:len(text)+1]
		}
		if o.Observe != nil {
			step.Block, step.Index, step.Canvas = block, index+round, s.canvas
			o.Observe(step)
		}
		if len(step.Revised) == 0 {
			break
		}
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

// revise is one step over a canvas without masks.
func (s *Sampler) revise(ctx context.Context, f Forward, o *Options) (Step, error) {
	if err := ctx.Err(); err != nil {
		return Step{}, err
	}
	begun := time.Now()
	s.slots = s.slots[:0]
	for slot := range s.canvas {
		s.slots = append(s.slots, slot)
	}
	s.revised = s.revised[:0]
	for slot, logits := range f.Canvas(s.canvas, s.slots) {
		c, _, err := s.best(slot, logits, 0)
		if err != nil {
			return Step{}, err
		}
		if c.Token != s.canvas[slot] && c.Confidence >= o.EditThreshold &&
			(o.Order == nil || o.Order.Possible(s.canvas, slot, c.Token)) {
			s.canvas[slot] = c.Token
			s.revised = append(s.revised, c)
		}
	}
	return Step{Canvas: s.canvas, Revised: s.revised, Took: time.Since(begun)}, nil
}
