package sample

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// annealed looks at canvases of a phase that has some of the annealing left.
func annealed(t *testing.T, s *Sampler, phase Phase, f func(b *builder, c *canvas)) {
	t.Helper()
	for number := range int64(300) {
		b, err := s.build(number, phase)
		require.NoError(t, err)
		require.NoError(t, b.out.Check(s.model))
		require.NotEmpty(t, b.out.Canvases)
		for _, c := range b.all() {
			f(b, &c)
		}
	}
}

// TestAnnealedMasks counts the masks of canvases under several bounds of t.
func TestAnnealedMasks(t *testing.T) {
	s := newSampler(t, writeCorpus(t, sources(t)...), nil)
	for _, left := range []float64{1, 0.9, 0.5, 0.05} {
		phase := Phase{Left: left}
		most := 0.001 + 0.999*(1-left)
		got, want := 0.0, 0.0
		annealed(t, s, phase, func(b *builder, c *canvas) {
			masked, n := c.masks(b)
			require.Positive(t, n)
			got += float64(n)
			// The mean over t from 0 to most, and the probability that there is none but the one that has to be.
			rows := float64(c.Rows)
			want += rows*most/2 + (1-math.Pow(1-most, rows+1))/(rows+1)/most
			for row, mask := range masked {
				switch {
				case !mask:
					require.Negative(t, c.targets[row])
				case row < c.text:
					require.EqualValues(t, 1, c.weights[row], "weights do not depend on t")
				default:
					require.InEpsilon(t, s.config.EndWeight, c.weights[row], 1e-6)
				}
			}
		})
		require.InEpsilon(t, want, got, 0.03, "%g left", left)
	}
}

// TestAnnealedT finds the t of pairs evenly spread up to the bound, and none above it.
func TestAnnealedT(t *testing.T) {
	s := newSampler(t, writeCorpus(t, sources(t)...), nil)
	for _, left := range []float64{1, 0.9, 0.5, 0} {
		most := 0.001 + 0.999*(1-left)
		var all []float64
		for number := range int64(200) {
			b, err := s.build(number, Phase{Left: left})
			require.NoError(t, err)
			for _, p := range b.pairs() {
				all = append(all, p.t[0], p.t[1])
			}
		}
		slices.Sort(all)
		require.GreaterOrEqual(t, all[0], 0.0)
		require.LessOrEqual(t, all[len(all)-1], most+1e-12)
		require.Greater(t, all[len(all)-1], 0.98*most)
		require.InEpsilon(t, most/2, all[len(all)/2], 0.05)
	}
}

// TestAnnealedSight has rows see more and more of what is after them.
func TestAnnealedSight(t *testing.T) {
	s := newSampler(t, writeCorpus(t, sources(t)...), nil)
	sizes := s.model.Diffusion.CanvasSizes
	longest := sizes[len(sizes)-1]
	steps := 10 * (longest - 1) // ten for each row more
	c := Config{MaskSteps: 0.5, AnnealSteps: steps}
	for step := 5; step < steps; step += 10 {
		require.Equal(t, 1+step/10, c.PhaseAt(step, 2*steps).ahead(longest))
	}
	require.Equal(t, 1, c.PhaseAt(0, 2*steps).ahead(longest))
	require.Zero(t, c.PhaseAt(steps, 2*steps).ahead(longest))
	require.Equal(t, 1, Phase{Left: 0.5}.ahead(1))

	for phase, want := range map[Phase]int{{Left: 1}: 1, {Edits, 0.5}: 1 + (longest-1)/2, {}: 0} {
		annealed(t, s, phase, func(_ *builder, c *canvas) { require.Equal(t, want, c.Ahead) })
	}
	q, err := s.Sequence(1, Phase{Left: 1})
	require.NoError(t, err)
	var out strings.Builder
	require.NoError(t, s.Format(&out, q))
	require.Contains(t, out.String(), " wrong, rows see 1 ahead\n")
}

// TestAnnealedEdits has canvases with masks and edits, of which no more are masked than the annealing lets be.
func TestAnnealedEdits(t *testing.T) {
	s := newSampler(t, writeCorpus(t, sources(t)...), func(c *Config) { c.Edited, c.EditMasks = 1, 1 })
	rows, masks, predicted := 0, 0, 0
	annealed(t, s, Phase{Edits, 0.9}, func(b *builder, c *canvas) {
		_, n := c.masks(b)
		require.Positive(t, n)
		for _, target := range c.targets {
			if target >= 0 {
				predicted++
			}
		}
		rows, masks = rows+c.Rows, masks+n
	})
	require.Equal(t, rows, predicted)
	require.Less(t, float64(masks), 0.15*float64(rows))
}
