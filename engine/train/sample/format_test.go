package sample

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"seedls/engine/train"
)

func TestFormat(t *testing.T) {
	s := newSampler(t, writeCorpus(t, sources(t)...), nil)
	d := s.model.Diffusion
	word := func(text string) int32 {
		id, ok := s.tokens.ID(text)
		require.True(t, ok, text)
		return id
	}
	a, b, tab, newline, escape := word("a"), word("b"), word("\t"), word("\n"), word("\x1b")
	q := &train.Sequence{
		IDs: []int32{
			d.Prompt.FileID, a, d.Prompt.SuffixID, b, newline, escape, d.Prompt.PrefixID, tab, a,
			a, d.MaskTokenID, newline, escape,
			b, d.MaskTokenID, d.MaskTokenID,
		},
		Targets: []int32{
			-1, -1, b, newline, escape, -1, tab, a, d.EndTokenID,
			-1, tab, -1, b,
			a, d.EndTokenID, -1,
		},
		Context:  9,
		Canvases: []train.Canvas{{Start: 8, Rows: 4}, {Start: 9, Rows: 3}},
	}
	var out strings.Builder
	require.NoError(t, s.Format(&out, q))
	require.Equal(t, strings.Join([]string{
		"context: 9 rows, 6 predicted",
		"  <|file|>a",
		"  <|suffix|>b",
		"  �",
		"  <|prefix|>\ta∎",
		"canvas 1: after 8 rows of context, 4 rows, 2 predicted, 1 masks, 1 wrong",
		"  shows    a│░│⏎│�",
		"  predicts  │→│ │b",
		"canvas 2: after 9 rows of context, 3 rows, 2 predicted, 2 masks, 1 wrong",
		"  shows    b│░│░",
		"  predicts a│∎│ ",
		"",
	}, "\n"), out.String())

	for number := range int64(100) {
		q, err := s.Sequence(number, Phase{Stage: Edits})
		require.NoError(t, err)
		out.Reset()
		require.NoError(t, s.Format(&out, q))
		for line := range strings.Lines(out.String()) {
			if strings.HasPrefix(line, "  shows ") {
				require.Less(t, len([]rune(line)), formatColumns+150)
			}
		}
	}
	require.ErrorContains(t, s.Format(full{}, q), "full")
}

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errors.New("full") }
