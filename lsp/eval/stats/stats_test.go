package stats

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func near(a, b, tolerance float64) bool { return math.Abs(a-b) <= tolerance }

// TestWilson compares with published values, and at the ends with what the formula reduces to, z²/(n+z²). What defines
// the interval holds too: seen from either end, the rate lies just 1.96 standard deviations away.
func TestWilson(t *testing.T) {
	const z2 = 1.959964 * 1.959964
	for _, test := range []struct {
		successes, n int
		want         Interval
	}{
		{0, 0, Interval{0, 1}},
		{8, 10, Interval{0.4902, 0.9433}},
		{2, 10, Interval{0.0567, 0.5098}},
		{50, 100, Interval{0.4038, 0.5962}},
		{0, 10, Interval{0, z2 / (10 + z2)}},
		{10, 10, Interval{10 / (10 + z2), 1}},
		{1, 1, Interval{1 / (1 + z2), 1}},
		{0, 1_000_000, Interval{0, 3.8414e-6}},
	} {
		got := Wilson(test.successes, test.n)
		if !near(got[0], test.want[0], 5e-5) || !near(got[1], test.want[1], 5e-5) {
			t.Errorf("Wilson(%d, %d) is %v, want %v", test.successes, test.n, got, test.want)
		}
		for _, end := range got {
			deviation := 1.959964 * math.Sqrt(end*(1-end)/float64(test.n))
			if rate := float64(test.successes) / float64(test.n); 0 < end && end < 1 && !near(math.Abs(rate-end), deviation, 1e-6) {
				t.Errorf("Wilson(%d, %d): %v is %v from the rate, want %v", test.successes, test.n, end, math.Abs(rate-end), deviation)
			}
		}
	}
	for n := range 60 {
		for successes := range n + 1 {
			got, mirrored, rate := Wilson(successes, n), Wilson(n-successes, n), float64(successes)/float64(max(n, 1))
			if got[0] < 0 || got[1] > 1 || got[0] > rate || got[1] < rate || !near(got[0], 1-mirrored[1], 1e-12) {
				t.Fatalf("Wilson(%d, %d) is %v, mirrored %v", successes, n, got, mirrored)
			}
		}
	}
}

func TestIntervalIsAnArray(t *testing.T) {
	got, err := json.Marshal(Interval{0.25, 0.5})
	if err != nil || string(got) != "[0.25,0.5]" {
		t.Errorf("%s, %v", got, err)
	}
}

// ofMean is the interval of the mean of x, whose values are of the given groups.
func ofMean(x []float64, groups []int) Interval {
	return BootstrapRatio(Sums(x, groups), Sums(slices.Repeat([]float64{1}, len(x)), groups))
}

// TestPercentile compares with the usual worked example of linear interpolation, and with values computed by hand.
func TestPercentile(t *testing.T) {
	x := []float64{15, 20, 35, 40, 50}
	shuffled := []float64{35, 50, 15, 40, 20}
	for _, test := range []struct {
		x       []float64
		p, want float64
	}{
		{nil, 50, 0},
		{[]float64{7}, 95, 7},
		{[]float64{1, 2}, 50, 1.5},
		{x, 0, 15},
		{x, 40, 29},
		{x, 50, 35},
		{x, 95, 48},
		{x, 100, 50},
		{x, -1, 15},
		{x, 101, 50},
		{shuffled, 40, 29},
	} {
		if got := Percentile(test.x, test.p); !near(got, test.want, 1e-12) {
			t.Errorf("Percentile(%v, %v) is %v, want %v", test.x, test.p, got, test.want)
		}
	}
	if !slices.Equal(shuffled, []float64{35, 50, 15, 40, 20}) {
		t.Errorf("Percentile put its argument in order: %v", shuffled)
	}
}

// TestBootstrapMeanCovers draws samples whose true mean is known: about 95 of 100 intervals hold it. Both ends must miss
// now and then, and the width must be that of the normal approximation.
func TestBootstrapMeanCovers(t *testing.T) {
	const trials, n = 400, 50
	for name, draw := range map[string]func(*rand.Rand) float64{
		"normal":   func(r *rand.Rand) float64 { return 3 + 2*r.NormFloat64() },
		"pass@1":   func(r *rand.Rand) float64 { return float64(r.IntN(2)) },
		"lopsided": func(r *rand.Rand) float64 { return r.ExpFloat64() },
	} {
		t.Run(name, func(t *testing.T) {
			truth := map[string]float64{"normal": 3, "pass@1": 0.5, "lopsided": 1}[name]
			spread := map[string]float64{"normal": 2, "pass@1": 0.5, "lopsided": 1}[name]
			r := rand.New(rand.NewPCG(5, 6))
			below, above, width := 0, 0, 0.0
			for range trials {
				x := make([]float64, n)
				for i := range x {
					x[i] = draw(r)
				}
				got := ofMean(x, apart(n))
				width += (got[1] - got[0]) / trials
				if got[1] < truth {
					below++
				}
				if got[0] > truth {
					above++
				}
			}
			coverage := 1 - float64(below+above)/trials
			if coverage < 0.90 || coverage > 0.98 || below == 0 || above == 0 {
				t.Errorf("%.3f of the intervals hold the mean; %d lie below, %d above", coverage, below, above)
			}
			if want := 2 * 1.96 * spread / math.Sqrt(n); !near(width, want, 0.08*want) {
				t.Errorf("the intervals are %.3f wide, the normal approximation %.3f", width, want)
			}
		})
	}
}

