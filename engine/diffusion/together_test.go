package diffusion_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"seedls/engine/builtin"
	"seedls/engine/diffusion"
	"seedls/engine/kernel"
	"seedls/engine/transformer"
)

// forwards is a batch that asks one sequence after another, and counts.
type forwards struct {
	sequences []diffusion.Forward
	passes    int
	widths    []int // canvases in each pass
}

func (f *forwards) Canvases(canvases [][]int32, slots [][]int) (all [][]float32) {
	width := 0
	for i, s := range f.sequences {
		if len(canvases[i]) > 0 {
			width++
			all = append(all, s.Canvas(canvases[i], slots[i])...)
		}
	}
	f.passes++
	f.widths = append(f.widths, width)
	return all
}

// variants are options that differ in all that options of one request can.
func variants(n int) []diffusion.Options {
	var all []diffusion.Options
	for i := range n {
		policies := []diffusion.Policy{diffusion.Threshold(0.9), diffusion.FixedSteps(3 + i), diffusion.EntropyBounded(0.5)}
		all = append(all, diffusion.Options{
			Canvas: 8 << (i % 2), Blocks: 1 + i%3, Policy: policies[i%3], Temperature: float32(i) / 2, Seed: uint64(i), Revisions: i % 2,
			EditThreshold: 0.5,
		})
	}
	return all
}

// TestTogetherIsEachAlone generates with the built-in model, which is damaged by no batch: results and every step are
// those of each member alone, on one thread and on three.
func TestTogetherIsEachAlone(t *testing.T) {
	model := builtinModel(t)
	golden := readGolden(t)[0]
	options := variants(6)
	observe := func(o diffusion.Options, log *[]string) diffusion.Options {
		o.Observe = func(s diffusion.Step) {
			*log = append(*log, fmt.Sprint(s.Block, s.Index, s.Canvas, s.Committed, s.Revised))
		}
		return o
	}
	var want []diffusion.Result
	wantSteps := make([][]string, len(options))
	for _, threads := range []int{1, 3} {
		pool := kernel.NewPool(threads)
		defer pool.Close()
		runner := transformer.NewRunner(model, kernel.Best(), pool)
		kv := model.NewKVCache(512)
		runner.Extend(kv, golden.Context)
		if want == nil {
			s := diffusion.NewSampler(vocabulary, kernel.Best())
			for i, o := range options {
				r, err := s.Diffuse(t.Context(), transformer.Sequence{Runner: runner, Cache: kv.Clone()}, observe(o, &wantSteps[i]))
				require.NoError(t, err)
				want = append(want, r)
			}
		}
		batch := transformer.Batch{Runner: runner}
		var members []diffusion.Member
		steps := make([][]string, len(options))
		for i, o := range options {
			cache := kv.Clone()
			batch.Caches = append(batch.Caches, cache)
			members = append(members, diffusion.Member{
				Sampler:  diffusion.NewSampler(vocabulary, kernel.Best()),
				Sequence: transformer.Sequence{Runner: runner, Cache: cache}, Options: observe(o, &steps[i]),
			})
		}
		got, err := diffusion.DiffuseTogether(t.Context(), batch, members)
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.Equal(t, wantSteps, steps)
	}
}

// TestFinishedMembersDropOut has members write texts of different lengths: a pass has those that are not done, and there
// are as many passes as the longest takes.
func TestFinishedMembersDropOut(t *testing.T) {
	var f forwards
	var members []diffusion.Member
	for i, n := range []int{2, 0, 11} {
		o := &oracle{text: text(n), room: 1000}
		f.sequences = append(f.sequences, o)
		members = append(members, diffusion.Member{
			Sampler: diffusion.NewSampler(toy, kernel.Best()), Sequence: o,
			Options: diffusion.Options{Canvas: 4, Blocks: 4, Policy: diffusion.FixedSteps(2 + i)},
		})
	}
	results, err := diffusion.DiffuseTogether(t.Context(), &f, members)
	require.NoError(t, err)
	most := 0
	for i, r := range results {
		require.Equal(t, f.sequences[i].(*oracle).text, append([]int32{}, r.Tokens...))
		require.True(t, r.Ended)
		most = max(most, r.Forwards)
	}
	require.Equal(t, most, f.passes)
	require.Equal(t, 3, f.widths[0])
	require.IsNonIncreasing(t, f.widths)
	require.Equal(t, 1, f.widths[len(f.widths)-1])
}

