package rollout

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"

	"seedls/engine/checkpoint"
	"seedls/engine/train"
)

// A Learner makes training sequences of trajectories: the prompt once, and states of the trajectory as canvases, whose
// masks are to become what the trajectory ended as. As in the edit stage, some tokens of some states are replaced, and then
// every row predicts its token. It is immutable and safe for concurrent use.
type Learner struct {
	model  checkpoint.Config
	seed   uint64
	edited float64
	rows   int
	all    []Trajectory
	drawn  []float64 // the sum of the weights up to each
}

// NewLearner makes a learner of trajectories, which stay the caller's and do not change any more. edited is the share of
// states in which tokens are replaced; rows bounds those of a sequence.
func NewLearner(model checkpoint.Config, all []Trajectory, seed uint64, edited float64, rows int) (*Learner, error) {
	l := &Learner{model: model, seed: seed, edited: edited, rows: rows, all: all}
	total := 0.0
	for i := range all {
		if err := all[i].fits(model); err != nil {
			return nil, fmt.Errorf("trajectory %d: %w: it is of another model", i+1, err)
		}
		total += all[i].Weight
		l.drawn = append(l.drawn, total)
	}
	if total == 0 {
		return nil, errors.New("there are no trajectories of any weight to learn from")
	}
	return l, nil
}

// fits says what of a trajectory a model does not have.
func (t *Trajectory) fits(c checkpoint.Config) error {
	if n := len(t.Prompt) + len(t.Final); n > c.MaxPositions {
		return fmt.Errorf("%d positions, of which the model has %d", n, c.MaxPositions)
	}
	for _, tokens := range append([][]int32{t.Prompt, t.Final}, t.States...) {
		for _, id := range tokens {
			if id < 0 || int(id) >= c.VocabSize {
				return fmt.Errorf("token %d is not in the vocabulary of %d", id, c.VocabSize)
			}
		}
	}
	return nil
}

// replaced is the share of the tokens of a state that are replaced, at most.
const replaced = 0.1

// Sequence makes the sequence of a number, which depends on the trajectories, the seed and the number alone.
func (l *Learner) Sequence(number int64) *train.Sequence {
	r := rand.New(rand.NewPCG(l.seed, uint64(number)))
	at := r.Float64() * l.drawn[len(l.drawn)-1]
	i, _ := slices.BinarySearch(l.drawn, at)
	t := &l.all[min(i, len(l.all)-1)]

	s := &train.Sequence{}
	addPrompt(s, t.Prompt)
	for i := 1; i < len(t.Prompt); i++ { // its text is to be predicted as ever
		if p := l.model.Diffusion.Prompt; !slices.Contains([]int32{p.FileID, p.SuffixID, p.PrefixID}, t.Prompt[i]) {
			s.Targets[i-1], s.Weights[i-1] = t.Prompt[i], 1
		}
	}
	order := r.Perm(len(t.States))
	for _, i := range order {
		if len(s.IDs)+len(t.States[i]) > l.rows && len(s.Canvases) > 0 {
			break
		}
		l.state(s, t, t.States[i], r)
	}
	return s
}

func (l *Learner) state(s *train.Sequence, t *Trajectory, state []int32, r *rand.Rand) {
	mask := l.model.Diffusion.MaskTokenID
	edited := r.Float64() < l.edited
	share := replaced * r.Float64()
	addCanvas(s, state, func(i int) (id, target int32, weight float32) {
		id, target = state[i], t.Final[i]
		weight = 1
		if i > t.Text { // an end after the first
			weight = 0.1
		}
		switch {
		case id == mask:
		case !edited:
			return id, -1, 0
		case r.Float64() < share:
			id = t.Prompt[r.IntN(len(t.Prompt))]
			if p := l.model.Diffusion.Prompt; slices.Contains([]int32{p.FileID, p.SuffixID, p.PrefixID}, id) {
				id = state[i]
			}
		}
		return id, target, weight
	})
}
