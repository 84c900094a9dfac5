package sample

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/agnivade/levenshtein"
	"github.com/stretchr/testify/require"
)

// distance is the Levenshtein distance of tokens.
func distance(a, b []int32) int {
	return levenshtein.ComputeDistance(string(runes(a)), string(runes(b)))
}

// runes makes each token, below 10000, a character of its own.
func runes(ids []int32) []rune {
	text := make([]rune, len(ids))
	for i, id := range ids {
		text[i] = 0x10000 + id
	}
	return text
}

func TestCorruptionStaysWithinItsEdits(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	reached := 0
	for range 20_000 {
		text := make([]int32, r.IntN(40))
		for i := range text {
			text[i] = r.Int32N(20)
		}
		before := slices.Clone(text)
		edits := r.IntN(8)
		got := corrupt(r, text, edits, func() int32 { return 100 + r.Int32N(5) })
		require.Equal(t, before, text)
		d := distance(text, got)
		require.LessOrEqual(t, d, edits, "%v became %v", text, got)
		if edits == 0 {
			require.Equal(t, text, got)
		}
		if d == edits {
			reached++
		}
		require.LessOrEqual(t, len(got), len(text)+edits)
		require.GreaterOrEqual(t, len(got), len(text)-edits)
		for _, id := range got {
			require.True(t, slices.Contains(text, id) || id >= 100 && id < 105, "%d", id)
		}
	}
	require.Greater(t, reached, 10_000) // edits seldom undo each other
}

// TestOneEdit counts the three operations. A token is never replaced by itself.
func TestOneEdit(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	text := []int32{0, 1, 2, 1, 0}
	var lengths [7]int
	var places [5]int
	for range 30_000 {
		got := corrupt(r, text, 1, func() int32 { return r.Int32N(3) })
		require.Equal(t, 1, distance(text, got))
		lengths[len(got)]++
		for i := range text {
			if len(got) == len(text) && got[i] != text[i] {
				places[i]++
			}
		}
	}
	for _, n := range lengths[4:] {
		require.InDelta(t, 10_000, n, 500)
	}
	for _, n := range places {
		require.InDelta(t, 2_000, n, 250)
	}
	require.Equal(t, []int32{7}, corrupt(r, nil, 1, func() int32 { return 7 }))
}
