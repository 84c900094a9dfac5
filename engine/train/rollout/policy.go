package rollout

import (
	"math"

	"github.com/agnivade/levenshtein"
)

// A Goal is what trajectories are preferred for: texts that are as good as before, in fewer steps.
type Goal struct {
	Similarity float64 // to what was there, at least
	Likelihood float64 // by the model that it began with, at least, in nats a token
}

// Met reports whether a trajectory's text is as good as wanted.
func (g Goal) Met(t *Trajectory) bool {
	return t.Verified && t.Similarity >= g.Similarity && t.Likelihood >= g.Likelihood
}

// Prefer keeps the trajectories of a hole that are better than their mean, and weighs them by how much, in standard
// deviations: the gradient of their likelihood so weighted is the policy gradient of the reward, restricted to what is
// rewarded. The reward is the goal times the mean distance between states of the trajectory.
//
// Seed Diffusion (arXiv 2508.02193) found the number of steps an unstable reward; for a text of given length, states that
// lie further apart are fewer.
func (g Goal) Prefer(all []Trajectory) []Trajectory {
	if len(all) < 2 {
		return nil
	}
	rewards := make([]float64, len(all))
	mean, square := 0.0, 0.0
	for i := range all {
		if g.Met(&all[i]) {
			rewards[i] = Distance(&all[i])
		}
		mean += rewards[i] / float64(len(all))
		square += rewards[i] * rewards[i] / float64(len(all))
	}
	deviation := math.Sqrt(max(square-mean*mean, 0))
	const indistinct = 1e-3
	if deviation < indistinct {
		return nil
	}
	kept := all[:0]
	for i := range all {
		if advantage := (rewards[i] - mean) / deviation; advantage > 0 {
			all[i].Weight = advantage
			kept = append(kept, all[i])
		}
	}
	return kept
}

// Distance is the mean edit distance between two states of a trajectory, what it ends as among them, as a share of its
// text and end.
func Distance(t *Trajectory) float64 {
	length := min(t.Text+1, len(t.Final))
	var states []string
	for _, s := range t.States {
		states = append(states, runes(s[:min(length, len(s))]))
	}
	states = append(states, runes(t.Final[:length]))
	sum, pairs := 0, 0
	for i := range states {
		for j := range i {
			sum += levenshtein.ComputeDistance(states[i], states[j])
			pairs++
		}
	}
	return float64(sum) / float64(pairs*length)
}

// runes is a text with a character for each token.
func runes(tokens []int32) string {
	const above = 0x10000 // what is no character lies below
	r := make([]rune, len(tokens))
	for i, id := range tokens {
		r[i] = rune(above + id)
	}
	return string(r)
}
