package stats

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// resamples is how many samples the bootstrap draws: with 2,000 the ends of an interval move by a few percent of its
// width from one seed to another.
const resamples = 2000

// BootstrapRatio is the percentile bootstrap interval of the sum of the numerators over that of the denominators, which
// are sums over groups: of the holes of one problem, say, or the characters of one passage. As many groups as there are
// are drawn with replacement, each whole, and the middle 95 % of the ratios are the interval. What groups have in common
// inside widens it, as it should. Few groups make it too narrow; below about twenty take it as a hint. {0, 0} for none.
// It panics unless there are as many of one as of the other.
//
// B. Efron, Bootstrap methods: another look at the jackknife, Annals of Statistics 7 (1979), 1-26; B. Efron and
// R. J. Tibshirani, An Introduction to the Bootstrap (1993), chapters 8 and 13.
func BootstrapRatio(numerators, denominators []float64) Interval {
	n := len(numerators)
	if n != len(denominators) {
		panic(fmt.Sprintf("stats: %d numerators, %d denominators", n, len(denominators)))
	}
	if n == 0 {
		return Interval{}
	}
	random := rand.New(rand.NewPCG(1979, 1993))
	ratios := make([]float64, resamples)
	for i := range ratios {
		above, below := 0.0, 0.0
		for range n {
			group := random.IntN(n)
			above, below = above+numerators[group], below+denominators[group]
		}
		ratios[i] = above / below
	}
	slices.Sort(ratios)
	return Interval{percentileOfSorted(ratios, 2.5), percentileOfSorted(ratios, 97.5)}
}

// BootstrapMean is the bootstrap interval of the mean of x, whose values are of the given groups: see [BootstrapRatio].
// It panics unless each value has a group.
func BootstrapMean(x []float64, groups []int) Interval {
	if len(x) != len(groups) {
		panic(fmt.Sprintf("stats: %d values of %d groups", len(x), len(groups)))
	}
	index := map[int]int{}
	var sums, counts []float64
	for i, v := range x {
		group, ok := index[groups[i]]
		if !ok {
			group = len(sums)
			index[groups[i]] = group
			sums, counts = append(sums, 0), append(counts, 0)
		}
		sums[group] += v
		counts[group]++
	}
	return BootstrapRatio(sums, counts)
}

// Differences returns b[i]-a[i], where a[i] and b[i] are what two models made of the same problem. The interval of their
// mean is one of pairs, so what makes a problem hard for both does not widen it; one without 0 tells the models apart. It
// panics unless a and b are as long as each other.
func Differences(a, b []float64) []float64 {
	if len(a) != len(b) {
		panic(fmt.Sprintf("stats: %d and %d values do not make pairs", len(a), len(b)))
	}
	differences := make([]float64, len(a))
	for i := range a {
		differences[i] = b[i] - a[i]
	}
	return differences
}
