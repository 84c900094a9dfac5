// Package diffusion generates text from a masked diffusion model: it fills a canvas of masks in a few steps, several
// tokens a step, block after block.
//
// A step runs the model over the canvas once and sees, for every mask, the best token and how sure the model is of it:
// the plain softmax probability. A [Policy] says which masks to commit now; the rest stay masks and are predicted
// again in the light of what was committed. When <|end|> stands with no mask before it, the canvas is cut there and
// the text is complete; a canvas that fills without one is appended to the context and the next block begins. An
// [Order] holds back what must not be committed before something else, and vetoes what cannot stand where it would.
//
//	s := diffusion.NewSampler(vocabulary, kernel)
//	result, err := s.Diffuse(ctx, sequence, diffusion.Options{Canvas: 32, Blocks: 4, Policy: diffusion.Threshold(0.9)})
//
// A model that was trained on edits predicts the tokens that stand as well as the masks: a finished block can be
// revised, and [Sampler.Repair] begins with existing text. The same weights also write one token after another,
// [Sampler.Autoregress]: the baseline to measure against.
//
// A [Sampler] is used by one goroutine at a time and does not allocate while it steps. It is deterministic: equal
// input gives equal output, whatever the number of threads.
package diffusion

import (
	"context"
	"fmt"
	"math/rand/v2"
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
	// Temperature, when it is not 0, has the token of a slot drawn from the probabilities with logits divided by it, by
	// Seed; else it is the most probable. Confidence is that of the model either way.
	Temperature float32
	Seed        uint64
	// Order, when set, says what may be committed before what.
	Order Order
	// Revisions is how many rounds of revision a finished block has at most: a round that changes nothing is the last.
	Revisions int
	// Remasks is how often a block has what the order, a [Checker], finds wrong masked again; then that stays.
	Remasks int
	// EditThreshold is the confidence that a token needs to take the place of another in a revision.
	EditThreshold float32
	// Doubt is the share of a text to repair that is masked first, and written anew: the tokens that the model is the
	// least sure of where they stand. None of them becomes the end of the text.
	Doubt float32
	// Stop, when set, is asked whether the text so far, in which no mask is left, is all that is wanted, whenever it
	// grew. It must not keep the slice.
	Stop func(tokens []int32) bool
	// Observe, when set, is called after each step. It must not keep the step's slices.
	Observe func(Step)
}

// A Candidate is the best admissible token of a slot.
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
	// Committed took the place of masks, Revised that of other tokens; both are in the order of slots.
	Committed, Revised []Candidate
	// Waiting are the candidates that the order holds back, Vetoed those that it refuses. Remasked were wrong, and are
	// masks again in Canvas.
	Waiting, Vetoed, Remasked []Objection
	Took                      time.Duration
}

// A Result is what was generated.
type Result struct {
	// Tokens is the text, without End.
	Tokens []int32
	// Ended says whether the model ended the text itself, rather than running out of blocks or room.
	Ended    bool
	Forwards int
	Blocks   int
	// LogConfidence is the sum of the logarithms of the confidences, in nats, in the tokens and in End, if it ended: those
	// with which each was committed, or looked at last. Autoregression leaves it out.
	LogConfidence float64
	// Violations is how many slots the order finds wrong in the text as it is: what could not be mended.
	Violations int
}

// A Sampler holds the scratch memory of generation.
type Sampler struct {
	vocabulary Vocabulary
	kernel     kernel.Kernel

	// The generation under way.
	options Options
	repair  bool // the canvas stays as long as it is
	result  Result
	index   int  // of the step in its block
	stopped bool // options.Stop wants the text to end where it does
	begun   time.Time
	// What is done of the block: rounds of revision, and remasks.
	revisions, remasks int

	canvas     []int32
	text       []int32 // the finished blocks, and what of the canvas has no mask before it
	slots      []int   // of the canvas, to predict
	candidates []Candidate
	revised    []Candidate
	confidence []float32   // of what is in the canvas
	remasked   []Candidate // vetoed for the rest of the block
	endless    int         // slots before this one do not take End
	waiting    []Objection
	vetoed     []Objection
	wrong      []Objection
	random     *rand.Rand
	source     *rand.PCG
}

