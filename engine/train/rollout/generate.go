package rollout

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"seedls/engine/train"
	"seedls/engine/train/sample"
)

// Stats say how trajectories went.
type Stats struct {
	Trajectories int     `json:"trajectories"`
	Verified     int     `json:"verified"`
	Exact        int     `json:"exact"` // what was there
	Tokens       int     `json:"tokens"`
	Forwards     int     `json:"forwards"`
	Similarity   float64 `json:"similarity"` // their mean
	Score        float64 `json:"score"`      // their mean
}

func (s *Stats) add(t *Trajectory) {
	n := float64(s.Trajectories)
	s.Similarity = (s.Similarity*n + t.Similarity) / (n + 1)
	s.Score = (s.Score*n + t.Score) / (n + 1)
	s.Trajectories++
	if t.Verified {
		s.Verified++
	}
	if t.Similarity == 1 {
		s.Exact++
	}
	s.Tokens += t.Text + 1
	s.Forwards += t.Forwards()
}

// ForwardsPerToken counts the end of a text as a token.
func (s *Stats) ForwardsPerToken() float64 { return float64(s.Forwards) / float64(max(s.Tokens, 1)) }

// VerifiedShare is the share of trajectories that were verified.
func (s *Stats) VerifiedShare() float64 { return float64(s.Verified) / float64(max(s.Trajectories, 1)) }

// A Worker makes trajectories, and scores them by its passes: the evidence lower bound by that of the model itself, the
// likelihood by that of another one, which stays as it is. A pass that is nil scores nothing.
type Worker struct {
	Roller *Roller
	Pass   *train.Pass
	Frozen *train.Pass
}

func (w *Worker) trajectories(ctx context.Context, hole *sample.Hole, random *rand.Rand) ([]Trajectory, error) {
	all, err := w.Roller.Roll(ctx, hole, random)
	if err != nil {
		return nil, err
	}
	d := w.Roller.model.Config().Diffusion
	if w.Pass != nil {
		if err := Score(w.Pass, d.MaskTokenID, all, random); err != nil {
			return nil, err
		}
	}
	if w.Frozen != nil {
		for i := range all {
			if err := Likelihood(w.Frozen, d.EndTokenID, &all[i]); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

// Generate rolls out the holes of numbers from first on, n of them, shared out among workers, and returns what choose
// leaves of the trajectories of each hole, in the order of their numbers, and how all of them went. What it returns does
// not depend on the number of workers.
func Generate(
	ctx context.Context, workers []Worker, holes *sample.Sampler, seed uint64, first int64, n int,
	choose func(all []Trajectory) []Trajectory, observe func(done, total int),
) ([]Trajectory, Stats, error) {
	results := make([]struct{ all, chosen []Trajectory }, n)
	numbers := make(chan int)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(numbers)
		for i := range n {
			select {
			case numbers <- i:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	var lock sync.Mutex
	done := 0
	for _, w := range workers {
		g.Go(func() error {
			for i := range numbers {
				number := first + int64(i)
				hole, err := holes.Hole(number)
				if err != nil {
					return err
				}
				all, err := w.trajectories(ctx, hole, rand.New(rand.NewPCG(seed, uint64(number))))
				if err != nil {
					return err
				}
				results[i].all, results[i].chosen = all, choose(slices.Clone(all))
				lock.Lock()
				done++
				observe(done, n)
				lock.Unlock()
			}
			return nil
		})
	}
	if err := g.Wait(); err != nil {
		return nil, Stats{}, err
	}
	var chosen []Trajectory
	var stats Stats
	for i := range results {
		for j := range results[i].all {
			stats.add(&results[i].all[j])
		}
		chosen = append(chosen, results[i].chosen...)
	}
	return chosen, stats, nil
}

// Best keeps the n verified trajectories of the highest score.
func Best(n int) func([]Trajectory) []Trajectory {
	return func(all []Trajectory) []Trajectory {
		all = slices.DeleteFunc(all, func(t Trajectory) bool { return !t.Verified })
		slices.SortStableFunc(all, func(a, b Trajectory) int { return cmp.Compare(b.Score, a.Score) })
		return all[:min(n, len(all))]
	}
}
