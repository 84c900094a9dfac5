package structure

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
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

// oddTexts are no source code in any language.
func oddTexts() []string {
	return []string{
		"", "\x00", "a\x00b", "\xff\xfe", "\xc3", "\r", "\r\n\r\n", "\ufeffx", "\u2028", "👍", "\\",
		strings.Repeat("x", 1<<20), strings.Repeat(" ", 1<<17), strings.Repeat("\n", 1<<16), strings.Repeat("\x00", 1<<12),
		"if x:\n" + strings.Repeat(" ", 70000) + "y\n", "R\"" + strings.Repeat("x", 100) + "(", "r" + strings.Repeat("#", 300) + "\"",
	}
}

func TestOddTexts(t *testing.T) {
	for _, lang := range languages {
		for _, text := range oddTexts() {
			tree := mustParse(t, lang, text)
			for _, offset := range []int{0, len(text) / 2, len(text)} {
				checkFit(t, tree, offset, offset, "x(\"a\")\n}")
			}
			next, err := tree.Reparse(t.Context(), "", []Edit{{0, len(text), 0}})
			if err != nil {
				t.Fatal(err)
			}
			checkFit(t, next, 0, 0, "x")
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
	case strings.Join(strings.Fields(h.reindented(generated)), " ") != strings.Join(strings.Fields(generated), " "):
		t.Fatalf("%q is %q when indented", generated, h.reindented(generated))
	case !strings.HasPrefix(h.reindented(generated), strings.TrimRight(fitted.Text, ")]} \t\r\n")):
		t.Fatalf("%q is not the beginning of %q, with closers", fitted.Text, generated)
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
