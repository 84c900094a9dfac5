package completion

import (
	"fmt"

	"seedls/engine/diffusion"
)

// A Mode is a way to generate.
type Mode string

// The modes.
const (
	Diffusion      Mode = "diffusion" // a block at a time, several tokens a step
	Autoregressive Mode = "ar"        // a token at a time, with the same weights
)

// The names of the commit policies.
const (
	ThresholdPolicy      = "threshold"
	FixedStepsPolicy     = "fixed-steps"
	EntropyBoundedPolicy = "entropy-bounded"
)

// DefaultBlock is the tokens of a block where it is not known what would be faster.
const DefaultBlock = 16

// Bounds of the options.
const (
	MaxCanvas    = 128
	MaxBlocks    = 16
	MaxSteps     = 1024
	MaxRevisions = 64

	MaxEntropyBound = 100 // nats
)

// Options say how to generate. The zero value is not valid: begin with [DefaultOptions].
type Options struct {
	Mode Mode
	// Policy says which tokens a step commits: those of at least Threshold confidence, an equal share in each of Steps
	// steps a block, or as many as keep the sum of their entropies within EntropyBound nats.
	Policy       string
	Threshold    float64
	Steps        int
	EntropyBound float64
	// Canvas is the tokens of a block and Blocks the most blocks that an answer may have. With a Canvas of 0 the length
	// that promises to be fastest is chosen for each request, and an answer has as many blocks as Blocks of
	// [DefaultBlock] tokens take.
	Canvas, Blocks int
	// Order has names, closing brackets, quotes and the end of the text wait for what belongs before them, and keeps out
	// what cannot stand where it would: see structure.Order. A text that names what nothing declares is then not shown.
	Order bool
	// Remasks is how often, at most, a block under Order has what turned out wrong masked again: names that nothing
	// declares, lines that do not parse.
	Remasks int
	// Revisions is the most rounds in which a block that is done, or a text to repair, is looked at again: tokens in it
	// give way to others of at least EditThreshold confidence.
	Revisions     int
	EditThreshold float64
	// Context is what the prompt has from elsewhere, before the file's text: some of [Sources]. It must not be written to.
	// The built-in model was trained without, and does no better with declarations of the package: on 1,000 holes of the
	// suite holdout, edit similarity changes by -0.4 points (-1.2 to 0.4), and of what is shown 2.2 points more (0.4 to 4.5)
	// name what nothing declares. Recent text was not measured. So there is none by default.
	Context []string
	// Candidates is how many texts are written together, of which the likeliest that fits is chosen. The first is what one
	// alone would be; the others are drawn, by fixed seeds. Autoregression and a repair write one.
	Candidates int
	// MinScore, unless it is 0, is the score, in nats, below which no text is shown: see [Result].
	MinScore float64
}

// DefaultOptions are what a request uses that says nothing else.
func DefaultOptions() Options {
	return Options{
		Mode:         Diffusion,
		Policy:       ThresholdPolicy,
		Threshold:    0.9,
		Steps:        8,
		EntropyBound: 0.1,
		Blocks:       4,
		Remasks:      2,

		EditThreshold: 0.9,
		Context:       []string{},

		Candidates: 1,
	}
}

// Validate returns an error that names the first option out of its range, and the range.
func (o Options) Validate() error {
	if o.Mode != Diffusion && o.Mode != Autoregressive {
		return fmt.Errorf("mode %q: want %q or %q", o.Mode, Diffusion, Autoregressive)
	}
	if err := o.ValidateContext(); err != nil {
		return err
	}
	if o.Policy != ThresholdPolicy && o.Policy != FixedStepsPolicy && o.Policy != EntropyBoundedPolicy {
		return fmt.Errorf("policy %q: want %q, %q or %q", o.Policy, ThresholdPolicy, FixedStepsPolicy, EntropyBoundedPolicy)
	}
	if !(o.Threshold > 0 && o.Threshold <= 1) {
		return fmt.Errorf("threshold %g: want a probability above 0 and at most 1", o.Threshold)
	}
	if !(o.EditThreshold > 0 && o.EditThreshold <= 1) {
		return fmt.Errorf("edit threshold %g: want a probability above 0 and at most 1", o.EditThreshold)
	}
	if !(o.EntropyBound >= 0 && o.EntropyBound <= MaxEntropyBound) {
		return fmt.Errorf("entropy bound %g: want nats from 0 to %d", o.EntropyBound, MaxEntropyBound)
	}
	if !(o.MinScore >= -1000 && o.MinScore <= 0) {
		return fmt.Errorf("least score %g: want nats from -1000 to 0, which is for any", o.MinScore)
	}
	for _, n := range []struct {
		name            string
		value, min, max int
	}{
		{"steps", o.Steps, 1, MaxSteps},
		{"block", o.Canvas, 0, MaxCanvas},
		{"blocks", o.Blocks, 1, MaxBlocks},
		{"remasks", o.Remasks, 0, MaxRevisions},
		{"revisions", o.Revisions, 0, MaxRevisions},
		{"candidates", o.Candidates, 1, MaxCandidates},
	} {
		if n.value < n.min || n.value > n.max {
			return fmt.Errorf("%s %d: want %d to %d", n.name, n.value, n.min, n.max)
		}
	}
	return nil
}

// scored reports whether texts are.
func (o Options) scored() bool { return o.Candidates > 1 || o.MinScore < 0 }

func (o Options) policy() diffusion.Policy {
	switch o.Policy {
	case FixedStepsPolicy:
		return diffusion.FixedSteps(o.Steps)
	case EntropyBoundedPolicy:
		return diffusion.EntropyBounded(o.EntropyBound)
	default:
		return diffusion.Threshold(o.Threshold)
	}
}
