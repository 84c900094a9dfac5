package sample

import (
	"fmt"
	"math"

	"seedls/engine/checkpoint"
)

// A Stage is what canvases teach.
type Stage int

const (
	// Masks hides tokens of canvases.
	Masks Stage = iota
	// Edits also puts wrong tokens into canvases, misses some out, and adds some.
	Edits
)

func (s Stage) String() string {
	switch s {
	case Masks:
		return "masks"
	case Edits:
		return "edits"
	}
	return fmt.Sprintf("Stage(%d)", int(s))
}

// A Phase is what the canvases of a step are like.
type Phase struct {
	Stage Stage
	// Left is what is left of the annealing: 1 at its beginning, 0 once it is over, or if there is none.
	Left float64
}

// firstT is the greatest t at the beginning of the annealing.
const firstT = 1e-3

// maxT is the greatest t.
func (p Phase) maxT() float64 { return 1 - (1-firstT)*p.Left }

// ahead is how many rows of its canvas after itself a row sees, where canvases have up to longest: 0 for all of them.
func (p Phase) ahead(longest int) int {
	if p.Left == 0 {
		return 0
	}
	return 1 + int((1-p.Left)*float64(longest-1))
}

// A Kind is what a hole takes out of a text.
type Kind int

const (
	Characters Kind = iota // a few, from anywhere
	Words                  // a few of a line
	Line                   // with or without its indentation
	Lines                  // several
	Tail                   // the rest of a line
	Statement              // by the Cutter, like the next two
	Block                  // all that is in it, with or without the white space around
	Argument               // of a call, one or all
	Nothing                // the text is complete without it
	Kinds                  // their number
)

// A Weighting says how much masked tokens count by t, the probability with which their canvas's tokens were masked.
type Weighting string

const (
	// ELBO weighs a token by 1/max(t, 1/rows): the bound of the likelihood, clipped as Stable-DiffCoder's.
	ELBO Weighting = "elbo"
	// Uniform weighs every token by 1.
	Uniform Weighting = "uniform"
)

// A Config says what sequences are like. Shares are probabilities, from 0 to 1.
type Config struct {
	Seed uint64 // of all that is drawn

	// MaskSteps is the share of training steps, the first, that are of the stage Masks; Edits is the rest.
	MaskSteps float64
	// AnnealSteps are the steps, the first, over which a model that was autoregressive gets used to canvases; see the
	// package.
	AnnealSteps int

	// Rows of a sequence at most, context and canvases together. Only so much of it is used as Canvases fill.
	Rows int
	// Canvases of a sequence at most.
	Canvases int
	// CanvasShares is how often canvases have each of the model's canvas_sizes, in proportion; nil for in inverse
	// proportion to the size, which makes as many rows of each.
	CanvasShares []float64

	// Holes is the share of sequences that have a hole; the others are a stretch of a document.
	Holes float64
	// Cuts is how often holes are of each kind, in proportion.
	Cuts [Kinds]float64
	// HoleRows bounds the rows of the canvases of a hole: so many times its text and its end, be it for two canvases of the
	// smallest size. Short holes have little to teach.
	HoleRows float64
	// MiddleCanvases bounds the text of a hole: so many times the tokens of the model's longest canvas.
	MiddleCanvases int

	// DocumentBytes is the length from which on longer documents are not drawn more often.
	DocumentBytes int
	// Path is the share of sequences that name the file.
	Path float64
	// Short is the share of prefixes, of suffixes and of stretches that are cut down to anything from nearly nothing to
	// what a prompt has room for.
	Short float64

	Weighting Weighting
	// SuffixWeight is what a token of a suffix counts in the loss of the context, where others count 1.
	SuffixWeight float64
	// EndWeight is what an end token after the first of a canvas counts, relative to the first.
	EndWeight float64
	// EditWeight is what a token of an edited canvas counts, where one of a masked canvas counts as Weighting says.
	EditWeight float64

	// Edited is the share of canvases that are edited, in the stage Edits.
	Edited float64
	// EditMasks is the share of edited canvases that have masks as well.
	EditMasks float64
	// MaxEdits bounds the edits of a canvas: a share of its tokens, drawn from 0 to it, rounded down.
	MaxEdits float64
	// OneEdit is the share of canvases with one edit among those that were to have less than one.
	OneEdit float64
}

