// Package bench measures how fast a model is on this machine, and how close that comes to what the machine can do: its
// ceilings, then forward passes of every kind, then whole texts one token after another and by diffusion.
//
// Every figure is the median of several runs, with the least and the most of them beside it. The runs of one kind take
// turns, so that a machine that slows down is not taken for a model that does.
package bench

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"seedls/engine/kernel/ceiling"
	"seedls/engine/transformer"
)

// A Subject is what is measured. It is used by [Run] alone while that runs.
type Subject struct {
	Name      string
	Runner    *transformer.Runner
	Kernel    string
	Threads   int
	Precision string // of the weights: "f32", "bf16", "int8" or "int4"
	BlockSize int    // tokens of a canvas in Texts

	Texts Texts
	// Start has another process load the model and complete one place; nil where there is none that can.
	Start func(context.Context) (Start, error)
}

// Texts are prompts, the same for both ways of writing.
type Texts struct {
	Of    string // what they are, such as "holes in Go"
	Count int
	// Write answers a prompt, counted from 0, by diffusion, or else one token after another. Nothing of it is cached.
	Write func(ctx context.Context, prompt int, diffusion bool) (Text, error)
}

// A Text is what was written for a prompt.
type Text struct {
	Tokens   int           // without the one that ends it
	Forwards int           // passes that wrote them
	Writing  time.Duration // from the first of those passes to the end of the last
	Total    time.Duration // the prompt and what surrounds the model included
}

// A Start is how soon a process is of use.
type Start struct {
	Ready  time.Duration // from its start until the model can be asked
	Answer time.Duration // from its start until its first completion
}

// Options of a measurement.
type Options struct {
	Runs int // at least 1
	// Forwards leaves texts and start-up out, which take long with large models.
	Forwards bool
	// Observe is told how far what is under way is.
	Observe func(what string, done, total int)
}

// ceilingRuns is the most runs of a ceiling, which is the best of them.
const ceilingRuns = 5

// Run measures s. When ctx is cancelled it returns ctx.Err() after at most 64 more forward passes.
func Run(ctx context.Context, s Subject, o Options) (*Report, error) {
	model := s.Runner.Model()
	r := &Report{
		Model: s.Name, Parameters: model.Parameters(), WeightBytes: model.Bytes(),
		Kernel: s.Kernel, Threads: s.Threads, Precision: s.Precision, BlockSize: s.BlockSize, Runs: o.Runs,
		LeftOut: []string{},
	}
	if wider[s.Precision] == nil {
		return nil, fmt.Errorf("precision %q: no arithmetic to compare it with is known", s.Precision)
	}
	var err error
	r.Ceilings, err = ceiling.Measure(ctx, s.Threads, min(o.Runs, ceilingRuns), func(done, total int) { o.Observe("ceilings", done, total) })
	if err != nil {
		return nil, err
	}
	debug.FreeOSMemory()
	r.PeakGOPS, r.BandwidthGBS = peak(r.Ceilings, s.Precision), rateOf(r.Ceilings, ceiling.Read)
	if err := r.measureForwards(ctx, s.Runner, o); err != nil {
		return nil, err
	}
	if o.Forwards {
		r.LeftOut = append(r.LeftOut, "texts and start-up, as was asked for")
	} else {
		if err := r.measureTexts(ctx, s.Texts, o); err != nil {
			return nil, err
		}
		if err := r.measureStart(ctx, s.Start, o); err != nil {
			return nil, err
		}
	}
	r.Spreads = r.spreads()
	return r, nil
}

// wider has the arithmetic that products of a precision can be made of: its own, and that of wider numbers.
var wider = map[string][]ceiling.Kind{
	"f32":  {ceiling.F32},
	"bf16": {ceiling.F32, ceiling.BF16},
	"int8": {ceiling.F32, ceiling.BF16, ceiling.Int8},
	"int4": {ceiling.F32, ceiling.BF16, ceiling.Int8},
}

// peak is the most 10⁹ operations a second that weights of a precision can be used with, on all threads.
func peak(rates []ceiling.Rate, precision string) float64 { return rateOf(rates, wider[precision]...) }

// rateOf is the best rate of some kinds on all threads.
func rateOf(rates []ceiling.Rate, kinds ...ceiling.Kind) float64 {
	best := 0.0
	for _, r := range rates {
		for _, kind := range kinds {
			if r.Kind == kind {
				best = max(best, r.All)
			}
		}
	}
	return best
}

func (r *Report) measureStart(ctx context.Context, start func(context.Context) (Start, error), o Options) error {
	if start == nil {
		r.LeftOut = append(r.LeftOut, "startup_ms, first_answer_ms: the model has no tokenizer or no prompt layout, so that no process can complete with it")
		return nil
	}
	var ready, answer []float64
	for run := range o.Runs {
		o.Observe("start-up", run, o.Runs)
		s, err := start(ctx)
		if err != nil {
			return err
		}
		ready, answer = append(ready, milliseconds(s.Ready)), append(answer, milliseconds(s.Answer))
	}
	o.Observe("start-up", o.Runs, o.Runs)
	r.StartupMS, r.FirstAnswerMS = figure(ready), figure(answer)
	return nil
}
