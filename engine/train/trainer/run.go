// Package trainer is a training run: from a configuration, a corpus and a tokenizer to a model, over hours, in steps that may
// be stopped at any moment and go on from the last checkpoint with the same losses.
//
// The directory of a run has
//
//	step-000123/     the last two checkpoints, each a model by itself (package state)
//	losses.jsonl     a [Record] for each step
//	losses.svg       the same as a picture, made at each checkpoint
//	model/           the model, once the run is over, with a README.md that says what it was made of
//
// Whatever is drawn depends on the seed and on the number of the step alone, and sums have their order: so a run that was
// interrupted makes the model that it would have made. Sequences of the next step are drawn while one is computed.
package trainer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"seedls/engine/checkpoint"
	"seedls/engine/kernel"
	"seedls/engine/tokenizer"
	"seedls/engine/train"
	"seedls/engine/train/corpus"
	"seedls/engine/train/optimize"
	"seedls/engine/train/sample"
	"seedls/engine/train/state"
)

// Options are what a run does not depend on, but for the kernel's rounding.
type Options struct {
	Kernel  kernel.Kernel
	Pool    *kernel.Pool
	Cutter  sample.Cutter
	Observe func(Event) // is told what happens; nil for nobody
}

// An Event is what happens in a run. Pointers are nil but for what happened.
type Event struct {
	Record     *Record  // a step is done
	Steps      int      // of the run
	Rate       float64  // tokens a second, of the last steps
	HeldOut    *HeldOut // losses were measured
	Checkpoint string   // was written there
	Model      string   // was written there: the run is over
	Warning    error    // a checkpoint was passed over, a step left out
}

// ErrStopped is what a run that was cancelled returns once its checkpoint is written.
var ErrStopped = errors.New("the run was stopped: the same command goes on with it")

// A run under way.
type run struct {
	config  Config
	options Options

	tokens    []byte // tokenizer.json
	corpus    *corpus.Corpus
	heldOut   *corpus.Corpus
	model     checkpoint.Config
	samples   sample.Config
	sampler   *sample.Sampler
	evaluator *evaluator

	parameters *train.Parameters
	gradients  *train.Parameters
	pass       *train.Pass
	optimizer  *optimize.Optimizer
	history    *history
	step       int
	seen       int64 // tokens
	saved      time.Time
}

// Run trains until the steps of the configuration are done or ctx is cancelled, and goes on where a run in the same
// directory was. Errors name the file and the setting. After any of them the last checkpoint is whole.
func Run(ctx context.Context, c Config, o Options) (err error) {
	if o.Observe == nil {
		o.Observe = func(Event) {}
	}
	r := &run{config: c, options: o}
	defer func() { err = errors.Join(err, r.close()) }()
	if err := r.open(); err != nil {
		return err
	}
	if err := r.resume(); err != nil {
		return err
	}
	return r.train(ctx)
}

// open reads what there is to learn from, and makes the model.
func (r *run) open() (err error) {
	c := &r.config
	if r.corpus, err = corpus.Open(c.Corpus); err != nil {
		return err
	}
	if r.heldOut, err = corpus.Open(corpus.HeldOutFile(c.Corpus)); err != nil {
		return err
	}
	var tokens *tokenizer.Tokenizer
	if c.Init != "" {
		tokens, err = r.initFrom(c.Init)
	} else {
		tokens, err = r.initRandom(c.Tokenizer)
	}
	if err != nil {
		return err
	}
	r.samples = c.samples()
	if r.sampler, err = sample.New(r.corpus, tokens, r.model, r.options.Cutter, r.samples); err != nil {
		return fmt.Errorf("%s: %w", c.Corpus, err)
	}
	samples := r.samples
	samples.Seed = heldOutSeed
	heldOut, err := sample.New(r.heldOut, tokens, r.model, r.options.Cutter, samples)
	if err != nil {
		return fmt.Errorf("%s: %w", corpus.HeldOutFile(c.Corpus), err)
	}
	if r.optimizer, err = optimize.New(r.parameters, r.options.Kernel, r.options.Pool, c.optimizer()); err != nil {
		return fmt.Errorf("optimize: %w", err)
	}
	if r.gradients, err = train.NewParameters(r.model); err != nil {
		return err
	}
	if r.evaluator, err = newEvaluator(heldOut, tokens, r.model, c.Steps.HeldOut); err != nil {
		return fmt.Errorf("%s: %w", corpus.HeldOutFile(c.Corpus), err)
	}
	return os.MkdirAll(c.Out, 0o777)
}

// resume goes on from the last checkpoint, where there is one.
func (r *run) resume() error {
	c, err := state.Latest(r.config.Out, func(err error) { r.options.Observe(Event{Warning: err}) })
	var begin state.History
	switch {
	case errors.Is(err, fs.ErrNotExist):
		begin.File = historyFile
	case err != nil:
		return err
	default:
		if err := c.Restore(r.optimizer); err != nil {
			return err
		}
		if c.Progress.Seed != r.config.Seed {
			return fmt.Errorf("%s was trained with seed %d, and seed is %d now: set it back, or begin a run in another directory",
				c.Path, c.Progress.Seed, r.config.Seed)
		}
		r.step, r.seen, begin = c.Progress.Step, c.Progress.Tokens, c.Progress.Losses
	}
	if r.history, err = openHistory(r.config.Out, begin); err != nil {
		return err
	}
	r.pass = train.NewPass(r.parameters, r.options.Kernel, r.options.Pool, kernel.BF16)
	return nil
}

