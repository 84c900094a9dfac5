package structure

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/aymanbagabas/go-udiff"
)

// describe lists all that can be named, in the order of names.
func describe(s *Scope) string {
	var names []string
	for symbol := range s.Visible() {
		names = append(names, fmt.Sprintf("%s %v %d", symbol.Name, symbol.Kind, symbol.Start))
	}
	slices.Sort(names)
	return strings.Join(names, "\n")
}

// TestScopeFollowsEdits compares a scope whose outline followed edits with one
// from scratch. Where the text has errors, or had some around a class, the
// former may know more.
func TestScopeFollowsEdits(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	compared := 0
	texts := samples(t)
	for _, lang := range languages {
		sample := texts[lang]
		for range 10 {
			tree := mustParse(t, lang, sample)
			checkScope(t, tree, 0, 0)
			for range 20 {
				edit, text := randomEditOf(r, lang, tree.text)
				next, err := tree.Reparse(t.Context(), text, []Edit{edit})
				if err != nil {
					t.Fatal(err)
				}
				tree = next
				cursor := r.IntN(len(text) + 1)
				followed := checkScope(t, tree, cursor, cursor)
				if tree.parsed == nil || tree.parsed.hasError() {
					continue
				}
				compared++
				scratch := checkScope(t, mustParse(t, lang, text), cursor, cursor)
				for symbol := range scratch.Visible() {
					if _, ok := followed.Lookup(symbol.Name); !ok && symbol.Kind != KindMember {
						t.Fatalf("%v, at %d of\n%s\n%v is not found", lang, cursor, text, symbol)
					}
				}
				if lang != goLang && lang != cLang {
					continue // a class may have become another, and its members with it
				}
				if got, want := describe(followed), describe(scratch); got != want {
					t.Fatalf("%v, at %d of\n%s\n(-want +got)\n%s", lang, cursor, text, udiff.Unified("want", "got", want+"\n", got+"\n"))
				}
			}
		}
	}
	if len(Grammars()) > 0 && compared < 500 {
		t.Errorf("only %d texts had no errors", compared)
	}
}

// randomEditOf deletes a paragraph of a text that begins at the left margin,
// or repeats it elsewhere, or changes a letter of it.
func randomEditOf(r *rand.Rand, lang *Language, text string) (Edit, string) {
	starts := []int{0}
	for i := 2; i < len(text); i++ {
		if text[i-2:i] == "\n\n" && isWord(text[i]) {
			starts = append(starts, i)
		}
	}
	pick := func() (start, end int) {
		i := r.IntN(len(starts))
		if i+1 < len(starts) {
			return starts[i], starts[i+1]
		}
		return starts[i], len(text)
	}
	start, end := pick()
	e := Edit{Start: start, OldEnd: start}
	inserted := ""
	switch r.IntN(3) {
	case 0:
		e.OldEnd = end
	case 1:
		from, to := pick()
		inserted = text[from:to]
	default:
		e.Start = start + r.IntN(max(1, end-start))
		e.OldEnd = e.Start
		before := lastWord(text[:e.Start])
		rest := strings.TrimLeftFunc(text[e.Start:], func(c rune) bool { return c < 0x80 && isWord(byte(c)) })
		switch word := before + text[e.Start:len(text)-len(rest)]; {
		case before == "" || lang.Keyword(word) || strings.HasPrefix(word, "def"):
			// What a keyword begins, and names stand in, is only followed
			// after some time.
		case r.IntN(2) == 0 && e.Start < len(text) && isWord(text[e.Start]):
			e.OldEnd++
		default:
			inserted = "o"
		}
	}
	e.NewEnd = e.Start + len(inserted)
	return e, text[:e.Start] + inserted + text[e.OldEnd:]
}

func TestOutlineFollowsEdits(t *testing.T) {
	if len(Grammars()) == 0 {
		t.Skip("no grammars")
	}
	text := "package p\n\n" + strings.Repeat("func f() { x() }\n", 1000)
	tree := mustParse(t, goLang, text)
	checkScope(t, tree, len(text), len(text))
	base := tree.outline.Load().base
	at := len(text) / 2
	for i := range 500 {
		next, err := tree.Reparse(t.Context(), tree.replaced(at, at, "x"), []Edit{{at, at, at + 1}})
		if err != nil {
			t.Fatal(err)
		}
		tree = next
		at++
		checkScope(t, tree, at, at)
		if i < maxFollowed-1 && tree.outline.Load().base != base {
			t.Fatalf("read again after %d characters", i)
		}
	}
	if tree.outline.Load().base == base {
		t.Error("not read again after 500 characters")
	}
	// What is far apart in too many places is read as a whole.
	for i := range 2 * maxChanges {
		at := i * len(tree.text) / (2 * maxChanges)
		next, err := tree.Reparse(t.Context(), tree.replaced(at, at, "\n"), []Edit{{at, at, at + 1}})
		if err != nil {
			t.Fatal(err)
		}
		tree = next
	}
	if o := tree.outline.Load(); o != nil {
		t.Errorf("%d changes were followed", len(o.changes))
	}
}

func TestChanges(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 500 {
		old := make([]int, 3000+r.IntN(3000)) // each byte of the text has a number of its own
		for i := range old {
			old[i] = i + 1
		}
		now := slices.Clone(old)
		var c changes
		ok := true
		for range r.IntN(8) {
			e := Edit{Start: r.IntN(len(now) + 1)}
			e.OldEnd = min(len(now), e.Start+r.IntN(40))
			inserted := make([]int, r.IntN(40))
			e.NewEnd = e.Start + len(inserted)
			now = slices.Replace(now, e.Start, e.OldEnd, inserted...)
			if c, ok = c.after(e); !ok {
				t.Fatal("a few edits are too many")
			}
		}
		for i, number := range old {
			if c.touches(i, i+1) {
				continue
			}
			if m := c.moved(i); m >= len(now) || now[m] != number {
				t.Fatalf("%d is said to be moved to %d by %v", i, m, c)
			}
		}
		for i := 1; i < len(c); i++ {
			if c[i].start <= c[i-1].end || c[i].oldStart <= c[i-1].oldEnd {
				t.Fatalf("%v overlap", c)
			}
		}
	}
	if _, ok := changes(nil).after(Edit{0, 0, maxChanged + 1}); ok {
		t.Error("a change of any size is followed")
	}
}
