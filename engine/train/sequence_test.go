package train

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"seedls/engine/checkpoint"
)

// randomSequence has canvases of the given rows at random places; some rows have no target, or one of no weight.
func randomSequence(vocab, context int, canvases ...int) *Sequence {
	r := rand.New(rand.NewPCG(uint64(vocab), uint64(context)))
	s := &Sequence{Context: context}
	add := func(position int) {
		s.IDs = append(s.IDs, int32(r.IntN(vocab)))
		s.Positions = append(s.Positions, int32(position))
		s.Targets = append(s.Targets, int32(r.IntN(vocab+vocab/8)-vocab/8))
		s.Weights = append(s.Weights, float32(r.IntN(4)))
	}
	for i := range context {
		add(i)
	}
	for _, rows := range canvases {
		c := Canvas{Start: r.IntN(context + 1), Rows: rows, Ahead: r.IntN(rows)}
		s.Canvases = append(s.Canvases, c)
		for i := range rows {
			add(c.Start + i)
		}
	}
	return s
}

// TestBlocks compares what blocks let rows see with what a sequence says, row by row.
func TestBlocks(t *testing.T) {
	s := randomSequence(100, 2*blockRows+5, 7, blockRows+9, 1, 30)
	s.Canvases[0].Start = 0
	sights, blocks := s.attention()
	rows := 0
	for _, b := range blocks {
		require.Equal(t, rows, b.rows.from)
		rows = b.rows.to
		for row := b.rows.from; row < b.rows.to; row++ {
			var got, want []int
			own := b.own(sights[row])
			for key := range b.keys() {
				if key < sights[row].prefix || key >= own.from && key < own.to {
					if key >= b.first() {
						key += b.canvases.from - b.first()
					}
					got = append(got, key)
				}
			}
			for key := range len(s.IDs) {
				if sees(s, row, key) {
					want = append(want, key)
				}
			}
			require.Equal(t, want, got, "row %d", row)
		}
	}
	require.Equal(t, len(s.IDs), rows)
}

// sees is the definition of who attends to whom.
func sees(s *Sequence, row, key int) bool {
	canvas := func(row int) int {
		at := s.Context
		for i, c := range s.Canvases {
			if at += c.Rows; row < at {
				return i
			}
		}
		return -1
	}
	switch {
	case row < s.Context:
		return key <= row
	case key < s.Context:
		return key < s.Canvases[canvas(row)].Start
	}
	ahead := s.Canvases[canvas(row)].Ahead
	return canvas(row) == canvas(key) && (ahead == 0 || key <= row+ahead)
}

func TestCheck(t *testing.T) {
	c := checkpoint.Config{VocabSize: 50, MaxPositions: 40}
	require.NoError(t, randomSequence(50, 20, 5, 6).Check(c))
	for message, spoil := range map[string]func(*Sequence){
		"no rows":                         func(s *Sequence) { *s = Sequence{} },
		"all need as many":                func(s *Sequence) { s.Weights = s.Weights[1:] },
		"see -1 rows ahead":               func(s *Sequence) { s.Canvases[0].Ahead = -1 },
		"row 3: id 50":                    func(s *Sequence) { s.IDs[3] = 50 },
		"row 3: id -1":                    func(s *Sequence) { s.IDs[3] = -1 },
		"row 4: target 50":                func(s *Sequence) { s.Targets[4] = 50 },
		"row 5: position 40":              func(s *Sequence) { s.Positions[5] = 40 },
		"row 6: weight -1":                func(s *Sequence) { s.Weights[6] = -1 },
		"has 32 of context":               func(s *Sequence) { s.Context = 32 },
		"canvas 1: 6 rows after 21":       func(s *Sequence) { s.Canvases[1].Start = 21 },
		"canvas 1: 7 rows after":          func(s *Sequence) { s.Canvases[1].Rows = 7 },
		"canvas 0: 0 rows after":          func(s *Sequence) { s.Canvases[0].Rows = 0 },
		"canvases have 25 rows of the 31": func(s *Sequence) { s.Canvases = s.Canvases[:1] },
	} {
		s := randomSequence(50, 20, 5, 6)
		spoil(s)
		require.ErrorContains(t, s.Check(c), message)
	}
}
