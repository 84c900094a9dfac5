package sample

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"seedls/engine/train"
)

// A canvas is what a sequence says of one.
type canvas struct {
	train.Canvas
	ids, targets []int32
	weights      []float32
	clean        []int32 // what the context says that belongs there, and then the end
	text         int     // rows of it up to the first end
}

func (b *builder) all() []canvas {
	q := &b.out
	var all []canvas
	row := q.Context
	for _, c := range q.Canvases {
		to := row + c.Rows
		one := canvas{Canvas: c, ids: q.IDs[row:to], targets: q.Targets[row:to], weights: q.Weights[row:to], text: c.Rows}
		for i := range c.Rows {
			if at := c.Start + i; at < q.Context {
				one.clean = append(one.clean, q.IDs[at])
			} else {
				one.text = min(one.text, i+1)
				one.clean = append(one.clean, b.model.Diffusion.EndTokenID)
			}
		}
		all = append(all, one)
		row = to
	}
	return all
}

// masks lists which rows are masks, and their number.
func (c *canvas) masks(b *builder) (masked []bool, n int) {
	for _, id := range c.ids {
		masked = append(masked, id == b.model.Diffusion.MaskTokenID)
		if id == b.model.Diffusion.MaskTokenID {
			n++
		}
	}
	return masked, n
}

// t is with what probability tokens were masked, or one of the canvas's rows if that is more.
func (c *canvas) t(b *builder) float64 {
	for i, target := range c.targets {
		switch {
		case target >= 0 && i < c.text:
			return 1 / float64(c.weights[i])
		case target >= 0:
			return b.config.EndWeight / float64(c.weights[i])
		}
	}
	return -1
}

func TestMasksAndTheirComplement(t *testing.T) {
	s := newSampler(t, writeCorpus(t, sources(t)...), nil)
	pairs, alone := 0, 0
	for number := range int64(count) {
		b, err := s.build(number, Phase{Stage: Masks})
		require.NoError(t, err)
		all := b.all()
		for i := range all {
			c := &all[i]
			masked, n := c.masks(b)
			require.Positive(t, n)
			first := float32(0)
			for row, mask := range masked {
				if !mask {
					require.Equal(t, c.clean[row], c.ids[row])
					require.Negative(t, c.targets[row])
					require.Zero(t, c.weights[row])
					continue
				}
				require.Equal(t, c.clean[row], c.targets[row])
				weight := c.weights[row]
				if row >= c.text {
					weight /= float32(s.config.EndWeight)
				}
				if first == 0 {
					first = weight
				}
				require.InEpsilon(t, first, weight, 1e-5)
			}
			require.GreaterOrEqual(t, first, float32(0.999))
			require.LessOrEqual(t, first, float32(c.Rows)*1.001)
		}
		for i := 0; i < len(all); {
			c := &all[i]
			masked, n := c.masks(b)
			if n == c.Rows {
				alone++
				i++
				continue
			}
			pairs++
			other := &all[i+1]
			require.Equal(t, c.Canvas, other.Canvas)
			complement, m := other.masks(b)
			require.Equal(t, c.Rows, n+m)
			for row := range masked {
				require.NotEqual(t, masked[row], complement[row])
			}
			if t1, t2 := c.t(b), other.t(b); min(t1, t2) > 1.001/float64(c.Rows) {
				require.InDelta(t, 1, t1+t2, 1e-5)
			}
			i += 2
		}
	}
	require.Greater(t, pairs, 4*count)
	require.Greater(t, alone, count/10)
}

func TestUniformWeights(t *testing.T) {
	s := newSampler(t, writeCorpus(t, sources(t)...), func(c *Config) { c.Weighting, c.EndWeight = Uniform, 0.25 })
	for number := range int64(100) {
		b, err := s.build(number, Phase{Stage: Masks})
		require.NoError(t, err)
		for _, c := range b.all() {
			for row, target := range c.targets {
				want := float32(1)
				if target < 0 {
					want = 0
				} else if row >= c.text {
					want = 0.25
				}
				require.Equal(t, want, c.weights[row])
			}
		}
	}
}

// TestMasksAreUniform counts canvases of 8 rows by their masks: whatever number they have from 1 to 8, it is as likely.
// Of those with 64 rows it looks at t itself, from 0.1 on.
func TestMasksAreUniform(t *testing.T) {
	s := newSampler(t, writeCorpus(t, sources(t)...), nil)
	var byMasks [9]int
	var byT [10]int
	total, totalT := 0, 0
	for number := range int64(3 * count) {
		b, err := s.build(number, Phase{Stage: Masks})
		require.NoError(t, err)
		for _, c := range b.all() {
			if _, n := c.masks(b); c.Rows == 8 {
				byMasks[n]++
				total++
			}
			if at := c.t(b); c.Rows == 64 && at >= 0.1 {
				byT[min(int(10*at), 9)]++
				totalT++
			}
		}
	}
	for n, got := range byMasks[1:] {
		require.InEpsilon(t, total/8, got, 0.07, "%d masks", n+1)
	}
	for decile, got := range byT[1:] {
		require.InEpsilon(t, totalT/9, got, 0.1, "t from 0.%d", decile+1)
	}
}

