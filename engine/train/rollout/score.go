package rollout

import (
	"math/rand/v2"
	"slices"

	"seedls/engine/train"
)

// patterns is how many pairs of complementary masks a canvas is scored with.
const patterns = 2

// Score sets the scores of trajectories of one hole: the evidence lower bound of what they ended as, estimated by a few
// masks, the same for all of them. pass is of the model that made them, and mask its mask token.
func Score(pass *train.Pass, mask int32, all []Trajectory, random *rand.Rand) error {
	if len(all) == 0 {
		return nil
	}
	size := len(all[0].Final)
	var masks [][]bool
	var rates []float64
	for i := range patterns {
		t := (float64(i) + random.Float64()) / (2 * patterns) // below a half; its complement above
		masked, complement := make([]bool, size), make([]bool, size)
		for j := range masked {
			masked[j] = random.Float64() < t
			complement[j] = !masked[j]
		}
		masks, rates = append(masks, masked, complement), append(rates, t, 1-t)
	}
	s := &train.Sequence{}
	addPrompt(s, all[0].Prompt)
	var owners []int // of canvas rows
	for i := range all {
		for j, masked := range masks {
			weight := float32(1 / max(rates[j], 1/float64(size)))
			addCanvas(s, all[i].Final, func(row int) (id, target int32, w float32) {
				if row > all[i].Text || !masked[row] { // ends after the first say nothing
					return visible(all[i].Final[row], masked[row], mask), -1, 0
				}
				return mask, all[i].Final[row], weight
			})
			for range size {
				owners = append(owners, i)
			}
		}
		all[i].Score = 0
	}
	if _, err := pass.Loss(s); err != nil {
		return err
	}
	for _, row := range pass.Rows() {
		t := &all[owners[row.Row-s.Context]]
		t.Score -= row.CrossEntropy * float64(s.Weights[row.Row]) / float64(len(masks)) / float64(min(t.Text+1, size))
	}
	return nil
}

// Likelihood sets that of a trajectory's text, one token after another, by a pass.
func Likelihood(pass *train.Pass, end int32, t *Trajectory) error {
	s := &train.Sequence{}
	addPrompt(s, t.Prompt)
	text := append(slices.Clone(t.Final[:t.Text]), end)
	for _, id := range text {
		last := len(s.IDs) - 1
		s.Targets[last], s.Weights[last] = id, 1
		s.IDs = append(s.IDs, id)
		s.Positions = append(s.Positions, int32(last+1))
		s.Targets = append(s.Targets, -1)
		s.Weights = append(s.Weights, 0)
	}
	s.IDs, s.Positions = s.IDs[:len(s.IDs)-1], s.Positions[:len(s.Positions)-1]
	s.Targets, s.Weights = s.Targets[:len(s.IDs)], s.Weights[:len(s.IDs)]
	s.Context = len(s.IDs)
	loss, err := pass.Loss(s)
	t.Likelihood = -loss.Context
	return err
}

func visible(id int32, masked bool, mask int32) int32 {
	if masked {
		return mask
	}
	return id
}

// addPrompt makes a prompt the context of a sequence, without targets.
func addPrompt(s *train.Sequence, prompt []int32) {
	for i, id := range prompt {
		s.IDs = append(s.IDs, id)
		s.Positions = append(s.Positions, int32(i))
		s.Targets = append(s.Targets, -1)
		s.Weights = append(s.Weights, 0)
	}
	s.Context = len(prompt)
}

// addCanvas appends a canvas that follows all of the context, a row for each of the tokens.
func addCanvas(s *train.Sequence, tokens []int32, row func(i int) (id, target int32, weight float32)) {
	for i := range tokens {
		id, target, weight := row(i)
		s.IDs = append(s.IDs, id)
		s.Positions = append(s.Positions, int32(s.Context+i))
		s.Targets = append(s.Targets, target)
		s.Weights = append(s.Weights, weight)
	}
	s.Canvases = append(s.Canvases, train.Canvas{Start: s.Context, Rows: len(tokens)})
}
