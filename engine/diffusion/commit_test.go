package diffusion_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"seedls/engine/diffusion"
	"seedls/engine/kernel"
	"seedls/engine/transformer"
)

// rules is an order made of two functions.
type rules struct {
	possible, ready func(canvas []int32, slot int, token int32) bool
}

func (r rules) Possible(canvas []int32, slot int, token int32) bool {
	return r.possible(canvas, slot, token)
}
func (r rules) Ready(canvas []int32, slot int, token int32) bool { return r.ready(canvas, slot, token) }

func (r rules) Begin([]int32) {}

func always([]int32, int, int32) bool { return true }
func never([]int32, int, int32) bool  { return false }

// leftToRight is ready where no mask comes before the slot.
func leftToRight(canvas []int32, slot int, _ int32) bool {
	return !slices.Contains(canvas[:slot], mask)
}

// TestAnyOrderTerminates fills canvases under orders that answer anything: every step commits, what is vetoed is never
// committed, and the text ends.
func TestAnyOrderTerminates(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	coin := func([]int32, int, int32) bool { return random.IntN(2) == 0 }
	for name, order := range map[string]rules{
		"nothing is possible": {never, always},
		"nothing is ready":    {always, never},
		"nothing at all":      {never, never},
		"coins":               {coin, coin},
		"odd tokens only":     {func(_ []int32, _ int, token int32) bool { return token%2 == 1 }, always},
	} {
		for _, policy := range []diffusion.Policy{diffusion.Threshold(0), diffusion.FixedSteps(3), diffusion.EntropyBounded(0.5)} {
			vetoed := map[[2]int32]bool{}
			judged := rules{
				possible: func(canvas []int32, slot int, token int32) bool {
					if canvas[slot] != mask {
						t.Errorf("%s: asked about slot %d, which holds %d", name, slot, canvas[slot])
					}
					ok := order.Possible(canvas, slot, token)
					vetoed[[2]int32{int32(slot), token}] = !ok
					return ok
				},
				ready: order.ready,
			}
			o := &oracle{text: text(20), room: 1000}
			_, err := diffusion.NewSampler(toy, kernel.Best()).Diffuse(t.Context(), o, diffusion.Options{
				Canvas: 8, Blocks: 4, Policy: policy, Order: judged,
				Observe: func(s diffusion.Step) {
					if len(s.Committed) == 0 {
						t.Errorf("%s: step %d commits nothing", name, s.Index)
					}
					for _, c := range s.Committed {
						if vetoed[[2]int32{int32(c.Slot), c.Token}] && c.Token != end {
							t.Errorf("%s: step %d commits %d, vetoed in slot %d", name, s.Index, c.Token, c.Slot)
						}
					}
				},
			})
			if err != nil || o.forward > 32 {
				t.Errorf("%s: %v after %d forward passes", name, err, o.forward)
			}
		}
	}
}

// knowing is an order that is all that an order can be, and answers by chance.
type knowing struct {
	rules
	random     *rand.Rand
	violations func(canvas []int32) []int
}

func (k knowing) Skeleton([]int32, int, int32) bool { return k.random.IntN(2) == 0 }
func (k knowing) Ends() bool                        { return k.random.IntN(5) == 0 }
func (k knowing) Why() (rule, name string, slot int) {
	return "chance", "name", k.random.IntN(9) - 1
}

func (k knowing) Violations(canvas []int32, confidence []float32) []int {
	if len(canvas) != len(confidence) {
		panic("a confidence for each slot")
	}
	return k.violations(canvas)
}

