package eval

import (
	"math/rand/v2"
	"slices"
	"testing"

	"seedls/engine/builtin"
	"seedls/engine/kernel"
	"seedls/engine/tokenizer"
	"seedls/engine/transformer"
)

// agreementPositions is how many masked positions the precisions are compared at.
const agreementPositions = 10_000

// TestPrecisionsAgree compares the most probable token at masked positions of held-out Go files, which the built-in model
// predicts in float32, with those that it predicts in the other precisions: each canvas of 16 tokens follows the text
// before it and has a random share of its tokens masked.
func TestPrecisionsAgree(t *testing.T) {
	c, err := builtin.Open()
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := tokenizer.Parse(c.TokenizerJSON(), c.Config.VocabSize)
	if err != nil {
		t.Fatal(err)
	}
	files, err := heldOut(goroot(t))
	if err != nil {
		t.Fatal(err)
	}
	best := kernel.Best()
	pool := kernel.NewPool(2)
	defer pool.Close()
	var sequences []transformer.Sequence
	for _, p := range kernel.Precisions {
		model, err := transformer.Load(c, p)
		if err != nil {
			t.Fatal(err)
		}
		sequences = append(sequences, transformer.Sequence{Runner: transformer.NewRunner(model, best, pool), Cache: model.NewKVCache(512)})
	}
	const size, contexts = 16, 24 // canvases that follow one another
	prefix := []int32{c.Config.Diffusion.Prompt.PrefixID}
	random := rand.New(rand.NewPCG(1, 2))
	agree := make([]int, len(sequences))
	positions := 0
	for _, f := range files {
		ids := tokens.EncodeText(nil, f.text)
		for at := 0; len(ids) >= size && positions < agreementPositions; at++ {
			if at%contexts == 0 {
				for _, s := range sequences {
					s.Cache.Truncate(0)
					s.Extend(prefix)
				}
			}
			canvas := slices.Clone(ids[:size])
			var masked []int
			share := random.Float64()
			for slot := range canvas {
				if random.Float64() < share {
					canvas[slot] = c.Config.Diffusion.MaskTokenID
					masked = append(masked, slot)
				}
			}
			var want []int
			for i, s := range sequences {
				for j, logits := range s.Canvas(canvas, masked) {
					top := best.Argmax(logits)
					if i == 0 {
						want = append(want, top)
					}
					if top == want[j] {
						agree[i]++
					}
				}
				s.Extend(ids[:size])
			}
			positions += len(masked)
			ids = ids[size:]
		}
	}
	if positions < agreementPositions {
		t.Fatalf("the held-out files have %d masked positions, want %d", positions, agreementPositions)
	}
	least := map[kernel.Precision]float64{kernel.F32: 1, kernel.BF16: 0.99, kernel.Int8: 0.97, kernel.Int4: 0.8}
	for i, p := range kernel.Precisions {
		share := float64(agree[i]) / float64(positions)
		t.Logf("%v: %.2f %% of %d", p, 100*share, positions)
		if share < least[p] || p != kernel.F32 && share == 1 {
			t.Errorf("%v: the most probable token is that of float32 at %.2f %% of positions, want at least %.0f %%, and not all", p, 100*share, 100*least[p])
		}
	}
}