// apart is n groups of one.
func apart(n int) []int {
	groups := make([]int, n)
	for i := range groups {
		groups[i] = i
	}
	return groups
}

// TestBootstrapKnowsGroups gives 30 groups of 5 equal values: it is as if there were 30 values.
func TestBootstrapKnowsGroups(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	var once, all []float64
	var groups []int
	for group := range 30 {
		v := r.NormFloat64()
		once = append(once, v)
		for range 5 {
			all, groups = append(all, v), append(groups, 7*group)
		}
	}
	got, want := ofMean(all, groups), ofMean(once, apart(30))
	if !near(got[0], want[0], 1e-9) || !near(got[1], want[1], 1e-9) {
		t.Errorf("in groups %v, each value once %v", got, want)
	}
	if narrow := ofMean(all, apart(150)); narrow[1]-narrow[0] > 0.6*(want[1]-want[0]) {
		t.Errorf("apart they give %v, not much narrower than %v", narrow, want)
	}
}

// TestBootstrapRatioWeighs gives a ratio of sums: a large group weighs more than a small one.
func TestBootstrapRatioWeighs(t *testing.T) {
	numerators, denominators := make([]float64, 40), make([]float64, 40)
	for i := range numerators {
		denominators[i] = float64(10 + 90*(i%2))
		numerators[i] = denominators[i] * float64(i%2) // none of the small, all of the large: 100 / 110
	}
	if got := BootstrapRatio(numerators, denominators); got[0] > 0.909 || got[1] < 0.909 || got[0] < 0.8 {
		t.Errorf("the interval of 0.909 is %v", got)
	}
}

// TestBootstrapRatioDifference gives two ratios of very different groups, the second always 0.1 larger: that is certain,
// though either ratio is not. A ratio with itself differs by nothing.
func TestBootstrapRatioDifference(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 12))
	below := make([]float64, 40)
	var above [2][]float64
	for i := range below {
		below[i] = 1 + 9*r.Float64()
		first := below[i] * 10 * r.Float64()
		above[0], above[1] = append(above[0], first), append(above[1], first+0.1*below[i])
	}
	got := BootstrapRatioDifference(above, [2][]float64{below, below})
	if !near(got[0], 0.1, 1e-9) || !near(got[1], 0.1, 1e-9) {
		t.Errorf("the interval of a difference of 0.1 is %v", got)
	}
	if one := BootstrapRatio(above[0], below); one[1]-one[0] < 0.5 {
		t.Errorf("the interval of the first is %v", one)
	}
	other := append(slices.Clone(below[1:]), 5) // the same numerators over others
	if got := BootstrapRatioDifference([2][]float64{above[0], above[0]}, [2][]float64{below, other}); got[1]-got[0] < 0.1 {
		t.Errorf("with other denominators it is %v", got)
	}
	if got := BootstrapRatioDifference([2][]float64{}, [2][]float64{}); got != (Interval{}) {
		t.Errorf("of none: %v", got)
	}
}

func TestBootstrapEdges(t *testing.T) {
	if got := ofMean(nil, nil); got != (Interval{}) {
		t.Errorf("of none: %v", got)
	}
	if got := ofMean([]float64{0.5, 0.5, 0.5}, apart(3)); got != (Interval{0.5, 0.5}) {
		t.Errorf("of equal values: %v", got)
	}
	x := []float64{1, 2, 3, 5, 8, 13}
	if a, b := ofMean(x, apart(6)), ofMean(slices.Clone(x), apart(6)); a != b {
		t.Errorf("equal values give %v and %v", a, b)
	}
	for name, call := range map[string]func(){
		"values without a group":     func() { Sums(x, apart(3)) },
		"numerators without a place": func() { BootstrapRatio(x, x[:3]) },
		"sums of other groups":       func() { BootstrapRatioDifference([2][]float64{x, x}, [2][]float64{x, x[:3]}) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s do not panic", name)
				}
			}()
			call()
		}()
	}
}

func TestEditSimilarity(t *testing.T) {
	long := strings.Repeat("a", maxCompared)
	for _, test := range []struct {
		name, a, b string
		want       float64
	}{
		{"both empty", "", "", 1},
		{"one empty", "", "abc", 0},
		{"equal", "mu.Unlock()", "mu.Unlock()", 1},
		{"nothing in common", "abc", "xyz", 0},
		{"kitten and sitting", "kitten", "sitting", 1 - 3.0/7},
		{"characters, not bytes", "naïve", "naive", 0.8},
		{"four-byte characters", "🙂🙂", "🙂🙃", 0.5},
		{"at the bound", long, long[1:] + "b", 1 - 1.0/maxCompared},
		{"differ past the bound", long + "x", long + "yz", 1},
		{"bound in characters", strings.Repeat("é", maxCompared) + "x", strings.Repeat("é", maxCompared), 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, got := range []float64{EditSimilarity(test.a, test.b), EditSimilarity(test.b, test.a)} {
				if !near(got, test.want, 1e-12) {
					t.Errorf("got %v, want %v", got, test.want)
				}
			}
		})
	}
}

func TestEditSimilarityIsBounded(t *testing.T) {
	if got := EditSimilarity(strings.Repeat("ab", 10<<20), strings.Repeat("ba", 10<<20)); got < 0.9 {
		t.Errorf("got %v", got)
	}
}

func TestWilsonPanicsOnNonsense(t *testing.T) {
	for _, test := range [][2]int{{-1, 3}, {4, 3}, {0, -1}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("Wilson(%d, %d) does not panic", test[0], test[1])
				}
			}()
			Wilson(test[0], test[1])
		}()
	}
}
