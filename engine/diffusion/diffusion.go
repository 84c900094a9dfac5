// Package diffusion generates text from a masked diffusion model: it fills a canvas of masks in a few steps, several
// tokens a step, block after block.
//
// A step runs the model over the canvas once and sees, for every mask, the best token and how sure the model is of it:
// the plain softmax probability. A [Policy] says which masks to commit now; the rest stay masks and are predicted
// again in the light of what was committed. When <|end|> stands with no mask before it, the canvas is cut there and
// the text is complete; a canvas that fills without one is appended to the context and the next block begins.
//
//	s := diffusion.NewSampler(vocabulary, kernel)
//	result, err := s.Diffuse(ctx, sequence, diffusion.Options{Canvas: 32, Blocks: 4, Policy: diffusion.Threshold(0.9)})
//
// The same weights also write one token after another, [Sampler.Autoregress]: the baseline to measure against.
//
// A [Sampler] is used by one goroutine at a time and does not allocate while it steps. It is deterministic: equal
// input gives equal output, whatever the number of threads.
package diffusion

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"seedls/engine/kernel"
)

// Forward is what the sampler needs of a model: a committed context that grows, and logits.
type Forward interface {
	// Canvas returns the logits, [vocab] each, of the given slots of a canvas that follows the context, which stays
	// as it is. The sampler may write to them; they are valid until the next call.
	Canvas(canvas []int32, slots []int) [][]float32
	// Next appends a token to the context and returns the logits of the token after it.
	Next(token int32) []float32
	// Extend appends tokens to the context.
	Extend(tokens []int32)
	// Room is the number of tokens, context and canvas, that still fit.
	Room() int
}

// A Vocabulary is the tokens that mean something to the sampler.
type Vocabulary struct {
	Mask int32
	End  int32
	// Never holds the other tokens that are not text and so may not be generated.
	Never []int32
}

// Options of one generation.
type Options struct {
	// Canvas is the number of tokens of a block.
	Canvas int
	// Blocks is the largest number of blocks.
	Blocks int
	// Policy chooses what to commit; autoregressive generation needs none.
	Policy Policy
	// Stop, when set, is asked after each block that did not end the text, and after each Canvas tokens of
	// autoregressive generation, whether what is written so far is all that is wanted.
	Stop func(tokens []int32) bool
	// Observe, when set, is called after each step. It must not keep the step's slices.
	Observe func(Step)
}

// A Candidate is the best admissible token of a masked slot.
type Candidate struct {
	Slot       int
	Token      int32
	Confidence float32 // softmax probability over the whole vocabulary
	Entropy    float32 // of that softmax, in nats
}

// A Step is one forward pass and what it committed.
type Step struct {
	Block, Index int
	// Canvas is the block after the step, cut where the text ends.
	Canvas []int32
	// Committed is in the order of slots.
	Committed []Candidate
	Took      time.Duration
}

// A Result is what was generated.
type Result struct {
	// Tokens is the text, without End.
	Tokens []int32
	// Ended says whether the model ended the text itself, rather than running out of blocks or room.
	Ended    bool
	Forwards int
	Blocks   int
}

// A Sampler holds the scratch memory of generation.
type Sampler struct {
	vocabulary Vocabulary
	kernel     kernel.Kernel

	canvas     []int32
	masked     []int
	candidates []Candidate
}

// NewSampler makes a sampler for a vocabulary; k computes probabilities.
func NewSampler(v Vocabulary, k kernel.Kernel) *Sampler {
	v.Never = slices.DeleteFunc(append([]int32{v.Mask}, v.Never...), func(t int32) bool { return t == v.End })
	return &Sampler{vocabulary: v, kernel: k}
}

// Diffuse generates the text that follows the context of f. When ctx is cancelled it returns ctx.Err() and the blocks
// finished so far before another forward pass begins.
func (s *Sampler) Diffuse(ctx context.Context, f Forward, o Options) (Result, error) {
	if o.Canvas < 1 || o.Blocks < 1 || o.Policy == nil {
		return Result{}, fmt.Errorf("diffusion: canvas %d, blocks %d: want at least 1 of each, and a policy", o.Canvas, o.Blocks)
	}
	var result Result
	for block := range o.Blocks {
		length := min(o.Canvas, f.Room())
		if length == 0 {
			break
		}
		result.Blocks++
		ended, err := s.fill(ctx, f, &o, block, length, &result.Forwards)
		if err != nil {
			return result, err
		}
		if ended {
			result.Tokens = append(result.Tokens, s.canvas[:len(s.canvas)-1]...)
			result.Ended = true
			break
		}
		result.Tokens = append(result.Tokens, s.canvas...)
		if o.Stop != nil && o.Stop(result.Tokens) {
			break
		}
		if block+1 < o.Blocks {
			f.Extend(s.canvas)
		}
	}
	return result, nil
}