// DefaultConfig is what models are trained with unless there is a reason.
func DefaultConfig() Config {
	return Config{
		MaskSteps: 0.8,
		Rows:      768,
		Canvases:  16,
		Holes:     0.5,
		Cuts: [Kinds]float64{
			Characters: 0.06, Words: 0.08, Line: 0.14, Lines: 0.2, Tail: 0.16,
			Statement: 0.14, Block: 0.14, Argument: 0.06, Nothing: 0.02,
		},
		HoleRows:       6,
		MiddleCanvases: 2,
		DocumentBytes:  32 << 10,
		Path:           0.8,
		Short:          0.2,
		Weighting:      ELBO,
		SuffixWeight:   0.5,
		EndWeight:      0.1,
		EditWeight:     1,
		Edited:         0.5,
		EditMasks:      0.5,
		MaxEdits:       0.1,
		OneEdit:        0.5,
	}
}

// PhaseAt is the phase of a step, from 0, of a training of so many steps.
func (c *Config) PhaseAt(step, steps int) Phase {
	p := Phase{Stage: Edits}
	if float64(step) < c.MaskSteps*float64(steps) {
		p.Stage = Masks
	}
	if step < c.AnnealSteps {
		p.Left = float64(c.AnnealSteps-step) / float64(c.AnnealSteps)
	}
	return p
}

// maxWeight keeps sums of weights in the range of float32.
const maxWeight = 1e6

// A SettingError is a setting of a [Config] that cannot be.
type SettingError struct {
	Field   string // of the Config
	Problem string // what it is, and what it must be
}

func (e *SettingError) Error() string { return e.Field + " " + e.Problem }

func wrong(field, problem string, values ...any) error {
	return &SettingError{field, fmt.Sprintf(problem, values...)}
}

// check says what of the configuration cannot be, for a model that has a prompt layout.
func (c *Config) check(model checkpoint.Config) error {
	for _, share := range []struct {
		name  string
		value float64
	}{
		{"MaskSteps", c.MaskSteps},
		{"Holes", c.Holes},
		{"Path", c.Path},
		{"Short", c.Short},
		{"Edited", c.Edited},
		{"EditMasks", c.EditMasks},
		{"MaxEdits", c.MaxEdits},
		{"OneEdit", c.OneEdit},
	} {
		if !(share.value >= 0 && share.value <= 1) {
			return wrong(share.name, "is %g, must be a share, from 0 to 1", share.value)
		}
	}
	for _, weight := range []struct {
		name  string
		value float64
	}{
		{"SuffixWeight", c.SuffixWeight},
		{"EndWeight", c.EndWeight},
		{"EditWeight", c.EditWeight},
		{"HoleRows", c.HoleRows},
	} {
		if !(weight.value >= 0 && weight.value <= maxWeight) {
			return wrong(weight.name, "is %g, must be from 0 to %g", weight.value, maxWeight)
		}
	}
	if c.Weighting != ELBO && c.Weighting != Uniform {
		return wrong("Weighting", "is %q, must be %q or %q", c.Weighting, ELBO, Uniform)
	}
	for _, number := range []struct {
		name       string
		value, min int
	}{
		{"Canvases", c.Canvases, 2},
		{"MiddleCanvases", c.MiddleCanvases, 1},
		{"DocumentBytes", c.DocumentBytes, 1},
	} {
		if number.value < number.min {
			return wrong(number.name, "is %d, must be at least %d", number.value, number.min)
		}
	}
	if err := checkShares("Cuts", c.Cuts[:]); err != nil {
		return err
	}
	sizes := model.Diffusion.CanvasSizes
	if c.CanvasShares != nil {
		if len(c.CanvasShares) != len(sizes) {
			return wrong("CanvasShares", "has %d numbers, and the model %d canvas_sizes: must be one for each",
				len(c.CanvasShares), len(sizes))
		}
		if err := checkShares("CanvasShares", c.CanvasShares); err != nil {
			return err
		}
	}
	return nil
}

// checkShares checks numbers that are shares of their sum.
func checkShares(name string, shares []float64) error {
	sum := 0.0
	for i, share := range shares {
		if !(share >= 0) {
			return wrong(name, "has %g in place %d, must not be negative", share, i+1)
		}
		sum += share
	}
	if !(sum > 0 && sum <= math.MaxFloat32) {
		return wrong(name, "has the sum %g, must have one above 0", sum)
	}
	return nil
}
