package kernel_test

import (
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"seedls/engine/kernel"
	"seedls/engine/kernel/kerneltest"
)

func TestTiers(t *testing.T) {
	for _, k := range kernel.Tiers() {
		t.Run(k.Name(), func(t *testing.T) { kerneltest.Run(t, k) })
	}
}

func TestFromEnv(t *testing.T) {
	for _, k := range kernel.Tiers() {
		t.Setenv("SEEDLS_KERNEL", k.Name())
		got, err := kernel.FromEnv()
		if err != nil || got.Name() != k.Name() {
			t.Errorf("SEEDLS_KERNEL=%s gives %v, %v", k.Name(), got, err)
		}
	}
	t.Setenv("SEEDLS_KERNEL", "abacus")
	if _, err := kernel.FromEnv(); err == nil || !strings.Contains(err.Error(), "choose one of") {
		t.Errorf("an unknown tier gives %v", err)
	}
}

func TestPoolRunsEveryPartOnce(t *testing.T) {
	for _, workers := range []int{1, 2, 5} {
		pool := kernel.NewPool(workers)
		for parts := range 40 {
			counts := make([]atomic.Int32, parts)
			pool.Run(parts, func(worker, part int) {
				if worker < 0 || worker >= workers {
					t.Errorf("worker %d of %d", worker, workers)
				}
				counts[part].Add(1)
			})
			for part := range counts {
				if n := counts[part].Load(); n != 1 {
					t.Fatalf("%d workers, %d parts: part %d ran %d times", workers, parts, part, n)
				}
			}
		}
		pool.Close()
	}
}

func TestPoolPanic(t *testing.T) {
	pool := kernel.NewPool(3)
	defer pool.Close()
	for bad := range 30 {
		func() {
			defer func() {
				if recovered := recover(); recovered != "bad part" {
					t.Errorf("part %d panicked, the caller recovered %v", bad, recovered)
				}
			}()
			pool.Run(30, func(_, part int) {
				if part == bad {
					panic("bad part")
				}
			})
		}()
		var ran atomic.Int32
		pool.Run(30, func(int, int) { ran.Add(1) })
		if ran.Load() != 30 {
			t.Fatalf("after a panic the pool ran %d of 30 parts", ran.Load())
		}
	}
}

// BenchmarkMatMul measures each tier on the largest product of a layer of the built-in model and reports how many
// times as fast as the Go reference it is in the same run.
func BenchmarkMatMul(b *testing.B) {
	const rows, outputs, depth = 32, 1408, 256
	w := kernel.NewMatrix(outputs, depth)
	x, y := make([]float32, rows*depth), make([]float32, rows*outputs)
	var reference float64
	tiers := kernel.Tiers()
	for i := len(tiers) - 1; i >= 0; i-- {
		k := tiers[i]
		b.Run(k.Name(), func(b *testing.B) {
			for b.Loop() {
				k.MatMul(y, x, rows, w, 0, w.Panels(), false)
			}
			perOp := b.Elapsed().Seconds() / float64(b.N)
			if k.Name() == "go" {
				reference = perOp
			}
			b.ReportMetric(2*rows*outputs*depth/perOp/1e9, "GFLOP/s")
			b.ReportMetric(reference/perOp, "x-go")
		})
	}
}

func BenchmarkPool(b *testing.B) {
	pool := kernel.NewPool(runtime.NumCPU())
	defer pool.Close()
	task := func(worker, part int) {}
	b.ReportAllocs()
	for b.Loop() {
		pool.Run(pool.Workers(), task)
	}
}
