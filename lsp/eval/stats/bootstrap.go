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
	return bootstrap(n, func(drawn []int) float64 { return ratio(numerators, denominators, drawn) })
}

// BootstrapRatioDifference is the bootstrap interval of how much larger the second of two ratios is, whose sums are over
// the same groups: see [BootstrapRatio]. Groups are drawn for both at once, so that what makes a group hard for both does
// not widen it; an interval without 0 tells the two apart. It panics unless there are as many of one as of the other.
func BootstrapRatioDifference(numerators, denominators [2][]float64) Interval {
	n := len(numerators[0])
	for _, list := range [][]float64{numerators[1], denominators[0], denominators[1]} {
		if len(list) != n {
			panic(fmt.Sprintf("stats: %d and %d sums of the same groups", n, len(list)))
		}
	}
	if n == 0 {
		return Interval{}
	}
	return bootstrap(n, func(drawn []int) float64 {
		return ratio(numerators[1], denominators[1], drawn) - ratio(numerators[0], denominators[0], drawn)
	})
}

// bootstrap draws n of n groups, again and again, and returns the middle 95 % of a statistic of them.
func bootstrap(n int, statistic func(drawn []int) float64) Interval {
	random := rand.New(rand.NewPCG(1979, 1993))
	values, drawn := make([]float64, resamples), make([]int, n)
	for i := range values {
		for j := range drawn {
			drawn[j] = random.IntN(n)
		}
		values[i] = statistic(drawn)
	}
	slices.Sort(values)
	return Interval{percentileOfSorted(values, 2.5), percentileOfSorted(values, 97.5)}
}

func ratio(numerators, denominators []float64, drawn []int) float64 {
	above, below := 0.0, 0.0
	for _, group := range drawn {
		above, below = above+numerators[group], below+denominators[group]
	}
	return above / below
}

// Sums adds up the values of each group, in the order of the first of each. It panics unless each value has a group.
func Sums(x []float64, groups []int) (sums []float64) {
	if len(x) != len(groups) {
		panic(fmt.Sprintf("stats: %d values of %d groups", len(x), len(groups)))
	}
	index := map[int]int{}
	for i, v := range x {
		group, ok := index[groups[i]]
		if !ok {
			group = len(sums)
			index[groups[i]] = group
			sums = append(sums, 0)
		}
		sums[group] += v
	}
	return sums
}
