package optimize

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"seedls/engine/checkpoint"
	"seedls/engine/kernel"
	"seedls/engine/train"
)

// tiny has tall, square and wide matrices, biases, and an output of its own.
var tiny = checkpoint.Config{
	ModelType: "qwen2", VocabSize: 50, HiddenSize: 32, Layers: 2, Heads: 3, KVHeads: 1, HeadDim: 16, IntermediateSize: 48,
	QKVBias: true,
}

func parameters(t testing.TB, c checkpoint.Config) *train.Parameters {
	p, err := train.NewParameters(c)
	require.NoError(t, err)
	return p
}

func randomize(r *rand.Rand, p *train.Parameters, size float64) {
	for i := range p.Values() {
		p.Values()[i] = float32(size * r.NormFloat64())
	}
}

func optimizer(t testing.TB, p *train.Parameters, k kernel.Kernel, workers int, c Config) *Optimizer {
	pool := kernel.NewPool(workers)
	t.Cleanup(pool.Close)
	o, err := New(p, k, pool, c)
	require.NoError(t, err)
	return o
}

// exact are settings whose products are in float32.
func exact() Config {
	c := Defaults()
	c.Precision = kernel.F32
	return c
}

// TestTwin compares steps with those of a twin in float64, in parameters, in their average and in what is reported.
func TestTwin(t *testing.T) {
	for _, test := range []struct {
		precision kernel.Precision
		tolerance float64 // of parameters, as a share of the rate
	}{
		{kernel.F32, 1e-3},
		{kernel.BF16, 0.1},
	} {
		t.Run(test.precision.String(), func(t *testing.T) {
			c := Defaults()
			c.Precision, c.MaxNorm, c.WeightDecay, c.Average = test.precision, 40, 0.5, 0.3
			const rate = 0.01
			r := rand.New(rand.NewPCG(1, 2))
			p, gradients := parameters(t, tiny), parameters(t, tiny)
			randomize(r, p, 1)
			o := optimizer(t, p, kernel.Best(), 2, c)
			want := newTwin(p)
			for step := range 6 {
				randomize(r, gradients, 0.1*float64(1+step))
				norm, rms := want.step(c, gradients, rate)
				report := o.Step(gradients, rate)
				require.InEpsilon(t, norm, report.GradientNorm, 1e-6)
				require.Equal(t, norm > c.MaxNorm, report.Clipped)
				require.False(t, report.Skipped)
				require.InEpsilon(t, rms, report.UpdateRMS, 0.05)
				for i, got := range p.Tensors() {
					require.InDeltaSlice(t, want.weights[i], got.Values, rate*test.tolerance, "step %d: %s", step, got.Name)
					average := o.Average().Tensors()[i]
					require.InDeltaSlice(t, want.average[i], average.Values, rate*test.tolerance, "step %d: %s", step, got.Name)
				}
			}
			require.Equal(t, 6, o.Steps())
		})
	}
}

// TestSizeOfUpdates holds Muon's updates to the size of AdamW's, which changes all by the rate at first.
func TestSizeOfUpdates(t *testing.T) {
	c := exact()
	c.WeightDecay = 0
	p, gradients := parameters(t, tiny), parameters(t, tiny)
	randomize(rand.New(rand.NewPCG(3, 4)), gradients, 1)
	o := optimizer(t, p, kernel.Best(), 1, c)
	o.Step(gradients, 1)
	for _, tensor := range p.Tensors() {
		rms := math.Sqrt(squares(tensor.Values) / float64(len(tensor.Values)))
		if byMuon(tensor) {
			require.InDelta(t, 0.2, rms, 0.06, tensor.Name)
		} else {
			require.InDelta(t, 1, rms, 1e-3, tensor.Name)
		}
	}
}

