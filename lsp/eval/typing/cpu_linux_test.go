package typing

import (
	"os"
	"testing"
	"time"
)

func TestParseTicks(t *testing.T) {
	for stat, want := range map[string]uint64{
		"7 (a) S 1 2 3 4 -1 6 7 8 9 10 40 2 13 14":         42,
		"7 (a) b (c) R 1 2 3 4 -1 6 7 8 9 10 0 0 0 0 20 0": 0,
	} {
		if got, err := parseTicks(stat); err != nil || got != want {
			t.Errorf("%q: %d, %v", stat, got, err)
		}
	}
	for _, stat := range []string{"", "7 (a) S 1 2", "7 (a) S 1 2 3 4 -1 6 7 8 9 10 x 2 13 14", "7 (a) S 1 2 3 4 -1 6 7 8 9 10 1 x 13 14"} {
		if _, err := parseTicks(stat); err == nil {
			t.Errorf("%q: no error", stat)
		}
	}
}

func TestCPUSeconds(t *testing.T) {
	before, err := cpuSeconds(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	for begun := time.Now(); time.Since(begun) < 300*time.Millisecond; {
	}
	after, err := cpuSeconds(os.Getpid())
	if err != nil || after-before < 0.05 || after-before > 2 {
		t.Errorf("%v s before, %v s after: %v", before, after, err)
	}
	if _, err := cpuSeconds(1 << 30); err == nil {
		t.Error("no error for a process that is not there")
	}
}
