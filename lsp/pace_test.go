package lsp

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestAdaptiveWait types and answers at steady speeds, and looks at what is left to wait some time after the last key.
func TestAdaptiveWait(t *testing.T) {
	const ms = time.Millisecond
	for _, test := range []struct {
		name           string
		intervals      []time.Duration
		answer, since  time.Duration
		edits, answers int
		want           time.Duration
	}{
		{"answers between keys", []time.Duration{120 * ms}, 60 * ms, 0, 20, 20, 0},
		{"answers as fast as keys", []time.Duration{60 * ms}, 60 * ms, 0, 20, 20, 0},
		{"answers after the next key", []time.Duration{60 * ms}, 100 * ms, 0, 20, 20, 60 * ms},
		{"some time after the last key", []time.Duration{60 * ms}, 100 * ms, 40 * ms, 20, 20, 20 * ms},
		{"long after the last key", []time.Duration{60 * ms}, 100 * ms, 80 * ms, 20, 20, -20 * ms},
		{"as long as most intervals", []time.Duration{50 * ms, 50 * ms, 50 * ms, 90 * ms}, 100 * ms, 0, 33, 20, 90 * ms},
		{"but not as the longest", []time.Duration{50 * ms, 50 * ms, 50 * ms, 50 * ms, 50 * ms, 50 * ms, 50 * ms, 900 * ms}, 100 * ms, 0, 33, 20, 50 * ms},
		{"slow at both", []time.Duration{700 * ms}, 900 * ms, 0, 20, 20, maxAdaptiveWait},
		{"few edits", []time.Duration{60 * ms}, 100 * ms, 0, paceKnown, 20, 0},
		{"edits enough", []time.Duration{60 * ms}, 100 * ms, 0, paceKnown + 1, 20, 60 * ms},
		{"few answers", []time.Duration{60 * ms}, 100 * ms, 0, 20, paceKnown - 1, 0},
		{"pauses only", []time.Duration{pauseTime + 1}, 100 * ms, 0, 20, 20, 0},
	} {
		var p pace
		now := time.Now()
		for i := range test.edits {
			now = now.Add(test.intervals[i%len(test.intervals)])
			p.edited(now)
		}
		for range test.answers {
			p.answered(test.answer)
		}
		if got := p.left(AdaptiveWait, now.Add(test.since)); got != test.want {
			t.Errorf("%s: %v are left to wait, want %v", test.name, got, test.want)
		}
		if got := p.left(Wait(75*ms), now.Add(70*ms)); got != 5*ms {
			t.Errorf("%s: of 75 ms, %v are left after 70", test.name, got)
		}
	}
	// What was long ago no longer counts.
	var p pace
	now := time.Now()
	for i := range 2 * paceKept {
		interval := 60 * ms
		if i < paceKept {
			interval = 200 * ms
		}
		now = now.Add(interval)
		p.edited(now)
		p.answered(100 * ms)
	}
	if got := p.left(AdaptiveWait, now); got != 60*ms {
		t.Errorf("after another rhythm %v are left to wait", got)
	}
}

// TestWait asks at moments between edits, by a clock of its own.
func TestWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newModel()
		e := initializedWith(t, Options{Completer: m}, object{
			"capabilities": object{}, "initializationOptions": object{"wait": 1000},
		}, "a")
		asks := func(after time.Duration, p pending, what string) {
			t.Helper()
			if after > 0 {
				time.Sleep(after - time.Millisecond)
				synctest.Wait()
				if len(m.asked) > 0 {
					t.Errorf("%s: the model was asked early", what)
				}
				time.Sleep(time.Millisecond)
			}
			synctest.Wait()
			if len(m.asked) != 1 {
				t.Fatalf("%s: the model was not asked", what)
			}
			(<-m.asked).answer <- "bcd"
			p.wait()
		}
		asks(0, e.begin("textDocument/inlineCompletion", inline(0, 0)), "before any edit")
		e.insert(2, 0, 1, "a")
		asks(time.Second, e.begin("textDocument/inlineCompletion", inline(0, 2)), "right after an edit")
		e.insert(3, 0, 2, "b")
		if r := e.call("textDocument/inlineCompletion", inline(0, 3)); r.Error != nil || len(m.asked) > 0 {
			t.Error("what is at hand was not shown at once")
		}
		e.insert(4, 0, 3, "!")
		time.Sleep(600 * time.Millisecond)
		asks(400*time.Millisecond, e.begin("textDocument/inlineCompletion", inline(0, 4)), "some time after an edit")
		e.insert(5, 0, 4, "?")
		invoked := inline(0, 5)
		invoked["context"] = object{"triggerKind": 1}
		asks(0, e.begin("textDocument/inlineCompletion", invoked), "when the user asks")
		e.insert(6, 0, 5, "?")
		older := e.begin("textDocument/inlineCompletion", inline(0, 6))
		time.Sleep(999 * time.Millisecond)
		e.insert(7, 0, 6, "?")
		newer := e.begin("textDocument/inlineCompletion", inline(0, 7))
		if r := older.wait(); r.code() != -32800 {
			t.Errorf("the older of two that wait: code %d", r.code())
		}
		asks(time.Second, newer, "the newer of two")
	})
}
