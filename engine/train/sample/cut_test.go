package sample

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"seedls/engine/train/corpus"
)

// TestKinds looks at what holes of each kind take out.
func TestKinds(t *testing.T) {
	documents := sources(t)
	s := newSampler(t, writeCorpus(t, documents...), nil)
	text := ""
	for _, d := range documents {
		if len(d[1]) > 5000 && strings.Contains(d[1], "\tif err != nil {\n") {
			text = d[1]
		}
	}
	lineBegins := func(start int) bool { return isBlank(text[lineStart(text, start):start]) }
	for kind, fits := range map[Kind]func(start, end int) bool{
		Characters: func(start, end int) bool {
			n := utf8.RuneCountInString(text[start:end])
			return n >= 1 && n <= maxChars && utf8.ValidString(text[start:end])
		},
		Words: func(start, end int) bool {
			first, _ := utf8.DecodeRuneInString(text[start:end])
			last, _ := utf8.DecodeLastRuneInString(text[start:end])
			before, _ := utf8.DecodeLastRuneInString(text[:start])
			after, _ := utf8.DecodeRuneInString(text[end:])
			return isWord(first) && isWord(last) && !isWord(before) && !isWord(after) &&
				!strings.Contains(text[start:end], "\n")
		},
		Line: func(start, end int) bool {
			return lineBegins(start) && end == lineEnd(text, start) && !isBlank(text[start:end])
		},
		Lines: func(start, end int) bool {
			n := strings.Count(text[start:end], "\n")
			return lineBegins(start) && end == lineEnd(text, end) && n < maxLines && (n > 0 || isBlank(text[end:]))
		},
		Tail: func(start, end int) bool { return end == lineEnd(text, start) && start < end },
		Statement: func(start, end int) bool {
			return lineBegins(start) && isBlank(text[end:lineEnd(text, end)])
		},
		Block: func(start, end int) bool {
			return strings.HasSuffix(strings.TrimRight(text[:start], space), "{") &&
				strings.HasPrefix(strings.TrimLeft(text[end:], space), "}")
		},
		Argument: func(start, end int) bool { return text[start-1] == '(' && text[end] == ')' },
		Nothing:  func(start, end int) bool { return start == end },
	} {
		found, different := 0, map[[2]int]bool{}
		for number := range uint64(500) {
			b := &builder{Sampler: s, r: rand.New(rand.NewPCG(number, 1))}
			start, end, ok := b.cutKind(kind, corpus.Document{Text: text}, runeStart(text, b.r.IntN(len(text)+1)))
			if !ok {
				continue
			}
			require.True(t, 0 <= start && start <= end && end <= len(text), "kind %d", kind)
			require.True(t, fits(start, end), "kind %d: %q", kind, text[start:end])
			found++
			different[[2]int{start, end}] = true
		}
		require.Greater(t, found, 250, "kind %d", kind)
		require.Greater(t, len(different), 100, "kind %d", kind)
	}
}

// TestHolesAreShort draws from documents that hardly offer short ones.
func TestHolesAreShort(t *testing.T) {
	for _, text := range []string{
		strings.Repeat("x", 5000), strings.Repeat("\xff", 5000), strings.Repeat("漢", 2000), "\n", "é",
	} {
		s := newSampler(t, writeCorpus(t, [2]string{"a", text}), func(c *Config) { c.Holes = 1 })
		for number := range int64(200) {
			b, err := s.build(number, Phase{Stage: Masks})
			require.NoError(t, err)
			require.LessOrEqual(t, b.out.Context-b.first, s.middle)
		}
	}
}

// TestAWrongCutterIsHarmless has spans that are not of the text.
func TestAWrongCutterIsHarmless(t *testing.T) {
	m, tokens := model(t)
	config := DefaultConfig()
	config.Cuts = [Kinds]float64{Statement: 1}
	s, err := New(writeCorpus(t, sources(t)...), tokens, m, func(_, text string) []Span {
		return []Span{{Statement, -1, 2}, {Statement, 2, 1}, {Statement, 0, len(text) + 1}, {Kind(99), 0, 1}}
	}, config)
	require.NoError(t, err)
	for number := range int64(100) {
		q, err := s.Sequence(number, Phase{Stage: Masks})
		require.NoError(t, err)
		require.NoError(t, q.Check(m))
	}
}

func TestWindows(t *testing.T) {
	unit := "func f() {\n\tif a {\n\t\tb()\n\t}\n}\n\n"
	for _, text := range []string{
		"", "a", strings.Repeat(unit, 1000), strings.Repeat("\tx\r\n", 5000), strings.Repeat("漢", 20_000),
	} {
		for p := 0; p <= len(text); p += 1 + len(text)/100 {
			p := runeStart(text, p)
			from, to := window(text, p)
			require.True(t, from <= p && p <= to && to <= len(text))
			require.LessOrEqual(t, to-from, 2*windowBytes+utf8.UTFMax)
			require.True(t, utf8.ValidString(text[from:to]))
			if strings.HasPrefix(text, unit) {
				require.True(t, strings.HasPrefix(text[from:], "func"), "%.20q", text[from:])
				require.Greater(t, to-from, min(windowBytes/2, len(text)-p)-50)
			}
		}
	}
}
