// Package rollout has a model fill holes of a corpus, and keeps how it did, to train it on that.
//
// A [Trajectory] is the states that a canvas went through, from nothing but masks to a text. Many are made of each hole,
// under an order and with several thresholds and seeds; each is scored by the model itself, by the evidence lower bound of
// its text, and verified by the caller. Seed Diffusion (arXiv 2508.02193) trains on the best of them, so that the model
// learns the orders of generation that serve it (constrained-order distillation), and then on those that take few steps
// (on-policy learning). [Learner] makes training sequences of trajectories.
package rollout

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"

	"seedls/engine/checkpoint"
	"seedls/engine/diffusion"
	"seedls/engine/kernel"
	"seedls/engine/tokenizer"
	"seedls/engine/train/sample"
	"seedls/engine/transformer"
)

// A Trajectory is how one canvas was filled.
type Trajectory struct {
	Prompt []int32   `json:"prompt"`
	States [][]int32 `json:"states"` // before each forward pass, the first nothing but masks
	Final  []int32   `json:"final"`  // as long as the first state: the text, and an end or more unless it fills the canvas
	Text   int       `json:"text"`   // tokens of the text

	Threshold   float32 `json:"threshold"`
	Temperature float32 `json:"temperature,omitempty"`
	Score       float64 `json:"score"`      // the evidence lower bound of the text and its end, in nats a token
	Likelihood  float64 `json:"likelihood"` // of the text and its end, one token after another, in nats a token
	Verified    bool    `json:"verified"`   // by the caller
	Similarity  float64 `json:"similarity"` // to what was there, from 0 to 1
	Weight      float64 `json:"weight"`     // in training
}

// Forwards is the number of forward passes that it took.
func (t *Trajectory) Forwards() int { return len(t.States) }

// A Verdict is what a caller says of a text for a hole.
type Verdict struct {
	OK         bool    // it may be shown: it parses, and its names resolve
	Similarity float64 // to what was there, from 0 to 1
}

// A Judge is what the caller knows of code. It is used by one goroutine at a time.
type Judge interface {
	// Order is that of the canvases of a hole; nil for none.
	Order(h *sample.Hole) diffusion.Order
	// Stop reports whether a text, as far as it is written, is all that is wanted for the hole.
	Stop(h *sample.Hole, text string) bool
	// Verify judges a finished text.
	Verify(ctx context.Context, h *sample.Hole, text string) (Verdict, error)
}

// Options of making trajectories.
type Options struct {
	Thresholds []float32 // of confidence, by which slots are committed
	Seeds      int       // trajectories of each threshold: the first is the most probable, the others are drawn
	// Temperature of those that are drawn.
	Temperature float32
}

// A Roller makes trajectories with one model. It is used by one goroutine at a time.
type Roller struct {
	model   *transformer.Model
	tokens  *tokenizer.Tokenizer
	runner  *transformer.Runner
	cache   *transformer.KVCache
	sampler *diffusion.Sampler
	judge   Judge
	options Options
}

// NewRoller makes a roller that computes with k on pool.
func NewRoller(
	m *transformer.Model, tokens *tokenizer.Tokenizer, k kernel.Kernel, pool *kernel.Pool, judge Judge, o Options,
) (*Roller, error) {
	if len(o.Thresholds) == 0 || o.Seeds < 1 {
		return nil, fmt.Errorf("rollout: %d thresholds and %d seeds: want at least one of each", len(o.Thresholds), o.Seeds)
	}
	c := m.Config()
	d := c.Diffusion
	if d.Attention != checkpoint.ContextCausal || d.Prompt == nil {
		return nil, fmt.Errorf("rollout: the model has %s attention: want %s, and a prompt layout", d.Attention, checkpoint.ContextCausal)
	}
	return &Roller{
		model: m, tokens: tokens, runner: transformer.NewRunner(m, k, pool), cache: m.NewKVCache(c.MaxPositions),
		sampler: diffusion.NewSampler(diffusion.Vocabulary{Mask: d.MaskTokenID, End: d.EndTokenID, Never: tokens.Specials()}, k),
		judge:   judge, options: o,
	}, nil
}

// Roll makes the trajectories of a hole, all with canvases of the same size, which the random numbers choose: one of the
// model's that the text that was there fits with its end, if there is one.
func (r *Roller) Roll(ctx context.Context, h *sample.Hole, random *rand.Rand) ([]Trajectory, error) {
	c := r.model.Config()
	sizes := slices.DeleteFunc(slices.Clone(c.Diffusion.CanvasSizes), func(size int) bool {
		return size <= len(h.Middle) || len(h.Prompt)+size > c.MaxPositions
	})
	if len(sizes) == 0 {
		return nil, nil
	}
	size := sizes[random.IntN(min(len(sizes), 2))]
	r.cache.Truncate(0)
	for fed := 0; fed < len(h.Prompt); fed = r.cache.Len() {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		r.runner.Extend(r.cache, h.Prompt[fed:min(fed+transformer.PrefillRows, len(h.Prompt))])
	}
	var all []Trajectory
	for _, threshold := range r.options.Thresholds {
		for seed := range r.options.Seeds {
			t := Trajectory{Prompt: h.Prompt, Threshold: threshold, Weight: 1}
			if seed > 0 {
				t.Temperature = r.options.Temperature
			}
			if err := r.roll(ctx, h, &t, size, random.Uint64()); err != nil {
				return nil, err
			}
			all = append(all, t)
		}
	}
	return all, nil
}

// roll makes one trajectory.
func (r *Roller) roll(ctx context.Context, h *sample.Hole, t *Trajectory, size int, seed uint64) error {
	d := r.model.Config().Diffusion
	state := slices.Repeat([]int32{d.MaskTokenID}, size)
	result, err := r.sampler.Diffuse(ctx, transformer.Sequence{Runner: r.runner, Cache: r.cache}, diffusion.Options{
		Canvas: size, Blocks: 1, Policy: diffusion.Threshold(t.Threshold), Temperature: t.Temperature, Seed: seed,
		Order: r.judge.Order(h),
		Stop:  func(tokens []int32) bool { return r.judge.Stop(h, r.tokens.Decode(tokens)) },
		Observe: func(s diffusion.Step) {
			t.States = append(t.States, state)
			state = slices.Clone(s.Canvas)
		},
	})
	if err != nil {
		return err
	}
	t.Text = len(result.Tokens)
	t.Final = slices.Clone(result.Tokens)
	for len(t.Final) < size {
		t.Final = append(t.Final, d.EndTokenID)
	}
	v, err := r.judge.Verify(ctx, h, r.tokens.Decode(result.Tokens))
	t.Verified, t.Similarity = v.OK, v.Similarity
	return err
}
