// Package trainer is a training run: from a configuration, a corpus and a tokenizer to a model, over hours, in steps that may
// be stopped at any moment and go on from the last checkpoint with the same losses.
//
// The directory of a run has
//
//	step-000123/     the last two checkpoints, each a model by itself (package state)
//	losses.jsonl     a [Record] for each step
//	losses.svg       the same as a picture, made at each checkpoint; noise.svg has losses by the share of masks
//	model/           the model, once the run is over, with a README.md that says what it was made of
//
// One run at a time has the directory. Whatever is drawn depends on the seed and on the number of the step alone, and sums
// have their order: so a run that was interrupted makes the model that it would have made. Sequences of the next step are
// drawn while one is computed.
package trainer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"seedls/engine/kernel"
	"seedls/engine/train"
	"seedls/engine/train/corpus"
	"seedls/engine/train/optimize"
	"seedls/engine/train/rollout"
	"seedls/engine/train/sample"
	"seedls/engine/train/state"
)

// Options are what a run does not depend on, but for the kernel's rounding.
type Options struct {
	Kernel  kernel.Kernel
	Pool    *kernel.Pool
	Cutter  sample.Cutter
	Plot    bool        // draw the losses at each checkpoint
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
	Note       string   // how the run is done, where its settings leave that to it
	Warning    error    // a checkpoint was passed over, a step left out
}

// ErrStopped is what a run that was cancelled returns once its checkpoint is written.
var ErrStopped = errors.New("the run was stopped: the same command goes on with it")

// A run under way.
type run struct {
	*learner
	config  Config
	options Options

	corpus    *corpus.Corpus
	heldOut   *corpus.Corpus
	samples   sample.Config
	sampler   *sample.Sampler
	evaluator *evaluator

	trajectories *rollout.Learner // nil if there are none to learn from

	parameters *train.Parameters
	gradients  *train.Parameters
	pass       *train.Pass
	optimizer  *optimize.Optimizer
	history    *history
	unlock     func() error // the directory
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
	if err := c.check(); err != nil {
		return err
	}
	if r.corpus, err = openText(c.Corpus); err != nil {
		return err
	}
	if r.heldOut, err = openText(corpus.HeldOutFile(c.Corpus)); err != nil {
		return fmt.Errorf("losses are measured on what was held out of the corpus: %w", err)
	}
	if r.learner, err = c.learner(); err != nil {
		return err
	}
	if n := c.annealSteps(r.learner); n != c.Anneal.Steps {
		c.Anneal.Steps = n
		if n > 0 {
			r.options.Observe(Event{Note: fmt.Sprintf("%s is autoregressive: attention and masks are annealed over the first %d of %d steps "+
				"(anneal.steps sets another number)", c.Init, n, c.Steps.Total)})
		}
	}
	r.samples = c.samples(r.learner)
	if r.sampler, err = sample.New(r.corpus, r.tokens, r.model, r.options.Cutter, r.samples); err != nil {
		return c.wrongSamples(r.learner, err)
	}
	if r.evaluator, err = newEvaluator(r.heldOut, r.learner, r.options.Cutter, r.samples, c.Steps.HeldOut); err != nil {
		return c.wrongSamples(r.learner, err)
	}
	if r.trajectories, err = c.trajectories(r.learner); err != nil {
		return err
	}
	if r.parameters, err = r.learner.parameters(c.Seed); err != nil {
		return c.wrongModel(r.learner, err)
	}
	if r.optimizer, err = optimize.New(r.parameters, r.options.Kernel, r.options.Pool, c.optimizer()); err != nil {
		return c.wrong("optimize.", err)
	}
	if r.gradients, err = train.NewParameters(r.model); err != nil {
		return c.wrongModel(r.learner, err)
	}
	if r.unlock, err = state.Lock(c.Out); err != nil {
		return c.wrong("out: ", err)
	}
	return nil
}

