package structure

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	sitter "github.com/smacker/go-tree-sitter"
)

func TestLanguageFor(t *testing.T) {
	for path, want := range map[string]*Language{
		"a.go":                 goLang,
		"/x.y/A.PY":            pythonLang,
		"a.jsx":                javaScriptLang,
		"a.ts":                 typeScriptLang,
		"file:///x/a.tsx":      tsxLang,
		"A.java":               javaLang,
		"a.c":                  cLang,
		"a.h":                  cppLang,
		"a.cc":                 cppLang,
		"a.rs":                 rustLang,
		"Makefile":             plainLang,
		"a.go.txt":             plainLang,
		"":                     plainLang,
		`C:\x\a.go`:            goLang,
		"untitled:Untitled-1":  plainLang,
		"/a/strange\x00name.c": cLang,
	} {
		if got := LanguageForPath(path); got != want {
			t.Errorf("LanguageForPath(%q) is %v, want %v", path, got, want)
		}
	}
	for id, want := range map[string]*Language{
		"go": goLang, "python": pythonLang, "javascript": javaScriptLang, "javascriptreact": javaScriptLang,
		"typescript": typeScriptLang, "typescriptreact": tsxLang, "java": javaLang, "c": cLang, "cpp": cppLang,
		"rust": rustLang, "haskell": plainLang, "": plainLang,
	} {
		if got := LanguageForID(id); got != want {
			t.Errorf("LanguageForID(%q) is %v, want %v", id, got, want)
		}
	}
}

// samples reads a small correct source file for every language.
func samples(t testing.TB) map[*Language]string {
	t.Helper()
	texts := map[*Language]string{}
	paths, err := filepath.Glob(filepath.Join("testdata", "samples", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		texts[LanguageForPath(path)] = string(text)
	}
	for _, lang := range languages {
		if texts[lang] == "" {
			t.Fatalf("no sample for %v", lang)
		}
	}
	return texts
}

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
	tree.view(func(root *sitter.Node) {
		c := sitter.NewTreeCursor(root)
		defer c.Close()
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

func TestReparseRefusesWrongEdits(t *testing.T) {
	tree := mustParse(t, goLang, "package p\n")
	for _, test := range []struct {
		text  string
		edits []Edit
	}{
		{"package pq\n", nil},
		{"package pq\n", []Edit{{-1, 0, 1}}},
		{"package pq\n", []Edit{{9, 8, 10}}},
		{"package pq\n", []Edit{{9, 9, 8}}},
		{"package pq\n", []Edit{{9, 99, 100}}},
		{"package pq\n", []Edit{{9, 9, 11}}},
		{"package pq\n", []Edit{{9, 9, 10}, {20, 20, 20}}},
	} {
		if _, err := tree.Reparse(t.Context(), test.text, test.edits); err == nil {
			t.Errorf("Reparse(%q, %v) was accepted", test.text, test.edits)
		}
	}
	for _, edits := range [][]Edit{{{9, 9, 10}}, {{8, 9, 10}}, {{0, 10, 11}}, {{0, 0, 5}, {5, 9, 5}}} {
		text := "package pq\n"
		if _, err := tree.Reparse(t.Context(), text, edits); err != nil {
			t.Errorf("Reparse(%q, %v): %v", text, edits, err)
		}
	}
}

func TestOddTexts(t *testing.T) {
	for _, lang := range languages {
		for _, text := range []string{
			"", "\x00", "a\x00b", "\xff\xfe", "\xc3", "\r", "\r\n\r\n", "\ufeffx", "\u2028", "👍", "\\",
			strings.Repeat("x", 1<<20), strings.Repeat(" ", 1<<17), strings.Repeat("\n", 1<<16), strings.Repeat("\x00", 1<<12),
			"if x:\n" + strings.Repeat(" ", 70000) + "y\n", "R\"" + strings.Repeat("x", 100) + "(", "r" + strings.Repeat("#", 300) + "\"",
		} {
			tree := mustParse(t, lang, text)
			for _, offset := range []int{0, len(text) / 2, len(text)} {
				checkFit(t, tree, offset, offset, "x(\"a\")\n}")
			}
			if next, err := tree.Reparse(t.Context(), "", []Edit{{0, len(text), 0}}); err != nil {
				t.Error(err)
			} else {
				checkReparse(t, next)
			}
		}
	}
}

// checkFit checks what must hold for any hole and text.
func checkFit(t testing.TB, tree *Tree, start, end int, generated string) {
	t.Helper()
	h := tree.Hole(start, end)
	switch {
	case h.Start < 0 || h.End < h.Start || len(tree.text) < h.End:
		t.Fatalf("hole [%d, %d) of %d bytes", h.Start, h.End, len(tree.text))
	case len(h.Closers) > len(h.Open):
		t.Fatalf("closers %q for %q", h.Closers, h.Open)
	case strings.Trim(h.Indent+h.IndentUnit, " \t") != "" || h.IndentUnit == "":
		t.Fatalf("indent %q, unit %q", h.Indent, h.IndentUnit)
	case !strings.HasPrefix(tree.text[lineStart(tree.text, h.Start):h.Start], h.Indent):
		t.Fatalf("indent %q is not before the hole", h.Indent)
	case h.QuoteClosed && h.Quote == "":
		t.Fatal("no quote is closed")
	case h.Place < TopLevel || h.Place > Comment:
		t.Fatalf("place %v", h.Place)
	}
	fitted, err := tree.Fit(t.Context(), h, generated)
	switch {
	case err != nil:
		t.Fatal(err)
	case !strings.HasPrefix(generated, fitted.Text):
		t.Fatalf("%q is not the beginning of %q", fitted.Text, generated)
	case fitted.Verdict.OK() && isBlank(fitted.Text):
		t.Fatal("a blank text is ok")
	case fitted.Verdict.OK() && tree.parsed != nil && len(tree.SyntaxErrors()) == 0:
		filled := mustParse(t, tree.lang, tree.replaced(h.Start, h.End, fitted.Text))
		if errs := filled.SyntaxErrors(); len(errs) > 0 {
			t.Fatalf("%q has errors at %v", filled.text, errs)
		}
	case fitted.Verdict.Reason == AddsError && (fitted.Verdict.Line < 1 || fitted.Verdict.Line > 1+strings.Count(tree.text+fitted.Text, "\n")):
		t.Fatalf("%v", fitted.Verdict)
	}
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

func TestDeepNesting(t *testing.T) {
	closers := strings.NewReplacer("(", ")", "[", "]", "{", "}")
	for _, lang := range languages {
		for unit, depth := range map[string]int{
			"(": 100_000, "[": 1000, "{": 1000, "<": 1000, "-": 1000, "a.": 1000, "{\n": 1000, "f(": 1000,
			"if(": 1000, "/*": 1000, "`${": 1000, "if a:\n ": 300,
		} {
			open := strings.Repeat(unit, depth)
			for _, text := range []string{open, open + strings.Repeat(closers.Replace(unit), depth)} {
				checkFit(t, mustParse(t, lang, text), len(open), len(open), "x")
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
