package structure

import (
	"strings"
	"testing"
)

// languages are all that have a grammar, and plain text.
var languages = []*Language{
	goLang, pythonLang, javaScriptLang, typeScriptLang, tsxLang, javaLang, cLang, cppLang, rustLang, plainLang,
}

// mark stands for the cursor in a test's text; two of them enclose the hole.
const mark = "‸"

// parseMarked parses text without its marks and returns where they were.
func parseMarked(t testing.TB, lang *Language, text string) (tree *Tree, start, end int) {
	t.Helper()
	before, after, ok := strings.Cut(text, mark)
	if !ok {
		t.Fatalf("no %s in %q", mark, text)
	}
	start = len(before)
	end = start
	if hole, rest, ok := strings.Cut(after, mark); ok {
		end += len(hole)
		after = hole + rest
	}
	return mustParse(t, lang, before+after), start, end
}

func mustParse(t testing.TB, lang *Language, text string) *Tree {
	t.Helper()
	tree, err := Parse(t.Context(), lang, text)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}
