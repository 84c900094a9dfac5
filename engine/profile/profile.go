// Package profile measures how long a forward pass over a canvas takes by the length of the canvas, and chooses from
// that, and from what the model commits, how long a block should be.
//
// A forward over B tokens streams all weights once and computes B rows with them: up to some length the rows are all
// but free, from there on each costs. Where that is depends on the machine, the model and the kernel, so it is measured:
//
//	p, err := profile.Measure(ctx, 128, func(ctx context.Context, length int) (time.Duration, error) { ... })
//
// What a longer block brings depends on the model and on the text: most of a long canvas is in vain where the hole is
// short. A [Chooser] sees that from the requests that are done.
package profile

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// lengths are those that are measured.
var lengths = [...]int{1, 2, 4, 8, 16, 24, 32, 48, 64, 96, 128}

const (
	// rounds is how often the lengths are gone through: one burst of other work on the machine spoils one round at most.
	rounds = 3
	// repeatBudget is the time of all forwards after which no length is measured again, and budget that after which none
	// is measured at all.
	repeatBudget = 100 * time.Millisecond
	budget       = time.Second
	// tooLong is what a forward takes after which no longer canvas is tried.
	tooLong = 250 * time.Millisecond
	// minMS and maxMS bound what a forward is believed to take.
	minMS, maxMS = 1e-3, 1e7
)

// A Profile is the latency of a forward over a canvas by the canvas's length, lengths ascending. It is immutable.
type Profile []Point

// A Point is one length that was measured.
type Point struct {
	Tokens int     `json:"tokens"`
	MS     float64 `json:"ms"` // median
}

// Measure runs forward, which computes a canvas of a length and says how long that alone took, over canvases of up to
// longest tokens: each of 11 lengths 3 times, or fewer where that takes more than 100 ms, and fewer lengths where those
// take more than a second. The first is always measured. An error of forward, such as that ctx ended, ends it.
//
// What disturbs a measurement makes it longer, so that a length is taken to need no more than a greater one.
func Measure(ctx context.Context, longest int, forward func(ctx context.Context, length int) (time.Duration, error)) (Profile, error) {
	// The first pass over memory is not what the next ones take.
	spent, err := forward(ctx, lengths[0])
	if err != nil {
		return nil, err
	}
	var took [][]time.Duration // [length][round]
	for round := range rounds {
		for i, length := range lengths {
			if round == 0 && i > 0 && (length > longest || spent > budget || took[i-1][0] > tooLong) {
				break
			}
			if round > 0 && (i == len(took) || spent > repeatBudget) {
				break
			}
			t, err := forward(ctx, length)
			if err != nil {
				return nil, err
			}
			spent += t
			if round == 0 {
				took = append(took, nil)
			}
			took[i] = append(took[i], t)
		}
	}
	p := make(Profile, len(took))
	least := math.Inf(1)
	for i, runs := range slices.Backward(took) {
		slices.Sort(runs)
		median := runs[(len(runs)-1)/2]
		least = min(least, float64(median.Microseconds())/1000)
		p[i] = Point{lengths[i], max(least, minMS)}
	}
	return p, nil
}

// Longest is the longest canvas that was measured; 0 if none was.
func (p Profile) Longest() int {
	if len(p) == 0 {
		return 0
	}
	return p[len(p)-1].Tokens
}

// MS is what a forward takes over a canvas of 1 to [Profile.Longest] tokens, in milliseconds, on the line between the
// two lengths next to it.
func (p Profile) MS(length int) float64 {
	i, found := slices.BinarySearchFunc(p, length, func(point Point, length int) int { return point.Tokens - length })
	if found || i == 0 {
		return p[i].MS
	}
	a, b := p[i-1], p[i]
	return a.MS + (b.MS-a.MS)*float64(length-a.Tokens)/float64(b.Tokens-a.Tokens)
}

// Validate returns an error unless p could have been measured. A profile from a file may be anything.
func (p Profile) Validate() error {
	if len(p) == 0 || len(p) > len(lengths) || p[0].Tokens != lengths[0] {
		return errors.New("profile: want some lengths, from 1 on")
	}
	for i, point := range p {
		if point.Tokens != lengths[i] || !(point.MS >= minMS && point.MS <= maxMS) {
			return fmt.Errorf("profile: %d tokens in %g ms: want %d tokens, and a time", point.Tokens, point.MS, lengths[i])
		}
	}
	return nil
}

// String is the table on one line: "1:0.9 2:1.0 4:1.2", tokens and milliseconds.
func (p Profile) String() string {
	columns := make([]string, len(p))
	for i, point := range p {
		columns[i] = fmt.Sprintf("%d:%.1f", point.Tokens, point.MS)
	}
	return strings.Join(columns, " ")
}
