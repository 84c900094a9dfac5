package trainer

import (
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

// initRandom makes a new model for the tokenizer of a file.
func (r *run) initRandom(file string) (*tokenizer.Tokenizer, error) {
	tokens, err := r.readTokenizer(file, maxVocab)
	if err != nil {
		return nil, err
	}
	r.model, err = r.config.Model.config(tokens.Size(), func(token string) (int32, error) {
		id, ok := tokens.ID(token)
		if !ok {
			return 0, fmt.Errorf("%s has no token %s: make it with \"seedls train tokenizer\"", file, token)
		}
		return id, nil
	})
	if err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	if r.parameters, err = train.NewParameters(r.model); err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	randomize(r.parameters, r.config.Seed)
	return tokens, nil
}

// initFrom loads a model that is trained further.
func (r *run) initFrom(dir string) (*tokenizer.Tokenizer, error) {
	c, err := checkpoint.Open(dir)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	r.model = c.Config
	if r.parameters, err = train.Load(c); err != nil {
		return nil, err
	}
	return r.readTokenizer(filepath.Join(dir, "tokenizer.json"), c.Config.VocabSize)
}

func (r *run) readTokenizer(file string, vocab int) (*tokenizer.Tokenizer, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	r.tokens = data
	tokens, err := tokenizer.Parse(data, vocab)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return tokens, nil
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
