package lsp

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// paceKept is how many intervals and answers a pace is of, the last ones; with fewer than paceKnown it is not known.
	paceKept  = 32
	paceKnown = 8
	// pauseTime ends a run of typing: longer intervals say nothing about the next key.
	pauseTime = 2 * time.Second
	// maxAdaptiveWait bounds the wait that is worked out, MaxWait the one that is set.
	maxAdaptiveWait = 250 * time.Millisecond
	MaxWait         = 5 * time.Second
)

// A Wait is how long an automatic inline completion waits, after the last edit, before the model runs for it: a time, or
// [AdaptiveWait]. What is at hand is shown without.
type Wait time.Duration

// AdaptiveWait goes by the user's typing rhythm and by how long the model takes; both as their medians of late. Where an
// answer is there before the next key, there is no wait. Where it is not, the work for most keys would be for nothing: the
// wait then lasts as long as 4 of 5 of the intervals between keys, 250 ms at most, so that the model runs once the user
// has paused. Until there are 8 intervals and 8 answers, there is no wait.
const AdaptiveWait Wait = -1

// MarshalJSON implements [json.Marshaler].
func (w Wait) MarshalJSON() ([]byte, error) {
	if w == AdaptiveWait {
		return json.Marshal("adaptive")
	}
	return json.Marshal(time.Duration(w).Milliseconds())
}

// UnmarshalJSON implements [json.Unmarshaler]. The number may be in a string, as editors send it whose settings have one type.
func (w *Wait) UnmarshalJSON(data []byte) error {
	text := strings.Trim(string(data), `"`)
	if text == "adaptive" {
		*w = AdaptiveWait
		return nil
	}
	ms, err := strconv.ParseInt(text, 10, 64)
	if err != nil || ms < 0 || ms > MaxWait.Milliseconds() {
		return fmt.Errorf(`want milliseconds from 0 to %d, or "adaptive"`, MaxWait.Milliseconds())
	}
	*w = Wait(time.Duration(ms) * time.Millisecond)
	return nil
}

// A pace is the rhythm in which a user types and the model answers. It is safe for concurrent use.
type pace struct {
	mu        sync.Mutex
	lastEdit  time.Time
	intervals []time.Duration // between edits, the newest last
	answers   []time.Duration // of the model
}

// edited takes note of an edit.
func (p *pace) edited(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if since := now.Sub(p.lastEdit); since <= pauseTime {
		p.intervals = kept(p.intervals, since)
	}
	p.lastEdit = now
}

// answered takes note of how long the model took.
func (p *pace) answered(took time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.answers = kept(p.answers, took)
}

func kept(last []time.Duration, next time.Duration) []time.Duration {
	return append(last[max(0, len(last)+1-paceKept):], next)
}

// left is what is left to wait.
func (p *pace) left(wait Wait, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	whole := time.Duration(wait)
	if wait == AdaptiveWait {
		whole = p.adapted()
	}
	return whole - now.Sub(p.lastEdit)
}

func (p *pace) adapted() time.Duration {
	if len(p.intervals) < paceKnown || len(p.answers) < paceKnown {
		return 0
	}
	intervals := slices.Sorted(slices.Values(p.intervals))
	answers := slices.Sorted(slices.Values(p.answers))
	if answers[len(answers)/2] <= intervals[len(intervals)/2] {
		return 0
	}
	return min(intervals[len(intervals)*4/5], maxAdaptiveWait)
}

// wait waits until the user has paused for long enough. The error is ctx's.
func (p *pace) wait(ctx context.Context, wait Wait) error {
	left := p.left(wait, time.Now())
	if left <= 0 {
		return nil
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
