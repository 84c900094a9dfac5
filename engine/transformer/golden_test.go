package transformer

import (
	"fmt"
	"math"
	"path/filepath"
	"testing"

	"seedls/engine/builtin"
	"seedls/engine/checkpoint"
	"seedls/engine/kernel"
)

// tolerance of every golden value, computed elsewhere in float32.
const tolerance = 1e-3

const models = "../../testdata/models"

// TestGoldenBuiltin compares the built-in model with the reference: the residual stream after every layer, the logits
// after the context, and those of a canvas of 16 masks.
func TestGoldenBuiltin(t *testing.T) {
	c, err := builtin.Open()
	if err != nil {
		t.Fatal(err)
	}
	model := load(t, c)
	golden := openGolden(t, filepath.Join(models, "seed-go-8m"))
	eachTier(t, model, func(t *testing.T, r *Runner) {
		for _, name := range []string{"close", "iferr", "nosuffix", "midword"} {
			t.Run(name, func(t *testing.T) {
				context, canvas := golden.ids(name+".context"), golden.ids(name+".canvas16")

				kv := model.NewKVCache(512)
				if name == "close" {
					want := golden.floats("close.hidden")
					r.trace = func(x []float32) {
						near(t, fmt.Sprintf("hidden, %d values left", len(want)), x, want[:len(x)])
						want = want[len(x):]
					}
				}
				r.Extend(kv, context)
				r.trace = nil
				for i, logits := range r.Canvas(kv, canvas, indices(len(canvas))) {
					near(t, fmt.Sprint("canvas row ", i), logits, golden.row(name+".canvas16_logits", i))
				}

				kv = model.NewKVCache(512)
				last := len(context) - 1
				r.Extend(kv, context[:last])
				near(t, "last logits", r.Next(kv, context[last]), golden.floats(name+".last_logits"))
			})
		}
	})
}

// TestGoldenBackbones compares three backbones, each with the switches of one family: a causal forward pass, and one
// in the attention regime of its configuration.
func TestGoldenBackbones(t *testing.T) {
	for _, name := range []string{"tiny-llama-block4", "tiny-qwen2-full-shift", "tiny-qwen3-block16"} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(models, "arch", name)
			c, err := checkpoint.Open(dir)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { c.Close() })
			model := load(t, c)
			golden := openGolden(t, dir)
			ids := golden.ids("ids")
			eachTier(t, model, func(t *testing.T, r *Runner) {
				kv := model.NewKVCache(64)
				r.forward(kv, ids, causal, true)
				r.project(indices(len(ids))...)
				for i, logits := range r.views {
					near(t, fmt.Sprint("causal row ", i), logits, golden.row("causal_logits", i))
				}
				// A canvas after nothing, and one after a context, are the same sequence.
				for _, context := range []int{0, 7, 16} {
					kv := model.NewKVCache(64)
					r.Extend(kv, ids[:context])
					for i, logits := range r.Canvas(kv, ids[context:], indices(len(ids)-context)) {
						near(t, fmt.Sprintf("context %d, canvas row %d", context, i), logits, golden.row("regime_logits", context+i))
					}
				}
			})
		})
	}
}

func load(t testing.TB, c *checkpoint.Checkpoint) *Model {
	t.Helper()
	model, err := Load(c, kernel.F32)
	if err != nil {
		t.Fatal(err)
	}
	return model
}

// eachTier runs a test with every kernel of this machine.
func eachTier(t *testing.T, m *Model, test func(*testing.T, *Runner)) {
	for _, k := range kernel.Tiers() {
		t.Run(k.Name(), func(t *testing.T) {
			pool := kernel.NewPool(2)
			defer pool.Close()
			test(t, NewRunner(m, k, pool))
		})
	}
}

type golden struct {
	t    *testing.T
	file *checkpoint.TensorFile
}

func openGolden(t *testing.T, dir string) golden {
	t.Helper()
	path := filepath.Join(dir, "golden_forward.safetensors")
	file, err := checkpoint.OpenTensors(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { file.Close() })
	return golden{t, file}
}

func (g golden) tensor(name string) checkpoint.Tensor {
	g.t.Helper()
	tensor, err := g.file.Tensor(name)
	if err != nil {
		g.t.Fatal(err)
	}
	return tensor
}

func (g golden) ids(name string) []int32      { return g.tensor(name).Int32s() }
func (g golden) floats(name string) []float32 { return g.tensor(name).Float32() }

func (g golden) row(name string, i int) []float32 {
	tensor := g.tensor(name)
	row := make([]float32, tensor.Shape[1])
	tensor.Row(i, row)
	return row
}

func near(t *testing.T, name string, got, want []float32) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%s: %d values, want %d", name, len(got), len(want))
	}
	for i, w := range want {
		if d := math.Abs(float64(got[i] - w)); !(d <= tolerance) {
			t.Fatalf("%s: value %d is %g, want %g", name, i, got[i], w)
		}
	}
}

func indices(n int) []int {
	s := make([]int, n)
	for i := range s {
		s[i] = i
	}
	return s
}
