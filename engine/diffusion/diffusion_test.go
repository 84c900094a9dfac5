package diffusion_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"seedls/engine/diffusion"
	"seedls/engine/kernel"
	"seedls/engine/transformer"
)

// oracle is a model that knows the text: slot i after n context tokens predicts text[n+i], the surer the more of its
// neighbours are committed.
type oracle struct {
	text    []int32
	context int
	room    int
	forward int
}

const (
	mask, end, size = 0, 1, 32
)

var toy = diffusion.Vocabulary{Mask: mask, End: end, Never: []int32{mask, end, 2}}

func (o *oracle) token(position int) int32 {
	if position < len(o.text) {
		return o.text[position]
	}
	return end
}

func (o *oracle) logits(token int32, strength float32) []float32 {
	l := make([]float32, size)
	l[token] = strength
	l[mask], l[2] = strength+5, strength+3 // never admissible, however probable
	return l
}

func (o *oracle) Canvas(canvas []int32, slots []int) [][]float32 {
	o.forward++
	var out [][]float32
	for _, slot := range slots {
		strength := float32(2 + 6/(1+float64(slot)))
		if slot > 0 && canvas[slot-1] != mask {
			strength += 10
		}
		out = append(out, o.logits(o.token(o.context+slot), strength))
	}
	return out
}

func (o *oracle) Next(int32) []float32 {
	o.forward++
	o.context++
	return o.logits(o.token(o.context-1), 8)
}
func (o *oracle) Extend(tokens []int32) { o.context += len(tokens) }
func (o *oracle) Room() int             { return o.room - o.context }

func text(n int) []int32 {
	t := make([]int32, n)
	for i := range t {
		t[i] = int32(3 + i%(size-3))
	}
	return t
}

func TestDiffuse(t *testing.T) {
	policies := map[string]diffusion.Policy{
		"threshold":       diffusion.Threshold(0.9),
		"fixed steps":     diffusion.FixedSteps(3),
		"entropy bounded": diffusion.EntropyBounded(0.5),
	}
	for _, test := range []struct {
		name           string
		text           int
		canvas, blocks int
		room           int
		want           int // tokens
		ended          bool
		wantBlocks     int
	}{
		{"ends in the first block", 5, 8, 3, 1000, 5, true, 1},
		{"nothing to write", 0, 8, 3, 1000, 0, true, 1},
		{"ends in the third block", 20, 8, 4, 1000, 20, true, 3},
		{"ends where a block ends", 16, 8, 4, 1000, 16, true, 3},
		{"runs out of blocks", 100, 8, 3, 1000, 24, false, 3},
		{"runs out of room", 100, 8, 9, 21, 21, false, 3},
		{"no room", 5, 8, 3, 0, 0, false, 0},
		{"one token a block", 3, 1, 9, 1000, 3, true, 4},
	} {
		for name, policy := range policies {
			t.Run(test.name+"/"+name, func(t *testing.T) {
				o := &oracle{text: text(test.text), room: test.room}
				s := diffusion.NewSampler(toy, kernel.Best())
				r, err := s.Diffuse(t.Context(), o, diffusion.Options{Canvas: test.canvas, Blocks: test.blocks, Policy: policy})
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(r.Tokens, text(test.text)[:test.want]) || r.Ended != test.ended ||
					r.Blocks != test.wantBlocks || r.Forwards != o.forward {
					t.Errorf("got %+v, want %d tokens", r, test.want)
				}
			})
		}
	}
}

func TestAutoregress(t *testing.T) {
	for _, test := range []struct {
		name          string
		text, limit   int
		room          int
		want, forward int
		ended         bool
	}{
		{"ends", 5, 32, 1000, 5, 6, true},
		{"reaches the limit", 50, 32, 1000, 32, 32, false},
		{"runs out of room", 50, 32, 10, 10, 10, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := &oracle{text: text(test.text), room: test.room}
			r, err := diffusion.NewSampler(toy, kernel.Best()).Autoregress(t.Context(), o, 3,
				diffusion.Options{Canvas: test.limit, Blocks: 1})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(r.Tokens, text(test.text)[:test.want]) || r.Ended != test.ended || r.Forwards != test.forward {
				t.Errorf("got %+v", r)
			}
		})
	}
}

// constant is a model whose logits are all the same.
type constant float32

func (c constant) logits() []float32 { return slices.Repeat([]float32{float32(c)}, size) }

func (c constant) Canvas(_ []int32, slots []int) (out [][]float32) {
	for range slots {
		out = append(out, c.logits())
	}
	return out
}
func (c constant) Next(int32) []float32 { return c.logits() }
func (c constant) Extend([]int32)       {}
func (c constant) Room() int            { return 100 }

