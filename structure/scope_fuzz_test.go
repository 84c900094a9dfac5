package structure

import (
	"strings"
	"testing"
)

// checkScope checks what must hold for any hole.
func checkScope(t testing.TB, tree *Tree, start, end int) *Scope {
	t.Helper()
	h := tree.Hole(start, end)
	scope, err := tree.Scope(t.Context(), h, nil)
	if err != nil {
		t.Fatal(err)
	}
	visible := 0
	for symbol := range scope.Visible() {
		if visible++; visible > 1000 {
			break // a look-up each is enough
		}
		if found, ok := scope.Lookup(symbol.Name); !ok || found != symbol {
			t.Fatalf("%v is visible, but %v, %v is found", symbol, found, ok)
		}
		if symbol.Kind < KindLocal || symbol.Kind > KindLabel {
			t.Fatalf("%q is of kind %v", symbol.Name, symbol.Kind)
		}
		if symbol.Start < 0 || symbol.Start >= len(tree.text) || symbol.Start >= h.Start && symbol.Start < h.End {
			t.Fatalf("%v is not in a text of %d bytes with a hole in [%d, %d)", symbol, len(tree.text), h.Start, h.End)
		}
		if symbol.Kind != KindImport && !strings.HasPrefix(tree.text[symbol.Start:], symbol.Name) {
			t.Fatalf("%v is not where it is said to be", symbol)
		}
		if scope.Undeclared(symbol.Name) {
			t.Fatalf("%v is undeclared", symbol)
		}
	}
	owed := scope.Owed()
	if len(owed) > maxOwed {
		t.Fatalf("%d names are owed", len(owed))
	}
	for _, name := range owed {
		if !strings.Contains(tree.text[h.End:], name) {
			t.Fatalf("%q is owed, and not used behind %d", name, h.End)
		}
	}
	return scope
}

// FuzzScope checks the invariants of scopes and roles, from scratch and after
// an edit at the hole.
func FuzzScope(f *testing.F) {
	addSamples(f, func(lang uint8, text string) {
		f.Add(lang, text, len(text)/2, 0, "x")
		f.Add(lang, text, len(text)/3, 20, "f(a, {b: [c")
		f.Add(lang, text, len(text)-1, 1, "\n}\n")
	})
	f.Fuzz(func(t *testing.T, lang uint8, text string, start, length int, typed string) {
		tree := mustParse(t, languages[int(lang)%len(languages)], text)
		h := tree.Hole(start, start+length)
		checkScope(t, tree, h.Start, h.End)
		next := tree.replaced(h.Start, h.End, typed)
		edits := []Edit{{h.Start, h.End, h.Start + len(typed)}}
		after, err := tree.Reparse(t.Context(), next, edits)
		if err != nil {
			t.Fatal(err)
		}
		checkScope(t, after, edits[0].NewEnd, edits[0].NewEnd)
		for _, at := range wordPattern.FindAllStringIndex(next, 100) {
			if role, _ := after.lang.Role(next, at[0], at[1]); role > RoleWord {
				t.Fatalf("%q has role %d", next[at[0]:at[1]], role)
			}
		}
	})
}

func TestScopesOfOddTexts(t *testing.T) {
	for _, lang := range languages {
		for _, text := range oddTexts() {
			tree := mustParse(t, lang, text)
			for _, offset := range []int{0, len(text) / 2, len(text)} {
				checkScope(t, tree, offset, offset)
			}
			checkScope(t, tree, 0, len(text))
		}
	}
}

// TestScopesOfSamples has a hole at each fifth byte of a sample, of which the
// file is valid, and then of the part before and the part behind.
func TestScopesOfSamples(t *testing.T) {
	for lang, text := range samples(t) {
		tree := mustParse(t, lang, text)
		for i := 0; i < len(text); i += 5 {
			checkScope(t, tree, i, min(i+i%7, len(text)))
		}
		for i := 0; i < len(text); i += 31 {
			checkScope(t, mustParse(t, lang, text[:i]), i, i)
			checkScope(t, mustParse(t, lang, text[i:]), 0, 0)
		}
	}
}

// TestScopeOfLongFiles has 50,000 lines, in many declarations and in one, and
// a line of 1 MB.
func TestScopeOfLongFiles(t *testing.T) {
	if len(Grammars()) == 0 {
		t.Skip("no grammars")
	}
	many := "package p\n\n" + strings.Repeat("func f() {\n\tx := 1\n\tuse(x)\n}\n\n", 10_000)
	one := "package p\n\nfunc f(a int) {\n\tb := a\n" + strings.Repeat("\tuse(b)\n", 50_000) + "}\n"
	line := "package p\n\nfunc f(a int) { b := a; " + strings.Repeat("use(b); ", 1<<17) + "}\n"
	for name, test := range map[string]struct {
		text    string
		symbols map[string]SymbolKind
	}{
		"many": {many, map[string]SymbolKind{"f": KindPackageLevel, "x": KindLocal}},
		"one":  {one, map[string]SymbolKind{"f": KindPackageLevel, "a": KindParameter, "b": KindLocal}},
		"line": {line, map[string]SymbolKind{"f": KindPackageLevel, "a": KindParameter, "b": KindLocal}},
	} {
		text := test.text
		middle := len(text)/2 + strings.Index(text[len(text)/2:], "use(")
		tree := mustParse(t, goLang, text)
		scope := checkScope(t, tree, middle, middle)
		for symbol, kind := range test.symbols {
			if got, ok := scope.Lookup(symbol); !ok || got.Kind != kind {
				t.Errorf("%s: %s is %v, %v, want %v", name, symbol, got, ok, kind)
			}
		}
		// Of a long function not all declarations are seen.
		long := name != "many"
		if owed := scope.Owed(); long != (len(owed) == 0) || !long && owed[0] != "use" {
			t.Errorf("%s: %v is owed", name, owed)
		}
		checkScope(t, tree, 0, 0)
		checkScope(t, tree, len(text), len(text))
	}
}
