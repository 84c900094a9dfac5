package bench

import (
	"encoding/json"
	"math"
	"slices"
	"time"
)

// A Figure is what several runs gave. In JSON it is its median; the spread stands in [Report.Spreads].
type Figure struct{ Median, Min, Max float64 }

// MarshalJSON implements [json.Marshaler].
func (f Figure) MarshalJSON() ([]byte, error) { return json.Marshal(f.Median) }

// figure is the median, between the two in the middle of an even number of runs, the least and the most.
func figure(runs []float64) *Figure {
	sorted := slices.Sorted(slices.Values(runs))
	n := len(sorted)
	return &Figure{(sorted[(n-1)/2] + sorted[n/2]) / 2, sorted[0], sorted[n-1]}
}

// times is f with each number multiplied by a positive one.
func (f Figure) times(factor float64) *Figure {
	return &Figure{f.Median * factor, f.Min * factor, f.Max * factor}
}

// ratio is the ratio of the medians of a and b, run by run, with the spread of the ratios of the runs, in which it lies.
func ratio(a, b []float64) *Figure {
	runs := make([]float64, len(a))
	for i := range a {
		runs[i] = a[i] / b[i]
	}
	f := figure(runs)
	f.Median = figure(a).Median / figure(b).Median
	return f
}

// percentile is the least value that at least p percent of the values do not exceed.
func percentile(values []float64, p float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[max(int(math.Ceil(p/100*float64(len(sorted))))-1, 0)]
}

func milliseconds(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e6 }
