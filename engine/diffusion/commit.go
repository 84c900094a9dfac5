package diffusion

import (
	"errors"
	"math"
	"slices"
	"strings"
)

// An Order says which tokens may be committed before which, as the structure of code has it. The canvas holds the
// tokens committed so far and masks; the slot holds a mask. Implementations must not change or keep the canvas.
//
// Whatever an Order says, a step commits a token: the leftmost mask does not wait, and where the sixty-four tokens that
// the model would most like there are vetoed, the text ends. A revision asks what is possible only of what it puts in place.
//
// An order that knows more is a [Skeletal], a [Checker], an [Ender] or an [Explainer] as well.
type Order interface {
	// Begin says that a new canvas begins after the given tokens of the text.
	Begin(text []int32)
	// Possible reports whether the token can stand in the slot. One that cannot is vetoed: the next best is asked about.
	Possible(canvas []int32, slot int, token int32) bool
	// Ready reports whether the token, which is possible, may be committed now, rather than after slots before it.
	Ready(canvas []int32, slot int, token int32) bool
}

// A Skeletal order prefers some tokens. Where a step commits a single token, one of those goes first if it is at least
// half as sure: that changes the order of commits, and holds nothing back.
type Skeletal interface {
	Skeleton(canvas []int32, slot int, token int32) bool
}

// A Checker is an order that sees what went wrong.
type Checker interface {
	// Violations returns the slots, without masks, whose tokens are wrong; confidence has that of each slot's token. They
	// are masked again, with those tokens vetoed there, as often as [Options.Remasks] allows. The sampler asks after each
	// step, and does not keep the slice.
	Violations(canvas []int32, confidence []float32) []int
}

// An Ender is an order that knows another way to end a text: Ends reports whether the token that was vetoed last says no
// more than that, such as a closing bracket that follows already. End takes its place.
type Ender interface{ Ends() bool }

// An Explainer is an order that can say why it said no, or what it found, the last time.
type Explainer interface {
	// Why returns the rule, the name that it is about if it is about one, and the slot that the token waits for, or -1 for
	// a token that is vetoed. The strings need not be valid for longer than until the next question.
	Why() (rule, name string, slot int)
}

// An Objection is a token that the order held back, and why, if it can say. A token that waits waits for slot For;
// one that is vetoed has -1 there.
type Objection struct {
	Candidate
	Rule, Name string
	For        int
}

// SkeletonFirst is the rule of an [Objection] to the surest token, in the place of which a [Skeletal] order has another
// committed.
const SkeletonFirst = "skeleton first"

// maxVetoes is how many tokens of a slot can be vetoed in a step before it has to wait.
const maxVetoes = 64

// commit puts into the canvas what the policy and the order want of the candidates for s.slots, masks all, at least
// one of them, and returns those in the order of slots. step counts the forward passes of the block.
func (s *Sampler) commit(o *Options, logits [][]float32, step int) ([]Candidate, error) {
	s.candidates, s.waiting, s.vetoed = s.candidates[:0], s.waiting[:0], s.vetoed[:0]
	var first Candidate
	for i, slot := range s.slots {
		c, lse, err := s.best(slot, logits[i], o.Temperature)
		if err != nil {
			return nil, err
		}
		ready := true
		if o.Order != nil {
			c, ready = s.judge(o, c, logits[i], lse)
		}
		if i == 0 {
			first = c
		}
		if ready {
			s.candidates = append(s.candidates, c)
		}
	}
	if len(s.candidates) == 0 {
		s.candidates = append(s.candidates, first)
	}
	chosen := s.candidates[:min(max(o.Policy.Order(s.candidates, step), 1), len(s.candidates))]
	if order, ok := o.Order.(Skeletal); ok && len(chosen) == 1 {
		s.prefer(order, o.Observe != nil)
	}
	slices.SortFunc(chosen, func(a, b Candidate) int { return a.Slot - b.Slot })
	committed := chosen[:0]
	for i, c := range chosen {
		// What was committed just now can be what this one must not follow.
		if i > 0 && o.Order != nil && !(o.Order.Possible(s.canvas, c.Slot, c.Token) && o.Order.Ready(s.canvas, c.Slot, c.Token)) {
			continue
		}
		s.canvas[c.Slot], s.confidence[c.Slot] = c.Token, c.Confidence
		committed = append(committed, c)
	}
	return committed, nil
}