// TestMinimum takes the parameters to those of the least distance from a target.
func TestMinimum(t *testing.T) {
	c := Defaults()
	c.WeightDecay, c.MaxNorm = 0, 0
	r := rand.New(rand.NewPCG(5, 6))
	target, p, gradients := parameters(t, tiny), parameters(t, tiny), parameters(t, tiny)
	randomize(r, target, 1)
	o := optimizer(t, p, kernel.Best(), 2, c)
	s := Schedule{Steps: 400, WarmUp: 10, Decay: 200}
	for step := range s.Steps {
		for i, v := range p.Values() {
			gradients.Values()[i] = v - target.Values()[i]
		}
		o.Step(gradients, 0.1*s.Share(step))
	}
	for i, want := range target.Tensors() {
		require.InDeltaSlice(t, want.Values, p.Tensors()[i].Values, 0.1, want.Name)
	}
}

func TestGradientsThatAreNotFinite(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for _, bad := range []float64{math.NaN(), math.Inf(1), math.Inf(-1), 1e20} {
		t.Run(fmt.Sprint(bad), func(t *testing.T) {
			p, gradients := parameters(t, tiny), parameters(t, tiny)
			randomize(r, p, 1)
			randomize(r, gradients, 1)
			o := optimizer(t, p, kernel.Best(), 2, Defaults())
			require.False(t, o.Step(gradients, 0.1).Skipped)
			before := everything(o)
			gradients.Values()[len(gradients.Values())-7] = float32(bad)
			require.True(t, o.Step(gradients, 0.1).Skipped)
			require.Equal(t, before, everything(o))
			require.Equal(t, 1, o.Steps())
		})
	}
}

// TestClipping compares a step with one whose gradients are scaled down before.
func TestClipping(t *testing.T) {
	c := exact()
	c.MaxNorm = 0.5
	r := rand.New(rand.NewPCG(9, 10))
	gradients, scaled := parameters(t, tiny), parameters(t, tiny)
	randomize(r, gradients, 1)
	for i, g := range gradients.Values() {
		scaled.Values()[i] = g * float32(c.MaxNorm/gradients.Norm())
	}
	clipped := optimizer(t, parameters(t, tiny), kernel.Best(), 1, c)
	report := clipped.Step(gradients, 0.1)
	require.True(t, report.Clipped)
	require.InEpsilon(t, gradients.Norm(), report.GradientNorm, 1e-6)
	c.MaxNorm = 0
	unclipped := optimizer(t, parameters(t, tiny), kernel.Best(), 1, c)
	require.False(t, unclipped.Step(scaled, 0.1).Clipped)
	require.Equal(t, everything(unclipped), everything(clipped))
}

// TestWorkersDoNotMatter compares steps on several numbers of workers, to the bit.
func TestWorkersDoNotMatter(t *testing.T) {
	big := tiny
	big.VocabSize = 3000 // several parts
	var want [][]float32
	var report Report
	for _, workers := range []int{1, 2, 5} {
		r := rand.New(rand.NewPCG(11, 12))
		p, gradients := parameters(t, big), parameters(t, big)
		randomize(r, p, 1)
		o := optimizer(t, p, kernel.Best(), workers, Defaults())
		var got Report
		for range 3 {
			randomize(r, gradients, 1)
			got = o.Step(gradients, 0.1)
		}
		if want == nil {
			want, report = everything(o), got
		}
		require.Equal(t, want, everything(o))
		require.Equal(t, report, got)
	}
}

// TestRestore compares a run that goes on with one that begins with its state, to the bit.
func TestRestore(t *testing.T) {
	r := rand.New(rand.NewPCG(13, 14))
	p, gradients := parameters(t, tiny), parameters(t, tiny)
	randomize(r, p, 1)
	first := optimizer(t, p, kernel.Best(), 2, Defaults())
	step := func(o *Optimizer, seed uint64) {
		randomize(rand.New(rand.NewPCG(seed, 0)), gradients, 1)
		o.Step(gradients, 0.1)
	}
	step(first, 1)
	step(first, 2)
	second := optimizer(t, parameters(t, tiny), kernel.Best(), 1, Defaults())
	for i, from := range first.Tensors() {
		to := second.Tensors()[i]
		require.Equal(t, from.Name, to.Name)
		require.Equal(t, from.Shape, to.Shape)
		copy(to.Values, from.Values)
	}
	second.SetSteps(first.Steps())
	require.Equal(t, everything(first), everything(second))
	for seed := range uint64(3) {
		step(first, 3+seed)
		step(second, 3+seed)
	}
	require.Equal(t, everything(first), everything(second))
}

