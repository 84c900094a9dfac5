package structure

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// longSample repeats a language's sample until it is patched.
func longSample(t testing.TB, lang *Language) string {
	sample := samples(t)[lang]
	return strings.Repeat(sample+"\n", 2+minPatched/len(sample))
}

// TestPatched edits long texts, and compares what is known of them with what is
// known after a parse from scratch.
func TestPatched(t *testing.T) {
	if len(Grammars()) == 0 {
		t.Skip("no grammars")
	}
	r := rand.New(rand.NewPCG(5, 6))
	seen, sound := 0, 0
	for _, lang := range languages[:len(languages)-1] {
		long := longSample(t, lang)
		tree := mustParse(t, lang, long)
		last, at := tree, r.IntN(len(long)) // last is without errors
		for range 20 {
			edit, text := typedAt(r, tree.text, at)
			next, err := tree.Reparse(t.Context(), text, []Edit{edit})
			if err != nil {
				t.Fatal(err)
			}
			if p, ok := next.parsed.(*patched); ok {
				seen++
				scratch := mustParse(t, lang, text)
				if got, want := next.parsed.hasError(), scratch.parsed.hasError(); got != want {
					t.Fatalf("%v: errors %v, want %v, after %v in\n%s", lang, next.SyntaxErrors(), scratch.SyntaxErrors(), edit, text[p.from:p.to])
				} else if !got {
					sound++
					comparePatched(t, r, next, scratch, p)
				}
			}
			switch {
			case !next.parsed.hasError():
				last = next
			case r.IntN(3) == 0: // goes on
			case tree != last:
				next = last
			default: // is taken back
				edit = Edit{edit.Start, edit.NewEnd, edit.OldEnd}
				if next, err = next.Reparse(t.Context(), tree.text, []Edit{edit}); err != nil {
					t.Fatal(err)
				}
			}
			if tree, at = next, edit.NewEnd; r.IntN(8) == 0 || at > len(tree.text) {
				at = r.IntN(len(tree.text))
			}
		}
	}
	if seen < 100 || sound < 30 {
		t.Errorf("only %d texts were patched, of which %d had no errors", seen, sound)
	}
}

// typedAt returns an edit at an offset: a piece of the text, or what may break it,
// or a deletion.
func typedAt(r *rand.Rand, text string, at int) (Edit, string) {
	e := Edit{Start: at, OldEnd: at}
	inserted := ""
	switch r.IntN(5) {
	case 0:
		e.OldEnd = min(len(text), at+r.IntN(5))
	case 1:
		from := r.IntN(len(text) - 40)
		inserted = text[from : from+r.IntN(40)]
	default:
		pieces := []string{"x", " ", "\n", "\n\n", "x", "(", ")", "{", "}", "\"", "/*", "*/", "`", "#", ";", "// x\n", "= 1"}
		inserted = pieces[r.IntN(len(pieces))]
	}
	e.NewEnd = e.Start + len(inserted)
	return e, text[:e.Start] + inserted + text[e.OldEnd:]
}

// comparePatched compares all that is asked of a syntax, in and around a part.
func comparePatched(t *testing.T, r *rand.Rand, tree, scratch *Tree, p *patched) {
	t.Helper()
	text, lang := tree.text, tree.lang
	fail := func(what string, got, want any) {
		t.Helper()
		t.Fatalf("%v: %s: got %v, want %v, the part [%d, %d) is\n%s", lang, what, got, want, p.from, p.to, text[p.from:p.to])
	}
	for range 10 {
		start := min(len(text), max(0, p.from-300+r.IntN(p.to-p.from+600)))
		end := min(len(text), start+r.IntN(2)*r.IntN(20))
		got, want := tree.Hole(start, end), scratch.Hole(start, end)
		got.tree, got.before, want.tree, want.before = nil, nil, nil, nil
		if got != want {
			fail("hole", got, want)
		}
		if start < p.inner.Start && p.inner.Start < end || start < p.inner.End && p.inner.End < end {
			continue
		}
		from, to, ok := tree.parsed.around(text, start, end, end+sectionAfter)
		wantFrom, wantTo, wantOK := scratch.parsed.around(text, start, end, end+sectionAfter)
		if from != wantFrom || to != wantTo || ok != wantOK {
			fail(fmt.Sprint("around ", start, end), []any{from, to, ok}, []any{wantFrom, wantTo, wantOK})
		}
		for i, c := range []byte(text[start:min(len(text), start+100)]) {
			if strings.IndexByte("([{", c) >= 0 {
				if got, want := tree.parsed.bracketKind(text, start+i), scratch.parsed.bracketKind(text, start+i); got != want {
					fail(fmt.Sprint("bracket at ", start+i), got, want)
				}
			}
		}
	}
	for kind := range queryKind(queryKinds) {
		if got, want := captured(t, tree, kind), captured(t, scratch, kind); !slices.Equal(got, want) {
			for i := range got {
				if i >= len(want) || got[i] != want[i] {
					fail(fmt.Sprint("query ", kind), got[i:min(len(got), i+3)], want[i:min(len(want), i+3)])
				}
			}
			fail(fmt.Sprint("query ", kind), len(got), len(want))
		}
	}
}

func captured(t *testing.T, tree *Tree, kind queryKind) []capture {
	found, err := tree.parsed.captures(t.Context(), kind, tree.text, 0, len(tree.text))
	if err != nil {
		t.Fatal(err)
	}
	slices.SortStableFunc(found, func(a, b capture) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.end, b.end), cmp.Compare(a.kind, b.kind), cmp.Compare(a.flags, b.flags), cmp.Compare(a.symbol, b.symbol))
	})
	return found
}
