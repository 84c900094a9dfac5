package profile

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"
)

// TestMeasure runs forwards that take no time but say that they do.
func TestMeasure(t *testing.T) {
	for _, test := range []struct {
		name    string
		longest int
		took    func(run, length int) time.Duration
		want    Profile
		runs    int // of forward, at most
	}{
		{
			"a small model", 32,
			func(_, length int) time.Duration { return time.Duration(1000+100*length) * time.Microsecond },
			Profile{{1, 1.1}, {2, 1.2}, {4, 1.4}, {8, 1.8}, {16, 2.6}, {24, 3.4}, {32, 4.2}},
			1 + 3*7,
		},
		{
			"a busy machine now and then", 8,
			func(run, length int) time.Duration {
				if run/4 == 1 { // the second round, nearly
					return 10 * time.Millisecond
				}
				return time.Duration(length) * time.Millisecond
			},
			Profile{{1, 1}, {2, 2}, {4, 4}, {8, 8}},
			1 + 3*4,
		},
		{
			"one length is disturbed", 8,
			func(_, length int) time.Duration {
				if length == 4 {
					return 9 * time.Millisecond
				}
				return time.Duration(length) * time.Millisecond
			},
			Profile{{1, 1}, {2, 2}, {4, 8}, {8, 8}},
			1 + 3*4,
		},
		{
			"a slow machine", 16,
			func(_, length int) time.Duration { return time.Duration(40+length) * time.Millisecond },
			Profile{{1, 41}, {2, 42}, {4, 44}, {8, 48}, {16, 56}},
			1 + 5,
		},
		{
			"a large model", 128,
			func(_, length int) time.Duration { return time.Duration(100*length) * time.Millisecond },
			Profile{{1, 100}, {2, 200}, {4, 400}},
			1 + 3,
		},
		{"a huge model", 128, func(_, length int) time.Duration { return time.Minute }, Profile{{1, 60_000}}, 2},
		{"a short context", 1, func(_, length int) time.Duration { return time.Second }, Profile{{1, 1000}}, 2},
		{"a clock that stands still", 4, func(_, length int) time.Duration { return 0 }, Profile{{1, minMS}, {2, minMS}, {4, minMS}}, 1 + 3*3},
	} {
		t.Run(test.name, func(t *testing.T) {
			run := 0
			got, err := Measure(t.Context(), test.longest, func(_ context.Context, length int) (time.Duration, error) {
				if length > test.longest {
					t.Errorf("a canvas of %d tokens", length)
				}
				run++
				return test.took(run-1, length), nil
			})
			if err != nil || !slices.Equal(got, test.want) {
				t.Errorf("got %v, %v; want %v", got, err, test.want)
			}
			if run > test.runs {
				t.Errorf("%d forwards, want at most %d", run, test.runs)
			}
			if err := got.Validate(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestMeasureEndsWithAnError(t *testing.T) {
	failure := errors.New("cancelled")
	for last := range 10 {
		run := 0
		got, err := Measure(t.Context(), 128, func(context.Context, int) (time.Duration, error) {
			if run == last {
				return 0, failure
			}
			run++
			return time.Millisecond, nil
		})
		if got != nil || !errors.Is(err, failure) || run != last {
			t.Errorf("got %v, %v after %d of %d forwards", got, err, run, last)
		}
	}
}

func TestInterpolation(t *testing.T) {
	p := Profile{{1, 1}, {2, 2}, {4, 2}, {8, 10}}
	for length, want := range map[int]float64{1: 1, 2: 2, 3: 2, 4: 2, 5: 4, 6: 6, 7: 8, 8: 10} {
		if got := p.MS(length); got != want {
			t.Errorf("%d tokens take %g ms, want %g", length, got, want)
		}
	}
	if p.Longest() != 8 || Profile(nil).Longest() != 0 {
		t.Errorf("the longest are %d and %d", p.Longest(), Profile(nil).Longest())
	}
	if got := p.String(); got != "1:1.0 2:2.0 4:2.0 8:10.0" {
		t.Error(got)
	}
}

func TestValidate(t *testing.T) {
	for name, p := range map[string]Profile{
		"nothing":        {},
		"no first":       {{2, 1}},
		"a gap":          {{1, 1}, {4, 1}},
		"twice":          {{1, 1}, {1, 1}},
		"no time":        {{1, 0}},
		"time backwards": {{1, -1}},
		"for ever":       {{1, 1e300}},
	} {
		if p.Validate() == nil {
			t.Errorf("%s: %v is valid", name, p)
		}
	}
}
