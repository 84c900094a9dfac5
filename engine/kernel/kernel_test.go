package kernel_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

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

// TestPoolUnderLoad runs operations one after another on more workers than there are processors, which others want as
// well, with pauses long enough to sleep in.
func TestPoolUnderLoad(t *testing.T) {
	var idle atomic.Bool
	var others sync.WaitGroup
	for range 2 * runtime.GOMAXPROCS(0) {
		others.Go(func() {
			for !idle.Load() {
				time.Sleep(time.Duration(rand.IntN(100)) * time.Microsecond)
				for range rand.IntN(100_000) {
					_ = idle.Load()
				}
			}
		})
	}
	defer others.Wait()
	defer idle.Store(true)
	pool := kernel.NewPool(2*runtime.GOMAXPROCS(0) + 1)
	defer pool.Close()
	begun := time.Now()
	for operation := 0; time.Since(begun) < 2*time.Second; operation++ {
		parts := operation % 40
		counts := make([]atomic.Int32, parts)
		pool.Run(parts, func(_, part int) {
			counts[part].Add(1)
			if operation%7 == 0 {
				time.Sleep(time.Duration(rand.IntN(300)) * time.Microsecond)
			}
		})
		for part := range counts {
			if n := counts[part].Load(); n != 1 {
				t.Fatalf("operation %d of %d parts: part %d ran %d times", operation, parts, part, n)
			}
		}
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

// TestQuantisedProducts bounds what each precision loses against float32.
func TestQuantisedProducts(t *testing.T) {
	const rows, outputs, depth = 8, 64, 256
	k := kernel.Best()
	r := rand.New(rand.NewPCG(1, 2))
	weights, x := make([]float32, outputs*depth), make([]float32, rows*depth)
	for i := range weights {
		weights[i] = float32(r.NormFloat64())
	}
	for i := range x {
		x[i] = float32(r.NormFloat64())
	}
	product := func(p kernel.Precision) []float32 {
		w := kernel.NewMatrix(p, outputs, depth)
		w.SetRows(0, weights)
		var o kernel.Operand
		o.Reset(p, rows, depth)
		k.Quantize(&o, x, 0, rows)
		y := make([]float32, rows*outputs)
		k.MatMul(y, &o, w, 0, w.Panels(), false)
		return y
	}
	exact := product(kernel.F32)
	for p, bound := range map[kernel.Precision]float64{kernel.BF16: 0.004, kernel.Int8: 0.015, kernel.Int4: 0.12} {
		var wrong, total float64
		for i, y := range product(p) {
			wrong += math.Pow(float64(y-exact[i]), 2)
			total += math.Pow(float64(exact[i]), 2)
		}
		if e := math.Sqrt(wrong / total); !(e < bound && e > bound/20) {
			t.Errorf("%v: relative error %.4f, want below %g and above a twentieth of it", p, e, bound)
		}
	}
}

// BenchmarkMatMul measures each tier on products of the built-in model and of one of half a billion parameters, on one
// thread, and reports how many times as fast as the Go reference it is in the same run.
func BenchmarkMatMul(b *testing.B) {
	for _, shape := range []struct{ rows, outputs, depth int }{{1, 1408, 256}, {16, 1408, 256}, {64, 9728, 896}, {64, 896, 4864}} {
		for _, p := range kernel.Precisions {
			w := kernel.NewMatrix(p, shape.outputs, shape.depth)
			x, y := make([]float32, shape.rows*shape.depth), make([]float32, shape.rows*shape.outputs)
			var o kernel.Operand
			o.Reset(p, shape.rows, shape.depth)
			var reference float64
			tiers := kernel.Tiers()
			for i := len(tiers) - 1; i >= 0; i-- {
				k := tiers[i]
				if k.Name() == "go" && shape.depth > 256 {
					continue
				}
				b.Run(fmt.Sprintf("%dx%dx%d/%v/%s", shape.rows, shape.outputs, shape.depth, p, k.Name()), func(b *testing.B) {
					k.Quantize(&o, x, 0, shape.rows)
					for b.Loop() {
						k.MatMul(y, &o, w, 0, w.Panels(), false)
					}
					perOp := b.Elapsed().Seconds() / float64(b.N)
					if k.Name() == "go" {
						reference = perOp
					}
					b.ReportMetric(2*float64(shape.rows*shape.outputs*shape.depth)/perOp/1e9, "GOP/s")
					if reference > 0 {
						b.ReportMetric(reference/perOp, "x-go")
					}
				})
			}
		}
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
