package train

import (
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"seedls/engine/builtin"
	"seedls/engine/checkpoint"
	"seedls/engine/kernel"
)

const models = "../../testdata/models"

// tolerance of golden values, which were computed elsewhere in float32: relative.
const tolerance = 1e-4

// tolerance16 is that of gradients whose products are of bfloat16, which has a step of 2^-8 between numbers.
const tolerance16 = 4e-2

// TestGolden compares the loss of a sequence and its gradients with the reference, on each kernel.
func TestGolden(t *testing.T) {
	p := builtinParameters(t)
	for _, k := range kernel.Tiers() {
		t.Run(k.Name(), func(t *testing.T) { compareGolden(t, p, k, kernel.F32, tolerance, tolerance) })
	}
}

func TestGoldenBF16(t *testing.T) {
	p := builtinParameters(t)
	compareGolden(t, p, kernel.Best(), kernel.BF16, 4e-3, tolerance16)
}

func compareGolden(t *testing.T, p *Parameters, k kernel.Kernel, precision kernel.Precision, losses, values float64) {
	file, s := goldenSequence(t)
	number := func(name string) float64 {
		x, err := file.Tensor(name)
		require.NoError(t, err)
		return float64(x.Float32()[0])
	}
	pool := kernel.NewPool(2)
	defer pool.Close()
	gradients := zeros(t, p)
	loss, err := NewPass(p, k, pool, precision).Gradient(gradients, s)
	require.NoError(t, err)
	require.InEpsilon(t, number("loss_ar"), loss.Context, losses)
	require.InEpsilon(t, number("loss_diffusion"), loss.Canvases, losses)
	require.InEpsilon(t, number("loss"), loss.Total(), losses)
	require.InEpsilon(t, number("grad_norm"), gradients.Norm(), losses)
	compared, golden := 0, 0
	for _, g := range gradients.Tensors() {
		if want, err := file.Tensor("grad." + g.Name); err == nil {
			compared++
			near(t, g.Name, g.Values[:len(want.Float32())], want.Float32(), values)
		}
	}
	for _, x := range file.Tensors() {
		if strings.HasPrefix(x.Name, "grad.") {
			golden++
		}
	}
	require.Equal(t, golden, compared)
}

// TestGoldenBackbones compares the loss of a context with that of the reference's logits, for three backbones that differ
// in all switches.
func TestGoldenBackbones(t *testing.T) {
	for _, name := range []string{"tiny-llama-block4", "tiny-qwen2-full-shift", "tiny-qwen3-block16"} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(models, "arch", name)
			c, err := checkpoint.Open(dir)
			require.NoError(t, err)
			defer c.Close()
			p, err := Load(c)
			require.NoError(t, err)
			file, err := checkpoint.OpenTensors(filepath.Join(dir, "golden_forward.safetensors"))
			require.NoError(t, err)
			defer file.Close()
			ids, err := file.Tensor("ids")
			require.NoError(t, err)
			logits, err := file.Tensor("causal_logits")
			require.NoError(t, err)

			s := &Sequence{IDs: ids.Int32s()}
			s.Context = len(s.IDs)
			var want float64
			for i := range s.IDs {
				row := make([]float32, c.Config.VocabSize)
				logits.Row(i, row)
				target := 7 * (i + 1) % len(row)
				s.Positions = append(s.Positions, int32(i))
				s.Targets = append(s.Targets, int32(target))
				s.Weights = append(s.Weights, 2)
				want += twinCrossEntropy(wide(row), target) / float64(len(s.IDs))
			}
			pool := kernel.NewPool(2)
			defer pool.Close()
			loss, err := NewPass(p, kernel.Best(), pool, kernel.F32).Loss(s)
			require.NoError(t, err)
			require.InEpsilon(t, want, loss.Context, tolerance)
			require.Zero(t, loss.Canvases)
		})
	}
}

// near bounds the error of got by its length, and by its largest value, against those of want.
func near(t testing.TB, name string, got, want []float32, tolerance float64) {
	t.Helper()
	require.Len(t, got, len(want), name)
	var errors, squares, worst, largest float64
	for i, w := range want {
		e := math.Abs(float64(got[i]) - float64(w))
		require.False(t, math.IsNaN(e), "%s: value %d is %g", name, i, got[i])
		errors += e * e
		squares += float64(w) * float64(w)
		worst, largest = max(worst, e), max(largest, math.Abs(float64(w)))
	}
	length, most := math.Sqrt(errors/squares), worst/largest
	require.LessOrEqual(t, length, tolerance, "%s: relative error of the whole", name)
	require.LessOrEqual(t, most, tolerance, "%s: largest error by the largest value", name)
	t.Logf("%s: relative error %.1e, at most %.1e", name, length, most)
}

func builtinParameters(t testing.TB) *Parameters {
	t.Helper()
	c, err := builtin.Open()
	require.NoError(t, err)
	p, err := Load(c)
	require.NoError(t, err)
	return p
}

func tinyParameters(t testing.TB, name string) *Parameters {
	t.Helper()
	c, err := checkpoint.Open(filepath.Join(models, "arch", name))
	require.NoError(t, err)
	defer c.Close()
	p, err := Load(c)
	require.NoError(t, err)
	return p
}

func zeros(t testing.TB, p *Parameters) *Parameters {
	t.Helper()
	z, err := NewParameters(p.Config())
	require.NoError(t, err)
	return z
}

