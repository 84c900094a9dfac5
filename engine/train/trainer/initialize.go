package trainer

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"seedls/engine/checkpoint"
	"seedls/engine/tokenizer"
	"seedls/engine/train"
)

// maxVocab is more than any model has.
const maxVocab = 1 << 20

// newLearner makes a new model for the tokenizer of the configuration.
func (c *Config) newLearner() (*learner, error) {
	vocabulary, err := os.ReadFile(c.Tokenizer)
	if err != nil {
		return nil, fmt.Errorf("%w: \"seedls train tokenizer\" makes it", err)
	}
	l := &learner{}
	if l.tokens, l.vocabulary, err = c.Tokens.parse(vocabulary, maxVocab); err != nil {
		return nil, fmt.Errorf("%s: %w", c.Tokenizer, err)
	}
	l.model = c.config(l.tokens)
	if err := l.model.Check(); err != nil {
		return nil, c.wrongModel(l, err)
	}
	return l, nil
}

// openLearner opens a model that is trained further.
func (c *Config) openLearner() (l *learner, err error) {
	m, err := checkpoint.OpenForTraining(c.Init)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, m.Close()) }()
	if m.Config.Autoregressive() {
		return c.convert(m)
	}
	return loadLearner(m)
}

// convert makes of an autoregressive model one whose canvases are to learn their own tokens, while the context goes on
// predicting the next.
func (c *Config) convert(m *checkpoint.Checkpoint) (*learner, error) {
	l := &learner{autoregressive: true}
	if m.TokenizerJSON() == nil {
		return nil, withoutTokenizer(m)
	}
	var err error
	if l.tokens, l.vocabulary, err = c.Tokens.parse(m.TokenizerJSON(), m.Config.VocabSize); err != nil {
		return nil, fmt.Errorf("%s: %w", filepath.Join(c.Init, "tokenizer.json"), err)
	}
	m.Config.Diffusion = c.diffusion(l.tokens)
	if err := m.Config.Check(); err != nil {
		return nil, c.wrongModel(l, err)
	}
	l.model = m.Config
	l.weights, err = train.Load(m)
	return l, err
}

func loadLearner(c *checkpoint.Checkpoint) (*learner, error) {
	if c.TokenizerJSON() == nil {
		return nil, withoutTokenizer(c)
	}
	tokens, err := tokenizer.Parse(c.TokenizerJSON(), c.Config.VocabSize)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	weights, err := train.Load(c)
	if err != nil {
		return nil, err
	}
	return &learner{model: c.Config, tokens: tokens, vocabulary: c.TokenizerJSON(), weights: weights}, nil
}

func withoutTokenizer(c *checkpoint.Checkpoint) error {
	return fmt.Errorf("%s has no tokenizer.json: put in the one that the model was trained with", c.Name)
}

// parameters are the weights to begin with.
func (l *learner) parameters(seed uint64) (*train.Parameters, error) {
	if l.weights != nil {
		return l.weights, nil
	}
	p, err := train.NewParameters(l.model)
	if err != nil {
		return nil, err
	}
	randomize(p, seed)
	return p, nil
}

// randomize sets weights for the first step: norms to one, the matrices that write to the residual stream to zero, so that
// all layers begin as the identity, the others so that what they make of normalised rows has the scale of those.
func randomize(p *train.Parameters, seed uint64) {
	r := rand.New(rand.NewPCG(seed, 0x5eed))
	for _, t := range p.Tensors() {
		deviation := 0.0
		switch {
		case len(t.Shape) == 1:
			for i := range t.Values {
				t.Values[i] = 1
			}
			continue
		case strings.HasSuffix(t.Name, "o_proj.weight"), strings.HasSuffix(t.Name, "down_proj.weight"):
		case strings.HasPrefix(t.Name, "model.layers."):
			deviation = 1 / math.Sqrt(float64(t.Shape[1]))
		default: // embedding and output
			deviation = 0.02
		}
		for i := range t.Values {
			t.Values[i] = float32(deviation * r.NormFloat64())
		}
	}
}