// everything is a copy of what a step can change.
func everything(o *Optimizer) [][]float32 {
	var all [][]float32
	for _, values := range [][]float32{o.parameters.Values(), o.average.Values(), o.momentum, o.variance} {
		all = append(all, append([]float32(nil), values...))
	}
	return all
}

func TestTensors(t *testing.T) {
	o := optimizer(t, parameters(t, tiny), kernel.Best(), 1, Defaults())
	values, names := 0, map[string]bool{}
	for _, tensor := range o.Tensors() {
		require.False(t, names[tensor.Name], tensor.Name)
		names[tensor.Name] = true
		values += len(tensor.Values)
	}
	require.Equal(t, 2*len(o.average.Values())+len(o.momentum)+len(o.variance), values)
	require.True(t, names["variance.model.embed_tokens.weight"] && names["variance.lm_head.weight"])
	require.True(t, names["momentum.model.layers.1.mlp.up_proj.weight"])
	require.False(t, names["variance.model.layers.1.mlp.up_proj.weight"], "Muon has no second moment")
}

func TestStepDoesNotAllocate(t *testing.T) {
	gradients := parameters(t, tiny)
	randomize(rand.New(rand.NewPCG(15, 16)), gradients, 1)
	o := optimizer(t, parameters(t, tiny), kernel.Best(), 2, Defaults())
	require.Zero(t, testing.AllocsPerRun(5, func() { o.Step(gradients, 0.1) }))
}

func TestConfigNamesWhatIsWrong(t *testing.T) {
	for _, test := range []struct {
		change func(*Config)
		want   string
	}{
		{func(c *Config) { c.Momentum = 1 }, "momentum is 1: it must be at least 0 and below 1"},
		{func(c *Config) { c.Beta1 = -0.1 }, "beta1 is -0.1"},
		{func(c *Config) { c.Beta2 = math.NaN() }, "beta2 is NaN"},
		{func(c *Config) { c.Average = 2 }, "average is 2"},
		{func(c *Config) { c.Epsilon = 0 }, "epsilon is 0: it must be between 0 and 1"},
		{func(c *Config) { c.WeightDecay = -1 }, "weight_decay is -1"},
		{func(c *Config) { c.MaxNorm = math.NaN() }, "max_norm is NaN"},
		{func(c *Config) { c.Precision = kernel.Int8 }, "precision is int8: Muon computes in f32 or bf16"},
	} {
		c := Defaults()
		test.change(&c)
		_, err := New(parameters(t, tiny), kernel.Best(), kernel.NewPool(1), c)
		require.ErrorContains(t, err, test.want)
	}
}

// TestMomentsFade gives a row one gradient and then none: its moments end at zero, not at the smallest numbers there are.
func TestMomentsFade(t *testing.T) {
	c := Defaults()
	c.MaxNorm = 0
	gradients := parameters(t, tiny)
	row := gradients.Tensors()[0].Values[:tiny.HiddenSize]
	o := optimizer(t, parameters(t, tiny), kernel.Best(), 1, c)
	for i := range row {
		row[i] = float32(i%2*2 - 1)
	}
	o.Step(gradients, 0.1)
	clear(row)
	o.Step(gradients, 0.1)
	for i := range row {
		require.InDelta(t, float64(i%2*2-1)*0.09, o.momentum[i], 1e-6)
		require.InDelta(t, 0.05*0.95, o.variance[i], 1e-6)
	}
	for range 1800 {
		o.Step(gradients, 0.1)
	}
	require.Zero(t, o.momentum[0])
	require.Zero(t, o.momentum[1])
	require.Zero(t, o.variance[0])
}