// TestAnyCheckerTerminates has an order find anything wrong, after any step: as many rounds as are allowed later the
// text is done, and what was masked again is not committed there any more.
func TestAnyCheckerTerminates(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	coin := func([]int32, int, int32) bool { return random.IntN(2) == 0 }
	all := func(canvas []int32) (slots []int) {
		for slot := range canvas {
			slots = append(slots, slot)
		}
		return slots
	}
	some := func(canvas []int32) (slots []int) {
		return []int{-1, random.IntN(len(canvas)), random.IntN(len(canvas)), len(canvas), 1000}
	}
	none := func([]int32) []int { return nil }
	for name, violations := range map[string]func([]int32) []int{"all": all, "some": some, "none": none} {
		for _, order := range []rules{{always, always}, {coin, coin}, {never, never}} {
			for remasks := range 4 {
				for _, revisions := range []int{0, 2} {
					o := &oracle{text: text(20), room: 1000}
					rounds, block := 0, 0
					var vetoed [][2]int32
					options := diffusion.Options{
						Canvas: 8, Blocks: 4, Policy: diffusion.Threshold(0.5), Order: knowing{order, random, violations},
						Remasks: remasks, Revisions: revisions,
						Observe: func(s diffusion.Step) {
							if s.Block != block {
								block, rounds, vetoed = s.Block, 0, nil
							}
							for _, c := range slices.Concat(s.Committed, s.Revised) {
								if c.Token != end && slices.Contains(vetoed, [2]int32{int32(c.Slot), c.Token}) {
									t.Errorf("%s: %d is committed to slot %d again", name, c.Token, c.Slot)
								}
							}
							for _, c := range s.Remasked {
								if s.Canvas[c.Slot] != mask || c.Rule != "chance" {
									t.Errorf("%s: %+v in %v", name, c, s.Canvas)
								}
								vetoed = append(vetoed, [2]int32{int32(c.Slot), c.Token})
							}
							if len(s.Remasked) > 0 {
								rounds++
							}
							if rounds > remasks {
								t.Errorf("%s: masked again %d times", name, rounds)
							}
						},
					}
					r, err := diffusion.NewSampler(toy, kernel.Best()).Diffuse(t.Context(), o, options)
					if err != nil || o.forward > 4*(8*(1+remasks)+revisions) || r.Forwards != o.forward || slices.Contains(r.Tokens, mask) {
						t.Errorf("%s, %d remasks: %+v, %v after %d forward passes", name, remasks, r, err, o.forward)
					}
					if r, err = diffusion.NewSampler(toy, kernel.Best()).Repair(t.Context(), o, text(5), 3, diffusion.Options{
						Order: options.Order, Remasks: remasks, Revisions: 3,
					}); err != nil || slices.Contains(r.Tokens, mask) {
						t.Errorf("%s, %d remasks: repaired to %+v, %v", name, remasks, r, err)
					}
				}
			}
		}
	}
}

// TestRemask finds the third token wrong: the next best there is the end. What is wrong whatever stands there is said.
func TestRemask(t *testing.T) {
	third := func(canvas []int32) []int {
		if slot := slices.Index(canvas, text(3)[2]); slot >= 0 {
			return []int{slot}
		}
		return nil
	}
	first := func([]int32) []int { return []int{0} }
	for _, test := range []struct {
		wrong      func([]int32) []int
		remasks    int
		tokens     int
		violations int
	}{{third, 0, 5, 0}, {third, 1, 2, 0}, {third, 2, 2, 0}, {first, 1, 0, 1}, {first, 0, 5, 0}} {
		r, err := diffusion.NewSampler(toy, kernel.Best()).Diffuse(t.Context(), &oracle{text: text(5), room: 1000}, diffusion.Options{
			Canvas: 8, Blocks: 1, Policy: diffusion.Threshold(0.9), Remasks: test.remasks, Order: calm{rules{always, always}, test.wrong},
		})
		if err != nil || !r.Ended || !slices.Equal(r.Tokens, text(5)[:test.tokens]) || r.Violations != test.violations {
			t.Errorf("%d remasks: got %+v, %v", test.remasks, r, err)
		}
	}
}

// calm is an order that checks, and no more.
type calm struct {
	rules
	violations func(canvas []int32) []int
}

func (c calm) Violations(canvas []int32, _ []float32) []int { return c.violations(canvas) }

// skeletal is an order with a skeleton.
type skeletal struct {
	rules
	skeleton func(slot int) bool
}

func (s skeletal) Skeleton(_ []int32, slot int, _ int32) bool { return s.skeleton(slot) }