// TestTheTOfASequenceAreSpread finds one in each part of as many as there are pairs, in no order.
func TestTheTOfASequenceAreSpread(t *testing.T) {
	s := newSampler(t, writeCorpus(t, sources(t)...), nil)
	sorted := 0
	for number := range int64(200) {
		b, err := s.build(number, Phase{Stage: Masks})
		require.NoError(t, err)
		pairs := b.pairs()
		var ts []float64
		for _, p := range pairs {
			ts = append(ts, p.t[0])
		}
		if slices.IsSorted(ts) && len(ts) > 3 {
			sorted++
		}
		slices.Sort(ts)
		for i, at := range ts {
			require.GreaterOrEqual(t, at, float64(i)/float64(len(ts)))
			require.Less(t, at, float64(i+1)/float64(len(ts)))
		}
	}
	require.Less(t, sorted, 20)
}

func TestSmallerCanvasesAreMore(t *testing.T) {
	c := writeCorpus(t, sources(t)...)
	sizes := func(shares []float64) map[int]int {
		s := newSampler(t, c, func(c *Config) { c.CanvasShares, c.Canvases, c.Rows, c.HoleRows = shares, 2, 1000, 1000 })
		n := map[int]int{}
		for number := range int64(count) {
			b, err := s.build(number, Phase{Stage: Masks})
			require.NoError(t, err)
			n[b.out.Canvases[0].Rows]++
		}
		return n
	}
	got := sizes(nil)
	for i, size := range []int{8, 16, 32} {
		require.InEpsilon(t, float64(count)*8/15/float64(int(1)<<i), got[size], 0.2, "%d rows", size)
	}
	require.Positive(t, got[64])
	got = sizes([]float64{0, 1, 1, 0})
	require.Len(t, got, 2)
	require.InDelta(t, got[16], got[32], 0.15*count)
}

func TestEditedCanvases(t *testing.T) {
	// Weights tell edited canvases, 0.25, from masked ones.
	s := newSampler(t, writeCorpus(t, sources(t)...), func(c *Config) {
		c.Weighting, c.EditWeight, c.EndWeight = Uniform, 0.25, 1
	})
	edited, masked, masks, distances := 0, 0, 0, map[bool]int{}
	for number := range int64(count) {
		b, err := s.build(number, Phase{Stage: Edits})
		require.NoError(t, err)
		for _, c := range b.all() {
			_, n := c.masks(b)
			if !slices.Contains(c.weights, 0.25) {
				masked++
				require.Positive(t, n)
				continue
			}
			edited++
			require.Equal(t, c.clean, c.targets)
			if n > 0 {
				masks++
				continue
			}
			// Rows are as many as before, so an insertion or a deletion also costs the last token or brings one in.
			edits := max(1, int(s.config.MaxEdits*float64(c.text)))
			d := distance(c.clean, c.ids)
			require.LessOrEqual(t, d, 2*edits)
			distances[d == 0]++
		}
	}
	require.InDelta(t, 0.5, float64(edited)/float64(edited+masked), 0.05)
	require.InDelta(t, 0.5, float64(masks)/float64(edited), 0.03)
	require.Greater(t, distances[false], distances[true]/2)
	require.Positive(t, distances[true])
}

// TestEditedTextMovesUp deletes at the beginning of canvases: what follows in the context comes in at the end.
func TestEditedTextMovesUp(t *testing.T) {
	s := newSampler(t, writeCorpus(t, sources(t)...), func(c *Config) {
		c.Holes, c.OneEdit, c.MaxEdits, c.EditMasks = 0, 1, 0, 0
	})
	deletions := 0
	for number := range int64(count) {
		b, err := s.build(number, Phase{Stage: Edits})
		require.NoError(t, err)
		q := &b.out
		for _, c := range b.all() {
			if !b.ends {
				require.NotContains(t, c.ids, s.model.Diffusion.EndTokenID)
			}
			if _, n := c.masks(b); n > 0 || c.Start+c.Rows >= q.Context {
				continue
			}
			for at := range c.ids {
				want := slices.Concat(c.clean[:at], c.clean[at+1:], q.IDs[c.Start+c.Rows:c.Start+c.Rows+1])
				if slices.Equal(want, c.ids) {
					deletions++
					break
				}
			}
		}
	}
	require.Greater(t, deletions, count)
}

// TestWrongTokens come from the context and from the vocabulary, and are text.
func TestWrongTokens(t *testing.T) {
	s := newSampler(t, writeCorpus(t, sources(t)...), nil)
	b, err := s.build(7, Phase{Stage: Masks})
	require.NoError(t, err)
	context := b.out.IDs[:b.out.Context]
	known := 0
	for range 10_000 {
		id := b.wrongToken()
		require.False(t, s.tokens.IsSpecial(id))
		require.NotEmpty(t, s.tokens.Bytes(id))
		if slices.Contains(context, id) {
			known++
		}
	}
	require.InDelta(t, 5_000, known, 700) // some of the vocabulary's are in the context as well
}

func TestDraw(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var n [4]int
	for range 10_000 {
		n[draw(r, []float64{1, 0, 3, 0})]++
	}
	require.Zero(t, n[1]+n[3])
	require.InDelta(t, 2_500, n[0], 200)
}
