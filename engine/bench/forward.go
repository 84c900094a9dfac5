package bench

import (
	"context"
	"time"

	"seedls/engine/checkpoint"
	"seedls/engine/transformer"
)

// What forward passes are measured on, within the positions of the model.
const (
	prefillTokens = 512
	contextTokens = 256
	decodeTokens  = 64
	// least is how long a pass is repeated, so that the clock and a wake-up matter little.
	least = 10 * time.Millisecond
)

var canvases = []int{1, 2, 4, 8, 16, 24, 32, 48, 64, 96, 128}

// noAR is why a model has no figures of autoregression.
const noAR = "autoregression (ar_*, decode_*, speedup): it needs context-causal attention, without which weights predict no next token"

// forwards are the passes that are measured.
type forwards struct {
	runner  *transformer.Runner
	model   *transformer.Model
	causal  bool // context-causal: the context is computed once
	context int  // tokens before a canvas and before decoding
	tokens  []int32
	masks   []int32
	slots   []int
	kv      *transformer.KVCache
}

func newForwards(runner *transformer.Runner) *forwards {
	config := runner.Model().Config()
	positions := min(config.MaxPositions, prefillTokens)
	f := &forwards{
		runner: runner, model: runner.Model(),
		causal:  config.Diffusion.Attention == checkpoint.ContextCausal,
		context: min(contextTokens, positions/2),
		tokens:  synthetic(positions, config.VocabSize, 0),
		kv:      runner.Model().NewKVCache(positions),
	}
	for slot := range positions - f.context {
		f.masks, f.slots = append(f.masks, config.Diffusion.MaskTokenID), append(f.slots, slot)
	}
	return f
}

// synthetic makes tokens that are always the same for a seed.
func synthetic(n, vocabulary, seed int) []int32 {
	tokens := make([]int32, n)
	for i := range tokens {
		tokens[i] = int32((uint64(i+1)*2654435761 + uint64(seed)*40503) >> 8 % uint64(vocabulary))
	}
	return tokens
}

// canvas is a pass over a canvas of n masks after the context, with the logits of all.
func (f *forwards) canvas(n int) { f.runner.Canvas(f.kv, f.masks[:n], f.slots[:n]) }

// canvasOperations is what a canvas of n tokens takes, a multiply-add counted as two: with context-causal attention the
// canvas alone is computed, else the context as well.
func (f *forwards) canvasOperations(n int) float64 {
	rows, head := n, f.model.HeadWeights()
	if !f.causal {
		rows += f.context
	}
	return 2 * (float64(rows)*float64(f.model.RowWeights()-head) + float64(n)*float64(head))
}

// prefill is a pass over all tokens: as a context, or where no context is computed by itself as a canvas of which one
// token is predicted.
func (f *forwards) prefill() {
	f.kv.Truncate(0)
	if f.causal {
		f.runner.Extend(f.kv, f.tokens)
		return
	}
	f.runner.Canvas(f.kv, f.tokens, []int{len(f.tokens) - 1})
}

func (f *forwards) prefillOperations() float64 {
	if f.causal {
		return 2 * float64(len(f.tokens)) * float64(f.model.ExtendWeights())
	}
	head := f.model.HeadWeights()
	return 2 * (float64(len(f.tokens))*float64(f.model.RowWeights()-head) + float64(head))
}

// begin makes the context, for a canvas or for decoding.
func (f *forwards) begin() {
	f.kv.Truncate(0)
	f.runner.Extend(f.kv, f.tokens[:f.context])
}

// decode takes tokens one at a time and returns how many.
func (f *forwards) decode() int {
	n := min(decodeTokens, f.kv.Room())
	for _, token := range f.tokens[f.context:][:n] {
		f.runner.Next(f.kv, token)
	}
	f.kv.Truncate(f.context)
	return n
}

// measureForwards measures prefill, decoding and canvases of every length, in turn.
func (r *Report) measureForwards(ctx context.Context, runner *transformer.Runner, o Options) error {
	f := newForwards(runner)
	r.PrefillTokens, r.ContextTokens = len(f.tokens), f.context
	for _, n := range canvases {
		if n <= len(f.masks) {
			r.Profile = append(r.Profile, Canvas{
				Canvas:    n,
				ComputeUS: f.canvasOperations(n) / r.PeakGOPS / 1e3,
				MemoryUS:  float64(f.model.MatrixBytes()) / r.BandwidthGBS / 1e3,
			})
		}
	}
	var prefill, decode []float64
	latency := make([][]float64, len(r.Profile))
	total, done := (1+o.Runs)*(2+len(r.Profile)), 0
	step := func() error {
		o.Observe("forward passes", done, total)
		done++
		return ctx.Err()
	}
	for run := range 1 + o.Runs { // the first is to warm up
		if err := step(); err != nil {
			return err
		}
		took := each(f.prefill)
		if run > 0 {
			prefill = append(prefill, float64(len(f.tokens))/took.Seconds())
		}
		if err := step(); err != nil {
			return err
		}
		f.begin()
		if f.causal {
			n := 0
			took := each(func() { n = f.decode() })
			if run > 0 {
				decode = append(decode, float64(n)/took.Seconds())
			}
		}
		for i, canvas := range r.Profile {
			if err := step(); err != nil {
				return err
			}
			took := each(func() { f.canvas(canvas.Canvas) })
			if run > 0 {
				latency[i] = append(latency[i], took.Seconds()*1e6)
			}
		}
	}
	o.Observe("forward passes", total, total)

	r.PrefillTokensPerSecond = figure(prefill)
	r.PrefillShareOfPeak = r.PrefillTokensPerSecond.times(f.prefillOperations() / float64(len(f.tokens)) / (r.PeakGOPS * 1e9))
	for i := range r.Profile {
		r.Profile[i].LatencyUS = figure(latency[i])
		r.Profile[i].SpreadUS = r.Profile[i].LatencyUS.spread()
	}
	if !f.causal {
		r.LeftOut = append(r.LeftOut, noAR)
		return nil
	}
	r.DecodeTokensPerSecond = figure(decode)
	r.DecodeShareOfBandwidth = r.DecodeTokensPerSecond.times(float64(f.model.MatrixBytes()) / (r.BandwidthGBS * 1e9))
	return nil
}

// each is the time that a call of f takes.
func each(f func()) time.Duration {
	begun, calls := time.Now(), 0
	for {
		f()
		calls++
		if took := time.Since(begun); took >= least {
			return took / time.Duration(calls)
		}
	}
}
