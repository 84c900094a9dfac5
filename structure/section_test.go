package structure

import (
	"strings"
	"testing"
)

func TestBetweenMargins(t *testing.T) {
	for _, end := range []string{"\n", "\r\n"} {
		text := strings.ReplaceAll("one\n\ntwo\n  x\n\n  y\n\nthree\n", "\n", end)
		for word, want := range map[string]string{"one": "one", "x": "two", "y": "two", "three": "three"} {
			at := strings.Index(text, word) + 1
			from, to := betweenMargins(text, at, at)
			if got := text[from:to]; !strings.HasPrefix(got, want) || strings.Count(got, want) != 1 || strings.Contains(got[1:], "three") {
				t.Errorf("%q: got %q", word, got)
			}
		}
	}
	long := strings.Repeat(" x\n\n", maxSection)
	if from, to := betweenMargins(long, len(long)/2, len(long)/2); to-from <= maxSection {
		t.Errorf("[%d, %d) has no margins", from, to)
	}
}

// TestBrokenLongFile has a bracket too few in a file that is too long to be
// parsed with the hole filled.
func TestBrokenLongFile(t *testing.T) {
	if len(Grammars()) == 0 {
		t.Skip("no grammars")
	}
	function := "func f(a int) {\n\tb := a\n\tuse(b)\n}\n\n"
	before := "package p\n\n" + strings.Repeat(function, 2000) + "func broken(c int) {\n\tif d := c; d {\n\t\te := "
	text := before + "\n\n" + strings.Repeat(function, 2000)
	tree := mustParse(t, goLang, text)
	scope := checkScope(t, tree, len(before), len(before))
	for name, kind := range map[string]SymbolKind{"c": KindParameter, "d": KindLocal, "broken": KindPackageLevel, "f": KindPackageLevel} {
		if symbol, ok := scope.Lookup(name); !ok || symbol.Kind != kind {
			t.Errorf("%s: got %v, %v", name, symbol, ok)
		}
	}
	for _, name := range []string{"a", "b", "e"} {
		if symbol, ok := scope.Lookup(name); ok {
			t.Errorf("%v is visible", symbol)
		}
	}
}