// NewSampler makes a sampler for a vocabulary; k computes probabilities.
func NewSampler(v Vocabulary, k kernel.Kernel) *Sampler {
	v.Never = slices.DeleteFunc(append([]int32{v.Mask}, v.Never...), func(t int32) bool { return t == v.End })
	source := rand.NewPCG(0, 0)
	return &Sampler{vocabulary: v, kernel: k, source: source, random: rand.New(source)}
}

// Diffuse generates the text that follows the context of f. When ctx is cancelled it returns ctx.Err() and the blocks
// finished so far before another forward pass begins.
func (s *Sampler) Diffuse(ctx context.Context, f Forward, o Options) (Result, error) {
	if err := s.begin(f, o); err != nil {
		return Result{}, err
	}
	return s.run(ctx, f)
}

// run goes on with a generation until it is over.
func (s *Sampler) run(ctx context.Context, f Forward) (Result, error) {
	defer s.release()
	for s.next(f) {
		if err := ctx.Err(); err != nil {
			return s.result, err
		}
		if err := s.step(f.Canvas(s.canvas, s.slots)); err != nil {
			return s.result, err
		}
	}
	return s.result, nil
}

// begin begins to generate the text that follows the context of f.
func (s *Sampler) begin(f Forward, o Options) error {
	if o.Canvas < 1 || o.Blocks < 1 || o.Policy == nil {
		return fmt.Errorf("diffusion: canvas %d, blocks %d: want at least 1 of each, and a policy", o.Canvas, o.Blocks)
	}
	s.source.Seed(o.Seed, 0)
	s.options, s.repair, s.result = o, false, Result{}
	s.open(min(o.Canvas, f.Room()))
	return nil
}

// release lets go of what the caller's options hold on to.
func (s *Sampler) release() { s.options = Options{} }

// open begins a block of masks, unless its length is 0.
func (s *Sampler) open(length int) {
	s.canvas, s.confidence, s.remasked, s.endless = s.canvas[:0], s.confidence[:0], s.remasked[:0], 0
	for range length {
		s.canvas, s.confidence = append(s.canvas, s.vocabulary.Mask), append(s.confidence, 0)
	}
	if length == 0 {
		return
	}
	s.result.Blocks++
	s.index, s.stopped, s.revisions, s.remasks = 0, false, 0, 0
	s.text = append(s.text[:0], s.result.Tokens...)
	if s.options.Order != nil {
		s.options.Order.Begin(s.text)
	}
}

// next chooses what the next forward pass over the canvas is to predict, s.slots: its masks, or all of it, to revise it.
// It reports whether there is one. A block that is done goes to the context of f if another follows.
func (s *Sampler) next(f Forward) bool {
	for len(s.canvas) > 0 {
		s.slots = s.slots[:0]
		for slot, token := range s.canvas {
			if token == s.vocabulary.Mask {
				s.slots = append(s.slots, slot)
			}
		}
		if len(s.slots) == 0 && s.revisions < s.options.Revisions {
			for slot := range s.canvas {
				s.slots = append(s.slots, slot)
			}
		}
		if len(s.slots) > 0 {
			s.begun = time.Now()
			return true
		}
		s.close(f)
	}
	return false
}

// close adds the block to the result, and opens the next if there is one.
func (s *Sampler) close(f Forward) {
	o := &s.options
	if order, ok := o.Order.(Checker); ok && s.remasks > 0 && s.remasks == o.Remasks {
		s.result.Violations += len(order.Violations(s.canvas, s.confidence[:len(s.canvas)]))
	}
	text, ended := s.beforeEnd()
	s.result.Tokens = append(s.result.Tokens, text...)
	s.result.Ended = ended || s.repair
	if ended {
		text = s.canvas[:len(text)+1]
	}
	s.result.LogConfidence += logConfidence(s.confidence[:len(text)])
	if ended || s.stopped || s.result.Blocks >= o.Blocks {
		s.canvas = s.canvas[:0]
		return
	}
	f.Extend(s.canvas)
	s.open(min(o.Canvas, f.Room()))
}