// TestAnyOrdersTerminateTogether answers the members at random, each in its own way: all end, within the passes that one
// token a pass takes.
func TestAnyOrdersTerminateTogether(t *testing.T) {
	const canvas, blocks, remasks = 8, 3, 2
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 7))
		var f forwards
		var members []diffusion.Member
		for range 1 + random.IntN(8) {
			own := rand.New(rand.NewPCG(random.Uint64(), 0))
			answer := func([]int32, int, int32) bool { return own.IntN(3) == 0 }
			wrong := func(canvas []int32) []int { return []int{own.IntN(len(canvas)), own.IntN(len(canvas))} }
			o := &oracle{text: text(random.IntN(40)), room: random.IntN(60)}
			f.sequences = append(f.sequences, o)
			members = append(members, diffusion.Member{
				Sampler: diffusion.NewSampler(toy, kernel.Best()), Sequence: o,
				Options: diffusion.Options{
					Canvas: canvas, Blocks: blocks, Policy: diffusion.Threshold(0.5), Temperature: own.Float32(), Seed: seed,
					Order: knowing{rules{answer, answer}, own, wrong}, Remasks: remasks, Revisions: 1, EditThreshold: 0.5,
				},
			})
		}
		_, err := diffusion.DiffuseTogether(t.Context(), &f, members)
		require.NoError(t, err)
		require.LessOrEqual(t, f.passes, blocks*((1+remasks)*canvas+1), "seed %d", seed)
	}
}

// TestTogetherIsCancelled cancels during the third pass: no fourth follows.
func TestTogetherIsCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var f forwards
	var members []diffusion.Member
	for i := range 3 {
		o := &oracle{text: text(50), room: 1000}
		f.sequences = append(f.sequences, o)
		options := diffusion.Options{Canvas: 16, Blocks: 4, Policy: diffusion.FixedSteps(9)}
		if i == 1 {
			options.Observe = func(diffusion.Step) {
				if f.passes == 3 {
					cancel()
				}
			}
		}
		members = append(members, diffusion.Member{Sampler: diffusion.NewSampler(toy, kernel.Best()), Sequence: o, Options: options})
	}
	_, err := diffusion.DiffuseTogether(ctx, &f, members)
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, 3, f.passes)
}

// TestStepsTogetherDoNotAllocate fills four canvases in 2 steps and in 32, as TestStepsDoNotAllocate does one.
func TestStepsTogetherDoNotAllocate(t *testing.T) {
	pool := kernel.NewPool(2)
	defer pool.Close()
	g := newGang(t, pool, 4)
	allocations := func(steps int) float64 {
		return testing.AllocsPerRun(1, func() {
			g.together(t, diffusion.Options{Canvas: 32, Blocks: 1, Policy: diffusion.FixedSteps(steps)})
		})
	}
	few := min(allocations(2), allocations(2), allocations(2))
	many := allocations(32)
	for run := 1; run < 10 && many > few; run++ {
		many = min(many, allocations(32))
	}
	require.LessOrEqual(t, many, few)
}

// A gang is members that share the context of the first golden text, each in a cache of its own.
type gang struct {
	batch   transformer.Batch
	members []diffusion.Member
}

func newGang(t testing.TB, pool *kernel.Pool, n int) *gang {
	c, err := builtin.Open()
	require.NoError(t, err)
	model, err := transformer.Load(c, kernel.Int8)
	require.NoError(t, err)
	runner := transformer.NewRunner(model, kernel.Best(), pool)
	kv := model.NewKVCache(512)
	runner.Extend(kv, readGolden(t)[0].Context)
	g := &gang{batch: transformer.Batch{Runner: runner}}
	for range n {
		cache := kv.Clone()
		g.batch.Caches = append(g.batch.Caches, cache)
		g.members = append(g.members, diffusion.Member{
			Sampler: diffusion.NewSampler(vocabulary, kernel.Best()), Sequence: transformer.Sequence{Runner: runner, Cache: cache},
		})
	}
	return g
}

func (g *gang) together(t testing.TB, o diffusion.Options) {
	for i := range g.members {
		g.members[i].Options = o
		g.members[i].Options.Seed = uint64(i)
	}
	_, err := diffusion.DiffuseTogether(context.Background(), g.batch, g.members)
	require.NoError(t, err)
}

// BenchmarkTogether computes in int8: it fills four canvases of 16 in eight steps together and one after another, and reports the time of the
// four together over that of one, and over that of four.
func BenchmarkTogether(b *testing.B) {
	const n = 4
	pool := kernel.NewPool(2)
	defer pool.Close()
	g := newGang(b, pool, n)
	options := diffusion.Options{Canvas: 16, Blocks: 1, Policy: diffusion.FixedSteps(8)}
	var together, alone time.Duration
	for b.Loop() {
		begun := time.Now()
		g.together(b, options)
		between := time.Now()
		for _, m := range g.members {
			if _, err := m.Sampler.Diffuse(context.Background(), m.Sequence, m.Options); err != nil {
				b.Fatal(err)
			}
		}
		together += between.Sub(begun)
		alone += time.Since(between)
	}
	b.ReportMetric(n*together.Seconds()/alone.Seconds(), "x-one")
	b.ReportMetric(together.Seconds()/alone.Seconds(), "x-alone")
}