func goldenSequence(t testing.TB) (*checkpoint.TensorFile, *Sequence) {
	t.Helper()
	file, err := checkpoint.OpenTensors(filepath.Join(models, "seed-go-8m", "golden_train.safetensors"))
	require.NoError(t, err)
	t.Cleanup(func() { file.Close() })
	tensor := func(name string) checkpoint.Tensor {
		x, err := file.Tensor(name)
		require.NoError(t, err)
		return x
	}
	s := &Sequence{
		IDs: tensor("ids").Int32s(), Positions: tensor("positions").Int32s(),
		Targets: tensor("targets").Int32s(), Weights: tensor("weights").Float32(),
		Context: int(tensor("context_len").Int32s()[0]),
	}
	starts, canvases := tensor("canvas_start").Int32s(), tensor("canvas_id").Int32s()
	for row := s.Context; row < len(s.IDs); row++ {
		if row == s.Context || canvases[row] != canvases[row-1] {
			s.Canvases = append(s.Canvases, Canvas{Start: int(starts[row])})
		}
		s.Canvases[len(s.Canvases)-1].Rows++
	}
	return file, s
}

// TestThreads holds that the number of threads changes nothing, to the bit, and that a pass has no memory of sequences:
// the longer one between makes all scratch dirty.
func TestThreads(t *testing.T) {
	p := tinyParameters(t, "tiny-qwen3-block16")
	vocab := p.Config().VocabSize
	short, long := randomSequence(vocab, 30, 12, 9), randomSequence(vocab, 40, 16, 40, 33, 16)
	for _, precision := range []kernel.Precision{kernel.F32, kernel.BF16} {
		var want *Parameters
		for _, threads := range []int{1, 3} {
			pool := kernel.NewPool(threads)
			defer pool.Close()
			pass := NewPass(p, kernel.Best(), pool, precision)
			for run := range 2 {
				gradients := zeros(t, p)
				for _, s := range []*Sequence{short, long} {
					_, err := pass.Gradient(gradients, s)
					require.NoError(t, err)
				}
				if want == nil {
					want = gradients
				}
				require.True(t, slices.Equal(want.values, gradients.values), "%v, %d threads, run %d", precision, threads, run)
			}
		}
	}
}

// TestBatch holds that the same sequence many times has the loss and the gradients of one, also where a batch needs several
// passes.
func TestBatch(t *testing.T) {
	p := tinyParameters(t, "tiny-qwen3-block16")
	pool := kernel.NewPool(2)
	defer pool.Close()
	pass := NewPass(p, kernel.Best(), pool, kernel.F32)
	s := randomSequence(p.Config().VocabSize, 250, 64, 16)
	one, all := zeros(t, p), zeros(t, p)
	want, err := pass.Gradient(one, s)
	require.NoError(t, err)
	batch := slices.Repeat([]*Sequence{s}, passRows/len(s.IDs)+2)
	got, err := pass.Gradient(all, batch...)
	require.NoError(t, err)
	require.InEpsilon(t, want.Context, got.Context, 1e-6)
	require.InEpsilon(t, want.Canvases, got.Canvases, 1e-6)
	for i, g := range all.Tensors() {
		near(t, g.Name, g.Values, one.Tensors()[i].Values, 1e-5)
	}
	s.IDs[3] = -1
	_, err = pass.Loss(batch...)
	require.EqualError(t, err, "sequence 0 of the batch: row 3: id -1 is not in the vocabulary of 512")
}

// TestNotFinite holds that nothing stays of weights that are not finite, once they are replaced.
func TestNotFinite(t *testing.T) {
	p := tinyParameters(t, "tiny-qwen3-block16")
	vocab := p.Config().VocabSize
	s := randomSequence(vocab, 20, 9, 8)
	pool := kernel.NewPool(2)
	defer pool.Close()
	pass := NewPass(p, kernel.Best(), pool, kernel.F32)
	want := zeros(t, p)
	_, err := pass.Gradient(want, s)
	require.NoError(t, err)

	norm := p.layers[0].inputNorm
	kept := slices.Clone(norm)
	norm[0] = float32(math.NaN())
	pass.Pack()
	loss, err := pass.Gradient(zeros(t, p), randomSequence(vocab, 50, 30))
	require.NoError(t, err)
	require.True(t, math.IsNaN(loss.Total()))

	copy(norm, kept)
	pass.Pack()
	got := zeros(t, p)
	_, err = pass.Gradient(got, s)
	require.NoError(t, err)
	require.True(t, slices.Equal(want.values, got.values))
}

// BenchmarkGradient is a forward and a backward pass over 16 sequences of 768 rows, in bfloat16 with two threads: of
// the built-in model, and of one of twice the size and vocabulary.
func BenchmarkGradient(b *testing.B) {
	small := builtinParameters(b)
	c := small.Config()
	c.HiddenSize, c.Layers, c.Heads, c.KVHeads, c.IntermediateSize, c.VocabSize = 320, 10, 5, 5, 896, 16384
	large, err := NewParameters(c)
	require.NoError(b, err)
	r := rand.New(rand.NewPCG(1, 2))
	for i := range large.values {
		large.values[i] = float32(r.NormFloat64()) / 20
	}
	pool := kernel.NewPool(2)
	defer pool.Close()
	for _, p := range []*Parameters{small, large} {
		gradients := zeros(b, p)
		var batch []*Sequence
		rows := 0
		for range 16 {
			s := randomSequence(8192, 448, 64, 32, 32, 64, 64, 16, 16, 16, 16)
			batch = append(batch, s)
			rows += len(s.IDs)
		}
		b.Run(fmt.Sprintf("%dM", (len(p.values)+5e5)/1e6), func(b *testing.B) {
			pass := NewPass(p, kernel.Best(), pool, kernel.BF16)
			for b.Loop() {
				if _, err := pass.Gradient(gradients, batch...); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N*rows)/b.Elapsed().Seconds(), "tokens/s")
		})
	}
}
