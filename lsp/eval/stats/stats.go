// Package stats says how far the numbers of an evaluation can be trusted. A rate, such as pass@1, has a Wilson interval;
// a mean, and the difference between two models on the same problems, have bootstrap intervals; a latency is given by
// its percentiles, a text that was nearly right by its edit similarity.
//
// All intervals are of 95 %. Everything is a function of its arguments alone: random numbers have a fixed seed, so a
// report made twice from the same results is the same report.
package stats

import (
	"fmt"
	"math"
	"slices"
)

// An Interval is a range that the true value lies in with 95 % confidence: its low and its high end. In JSON it is an
// array of the two.
type Interval [2]float64

// normal975 is the 97.5th percentile of the standard normal distribution: 95 % lie within this many standard deviations.
const normal975 = 1.959963984540054

// Wilson is the score interval of a rate of which n trials saw the given number of successes. Unlike the interval of
// plus and minus two standard errors it stays within 0 and 1 and holds for few trials and for rates near the ends. No
// trials say nothing: {0, 1}. It panics unless 0 <= successes <= n.
//
// E. B. Wilson, Probable inference, the law of succession, and statistical inference, Journal of the American
// Statistical Association 22 (1927), 209-212.
func Wilson(successes, n int) Interval {
	if successes < 0 || successes > n {
		panic(fmt.Sprintf("stats: %d successes of %d", successes, n))
	}
	if n == 0 {
		return Interval{0, 1}
	}
	trials, rate := float64(n), float64(successes)/float64(n)
	const z2 = normal975 * normal975
	center := (rate + z2/(2*trials)) / (1 + z2/trials)
	reach := normal975 / (1 + z2/trials) * math.Sqrt(rate*(1-rate)/trials+z2/(4*trials*trials))
	// Rounding must not leave the rate itself outside.
	return Interval{min(rate, max(0, center-reach)), max(rate, min(1, center+reach))}
}

// Percentile is the value that p percent of x lie below, p from 0 to 100: Percentile(x, 50) is the median. Between two
// values of x it interpolates linearly, as R (type 7) and NumPy do. It leaves x as it is; 0 for none.
func Percentile(x []float64, p float64) float64 {
	return percentileOfSorted(slices.Sorted(slices.Values(x)), p)
}

func percentileOfSorted(x []float64, p float64) float64 {
	if len(x) == 0 {
		return 0
	}
	rank := min(max(p, 0), 100) / 100 * float64(len(x)-1)
	below := int(rank)
	above := min(below+1, len(x)-1)
	return x[below] + (rank-float64(below))*(x[above]-x[below])
}
