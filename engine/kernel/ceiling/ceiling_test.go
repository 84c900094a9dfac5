package ceiling_test

import (
	"context"
	"errors"
	"math"
	"testing"

	"seedls/engine/kernel/ceiling"
)

// TestMeasure looks for rates that are positive numbers, and for the two kinds that every machine has.
func TestMeasure(t *testing.T) {
	seen := 0
	rates, err := ceiling.Measure(t.Context(), 2, 1, func(done, total int) {
		if done != seen || total < 2 {
			t.Errorf("%d of %d done, want %d", done, total, seen)
		}
		seen++
	})
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[ceiling.Kind]bool{}
	for _, r := range rates {
		t.Logf("%-24s %-5s %10.1f %10.1f %s", r.Name, r.Kind, r.One, r.All, r.Unit)
		kinds[r.Kind] = true
		for _, rate := range []float64{r.One, r.All} {
			if !(rate > 0) || math.IsInf(rate, 0) {
				t.Errorf("%s: %v %s", r.Name, rate, r.Unit)
			}
		}
	}
	if !kinds[ceiling.F32] || !kinds[ceiling.Read] || seen != len(rates)+1 {
		t.Errorf("%d rates of the kinds %v, told of %d", len(rates), kinds, seen)
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := ceiling.Measure(ctx, 1, 1, func(int, int) {}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
