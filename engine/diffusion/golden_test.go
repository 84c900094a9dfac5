package diffusion_test

import (
	"context"
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"

	"seedls/engine/builtin"
	"seedls/engine/diffusion"
	"seedls/engine/kernel"
	"seedls/engine/transformer"
)

// vocabulary of the built-in model: tokens 0 to 15 are special.
var vocabulary = diffusion.Vocabulary{Mask: 1, End: 6, Never: []int32{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}}

func builtinModel(t testing.TB) *transformer.Model {
	t.Helper()
	c, err := builtin.Open()
	if err != nil {
		t.Fatal(err)
	}
	model, err := transformer.Load(c, kernel.F32)
	if err != nil {
		t.Fatal(err)
	}
	return model
}

type goldenStep struct {
	Committed  []int
	Tokens     []int32
	Confidence []float64
}

type goldenCase struct {
	Name           string
	Context        []int32
	Threshold      float64
	Canvas         int
	Steps          []goldenStep
	Final          []int32
	Autoregressive []int32
}

func readGolden(t testing.TB) (cases []goldenCase) {
	t.Helper()
	data, err := os.ReadFile("../../testdata/models/seed-go-8m/golden_sampler.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	return cases
}

// TestGolden reproduces the trajectories of the reference sampler, step by step, with every kernel of this machine but
// the Go one, which is too slow for this many steps and passes the golden tests of package transformer.
func TestGolden(t *testing.T) {
	model := builtinModel(t)
	pool := kernel.NewPool(2)
	defer pool.Close()
	tiers := kernel.Tiers()
	if len(tiers) > 1 {
		tiers = tiers[:len(tiers)-1]
	}
	for _, k := range tiers {
		runner := transformer.NewRunner(model, k, pool)
		sampler := diffusion.NewSampler(vocabulary, k)
		for _, c := range readGolden(t) {
			t.Run(k.Name()+"/"+c.Name, func(t *testing.T) {
				var steps []goldenStep
				kv := model.NewKVCache(512)
				runner.Extend(kv, c.Context)
				result, err := sampler.Diffuse(t.Context(), transformer.Sequence{Runner: runner, Cache: kv}, diffusion.Options{
					Canvas: c.Canvas, Blocks: 1, Policy: diffusion.Threshold(c.Threshold),
					Observe: func(s diffusion.Step) { steps = append(steps, observed(s)) },
				})
				if err != nil {
					t.Fatal(err)
				}
				sameTrajectory(t, steps, c.Steps)
				final := result.Tokens
				if result.Ended {
					final = append(final, vocabulary.End)
				}
				if !slices.Equal(final, c.Final) {
					t.Errorf("wrote %v, want %v", final, c.Final)
				}
				if result.Forwards != len(c.Steps) {
					t.Errorf("%d forward passes, want %d", result.Forwards, len(c.Steps))
				}
			})
			t.Run(k.Name()+"/"+c.Name+"/autoregressive", func(t *testing.T) {
				kv := model.NewKVCache(512)
				last := len(c.Context) - 1
				runner.Extend(kv, c.Context[:last])
				result, err := sampler.Autoregress(t.Context(), transformer.Sequence{Runner: runner, Cache: kv}, c.Context[last],
					diffusion.Options{Canvas: 32, Blocks: 1})
				if err != nil {
					t.Fatal(err)
				}
				want := slices.DeleteFunc(slices.Clone(c.Autoregressive), func(token int32) bool { return token == vocabulary.End })
				if !slices.Equal(result.Tokens, want) {
					t.Errorf("wrote %v, want %v", result.Tokens, want)
				}
			})
		}
	}
}

func observed(s diffusion.Step) (g goldenStep) {
	for _, c := range s.Committed {
		g.Committed = append(g.Committed, c.Slot)
		g.Tokens = append(g.Tokens, c.Token)
		g.Confidence = append(g.Confidence, float64(c.Confidence))
	}
	return g
}

// sameTrajectory compares steps in order. Where two confidences of the reference differ by less than 1e-4 either may
// come first: from there on only what is committed in the end, slot by slot, is compared.
func sameTrajectory(t *testing.T, got, want []goldenStep) {
	t.Helper()
	tokens := func(steps []goldenStep) map[int]int32 {
		all := map[int]int32{}
		for _, s := range steps {
			for i, slot := range s.Committed {
				all[slot] = s.Tokens[i]
			}
		}
		return all
	}
	for i, w := range want {
		if i >= len(got) {
			t.Fatalf("%d steps, want %d", len(got), len(want))
		}
		g := got[i]
		if !slices.Equal(g.Committed, w.Committed) {
			if i+1 < len(want) && tied(w, want[i+1]) {
				for slot, token := range tokens(want[i:]) {
					if now, ok := tokens(got[i:])[slot]; ok && now != token {
						t.Errorf("slot %d holds %d, want %d", slot, now, token)
					}
				}
				return
			}
			t.Fatalf("step %d commits slots %v, want %v", i, g.Committed, w.Committed)
		}
		if !slices.Equal(g.Tokens, w.Tokens) {
			t.Fatalf("step %d commits tokens %v, want %v", i, g.Tokens, w.Tokens)
		}
		for j, confidence := range w.Confidence {
			if math.Abs(g.Confidence[j]-confidence) > 1e-3 {
				t.Errorf("step %d: slot %d has confidence %g, want %g", i, w.Committed[j], g.Confidence[j], confidence)
			}
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d steps, want %d", len(got), len(want))
	}
}

func tied(a, b goldenStep) bool {
	for _, x := range a.Confidence {
		for _, y := range b.Confidence {
			if math.Abs(x-y) < 1e-4 {
				return true
			}
		}
	}
	return false
}

// BenchmarkGenerate writes the golden texts both ways and reports tokens a second, end and canvas filler not counted,
// and forward passes a text.
func BenchmarkGenerate(b *testing.B) {
	model := builtinModel(b)
	pool := kernel.NewPool(2)
	defer pool.Close()
	runner := transformer.NewRunner(model, kernel.Best(), pool)
	sampler := diffusion.NewSampler(vocabulary, kernel.Best())
	cases := readGolden(b)
	for _, mode := range []struct {
		name   string
		policy diffusion.Policy
	}{
		{"threshold=0.9", diffusion.Threshold(0.9)},
		{"threshold=0.5", diffusion.Threshold(0.5)},
		{"fixed-steps=8", diffusion.FixedSteps(8)},
		{"entropy-bound=1", diffusion.EntropyBounded(1)},
		{"autoregressive", nil},
	} {
		b.Run(mode.name, func(b *testing.B) {
			tokens, forwards := 0, 0
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				b.StopTimer()
				c := cases[i%len(cases)]
				kv := model.NewKVCache(512)
				last := len(c.Context) - 1
				runner.Extend(kv, c.Context[:last])
				b.StartTimer()
				var result diffusion.Result
				var err error
				options := diffusion.Options{Canvas: 32, Blocks: 1, Policy: mode.policy}
				if mode.policy == nil {
					result, err = sampler.Autoregress(context.Background(), transformer.Sequence{Runner: runner, Cache: kv}, c.Context[last], options)
				} else {
					runner.Extend(kv, c.Context[last:])
					result, err = sampler.Diffuse(context.Background(), transformer.Sequence{Runner: runner, Cache: kv}, options)
				}
				if err != nil {
					b.Fatal(err)
				}
				tokens += len(result.Tokens)
				forwards += result.Forwards
			}
			b.ReportMetric(float64(tokens)/b.Elapsed().Seconds(), "tokens/s")
			b.ReportMetric(float64(forwards)/float64(b.N), "forwards/op")
		})
	}
}
