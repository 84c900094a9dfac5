//go:build cgo

package structure

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	sitter "github.com/smacker/go-tree-sitter"
)

func TestSamplesHaveNoErrors(t *testing.T) {
	for lang, text := range samples(t) {
		if errs := mustParse(t, lang, text).SyntaxErrors(); len(errs) > 0 {
			t.Errorf("%v: errors at %v", lang, errs)
		}
	}
}

// dump writes the syntax tree with the type, bytes and points of each node.
func dump(tree *Tree) string {
	var b strings.Builder
	if tree.parsed == nil {
		return ""
	}
	tree.parsed.(*sitterTree).view(func(c *sitter.TreeCursor) {
		for depth := 0; ; {
			n := c.CurrentNode()
			fmt.Fprintf(&b, "%*s%s %v", depth, "", n.Type(), n.Range())
			if n.IsMissing() {
				b.WriteString(" missing")
			}
			b.WriteByte('\n')
			if c.GoToFirstChild() {
				depth++
				continue
			}
			for !c.GoToNextSibling() {
				if !c.GoToParent() {
					return
				}
				depth--
			}
		}
	})
	return b.String()
}

// randomEdit returns an edit of text and the text after it. What it inserts is
// a piece of the text itself, or something that a grammar may choke on.
func randomEdit(r *rand.Rand, text string) (Edit, string) {
	offset := func(n int) int { return r.IntN(n + 1) }
	e := Edit{Start: offset(len(text))}
	e.OldEnd = e.Start + offset(min(len(text)-e.Start, 1<<r.IntN(8)))
	var inserted string
	switch r.IntN(4) {
	case 0:
		pieces := []string{
			"", "\n", "\r\n", "\t", "    ", "(", ")", "{", "}", "\"", "'", "`", "/*", "*/", "//", "#", "\x00",
			"\xff", "\xf0\x9f", "é", "👍", "<", ">", ";", ":", "if ", "else", "\\", "${", "r#\"", "R\"x(", "x",
		}
		inserted = pieces[r.IntN(len(pieces))]
	case 1:
		start := offset(len(text))
		inserted = text[start : start+offset(min(len(text)-start, 100))]
	}
	e.NewEnd = e.Start + len(inserted)
	return e, text[:e.Start] + inserted + text[e.OldEnd:]
}

// checkReparse compares a tree that followed edits with one parsed from
// scratch. Where a text has errors, how the parser recovers may depend on what
// it reused; then only the errors' absence is not to differ.
func checkReparse(t testing.TB, tree *Tree) (exact bool) {
	t.Helper()
	full := mustParse(t, tree.lang, tree.text)
	if tree.parsed == nil || full.parsed == nil {
		return false
	}
	got, want := dump(tree), dump(full)
	if got == want {
		return true
	}
	if len(tree.SyntaxErrors()) == 0 || len(full.SyntaxErrors()) == 0 {
		t.Fatalf("%v %q:\nincremental\n%s\nfull\n%s", tree.lang, tree.text, got, want)
	}
	return false
}

func TestReparseEqualsParse(t *testing.T) {
	for lang, text := range samples(t) {
		t.Run(lang.Name(), func(t *testing.T) {
			r := rand.New(rand.NewPCG(1, 2))
			exact, steps := 0, 100
			start := mustParse(t, lang, text)
			tree := start
			for i := range steps {
				if i%10 == 0 {
					tree = start
				}
				var edits []Edit
				text := tree.text
				for range 1 + r.IntN(3) {
					var e Edit
					e, text = randomEdit(r, text)
					edits = append(edits, e)
				}
				next, err := tree.Reparse(t.Context(), text, edits)
				if err != nil {
					t.Fatal(err)
				}
				if checkReparse(t, next) {
					exact++
				}
				tree = next
			}
			t.Logf("%d of %d trees are the same", exact, steps)
		})
	}
}

func TestReparseOfOddTexts(t *testing.T) {
	for _, lang := range languages {
		for _, text := range oddTexts() {
			next, err := mustParse(t, lang, text).Reparse(t.Context(), "", []Edit{{0, len(text), 0}})
			if err != nil {
				t.Fatal(err)
			}
			checkReparse(t, next)
		}
	}
}

// TestFitParses has texts that only a grammar finds fault with.
func TestFitParses(t *testing.T) {
	const body = "package p\n\nfunc f() error {\n\t‸\n}\n"
	runFitTests(t, []fitTest{
		{goLang, body, "mu..Unlock()", "mu..Unlock()", "adds a parse error at line 4"},
		{goLang, body, "x := os.os.os.os.os.os.os.os.os.os.", "x :=", "adds a parse error at line 4"},
		{goLang, "package p\n\nfunc f() {\n\t‸\n}\n\nfunc ) {\n}\n", "x(1 2)", "x(1 2)", "adds a parse error at line 4"},
	})
}

func TestTooLongTextIsPlain(t *testing.T) {
	text := "package p\n" + strings.Repeat("var x = 1\n", MaxText/10)
	tree := mustParse(t, goLang, text)
	if tree.parsed != nil {
		t.Error("it has a syntax tree")
	}
	short, err := tree.Reparse(t.Context(), "package p\n", []Edit{{10, len(text), 10}})
	if err != nil || short.parsed == nil {
		t.Errorf("a shorter text has no syntax tree (%v)", err)
	}
	long, err := short.Reparse(t.Context(), text, []Edit{{10, 10, len(text)}})
	if err != nil || long.parsed != nil {
		t.Errorf("a longer text has a syntax tree (%v)", err)
	}
}

