// Package ceiling measures what a machine can do at most: the rates of the instructions that products are made of, with
// operands in registers, and how fast memory far larger than the caches is read. A kernel is as good as the share of
// these that it gets.
//
// The probes are C, each compiled for the instruction set that it is about and run where the processor and the operating
// system have it. Without C there are two in plain Go: multiply-adds of float32, and reading.
package ceiling

import (
	"cmp"
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Kind is what a rate is of.
type Kind string

// The kinds: arithmetic on numbers of a type, and reading memory.
const (
	F32  Kind = "f32"
	BF16 Kind = "bf16"
	Int8 Kind = "int8"
	Read Kind = "read"
)

// A Rate is one ceiling: 10⁹ operations a second, a multiply-add counted as two, or for [Read] 10⁹ bytes a second.
type Rate struct {
	Name string  `json:"name"`
	Kind Kind    `json:"kind"`
	Unit string  `json:"unit"`        // "GFLOP/s", "GOP/s" or "GB/s"
	One  float64 `json:"one_thread"`  // of a thread that is alone
	All  float64 `json:"all_threads"` // of all threads together
}

const (
	// probeTime is how long a run of a probe takes.
	probeTime = 20 * time.Millisecond
	// arrayBytes is what a thread reads, far more than its share of the caches; all threads read no more than maxBytes.
	arrayBytes = 256 << 20
	maxBytes   = int64(16 << 30)
	// arrayUnit divides the size of an array, whatever the way of reading it.
	arrayUnit = 64 << 10
)

// A probe is arithmetic that takes nothing but time: operations operations a round.
type probe struct {
	name       string
	kind       Kind
	operations float64
	run        func(rounds int)
}

// Measure measures every ceiling, alone and on the given number of threads at once, each as the best of some runs. It
// keeps the machine busy for a second or a few, and needs 256 MiB of memory a thread. When
// ctx is cancelled it returns ctx.Err() after the probe under way. Observe is told how much of all is done.
func Measure(ctx context.Context, threads, runs int, observe func(done, total int)) ([]Rate, error) {
	all := probes()
	slices.SortStableFunc(all, func(a, b probe) int { return cmp.Compare(a.kind, b.kind) })
	var rates []Rate
	for i, p := range all {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		observe(i, len(all)+1)
		unit := "GFLOP/s"
		if p.kind == Int8 {
			unit = "GOP/s"
		}
		rate := Rate{Name: p.name, Kind: p.kind, Unit: unit, One: p.rate(1, runs)}
		if rate.All = rate.One; threads > 1 {
			rate.All = p.rate(threads, runs)
		}
		rates = append(rates, rate)
	}
	observe(len(all), len(all)+1)
	read := Rate{Name: "read memory", Kind: Read, Unit: "GB/s"}
	var err error
	if read.One, err = readRate(ctx, 1, runs); err != nil {
		return nil, err
	}
	if read.All = read.One; threads > 1 {
		if read.All, err = readRate(ctx, threads, runs); err != nil {
			return nil, err
		}
	}
	observe(len(all)+1, len(all)+1)
	return append(rates, read), nil
}

// rate is 10⁹ operations a second on the given number of threads.
func (p probe) rate(threads, runs int) float64 {
	rounds := 1000 // between looks at the clock
	for took := time.Duration(0); took < probeTime/200; rounds *= 2 {
		took = together(1, func(int) { p.run(rounds) })
	}
	best := 0.0
	for range runs {
		var done atomic.Int64
		took := together(threads, func(int) {
			for begun := time.Now(); time.Since(begun) < probeTime; done.Add(int64(rounds)) {
				p.run(rounds)
			}
		})
		best = max(best, float64(done.Load())*p.operations/float64(took.Nanoseconds()))
	}
	return best
}

// readRate is 10⁹ bytes a second that threads read together, each an array of its own, in the best way of several.
func readRate(ctx context.Context, threads, runs int) (float64, error) {
	size := int(min(arrayBytes, maxBytes/int64(threads))) / arrayUnit * arrayUnit
	arrays := make([]array, threads)
	defer func() {
		for _, a := range arrays {
			a.free()
		}
	}()
	for i := range arrays {
		var ok bool
		if arrays[i], ok = allocate(size); !ok {
			return 0, fmt.Errorf("measuring the memory: no room for %d arrays of %d MiB: use fewer threads", threads, size>>20)
		}
	}
	together(threads, func(i int) { arrays[i].fill() })
	best := 0.0
	for range runs {
		for way := range ways {
			if err := ctx.Err(); err != nil {
				return 0, err
			}
			took := together(threads, func(i int) { arrays[i].read(way) })
			best = max(best, float64(threads)*float64(size)/float64(took.Nanoseconds()))
		}
	}
	return best, nil
}

// together has threads call f at once, each with its number, and returns the time until the last is done.
func together(threads int, f func(thread int)) time.Duration {
	var ready, done sync.WaitGroup
	begin := make(chan struct{})
	for thread := range threads {
		ready.Add(1)
		done.Go(func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			ready.Done()
			<-begin
			f(thread)
		})
	}
	ready.Wait()
	begun := time.Now()
	close(begin)
	done.Wait()
	return time.Since(begun)
}