// resume goes on from the last checkpoint, where there is one.
func (r *run) resume() error {
	c, err := state.Latest(r.config.Out, func(err error) { r.options.Observe(Event{Warning: err}) })
	losses := state.History{File: historyFile}
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return err
	default:
		if err := r.goesOn(c); err != nil {
			return fmt.Errorf("%w: set it back, or begin a run in another directory", err)
		}
		if err := c.Restore(r.optimizer); err != nil {
			return err
		}
		r.step, r.seen, losses = c.Progress.Step, c.Progress.Tokens, c.Progress.Losses
	}
	if r.history, err = openHistory(r.config.Out, losses); err != nil {
		return err
	}
	r.pass = train.NewPass(r.parameters, r.options.Kernel, r.options.Pool, kernel.BF16)
	return nil
}

// goesOn lets a checkpoint pass that the run can go on from, as far as that is not for the optimiser to say.
func (r *run) goesOn(c *state.Checkpoint) error {
	if was, is := c.Progress.Seed, r.config.Seed; was != is {
		return fmt.Errorf("%s was trained with seed %d, and seed is %d now", c.Path, was, is)
	}
	if was, is := c.Progress.Step, r.config.Steps.Total; was > is {
		return fmt.Errorf("%s is after %d steps, and steps.total is %d now", c.Path, was, is)
	}
	vocabulary, err := os.ReadFile(filepath.Join(c.Path, "tokenizer.json"))
	if err != nil {
		return err
	}
	if !bytes.Equal(vocabulary, r.vocabulary) {
		file := r.config.Tokenizer
		if r.config.Init != "" {
			file = filepath.Join(r.config.Init, "tokenizer.json")
		}
		return fmt.Errorf("%s was trained with another tokenizer than %s", c.Path, file)
	}
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
	phase     sample.Phase
	err       error
}

// draw makes the batch of a step on a goroutine of its own.
func (r *run) draw(step int) <-chan batch {
	done := make(chan batch, 1)
	go func() {
		b := batch{phase: r.phase(step)}
		n := r.config.Steps.Sequences
		for i := range n {
			s, err := r.sequence(int64(step*n+i), b.phase)
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

func (r *run) phase(step int) sample.Phase { return r.samples.PhaseAt(step, r.config.Steps.Total) }

// sequence makes the sequence of a number, of the corpus or, once the annealing is over, of trajectories.
func (r *run) sequence(number int64, phase sample.Phase) (*train.Sequence, error) {
	if r.trajectories != nil && phase.Left == 0 {
		random := rand.New(rand.NewPCG(r.config.Seed^0x7a1ec, uint64(number)))
		if random.Float64() < r.config.Trajectories.Share {
			return r.trajectories.Sequence(number), nil
		}
	}
	return r.sampler.Sequence(number, phase)
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
		Step: r.step, Stage: b.phase.Stage.String(), Context: loss.Context, Canvases: loss.Canvases, Rate: rate,
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
	return r.evaluator.measure(context.Background(), pass, nil)
}

// save writes a checkpoint and draws the losses.
func (r *run) save() error {
	losses, err := r.history.flush()
	if err != nil {
		return fmt.Errorf("no checkpoint was written, the one before is whole: %w", err)
	}
	progress := state.Progress{Step: r.step, Tokens: r.seen, Seed: r.config.Seed, Losses: losses}
	progress.Stage = r.phase(max(r.step-1, 0)).Stage.String()
	path, err := state.Save(r.config.Out, r.optimizer, r.vocabulary, progress)
	if err != nil {
		return fmt.Errorf("no checkpoint was written, the one before is whole: %w", err)
	}
	r.saved = time.Now()
	r.options.Observe(Event{Checkpoint: path})
	if r.options.Plot {
		if err := r.history.plot(); err != nil { // there is nothing in a picture that is not in losses.jsonl
			r.options.Observe(Event{Warning: err})
		}
	}
	return nil
}

// finish writes the model.
func (r *run) finish() error {
	card, err := r.card()
	if err != nil {
		return err
	}
	path := filepath.Join(r.config.Out, "model")
	if err := state.WriteModel(path, r.optimizer.Average(), r.vocabulary, card); err != nil {
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
	if r.unlock != nil {
		err = errors.Join(err, r.unlock())
	}
	return err
}
