package diffusion

import (
	"cmp"
	"slices"
)

// A Policy decides what a step commits.
type Policy interface {
	// Order sorts candidates, the masked slots of the block, so that those to commit come first, and returns how many
	// they are. The sampler commits at least one. step counts the forward passes of the block from 0.
	Order(candidates []Candidate, step int) int
}

// Threshold commits every candidate at least this confident (Fast-dLLM, arXiv 2505.22618).
type Threshold float32

// Order implements [Policy].
func (t Threshold) Order(candidates []Candidate, _ int) int {
	byConfidence(candidates)
	for i, c := range candidates {
		if c.Confidence < float32(t) {
			return i
		}
	}
	return len(candidates)
}

// FixedSteps fills a block in this many steps: each commits an equal share of what is left, the most confident first
// (LLaDA, arXiv 2502.09992).
type FixedSteps int

// Order implements [Policy].
func (n FixedSteps) Order(candidates []Candidate, step int) int {
	byConfidence(candidates)
	left := max(int(n)-step, 1)
	return (len(candidates) + left - 1) / left
}

// EntropyBounded commits the largest set of lowest entropies with Σ H - max H at most this many nats, which bounds
// what committing them together loses (EB-Sampler, arXiv 2505.24857).
type EntropyBounded float32

// Order implements [Policy].
func (gamma EntropyBounded) Order(candidates []Candidate, _ int) int {
	slices.SortFunc(candidates, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(a.Entropy, b.Entropy), a.Slot-b.Slot)
	})
	var sum float32 // of the entropies before the largest
	for i, c := range candidates {
		if sum > float32(gamma) {
			return i
		}
		sum += c.Entropy
	}
	return len(candidates)
}

func byConfidence(candidates []Candidate) {
	slices.SortFunc(candidates, func(a, b Candidate) int {
		return cmp.Or(cmp.Compare(b.Confidence, a.Confidence), a.Slot-b.Slot)
	})
}