// TestLogitsThatAreNotFinite would not end if a mask could be committed as a mask.
func TestLogitsThatAreNotFinite(t *testing.T) {
	options := diffusion.Options{Canvas: 8, Blocks: 2, Policy: diffusion.Threshold(0.9)}
	for _, k := range kernel.Tiers() {
		s := diffusion.NewSampler(toy, k)
		for _, value := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
			model := constant(value)
			if _, err := s.Diffuse(t.Context(), model, options); err == nil {
				t.Errorf("%s: diffusion takes logits of %g", k.Name(), value)
			}
			if _, err := s.Autoregress(t.Context(), model, 3, options); err == nil {
				t.Errorf("%s: autoregression takes logits of %g", k.Name(), value)
			}
		}
		everything := diffusion.Vocabulary{Mask: mask, End: end}
		for id := range int32(size) {
			everything.Never = append(everything.Never, id)
		}
		r, err := diffusion.NewSampler(everything, k).Diffuse(t.Context(), constant(1), options)
		if err != nil || len(r.Tokens) != 0 || !r.Ended {
			t.Errorf("%s: with nothing but the end allowed: %+v, %v", k.Name(), r, err)
		}
	}
}

// TestStop stops after the second block of a long text.
func TestStop(t *testing.T) {
	options := diffusion.Options{
		Canvas: 8, Blocks: 4, Policy: diffusion.Threshold(0.9),
		Stop: func(tokens []int32) bool { return len(tokens) >= 16 },
	}
	s := diffusion.NewSampler(toy, kernel.Best())
	r, err := s.Diffuse(t.Context(), &oracle{text: text(100), room: 1000}, options)
	if err != nil || !slices.Equal(r.Tokens, text(100)[:16]) || r.Ended || r.Blocks != 2 {
		t.Errorf("diffusion wrote %+v, %v", r, err)
	}
	r, err = s.Autoregress(t.Context(), &oracle{text: text(100), room: 1000}, 3, options)
	if err != nil || !slices.Equal(r.Tokens, text(100)[:16]) || r.Ended || r.Forwards != 16 {
		t.Errorf("autoregression wrote %+v, %v", r, err)
	}
}