// TestSkeletonGoesFirst commits a token a step: those of the skeleton before others that are not twice as sure, and in
// the end all.
func TestSkeletonGoesFirst(t *testing.T) {
	var waiting []diffusion.Objection
	first := func(skeleton func(int) bool) (slots []int) {
		_, err := diffusion.NewSampler(toy, kernel.Best()).Diffuse(t.Context(), flat{&oracle{text: text(8), room: 100}}, diffusion.Options{
			Canvas: 8, Blocks: 1, Policy: diffusion.FixedSteps(8), Order: skeletal{rules{always, always}, skeleton},
			Observe: func(s diffusion.Step) {
				for _, c := range s.Committed {
					slots = append(slots, c.Slot)
				}
				waiting = append(waiting, s.Waiting...)
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		return slots
	}
	if got := first(func(int) bool { return false }); !slices.Equal(got, []int{0, 1, 2, 3, 4, 5, 6, 7}) || len(waiting) > 0 {
		t.Errorf("without a skeleton: %v, waiting %v", got, waiting)
	}
	if got := first(func(slot int) bool { return slot%3 == 2 }); !slices.Equal(got, []int{2, 5, 0, 1, 3, 4, 6, 7}) {
		t.Errorf("got %v", got)
	}
	if len(waiting) != 2 || waiting[0].Slot != 0 || waiting[0].For != 2 || waiting[1].For != 5 || waiting[1].Rule != diffusion.SkeletonFirst {
		t.Errorf("waiting %+v", waiting)
	}
}

// flat is an oracle that is as sure of each slot as of any.
type flat struct{ *oracle }

func (f flat) Canvas(_ []int32, slots []int) [][]float32 {
	var out [][]float32
	for _, slot := range slots {
		out = append(out, f.logits(f.token(slot), 6))
	}
	return out
}

// ender is an order that takes a token for the end.
type ender struct{ rules }

func (ender) Ends() bool { return true }

// TestEnder has a token that only says that the text ends give way to the end.
func TestEnder(t *testing.T) {
	order := ender{rules{func(_ []int32, slot int, token int32) bool { return token != text(4)[3] }, always}}
	r, err := diffusion.NewSampler(toy, kernel.Best()).Diffuse(t.Context(), &oracle{text: text(6), room: 1000},
		diffusion.Options{Canvas: 8, Blocks: 1, Policy: diffusion.Threshold(0.9), Order: order})
	if err != nil || !r.Ended || !slices.Equal(r.Tokens, text(3)) {
		t.Errorf("got %+v, %v", r, err)
	}
}

// TestObjections has a step carry what waited and what was vetoed.
func TestObjections(t *testing.T) {
	var waiting, vetoed int
	_, err := diffusion.NewSampler(toy, kernel.Best()).Diffuse(t.Context(), &oracle{text: text(5), room: 1000}, diffusion.Options{
		Canvas: 8, Blocks: 1, Policy: diffusion.Threshold(0.9),
		Order: explaining{rules{func(_ []int32, slot int, token int32) bool { return slot != 1 || token != text(2)[1] }, leftToRight}},
		Observe: func(s diffusion.Step) {
			for _, o := range s.Waiting {
				if o.Rule != "rule" || o.Name != "name" || o.For != 3 {
					t.Errorf("waits: %+v", o)
				}
				waiting++
			}
			for _, o := range s.Vetoed {
				if o.Slot != 1 || o.Token != text(2)[1] {
					t.Errorf("vetoed: %+v", o)
				}
				vetoed++
			}
		},
	})
	if err != nil || waiting == 0 || vetoed == 0 {
		t.Errorf("%v, %d waited, %d were vetoed", err, waiting, vetoed)
	}
}

// explaining is an order that explains itself.
type explaining struct{ rules }

func (explaining) Why() (rule, name string, slot int) { return "rule", "name", 3 }

// TestOrderHoldsBack commits from left to right whatever the confidences.
func TestOrderHoldsBack(t *testing.T) {
	next := 0
	o := &oracle{text: text(20), room: 1000}
	r, err := diffusion.NewSampler(toy, kernel.Best()).Diffuse(t.Context(), o, diffusion.Options{
		Canvas: 8, Blocks: 4, Policy: diffusion.Threshold(0), Order: rules{always, leftToRight},
		Observe: func(s diffusion.Step) {
			for _, c := range s.Committed {
				if at := 8*s.Block + c.Slot; at != next {
					t.Errorf("commits %d, want %d", at, next)
				}
				next++
			}
		},
	})
	if err != nil || !r.Ended || !slices.Equal(r.Tokens, text(20)) {
		t.Errorf("got %+v, %v", r, err)
	}
}

// TestVetoTakesTheNextBest vetoes what the oracle knows in slot 2.
func TestVetoTakesTheNextBest(t *testing.T) {
	order := rules{func(_ []int32, slot int, token int32) bool { return slot != 2 || token != text(3)[2] }, always}
	r, err := diffusion.NewSampler(toy, kernel.Best()).Diffuse(t.Context(), &oracle{text: text(5), room: 1000},
		diffusion.Options{Canvas: 8, Blocks: 1, Policy: diffusion.Threshold(0.9), Order: order})
	if err != nil || len(r.Tokens) <= 1 || len(r.Tokens) > 2 && r.Tokens[2] == text(3)[2] {
		t.Errorf("got %+v, %v", r, err)
	}
}

// allowing is all that an order can be, and allows all.
type allowing struct{ rules }

func (allowing) Skeleton([]int32, int, int32) bool   { return false }
func (allowing) Violations([]int32, []float32) []int { return nil }
func (allowing) Ends() bool                          { return false }
func (allowing) Why() (rule, name string, slot int)  { return "", "", -1 }

// TestOrderThatAllows has the trajectories of no order at all, on the real model.
func TestOrderThatAllows(t *testing.T) {
	model := builtinModel(t)
	pool := kernel.NewPool(2)
	defer pool.Close()
	runner := transformer.NewRunner(model, kernel.Best(), pool)
	sampler := diffusion.NewSampler(vocabulary, kernel.Best())
	for _, c := range readGolden(t)[:3] {
		var results []diffusion.Result
		for _, order := range []diffusion.Order{nil, rules{always, always}, allowing{rules{always, always}}} {
			kv := model.NewKVCache(512)
			runner.Extend(kv, c.Context)
			r, err := sampler.Diffuse(t.Context(), transformer.Sequence{Runner: runner, Cache: kv},
				diffusion.Options{Canvas: 16, Blocks: 2, Policy: diffusion.Threshold(0.9), Order: order, Remasks: 2})
			if err != nil {
				t.Fatal(err)
			}
			results = append(results, r)
		}
		if !reflect.DeepEqual(results[0], results[1]) || !reflect.DeepEqual(results[0], results[2]) {
			t.Errorf("%s: %+v without an order, %+v and %+v with ones that allow all", c.Name, results[0], results[1], results[2])
		}
	}
}

// TestStopWithinABlock stops where the text without masks has two tokens, the third of them not in it.
func TestStopWithinABlock(t *testing.T) {
	o := &oracle{text: text(20), room: 1000}
	r, err := diffusion.NewSampler(toy, kernel.Best()).Diffuse(t.Context(), o, diffusion.Options{
		Canvas: 8, Blocks: 4, Policy: diffusion.FixedSteps(8), Order: rules{always, leftToRight},
		Stop: func(tokens []int32) bool { return len(tokens) == 10 },
	})
	if err != nil || r.Ended || r.Blocks != 2 || r.Forwards != 10 || !slices.Equal(r.Tokens, text(10)) {
		t.Errorf("got %+v, %v", r, err)
	}
}

// drafter is a model that writes something else than it knows, and knows better when asked about what it wrote.
type drafter struct {
	oracle
	changes int // it changes its mind in slot 0 so often
}

func (d *drafter) Canvas(canvas []int32, slots []int) [][]float32 {
	logits := d.oracle.Canvas(canvas, slots)
	for i, slot := range slots {
		if canvas[slot] == mask {
			logits[i] = d.logits(3, 30)
		} else if slot == 0 && d.changes > 0 {
			d.changes--
			logits[i] = d.logits(canvas[0]%20+4, 30)
		}
	}
	return logits
}

func TestRevision(t *testing.T) {
	for _, test := range []struct {
		revisions, changes int
		threshold          float32
		forwards           int
		right              bool
	}{
		{0, 0, 0, 1, false},
		{1, 0, 0, 2, true},
		{5, 0, 0, 3, true},  // the last round changes nothing
		{5, 9, 0, 6, false}, // out of rounds
		{5, 0, 0.5, 2, false},
	} {
		t.Run(fmt.Sprintf("%+v", test), func(t *testing.T) {
			d := &drafter{oracle: oracle{text: text(5), room: 1000}, changes: test.changes}
			revised := 0
			r, err := diffusion.NewSampler(toy, kernel.Best()).Diffuse(t.Context(), d, diffusion.Options{
				Canvas: 8, Blocks: 1, Policy: diffusion.FixedSteps(1), Revisions: test.revisions, EditThreshold: test.threshold,
				Observe: func(s diffusion.Step) { revised += len(s.Revised) },
			})
			if err != nil || slices.Equal(r.Tokens, text(5)) != test.right || r.Forwards != test.forwards || r.Ended != (revised > 0) {
				t.Errorf("got %+v, %v", r, err)
			}
			if (revised > 0) != (test.revisions > 0 && test.threshold == 0) {
				t.Errorf("%d tokens revised", revised)
			}
		})
	}
}

// TestRevisionAsksTheOrder vetoes what the oracle knows in slot 1, which is revised to nothing else.
func TestRevisionAsksTheOrder(t *testing.T) {
	order := rules{func(_ []int32, slot int, token int32) bool { return slot != 1 || token != text(2)[1] }, always}
	options := diffusion.Options{Canvas: 8, Blocks: 1, Policy: diffusion.FixedSteps(1), Order: order, Revisions: 3}
	r, err := diffusion.NewSampler(toy, kernel.Best()).Diffuse(t.Context(), &drafter{oracle: oracle{text: text(5), room: 1000}}, options)
	if want := []int32{3, 3, 5, 6, 7}; err != nil || !slices.Equal(r.Tokens, want) {
		t.Errorf("got %+v, %v, want %v", r, err, want)
	}
	r, err = diffusion.NewSampler(toy, kernel.Best()).Repair(t.Context(), &oracle{text: text(5), room: 1000}, []int32{3, 9, 5, 6, 7}, 1, options)
	if want := []int32{3, 9, 5, 6, 7}; err != nil || !slices.Equal(r.Tokens, want) {
		t.Errorf("repaired to %+v, %v, want %v", r, err, want)
	}
}

func TestRepair(t *testing.T) {
	options := diffusion.Options{Revisions: 4}
	for name, broken := range map[string][]int32{
		"as it should be":   text(6),
		"another token":     {3, 4, 9, 6, 7, 8},
		"a token too few":   {3, 4, 6, 7, 8},
		"a token too many":  {3, 4, 9, 5, 6, 7, 8},
		"nothing":           {},
		"nothing is right":  {9, 9, 9, 9, 9, 9},
		"more than the end": append(text(6), 9, 9, 9),
	} {
		t.Run(name, func(t *testing.T) {
			o := &oracle{text: text(6), room: 1000}
			r, err := diffusion.NewSampler(toy, kernel.Best()).Repair(t.Context(), o, broken, 8, options)
			if err != nil || !slices.Equal(r.Tokens, text(6)) || r.Forwards != o.forward {
				t.Errorf("got %+v, %v", r, err)
			}
		})
	}
	if _, err := diffusion.NewSampler(toy, kernel.Best()).Repair(t.Context(), &oracle{room: 9}, text(3), 1, diffusion.Options{}); err == nil {
		t.Error("no revisions: no error")
	}
	if _, err := diffusion.NewSampler(toy, kernel.Best()).Repair(t.Context(), &oracle{room: 5}, text(3), 3, options); err == nil {
		t.Error("more than there is room for: no error")
	}
}

// TestDoubt repairs texts of which the oracle doubts what is wrong: that is masked, and nothing else.
func TestDoubt(t *testing.T) {
	for _, test := range []struct {
		name  string
		text  []int32
		share float32
		want  []int32
	}{
		{"the wrong ones", []int32{3, 9, 5, 6, 9}, 0.4, text(5)},
		{"one at least", []int32{3, 4, 9, 6, 7}, 0.01, text(5)},
		{"fewer than are wrong", []int32{3, 9, 9, 6, 7}, 0.2, nil},
		{"all", []int32{9, 9, 9, 9, 9}, 1, text(5)},
		{"more than there is to say", []int32{3, 4, 5, 6, 7, 9, 9}, 1, nil},
		{"nothing", nil, 0.5, []int32{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			first := true
			masks := 0
			options := diffusion.Options{Doubt: test.share, Policy: diffusion.Threshold(0.5), Observe: func(s diffusion.Step) {
				if first {
					masks = len(s.Committed)
					for _, token := range s.Canvas {
						if token == mask {
							masks++
						}
					}
				}
				first = false
			}}
			r, err := diffusion.NewSampler(toy, kernel.Best()).Repair(t.Context(), &oracle{text: text(5), room: 1000}, test.text, 2, options)
			require.NoError(t, err)
			if len(test.text) > 0 {
				require.Equal(t, max(1, int(test.share*float32(len(test.text))+0.5)), masks)
			}
			require.Len(t, r.Tokens, len(test.text), "a text stays as long as it is")
			if test.want != nil {
				require.Equal(t, test.want, append([]int32{}, r.Tokens...))
			}
		})
	}
}
