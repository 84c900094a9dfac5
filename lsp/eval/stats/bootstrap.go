package stats

import (
	"fmt"
	"math/rand/v2"
	"slices"
)

// resamples is how many samples the bootstrap draws: with 2,000 the ends of an interval move by a few percent of its
// width from one seed to another.
const resamples = 2000

// BootstrapMean is the percentile bootstrap interval of the mean of x: samples as large as x are drawn from x with
// replacement, and the middle 95 % of their means are the interval. Few values make it too narrow; below about twenty
// take it as a hint. {0, 0} for none.
//
// B. Efron, Bootstrap methods: another look at the jackknife, Annals of Statistics 7 (1979), 1-26; B. Efron and
// R. J. Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.
func BootstrapMean(x []float64) Interval {
	if len(x) == 0 {
		return Interval{}
	}
	random := rand.New(rand.NewPCG(1979, 1993))
	means := make([]float64, resamples)
	for i := range means {
		sum := 0.0
		for range x {
			sum += x[random.IntN(len(x))]
		}
		means[i] = sum / float64(len(x))
	}
	slices.Sort(means)
	return Interval{percentileOfSorted(means, 2.5), percentileOfSorted(means, 97.5)}
}

// BootstrapDifference is the bootstrap interval of the mean of b[i]-a[i], where a[i] and b[i] are what two models made
// of the same problem. Pairs are drawn whole, so what makes a problem hard for both does not widen the interval; one
// without 0 tells the models apart. It panics unless a and b are as long as each other.
func BootstrapDifference(a, b []float64) Interval {
	if len(a) != len(b) {
		panic(fmt.Sprintf("stats: %d and %d values do not make pairs", len(a), len(b)))
	}
	differences := make([]float64, len(a))
	for i := range a {
		differences[i] = b[i] - a[i]
	}
	return BootstrapMean(differences)
}
