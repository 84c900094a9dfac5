package trainer

import (
	"errors"
	"fmt"
	"io"

	"seedls/engine/checkpoint"
	"seedls/engine/tokenizer"
	"seedls/engine/train"
	"seedls/engine/train/corpus"
	"seedls/engine/train/rollout"
	"seedls/engine/train/sample"
)

// A learner is what there is of a model before a run: its shape, its vocabulary and, of one to go on from, its weights.
type learner struct {
	model      checkpoint.Config
	tokens     *tokenizer.Tokenizer
	vocabulary []byte            // tokenizer.json
	weights    *train.Parameters // nil of a new model

	autoregressive bool // as it was
}

// learner makes the model of the configuration, or opens it. Errors name the file or the setting.
func (c *Config) learner() (*learner, error) {
	if c.Init != "" {
		return c.openLearner()
	}
	return c.newLearner()
}

// openText opens a corpus, which must have some text.
func openText(file string) (*corpus.Corpus, error) {
	c, err := corpus.Open(file)
	if err != nil {
		return nil, err
	}
	if c.Bytes() == 0 {
		return nil, errors.Join(fmt.Errorf("%s has no text: make it of more source trees with \"seedls train corpus\"", file), c.Close())
	}
	return c, nil
}

// trajectories opens what is to be learnt from beside the corpus; nil if there is nothing.
func (c *Config) trajectories(l *learner) (*rollout.Learner, error) {
	t := &c.Trajectories
	if t.File == "" {
		return nil, nil
	}
	all, err := rollout.Read(t.File)
	if err != nil {
		return nil, err
	}
	r, err := rollout.NewLearner(l.model, all, c.Seed, t.Edited, c.Samples.Rows)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.File, err)
	}
	return r, nil
}

// WriteSamples writes the first sequences that a run learns from, for somebody to read: so many, with canvases of a stage.
// Errors name the file and the setting.
func WriteSamples(w io.Writer, c Config, cutter sample.Cutter, number int, stage sample.Stage) (err error) {
	l, err := c.learner()
	if err != nil {
		return err
	}
	documents, err := openText(c.Corpus)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, documents.Close()) }()
	samples := c.samples(l)
	sampler, err := sample.New(documents, l.tokens, l.model, cutter, samples)
	if err != nil {
		return c.wrongSamples(l, err)
	}
	for i := range number {
		phase := samples.PhaseAt(i/c.Steps.Sequences, c.Steps.Total)
		phase.Stage = stage
		s, err := sampler.Sequence(int64(i), phase)
		if err != nil {
			return err
		}
		if i > 0 {
			if _, err := fmt.Fprintln(w); err != nil {
				return err
			}
		}
		if err := sampler.Format(w, s); err != nil {
			return err
		}
	}
	return nil
}
