package diffusion

import (
	"errors"
	"math"
	"slices"
)

// An Order says which tokens may be committed before which, as the structure of code has it. The canvas holds the
// tokens committed so far and masks; the slot holds a mask. Implementations must not change or keep the canvas.
//
// Whatever an Order says, a step commits a token: the leftmost mask does not wait, and where the sixteen tokens that the
// model would most like there are vetoed, the text ends. A revision asks what is possible only of what it puts in place.
type Order interface {
	// Begin says that a new canvas begins after the given tokens of the text.
	Begin(text []int32)
	// Possible reports whether the token can stand in the slot. One that cannot is vetoed: the next best is asked about.
	Possible(canvas []int32, slot int, token int32) bool
	// Ready reports whether the token, which is possible, may be committed now, rather than after slots before it.
	Ready(canvas []int32, slot int, token int32) bool
}

// maxVetoes is how many tokens of a slot can be vetoed in a step before it has to wait.
const maxVetoes = 16

// commit puts into the canvas what the policy and the order want of the candidates for s.slots, masks all, at least
// one of them, and returns those in the order of slots. step counts the forward passes of the block.
func (s *Sampler) commit(o *Options, logits [][]float32, step int) ([]Candidate, error) {
	s.candidates = s.candidates[:0]
	var first Candidate
	for i, slot := range s.slots {
		c, lse, err := s.best(slot, logits[i], o.Temperature)
		if err != nil {
			return nil, err
		}
		ready := true
		if o.Order != nil {
			c, ready = s.judge(o.Order, c, logits[i], lse)
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
	slices.SortFunc(chosen, func(a, b Candidate) int { return a.Slot - b.Slot })
	committed := chosen[:0]
	for i, c := range chosen {
		// What was committed just now can be what this one must not follow.
		if i > 0 && o.Order != nil && !(o.Order.Possible(s.canvas, c.Slot, c.Token) && o.Order.Ready(s.canvas, c.Slot, c.Token)) {
			continue
		}
		s.canvas[c.Slot] = c.Token
		committed = append(committed, c)
	}
	return committed, nil
}

// judge replaces a candidate that is vetoed by the next best, and by End, which waits, where there is none.
func (s *Sampler) judge(order Order, c Candidate, logits []float32, lse float32) (_ Candidate, ready bool) {
	end := probability(logits[s.vocabulary.End], lse)
	for range maxVetoes {
		if order.Possible(s.canvas, c.Slot, c.Token) {
			return c, order.Ready(s.canvas, c.Slot, c.Token)
		}
		logits[c.Token] = float32(math.Inf(-1))
		if c.Token = int32(s.kernel.Argmax(logits)); !finite(logits[c.Token]) {
			break
		}
		c.Confidence = probability(logits[c.Token], lse)
	}
	c.Token, c.Confidence = s.vocabulary.End, end
	return c, false
}

var errNotFinite = errors.New("diffusion: the model's logits are not finite: its weights are damaged or not of this architecture")

// best picks the most probable token that is text, or End; or draws one, if there is a temperature. It overwrites the logits
// of those that are not. lse is that of the logits as they came.
func (s *Sampler) best(slot int, logits []float32, temperature float32) (c Candidate, lse float32, err error) {
	lse, entropy := s.kernel.LogSumExp(logits)
	for _, t := range s.vocabulary.Never {
		logits[t] = float32(math.Inf(-1))
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
