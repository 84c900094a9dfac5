//go:build !cgo

package structure

import "testing"

// TestWithoutGrammars has a Go buffer that a grammar would find errors in.
func TestWithoutGrammars(t *testing.T) {
	if names := Grammars(); len(names) > 0 || goLang.HasGrammar() {
		t.Errorf("there are grammars: %v", names)
	}
	tree, start, end := parseMarked(t, goLang, "package p\n\nfunc ) f() {\n\tg(‸)\n}\n")
	if errs := tree.SyntaxErrors(); tree.parsed != nil || errs != nil {
		t.Errorf("there is a syntax tree, with errors at %v", errs)
	}
	hole := tree.Hole(start, end)
	if hole.Place != Argument || hole.Open != "{(" || hole.Closers != ")}" || hole.IndentUnit != "\t" {
		t.Errorf("hole %+v", hole)
	}
	scope, err := tree.Scope(t.Context(), hole, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := scope.Lookup("f"); ok || scope.Undeclared("nowhere") || scope.Member("f") || len(scope.Owed()) > 0 {
		t.Errorf("something is known: %+v", scope)
	}
	if symbol, ok := scope.Lookup("len"); !ok || symbol.Kind != KindBuiltin {
		t.Errorf("len is %v, %v", symbol, ok)
	}
	for generated, want := range map[string]string{
		"a, h(b))\n}":  "a, h(b)",
		"\")\", `)`)":  "\")\", `)`",
		"a /* ) */, b": "a /* ) */, b",
		"a, h(b":       "",
		"a, b]":        "a, b",
	} {
		fitted, err := tree.Fit(t.Context(), hole, generated)
		if err != nil {
			t.Fatal(err)
		}
		if fitted.Verdict.OK() != (want != "") || want != "" && fitted.Text != want {
			t.Errorf("%q: %q, %v", generated, fitted.Text, fitted.Verdict)
		}
	}
}