// TestSteps checks what an observer sees: every slot committed once, no mask or other special token ever, and
// confidences that are probabilities over the whole vocabulary.
func TestSteps(t *testing.T) {
	o := &oracle{text: text(20), room: 1000}
	s := diffusion.NewSampler(toy, kernel.Best())
	committed := map[[2]int]bool{}
	index, block := 0, 0
	_, err := s.Diffuse(t.Context(), o, diffusion.Options{
		Canvas: 8, Blocks: 4, Policy: diffusion.Threshold(0.9),
		Observe: func(step diffusion.Step) {
			if step.Block != block {
				block, index = block+1, 0
			}
			if step.Block != block || step.Index != index || len(step.Committed) == 0 || step.Took < 0 {
				t.Errorf("step %+v after step %d of block %d", step, index-1, block)
			}
			index++
			for _, c := range step.Committed {
				at := [2]int{step.Block, c.Slot}
				if committed[at] || c.Token == mask || c.Token == 2 || !(c.Confidence > 0 && c.Confidence < 0.01) {
					t.Errorf("committed %+v", c)
				}
				committed[at] = true
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	if block != 2 {
		t.Errorf("%d blocks after the first", block)
	}
}

func TestPolicies(t *testing.T) {
	nan := float32(math.NaN())
	candidates := []diffusion.Candidate{
		{Slot: 0, Confidence: 0.2, Entropy: 2},
		{Slot: 1, Confidence: 0.95, Entropy: 0.3},
		{Slot: 2, Confidence: 0.9, Entropy: 0.4},
		{Slot: 3, Confidence: 0.5, Entropy: 1},
		{Slot: 4, Confidence: 0.95, Entropy: 0.25},
	}
	for _, test := range []struct {
		name   string
		policy diffusion.Policy
		step   int
		want   []int // slots to commit, in any order
	}{
		{"threshold", diffusion.Threshold(0.9), 0, []int{1, 2, 4}},
		{"threshold out of reach", diffusion.Threshold(0.99), 0, nil},
		{"all five in five steps, the first", diffusion.FixedSteps(5), 0, []int{1}},
		{"in two steps, the first", diffusion.FixedSteps(2), 0, []int{1, 2, 4}},
		{"in two steps, the last", diffusion.FixedSteps(2), 1, []int{0, 1, 2, 3, 4}},
		{"steps overrun", diffusion.FixedSteps(2), 7, []int{0, 1, 2, 3, 4}},
		{"no entropy to spend", diffusion.EntropyBounded(0), 0, []int{4}},
		{"a little", diffusion.EntropyBounded(0.25), 0, []int{1, 4}},
		{"some", diffusion.EntropyBounded(0.6), 0, []int{1, 2, 4}},
		{"plenty", diffusion.EntropyBounded(10), 0, []int{0, 1, 2, 3, 4}},
	} {
		t.Run(test.name, func(t *testing.T) {
			sorted := slices.Clone(candidates)
			n := test.policy.Order(sorted, test.step)
			var got []int
			for _, c := range sorted[:n] {
				got = append(got, c.Slot)
			}
			slices.Sort(got)
			if !slices.Equal(got, test.want) {
				t.Errorf("commits %v, want %v", got, test.want)
			}
		})
	}
	broken := []diffusion.Candidate{{Confidence: nan, Entropy: nan}, {Slot: 1, Confidence: nan, Entropy: nan}}
	for _, p := range []diffusion.Policy{diffusion.Threshold(0.9), diffusion.FixedSteps(2), diffusion.EntropyBounded(1)} {
		if n := p.Order(broken, 0); n < 0 || n > 2 {
			t.Errorf("%T commits %d of 2 candidates that are not numbers", p, n)
		}
	}
}

// TestCancellation cancels between steps: no forward pass follows.
func TestCancellation(t *testing.T) {
	for _, autoregressive := range []bool{false, true} {
		o := &oracle{text: text(50), room: 1000}
		s := diffusion.NewSampler(toy, kernel.Best())
		ctx, cancel := context.WithCancel(t.Context())
		options := diffusion.Options{
			Canvas: 16, Blocks: 4, Policy: diffusion.Threshold(0.999),
			Observe: func(diffusion.Step) {
				if o.forward == 3 {
					cancel()
				}
			},
		}
		var err error
		if autoregressive {
			_, err = s.Autoregress(ctx, o, 3, options)
		} else {
			_, err = s.Diffuse(ctx, o, options)
		}
		if !errors.Is(err, context.Canceled) || o.forward != 3 {
			t.Errorf("autoregressive=%v: %v after %d forward passes, want 3", autoregressive, err, o.forward)
		}
	}
}

func TestBadOptions(t *testing.T) {
	s := diffusion.NewSampler(toy, kernel.Best())
	for _, o := range []diffusion.Options{{}, {Canvas: 8, Blocks: 1}, {Canvas: 8, Policy: diffusion.Threshold(1)}} {
		if _, err := s.Diffuse(t.Context(), &oracle{room: 9}, o); err == nil {
			t.Errorf("%+v: no error", o)
		}
	}
}

// TestStepsDoNotAllocate fills a canvas in 2 steps and in 32: the steps between add no allocation. The runtime allocates
// now and then beside the sampler, for a thread or a queue, so the least of several runs counts: what a step allocates
// is in all of them.
func TestStepsDoNotAllocate(t *testing.T) {
	model := builtinModel(t)
	pool := kernel.NewPool(2)
	defer pool.Close()
	runner := transformer.NewRunner(model, kernel.Best(), pool)
	sampler := diffusion.NewSampler(vocabulary, kernel.Best())
	kv := model.NewKVCache(512)
	runner.Extend(kv, readGolden(t)[0].Context)
	allocations := func(steps int) float64 {
		return testing.AllocsPerRun(1, func() {
			options := diffusion.Options{Canvas: 32, Blocks: 1, Policy: diffusion.FixedSteps(steps)}
			if _, err := sampler.Diffuse(context.Background(), transformer.Sequence{Runner: runner, Cache: kv}, options); err != nil {
				t.Fatal(err)
			}
		})
	}
	few := min(allocations(2), allocations(2), allocations(2))
	many := allocations(32)
	for run := 1; run < 10 && many > few; run++ {
		many = min(many, allocations(32))
	}
	if many > few {
		t.Errorf("%v allocations in 2 steps, %v in 32", few, many)
	}
}

// TestTemperature draws tokens as often as their probabilities say, and the same ones for the same seed.
func TestTemperature(t *testing.T) {
	const temperature = 0.5
	s := diffusion.NewSampler(toy, kernel.Best())
	draw := func(seed uint64) int32 {
		o := &even{}
		result, err := s.Diffuse(t.Context(), o, diffusion.Options{
			Canvas: 1, Blocks: 1, Policy: diffusion.Threshold(0.9), Temperature: temperature, Seed: seed,
		})
		require.NoError(t, err)
		require.Len(t, result.Tokens, 1)
		return result.Tokens[0]
	}
	counts := map[int32]int{}
	const draws = 2000
	for seed := range uint64(draws) {
		token := draw(seed)
		counts[token]++
		if seed < 20 {
			require.Equal(t, token, draw(seed))
		}
	}
	require.Len(t, counts, 2, "tokens that are never admissible, or hardly probable, were drawn")
	want := 1 / (1 + math.Exp(-1/temperature))
	require.InDelta(t, want, float64(counts[5])/draws, 0.04)
}

// even finds token 5 more probable than token 6, by a logit, and special tokens more than both.
type even struct{ oracle }

func (*even) Canvas([]int32, []int) [][]float32 {
	l := make([]float32, size)
	l[mask], l[5], l[6] = 12, 10, 9
	return [][]float32{l}
}

func (*even) Room() int { return 1 }
