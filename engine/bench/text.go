package bench

import (
	"context"
	"time"

	"seedls/engine/diffusion"
	"seedls/engine/kernel"
	"seedls/engine/transformer"
)

// Completions are how long whole texts took, in milliseconds, half of them and 95 of 100 at most.
type Completions struct {
	Of    string  `json:"of"`
	Count int     `json:"count"`
	P50   *Figure `json:"p50_ms"` // by diffusion
	P95   *Figure `json:"p95_ms"`
	ARP50 *Figure `json:"ar_p50_ms"`
	ARP95 *Figure `json:"ar_p95_ms"`
}

// texts is what a way of writing did, run by run.
type texts struct {
	diffusion                   bool
	speed, perForward, p50, p95 []float64
}

// add takes the texts of one run.
func (t *texts) add(run []Text) {
	var sum Text
	var total []float64
	for _, text := range run {
		sum.Tokens += text.Tokens
		sum.Forwards += text.Forwards
		sum.Writing += text.Writing
		total = append(total, milliseconds(text.Total))
	}
	speed, perForward := 0.0, 0.0
	if sum.Tokens > 0 {
		speed, perForward = float64(sum.Tokens)/sum.Writing.Seconds(), float64(sum.Tokens)/float64(sum.Forwards)
	}
	t.speed, t.perForward = append(t.speed, speed), append(t.perForward, perForward)
	t.p50, t.p95 = append(t.p50, percentile(total, 50)), append(t.p95, percentile(total, 95))
}

// measureTexts measures both ways of writing on the same prompts; without autoregression, diffusion alone.
func (r *Report) measureTexts(ctx context.Context, subject Texts, o Options) error {
	ways := []*texts{{diffusion: true}}
	if r.DecodeTokensPerSecond != nil {
		ways = append(ways, &texts{})
	}
	for _, way := range ways {
		if _, err := subject.Write(ctx, 0, way.diffusion); err != nil { // to warm up
			return err
		}
	}
	total, done := o.Runs*subject.Count, 0
	for range o.Runs {
		runs := make([][]Text, len(ways))
		for prompt := range subject.Count {
			o.Observe("texts", done, total)
			done++
			for i, way := range ways {
				text, err := subject.Write(ctx, prompt, way.diffusion)
				if err != nil {
					return err
				}
				runs[i] = append(runs[i], text)
			}
		}
		for i, way := range ways {
			way.add(runs[i])
		}
	}
	o.Observe("texts", total, total)
	diffused := ways[0]
	r.DiffusionTokensPerSecond, r.TokensPerForward = figure(diffused.speed), figure(diffused.perForward)
	r.Completions = Completions{Of: subject.Of, Count: subject.Count, P50: figure(diffused.p50), P95: figure(diffused.p95)}
	if len(ways) > 1 {
		ar := ways[1]
		r.ARTokensPerSecond = figure(ar.speed)
		if r.ARTokensPerSecond.Min > 0 {
			r.Speedup = ratio(diffused.speed, ar.speed)
		} else {
			r.LeftOut = append(r.LeftOut, "speedup: one token after another, the model wrote nothing")
		}
		r.Completions.ARP50, r.Completions.ARP95 = figure(ar.p50), figure(ar.p95)
	}
	return nil
}

// What [Synthetic] writes.
const (
	syntheticTexts  = 4
	syntheticTokens = 64
	threshold       = 0.9
)

// Synthetic are texts for a model that cannot be asked to fill a hole: of 64 tokens, or as many as fit, after a context
// of up to 256 that are always the same. The end of the text is never written. k computes probabilities.
func Synthetic(runner *transformer.Runner, k kernel.Kernel, blockSize int) Texts {
	model := runner.Model()
	config := model.Config()
	d := config.Diffusion
	length := min(syntheticTokens, (config.MaxPositions+1)/2)
	before := min(contextTokens, config.MaxPositions-length)
	// Without an end, which no token is, nothing ends early.
	sampler := diffusion.NewSampler(diffusion.Vocabulary{Mask: d.MaskTokenID, End: -1, Never: []int32{d.EndTokenID}}, k)
	kv := model.NewKVCache(before + length)
	write := func(ctx context.Context, prompt int, diffuse bool) (Text, error) {
		begun := time.Now()
		kv.Truncate(0)
		tokens := synthetic(before, config.VocabSize, prompt)
		canvas := min(blockSize, length)
		options := diffusion.Options{Canvas: canvas, Blocks: length / canvas, Policy: diffusion.Threshold(threshold)}
		sequence := transformer.Sequence{Runner: runner, Cache: kv}
		var result diffusion.Result
		var err error
		var writing time.Time
		if diffuse {
			sequence.Extend(tokens)
			writing = time.Now()
			result, err = sampler.Diffuse(ctx, sequence, options)
		} else {
			sequence.Extend(tokens[:before-1])
			writing = time.Now()
			result, err = sampler.Autoregress(ctx, sequence, tokens[before-1], options)
		}
		return Text{len(result.Tokens), result.Forwards, time.Since(writing), time.Since(begun)}, err
	}
	return Texts{Of: "synthetic texts", Count: syntheticTexts, Write: write}
}
