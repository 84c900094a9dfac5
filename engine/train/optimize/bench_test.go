package optimize

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"

	"seedls/engine/checkpoint"
	"seedls/engine/kernel"
)

// BenchmarkStep takes a model of 17 million parameters, of which 5 are embeddings.
func BenchmarkStep(b *testing.B) {
	c := checkpoint.Config{
		ModelType: "qwen3", VocabSize: 16384, HiddenSize: 320, Layers: 10, Heads: 5, KVHeads: 5, HeadDim: 64,
		IntermediateSize: 896, TieWordEmbeddings: true, QKNorm: true,
	}
	p, gradients := parameters(b, c), parameters(b, c)
	randomize(rand.New(rand.NewPCG(1, 1)), p, 0.02)
	randomize(rand.New(rand.NewPCG(2, 2)), gradients, 1e-4)
	for _, precision := range []kernel.Precision{kernel.BF16, kernel.F32} {
		b.Run(fmt.Sprint(kernel.Best().Name(), "/", precision), func(b *testing.B) {
			config := Defaults()
			config.Precision = precision
			o := optimizer(b, p, kernel.Best(), runtime.NumCPU(), config)
			for b.Loop() {
				o.Step(gradients, 1e-6)
			}
			b.ReportMetric(float64(len(p.Values()))*float64(b.N)/1e6/b.Elapsed().Seconds(), "Mparameters/s")
		})
	}
}

// BenchmarkParts measures what a step does to each value, on one worker.
func BenchmarkParts(b *testing.B) {
	c := checkpoint.Config{VocabSize: 16384, HiddenSize: 320, IntermediateSize: 16, HeadDim: 16, TieWordEmbeddings: true}
	p, gradients := parameters(b, c), parameters(b, c)
	randomize(rand.New(rand.NewPCG(2, 2)), gradients, 1e-4)
	o := optimizer(b, p, kernel.Best(), 1, Defaults())
	o.Step(gradients, 1e-6)
	run := func(name string, f func()) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				f()
			}
			b.ReportMetric(1e9*b.Elapsed().Seconds()/float64(len(p.Values()))/float64(b.N), "ns/parameter")
		})
	}
	run("norm", func() { squares(gradients.Values()) })
	run("AdamW", func() { o.adamW(p.Values(), gradients.Values(), o.momentum, o.variance, 0.1) })
	run("all", func() { o.Step(gradients, 1e-6) })
}