// fill denoises one block in s.canvas and reports whether it closes with End.
func (s *Sampler) fill(ctx context.Context, f Forward, o *Options, block, length int, forwards *int) (ended bool, err error) {
	s.canvas = s.canvas[:0]
	for range length {
		s.canvas = append(s.canvas, s.vocabulary.Mask)
	}
	for index := 0; ; index++ {
		s.masked = s.masked[:0]
		for slot, token := range s.canvas {
			if token == s.vocabulary.Mask {
				s.masked = append(s.masked, slot)
			}
		}
		if len(s.masked) == 0 {
			return ended, nil
		}
		if err := ctx.Err(); err != nil {
			return false, err
		}
		begun := time.Now()
		logits := f.Canvas(s.canvas, s.masked)
		*forwards++
		s.candidates = s.candidates[:0]
		for i, slot := range s.masked {
			c, ok := s.best(slot, logits[i])
			if !ok {
				return false, errNotFinite
			}
			s.candidates = append(s.candidates, c)
		}
		ready := s.candidates[:min(max(o.Policy.Order(s.candidates, index), 1), len(s.candidates))]
		slices.SortFunc(ready, func(a, b Candidate) int { return a.Slot - b.Slot })
		for _, c := range ready {
			s.canvas[c.Slot] = c.Token
		}
		ended = s.cut()
		if o.Observe != nil {
			o.Observe(Step{Block: block, Index: index, Canvas: s.canvas, Committed: ready, Took: time.Since(begun)})
		}
	}
}

// cut drops what follows the first End, once no mask stands before it.
func (s *Sampler) cut() bool {
	for slot, token := range s.canvas {
		switch token {
		case s.vocabulary.Mask:
			return false
		case s.vocabulary.End:
			s.canvas = s.canvas[:slot+1]
			return true
		}
	}
	return false
}

var errNotFinite = errors.New("diffusion: the model's logits are not finite: its weights are damaged or not of this architecture")

// best picks the most probable admissible token; ok is false where the logits are no distribution over one. It
// overwrites the logits of inadmissible tokens.
func (s *Sampler) best(slot int, logits []float32) (_ Candidate, ok bool) {
	lse, entropy := s.kernel.LogSumExp(logits)
	for _, t := range s.vocabulary.Never {
		logits[t] = float32(math.Inf(-1))
	}
	top := 0
	for i, l := range logits {
		if l > logits[top] {
			top = i
		}
	}
	c := Candidate{slot, int32(top), float32(math.Exp(float64(logits[top] - lse))), entropy}
	return c, finite(lse) && finite(entropy) && finite(logits[top])
}

func finite(x float32) bool { return !math.IsNaN(float64(x)) && !math.IsInf(float64(x), 0) }

// Autoregress writes the text that follows the context of f and then the token last, one token a forward pass, at
// most o.Canvas times o.Blocks. A step's canvas is all tokens so far. Cancellation is that of [Sampler.Diffuse].
func (s *Sampler) Autoregress(ctx context.Context, f Forward, last int32, o Options) (Result, error) {
	result := Result{Blocks: 1}
	s.canvas = s.canvas[:0]
	for index := range min(o.Canvas*o.Blocks, f.Room()) {
		if err := ctx.Err(); err != nil {
			return result, err
		}
		begun := time.Now()
		c, ok := s.best(index, f.Next(last))
		if !ok {
			return result, errNotFinite
		}
		result.Forwards++
		last = c.Token
		s.canvas = append(s.canvas, c.Token)
		if o.Observe != nil {
			s.candidates = append(s.candidates[:0], c)
			o.Observe(Step{Index: index, Canvas: s.canvas, Committed: s.candidates, Took: time.Since(begun)})
		}
		if c.Token == s.vocabulary.End {
			result.Ended = true
			result.Tokens = slices.Clone(s.canvas[:index])
			return result, nil
		}
		if o.Stop != nil && (index+1)%o.Canvas == 0 && o.Stop(s.canvas) {
			break
		}
	}
	result.Tokens = slices.Clone(s.canvas)
	return result, nil
}