// train does the steps that are left.
func (r *run) train(ctx context.Context) error {
	c := &r.config
	r.saved = time.Now()
	next := r.draw(r.step)
	for begin := time.Now(); r.step < c.Steps.Total; {
		batch := <-next
		if batch.err != nil {
			return batch.err
		}
		next = r.draw(r.step + 1)
		record, err := r.learn(batch)
		if err != nil {
			return err
		}
		r.step++
		end := time.Now()
		record.Seconds, begin = end.Sub(begin).Seconds(), end
		if r.step%c.Steps.Evaluate == 0 || r.step == c.Steps.Total {
			if record.HeldOut, err = r.evaluate(); err != nil {
				return err
			}
			begin = time.Now()
		}
		if err := r.history.add(record); err != nil {
			return err
		}
		r.options.Observe(Event{Record: record, Steps: c.Steps.Total, Rate: r.history.rate(), HeldOut: record.HeldOut})
		stopped := ctx.Err() != nil
		if stopped || r.step == c.Steps.Total || time.Since(r.saved).Minutes() >= c.Steps.Checkpoint {
			if err := r.save(); err != nil {
				return err
			}
			begin = time.Now()
		}
		if stopped && r.step < c.Steps.Total {
			return ErrStopped
		}
	}
	return r.finish()
}

// A batch is the sequences of a step.
type batch struct {
	sequences []*train.Sequence
	stage     sample.Stage
	err       error
}

// draw makes the batch of a step on a goroutine of its own.
func (r *run) draw(step int) <-chan batch {
	done := make(chan batch, 1)
	go func() {
		b := batch{stage: r.samples.StageAt(int64(step), int64(r.config.Steps.Total))}
		n := r.config.Steps.Sequences
		for i := range n {
			s, err := r.sampler.Sequence(int64(step*n+i), b.stage)
			if err != nil {
				b.err = err
				break
			}
			b.sequences = append(b.sequences, s)
		}
		done <- b
	}()
	return done
}

// learn does one step.
func (r *run) learn(b batch) (*Record, error) {
	r.gradients.Clear()
	loss, err := r.pass.Gradient(r.gradients, b.sequences...)
	if err != nil {
		return nil, err
	}
	c := &r.config
	schedule := c.schedule()
	rate := c.Steps.Rate * schedule.Share(r.step)
	report := r.optimizer.Step(r.gradients, rate)
	if report.Skipped {
		r.options.Observe(Event{Warning: fmt.Errorf("step %d: the gradients are not finite: it was left out", r.step)})
	} else {
		r.pass.Pack()
	}
	record := &Record{
		Step: r.step, Stage: b.stage.String(), Context: loss.Context, Canvases: loss.Canvases, Rate: rate,
		Norm: report.GradientNorm, Skipped: report.Skipped,
	}
	record.NoiseLevels.add(b.sequences, r.pass.Rows(), &r.model.Diffusion)
	for _, s := range b.sequences {
		record.Tokens += len(s.IDs)
	}
	r.seen += int64(record.Tokens)
	return record, nil
}

// evaluate measures the losses of the average of the weights.
func (r *run) evaluate() (*HeldOut, error) {
	pass := train.NewPass(r.optimizer.Average(), r.options.Kernel, r.options.Pool, kernel.BF16)
	return r.evaluator.measure(pass)
}

// save writes a checkpoint and the picture of the losses.
func (r *run) save() error {
	losses, err := r.history.flush()
	if err != nil {
		return err
	}
	progress := state.Progress{Step: r.step, Tokens: r.seen, Seed: r.config.Seed, Losses: losses}
	progress.Stage = r.samples.StageAt(int64(max(r.step-1, 0)), int64(r.config.Steps.Total)).String()
	path, err := state.Save(r.config.Out, r.optimizer, r.tokens, progress)
	if err != nil {
		return fmt.Errorf("no checkpoint was written: %w", err)
	}
	r.saved = time.Now()
	r.options.Observe(Event{Checkpoint: path})
	return r.history.plot()
}

// finish writes the model.
func (r *run) finish() error {
	path := filepath.Join(r.config.Out, "model")
	if err := os.Remove(filepath.Join(path, cardFile)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := state.WriteModel(path, r.optimizer.Average(), r.tokens); err != nil {
		return err
	}
	if err := r.writeCard(path); err != nil {
		return err
	}
	r.options.Observe(Event{Model: path})
	return nil
}

func (r *run) close() (err error) {
	for _, c := range []*corpus.Corpus{r.corpus, r.heldOut} {
		if c != nil {
			err = errors.Join(err, c.Close())
		}
	}
	if r.history != nil {
		err = errors.Join(err, r.history.close())
	}
	return err
}
