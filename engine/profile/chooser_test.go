package profile

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// linear is a profile in which a forward takes fixed milliseconds and some for each token.
func linear(fixed, perToken float64) Profile {
	var p Profile
	for _, length := range lengths {
		p = append(p, Point{length, fixed + perToken*float64(length)})
	}
	return p
}

var sizes = []int{8, 16, 32, 64}

func TestChoice(t *testing.T) {
	type seen struct{ length, commits, forwards, requests int }
	compute, flat, middle := linear(0.1, 1), linear(10, 0.001), linear(5, 0.5)
	for _, test := range []struct {
		name       string
		candidates []int
		profile    Profile
		seen       []seen
		most       int
		want       int
	}{
		{"nothing is known", sizes, nil, nil, 64, 16},
		{"nothing is known, and there is no 16", []int{24, 48}, nil, nil, 64, 24},
		{"nothing is known, and there is something near 16", []int{8, 12, 32}, nil, nil, 64, 12},
		{"compute-bound", sizes, compute, nil, 64, 8},
		{"flat", sizes, flat, nil, 64, 64},
		{"the answer is short", sizes, flat, nil, 32, 32},
		{"the answer is shorter than all", sizes, flat, nil, 4, 8},
		{"one length", []int{32}, flat, nil, 64, 32},
		{"longer ones took too long to be measured", sizes, linear(10, 0.001)[:5], nil, 64, 16},
		{"all took too long to be measured", sizes, flat[:2], nil, 64, 16},
		{"in vain beyond 16", sizes, flat, []seen{{64, 10, 40, 4}, {32, 10, 30, 4}, {16, 10, 10, 4}, {8, 8, 10, 4}}, 64, 16},
		{"more of a longer one", sizes, compute, []seen{{8, 10, 10, 8}, {16, 40, 10, 8}}, 64, 16},
		{"more, but not by as much as it takes", sizes, compute, []seen{{8, 10, 10, 8}, {16, 15, 10, 8}}, 64, 8},
		{"one unlucky request", sizes, middle, []seen{{16, 10, 10, 8}, {32, 10, 11, 2}, {8, 5, 10, 4}, {16, 1, 4, 1}}, 64, 16},
		{"a length that is none", sizes, flat, []seen{{128, 1000, 1, 3}}, 128, 64},
		{"nothing came of anything", sizes, flat, []seen{{64, 0, 10, 3}}, 64, 8},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := NewChooser(test.candidates, 16)
			c.Use(test.profile)
			for _, s := range test.seen {
				for range s.requests {
					c.Observe(s.length, s.commits, s.forwards)
				}
			}
			c.done -= c.done % exploring // no exploring now
			if got := c.Choose(test.most); got != test.want {
				t.Errorf("chose %d, want %d", got, test.want)
			}
		})
	}
}

// TestExploring counts the choices when every request goes as the estimate says.
func TestExploring(t *testing.T) {
	c := NewChooser(sizes, 16)
	c.Use(Profile{{1, 1}, {2, 1}, {4, 1}, {8, 1}, {16, 1}, {24, 1.4}, {32, 1.5}, {48, 2}, {64, 9}})
	counts := map[int]int{}
	for range 100 * exploring {
		length := c.Choose(64)
		counts[length]++
		c.Observe(length, int(1000*math.Pow(float64(length), growth)), 1000)
	}
	if counts[16] != 100*(exploring-1) || counts[8] != 50 || counts[32] != 50 {
		t.Errorf("chose %v", counts)
	}
}

// TestFindsTheBest has models that commit in other ways than was thought, and counts the last of many choices.
func TestFindsTheBest(t *testing.T) {
	for name, test := range map[string]struct {
		profile Profile
		commits map[int]float64 // in a forward
		best    int
	}{
		"long blocks pay": {linear(1, 0.05), map[int]float64{8: 1, 16: 2, 32: 4, 64: 8}, 64},
		"holes are short": {linear(1, 0.005), map[int]float64{8: 1, 16: 0.8, 32: 0.6, 64: 0.4}, 8},
		"a middle":        {linear(1, 0.02), map[int]float64{8: 1, 16: 1.7, 32: 1.7, 64: 1.7}, 16},
	} {
		random := rand.New(rand.NewPCG(1, 2))
		c := NewChooser(sizes, 16)
		c.Use(test.profile)
		right := 0
		for i := range 1000 {
			length := c.Choose(64)
			if i >= 500 && length == test.best {
				right++
			}
			forwards := 3 + random.IntN(20)
			commits := test.commits[length] * float64(forwards) * (0.5 + random.Float64())
			c.Observe(length, int(math.Round(commits)), forwards)
		}
		if right < 450 {
			t.Errorf("%s: %d of the last 500 choices are %d", name, right, test.best)
		}
	}
}

// TestAnyHistory has choosers of any kind go through any history, twice: the choices are candidates, not too long, and
// the same.
func TestAnyHistory(t *testing.T) {
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 3))
		var candidates []int
		for length := range 130 {
			if length > 0 && random.IntN(20) == 0 {
				candidates = append(candidates, length)
			}
		}
		if candidates == nil {
			candidates = []int{1 + random.IntN(128)}
		}
		var p Profile
		for _, length := range lengths[:random.IntN(len(lengths)+1)] {
			p = append(p, Point{length, math.Exp(6 * random.NormFloat64())})
		}
		a, b := NewChooser(candidates, 16), NewChooser(slices.Clone(candidates), 16)
		a.Use(p)
		b.Use(slices.Clone(p))
		for range 100 {
			most := 1 + random.IntN(200)
			got := a.Choose(most)
			if !slices.Contains(candidates, got) || got > max(most, candidates[0]) {
				t.Fatalf("seed %d: chose %d of %v for at most %d", seed, got, candidates, most)
			}
			if again := b.Choose(most); again != got {
				t.Fatalf("seed %d: chose %d, and then %d", seed, got, again)
			}
			if p != nil && p.Longest() >= candidates[0] && most >= candidates[0] && got > p.Longest() {
				t.Fatalf("seed %d: chose %d, of which no time is known", seed, got)
			}
			commits, forwards := random.IntN(50), random.IntN(20)
			for _, c := range []*Chooser{a, b} {
				c.Observe(got, commits, forwards)
			}
		}
	}
}