// prefer puts first of the candidates the surest that is of the skeleton, if it is at least half as sure as the first,
// for which the first has to wait.
func (s *Sampler) prefer(order Skeletal, observed bool) {
	best := -1
	for i, c := range s.candidates {
		if c.Confidence >= s.candidates[0].Confidence/2 && (best < 0 || c.Confidence > s.candidates[best].Confidence) &&
			order.Skeleton(s.canvas, c.Slot, c.Token) {
			best = i
		}
	}
	if best > 0 {
		if observed {
			s.waiting = append(s.waiting, Objection{Candidate: s.candidates[0], Rule: SkeletonFirst, For: s.candidates[best].Slot})
		}
		s.candidates[0], s.candidates[best] = s.candidates[best], s.candidates[0]
	}
}

// judge replaces a candidate that is vetoed by the next best, and by End, which waits, where there is none. A slot that
// does not take End waits with its first.
func (s *Sampler) judge(o *Options, c Candidate, logits []float32, lse float32) (_ Candidate, ready bool) {
	end, first := probability(logits[s.vocabulary.End], lse), c
	for range maxVetoes {
		if o.Order.Possible(s.canvas, c.Slot, c.Token) {
			if ready = o.Order.Ready(s.canvas, c.Slot, c.Token); !ready && o.Observe != nil {
				s.waiting = append(s.waiting, objection(o.Order, c))
			}
			return c, ready
		}
		if o.Observe != nil {
			s.vetoed = append(s.vetoed, objection(o.Order, c))
		}
		if order, ok := o.Order.(Ender); ok && c.Slot >= s.endless && order.Ends() && o.Order.Possible(s.canvas, c.Slot, s.vocabulary.End) {
			c.Token = s.vocabulary.End
			return c, o.Order.Ready(s.canvas, c.Slot, c.Token)
		}
		logits[c.Token] = float32(math.Inf(-1))
		if c.Token = int32(s.kernel.Argmax(logits)); !finite(logits[c.Token]) {
			break
		}
		c.Confidence = probability(logits[c.Token], lse)
	}
	if c.Slot < s.endless {
		return first, false
	}
	c.Token, c.Confidence = s.vocabulary.End, end
	return c, false
}

// objection is what the order just said of a candidate.
func objection(order Order, c Candidate) Objection {
	o := Objection{Candidate: c, For: -1}
	if e, ok := order.(Explainer); ok {
		o.Rule, o.Name, o.For = e.Why()
		o.Name = strings.Clone(o.Name)
	}
	return o
}

var errNotFinite = errors.New("diffusion: the model's logits are not finite: its weights are damaged or not of this architecture")

// best picks the most probable token that is text, or End; or draws one, if there is a temperature. It overwrites the logits
// of those that are not. lse is that of the logits as they came.
func (s *Sampler) best(slot int, logits []float32, temperature float32) (c Candidate, lse float32, err error) {
	lse, entropy := s.kernel.LogSumExp(logits)
	for _, t := range s.vocabulary.Never {
		logits[t] = float32(math.Inf(-1))
	}
	if slot < s.endless {
		logits[s.vocabulary.End] = float32(math.Inf(-1))
	}
	for _, c := range s.remasked {
		if c.Slot == slot && c.Token != s.vocabulary.End {
			logits[c.Token] = float32(math.Inf(-1))
		}
	}
	token := int32(s.kernel.Argmax(logits))
	if !finite(lse) || !finite(entropy) || !finite(logits[token]) {
		return c, 0, errNotFinite
	}
	if temperature > 0 {
		token = s.draw(logits, logits[token], temperature)
	}
	return Candidate{slot, token, probability(logits[token], lse), entropy}, lse, nil
}

// negligible is what logits lie below the highest, times the temperature, that are never drawn: one in 3000.
const negligible = 8

// draw picks a token by chance.
func (s *Sampler) draw(logits []float32, top, temperature float32) int32 {
	least, mass := top-negligible*temperature, 0.0
	for _, v := range logits {
		if v >= least {
			mass += math.Exp(float64((v - top) / temperature))
		}
	}
	at, last := s.random.Float64()*mass, 0
	for i, v := range logits {
		if v >= least {
			last = i
			if at -= math.Exp(float64((v - top) / temperature)); at < 0 {
				break
			}
		}
	}
	return int32(last)
}

func probability(logit, lse float32) float32 { return float32(math.Exp(float64(logit - lse))) }

func finite(x float32) bool { return !math.IsNaN(float64(x)) && !math.IsInf(float64(x), 0) }