func TestHopelessTextIsPlain(t *testing.T) {
	text := strings.Repeat("#if\n", 50_000)
	start := time.Now()
	tree := mustParse(t, rustLang, text)
	if took, limit := time.Since(start), 4*parseLimit(text); took > limit {
		t.Errorf("it took %v", took)
	}
	if tree.parsed != nil {
		t.Error("it has a syntax tree")
	}
	next, err := tree.Reparse(t.Context(), text+"x", []Edit{{len(text), len(text), len(text) + 1}})
	if err != nil || next.parsed != nil {
		t.Errorf("the next version has a syntax tree (%v)", err)
	}
	checkFit(t, next, len(text), len(text), "b>")
}

func TestTooManyAnglesArePlain(t *testing.T) {
	for _, lang := range []*Language{javaLang, typeScriptLang, tsxLang} {
		for text, want := range map[string]bool{
			strings.Repeat("a<", maxAngles):       true,
			strings.Repeat("a<", maxAngles) + "<": false,
			strings.Repeat("A<B,", 100_000):       false,
			strings.Repeat("a < b;", 1000):        true,
			strings.Repeat("a<b>c,", 1000):        true,
		} {
			if got := mustParse(t, lang, text).parsed != nil; got != want {
				t.Errorf("%v %.10q: syntax tree is %v", lang, text, got)
			}
		}
	}
}

func TestCancelledParseReturns(t *testing.T) {
	text := "package p\n" + strings.Repeat("func f() { x(1, 2, 3) }\n", 50_000)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Millisecond)
	defer cancel()
	start := time.Now()
	_, err := Parse(ctx, goLang, text)
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("error %v", err)
	}
	if took := time.Since(start); took > 2*time.Second {
		t.Errorf("it took %v", took)
	}
}

// A cancellation must not reach a later parse, whatever moment it comes at:
// the binding's flag for it is set by a goroutine that may be late.
func TestCancellationAtAnyMoment(t *testing.T) {
	texts := samples(t)
	var group sync.WaitGroup
	for _, lang := range languages {
		group.Go(func() {
			r := rand.New(rand.NewPCG(3, uint64(len(lang.name))))
			text := strings.Repeat(texts[lang], 4)
			tree := mustParse(t, lang, text)
			want := dump(tree)
			for range 60 {
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(time.Duration(r.IntN(3000))*time.Microsecond, cancel)
				var err error
				if r.IntN(2) == 0 {
					_, err = Parse(ctx, lang, text)
				} else {
					_, err = tree.Reparse(ctx, text, []Edit{{0, len(text), len(text)}})
				}
				if err != nil && !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
				again, err := tree.Reparse(t.Context(), text, []Edit{{0, len(text), len(text)}})
				if err != nil {
					t.Error(err)
				} else if again.parsed != nil && dump(again) != want {
					t.Errorf("%v: another tree after a cancelled parse", lang)
				}
				cancel()
			}
		})
	}
	group.Wait()
}

// One tree serves many goroutines while others make new versions of it and the
// garbage collector frees those.
func TestConcurrentUse(t *testing.T) {
	for lang, text := range samples(t) {
		tree := mustParse(t, lang, text)
		want := dump(tree)
		var group sync.WaitGroup
		for seed := range uint64(4) {
			group.Go(func() {
				r := rand.New(rand.NewPCG(seed, 5))
				for range 15 {
					e, next := randomEdit(r, text)
					edited, err := tree.Reparse(t.Context(), next, []Edit{e})
					if err != nil {
						t.Error(err)
						return
					}
					checkFit(t, edited, e.Start, e.NewEnd, "x\n}")
					checkFit(t, tree, e.Start, e.OldEnd, "x")
					runtime.GC()
				}
			})
		}
		group.Wait()
		if dump(tree) != want {
			t.Errorf("%v: the tree changed", lang)
		}
	}
}

// The garbage collector must run for what only C has allocated.
func TestTreesAreCollected(t *testing.T) {
	text := strings.Repeat(samples(t)[goLang], 100)
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 1 + uncollectedBytes/(treeBytes*len(text)) {
		mustParse(t, goLang, text)
	}
	for end := time.Now().Add(10 * time.Second); time.Now().Before(end); time.Sleep(time.Millisecond) {
		if runtime.ReadMemStats(&after); after.NumForcedGC > before.NumForcedGC {
			return
		}
	}
	t.Error("no collection")
}

func TestBytes(t *testing.T) {
	text := "package p\n"
	if got := mustParse(t, goLang, text).Bytes(); got != 21*len(text) {
		t.Errorf("%d bytes", got)
	}
	if got := mustParse(t, plainLang, text).Bytes(); got != len(text) {
		t.Errorf("plain: %d bytes", got)
	}
}

// FuzzReparse follows random edits, with cancelled attempts in between, and
// compares the result with a parse from scratch.
func FuzzReparse(f *testing.F) {
	addSamples(f, func(lang uint8, text string) { f.Add(lang, text, uint64(lang)) })
	f.Fuzz(func(t *testing.T, lang uint8, text string, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 0))
		tree := mustParse(t, languages[int(lang)%len(languages)], text)
		for range 4 {
			var edits []Edit
			text := tree.text
			for range 1 + r.IntN(3) {
				var e Edit
				e, text = randomEdit(r, text)
				edits = append(edits, e)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(r.IntN(1000))*time.Microsecond)
			if _, err := tree.Reparse(ctx, text, edits); err != nil && !errors.Is(err, context.DeadlineExceeded) {
				t.Fatal(err)
			}
			cancel()
			next, err := tree.Reparse(t.Context(), text, edits)
			if err != nil {
				t.Fatal(err)
			}
			checkReparse(t, next)
			tree = next
		}
	})
}
