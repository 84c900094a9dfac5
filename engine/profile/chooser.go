package profile

import (
	"math"
	"sync"
)

const (
	// growth is how commits per forward are taken to grow with the length of a block where nothing else is known: with
	// its growth'th power.
	growth = 0.25
	// memory is how many requests the running mean of a length is about.
	memory = 32
	// doubt is how many forwards at a length what was seen there needs to weigh as much as the estimate from the next.
	doubt = 16
	// exploring is the number of requests of which one tries a neighbour of the best length.
	exploring = 16
)

// A Chooser picks the length of blocks: the candidate B with the most expected commits a second,
//
//	commits per forward at B / time of a forward over B tokens.
//
// The time is from a profile. Commits per forward is a running mean over the last requests at B, and there a commit is
// a token of the text that was wanted: what of a canvas lies behind the end of the text counts for nothing, so that a
// block longer than holes are has a mean that is lower by what it wasted. Beside it stands what the nearest other
// length that was used has, times the fourth root of the ratio of the lengths: so much at most is a longer block taken
// to bring before it was tried, and so little are a few requests at a length believed. Where nothing was seen, only the
// fourth root is left.
//
// Once in 16 requests a neighbour of the best candidate is chosen, shorter and longer by turns, unless it is expected
// to be less than half as good. Nothing is random: the same profile and the same requests give the same choices.
//
// A Chooser is safe for concurrent use.
type Chooser struct {
	candidates []int // ascending
	fallback   int

	mu      sync.Mutex
	profile Profile
	seen    []history // of each candidate
	done    int       // requests that were observed
}

// history is sums in which a request counts for less the longer it is ago.
type history struct{ commits, forwards float64 }

// NewChooser chooses among candidates, of which there is at least one, in ascending order, and which it keeps. As long
// as there is no profile it chooses the longest that is not longer than fallback, or else the shortest.
func NewChooser(candidates []int, fallback int) *Chooser {
	return &Chooser{candidates: candidates, fallback: fallback, seen: make([]history, len(candidates))}
}

// Use has choices made by p, which is valid.
func (c *Chooser) Use(p Profile) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.profile = p
}

// Profile is what choices are made by; nil if there is none.
func (c *Chooser) Profile() Profile {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.profile
}

// Observe takes note of a request whose blocks had the given length: how many tokens of the text wanted it committed, in
// how many forwards.
func (c *Chooser) Observe(length, commits, forwards int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, candidate := range c.candidates {
		if candidate == length && forwards > 0 {
			h := &c.seen[i]
			h.commits += float64(commits) - h.commits/memory
			h.forwards += float64(forwards) - h.forwards/memory
			c.done++
		}
	}
}

// Choose returns the length for a request whose text has at most the given number of tokens: the shortest candidate, or
// one that is not longer than that.
func (c *Chooser) Choose(most int) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	limit := min(most, c.profile.Longest())
	if c.candidates[0] > limit {
		return c.candidates[c.upTo(min(most, c.fallback))-1]
	}
	n := c.upTo(limit)
	best := 0
	for i := range n {
		if c.speed(i) > c.speed(best) {
			best = i
		}
	}
	if c.done%exploring != exploring-1 {
		return c.candidates[best]
	}
	for _, side := range [2]int{-1, 1} {
		if c.done/exploring%2 == 1 {
			side = -side
		}
		if i := best + side; i >= 0 && i < n && c.speed(i) >= c.speed(best)/2 {
			return c.candidates[i]
		}
	}
	return c.candidates[best]
}

// upTo is the number of candidates that are not longer than limit, the shortest counted in any case.
func (c *Chooser) upTo(limit int) int {
	n := 1
	for n < len(c.candidates) && c.candidates[n] <= limit {
		n++
	}
	return n
}

// speed is the commits expected of a candidate in a millisecond.
func (c *Chooser) speed(i int) float64 { return c.commits(i) / c.profile.MS(c.candidates[i]) }

// commits is those expected of a forward.
func (c *Chooser) commits(i int) float64 {
	nearest, distance := -1, math.Inf(1)
	for j, h := range c.seen {
		if d := math.Abs(math.Log(c.ratio(i, j))); j != i && h.forwards > 0 && d < distance {
			nearest, distance = j, d
		}
	}
	own := c.seen[i]
	var estimate float64
	switch {
	case nearest >= 0:
		h := c.seen[nearest]
		estimate = h.commits / h.forwards * math.Pow(c.ratio(i, nearest), growth)
	case own.forwards > 0:
		return own.commits / own.forwards
	default:
		estimate = math.Pow(float64(c.candidates[i]), growth)
	}
	return (doubt*estimate + own.commits) / (doubt + own.forwards)
}

// ratio is the length of a candidate over that of another.
func (c *Chooser) ratio(i, j int) float64 { return float64(c.candidates[i]) / float64(c.candidates[j]) }