// step puts into the canvas what the logits of s.slots say.
func (s *Sampler) step(logits [][]float32) (err error) {
	o := &s.options
	step := Step{Block: s.result.Blocks - 1, Index: s.index}
	s.index++
	if s.canvas[s.slots[0]] == s.vocabulary.Mask {
		if step.Committed, err = s.commit(o, logits, step.Index); err != nil {
			return err
		}
		if !s.repair {
			s.stopped = s.cut(len(s.result.Tokens), o.Stop)
		}
	} else {
		if step.Revised, err = s.revise(logits, o); err != nil {
			return err
		}
		if s.revisions++; len(step.Revised) == 0 {
			s.revisions = o.Revisions
		}
		if text, ended := s.beforeEnd(); ended && !s.repair {
			s.canvas = s.canvas[:len(text)+1]
		}
	}
	s.result.Forwards++
	if s.wrong = s.wrong[:0]; s.remasks < o.Remasks && s.remask(o, len(s.result.Tokens)) {
		s.remasks++
		s.stopped = false
	}
	if o.Observe != nil {
		step.Canvas, step.Waiting, step.Vetoed, step.Remasked = s.canvas, s.waiting, s.vetoed, s.wrong
		step.Took = time.Since(s.begun)
		o.Observe(step)
	}
	return nil
}

// remask masks again what the order finds wrong in the canvas, which follows the first n tokens of s.text, and reports
// whether there is anything.
func (s *Sampler) remask(o *Options, n int) bool {
	order, ok := o.Order.(Checker)
	if !ok {
		return false
	}
	masked := false
	for _, slot := range order.Violations(s.canvas, s.confidence[:len(s.canvas)]) {
		if slot < 0 || slot >= len(s.canvas) || s.canvas[slot] == s.vocabulary.Mask {
			continue
		}
		c := Candidate{Slot: slot, Token: s.canvas[slot], Confidence: s.confidence[slot]}
		s.remasked = append(s.remasked, c)
		if o.Observe != nil {
			s.wrong = append(s.wrong, objection(o.Order, c))
		}
		s.canvas[slot] = s.vocabulary.Mask
		masked = true
	}
	if !masked {
		return false
	}
	s.text = append(s.text[:n], s.canvas[:slices.Index(s.canvas, s.vocabulary.Mask)]...)
	return true
}

// cut moves what has no mask before it any more to s.text, and drops what follows the end of the text: the first End,
// or where stop, which may be nil, wants it, which it reports. The canvas follows the first n tokens of s.text.
func (s *Sampler) cut(n int, stop func([]int32) bool) (stopped bool) {
	known := len(s.text)
	for slot := known - n; slot < len(s.canvas) && s.canvas[slot] != s.vocabulary.Mask; slot++ {
		if s.canvas[slot] == s.vocabulary.End {
			s.canvas = s.canvas[:slot+1]
			return false
		}
		s.text = append(s.text, s.canvas[slot])
	}
	if len(s.text) == known || stop == nil || !stop(s.text) {
		return false
	}
	s.canvas = s.canvas[:len(s.text)-n]
	return true
}

// Autoregress writes the text that follows the context of f and then the token last, one token a forward pass, at
// most o.Canvas times o.Blocks. A step's canvas is all tokens so far. Cancellation is that of [Sampler.Diffuse].
func (s *Sampler) Autoregress(ctx context.Context, f Forward, last int32, o Options) (Result, error) {
	s.source.Seed(o.Seed, 0)
	result := Result{Blocks: 1}
	s.canvas = s.canvas[:0]
	for index := range min(o.Canvas*o.Blocks, f.Room()) {
		if err := ctx.Err(); err != nil {
			return result, err
		}
		begun := time.Now()
		c, _, err := s.best(index, f.Next(last), o.Temperature)
		if err != nil {
			return result, err
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
		if o.Stop != nil && o.Stop(s.canvas) {
			break
		}
	}
	result.Tokens = slices.Clone(s.canvas)
	return result, nil
}
