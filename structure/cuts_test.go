//go:build cgo

package structure

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestCutsOfEachLanguage looks for some cuts in a text of each language, and for others that are none.
func TestCutsOfEachLanguage(t *testing.T) {
	for _, test := range []struct {
		language, text                string
		statements, blocks, arguments []string
		none                          []string
	}{
		{
			"go", "package p\n\nfunc f(a int) {\n\t// why\n\tswitch a {\n\tcase b:\n\t\tg(1, h())\n\t}\n}\n",
			[]string{"package p", "g(1, h())", "switch a {\n\tcase b:\n\t\tg(1, h())\n\t}"},
			[]string{"// why\n\tswitch a {\n\tcase b:\n\t\tg(1, h())\n\t}"},
			[]string{"1, h()", "1", "h()", ""},
			[]string{"b", "// why", "a int"},
		},
		{
			"python", "def f(a):\n    x = g(a)\n\n    return x\n\nf(1, b=2)\n",
			[]string{"x = g(a)", "return x", "f(1, b=2)"},
			[]string{"x = g(a)\n\n    return x"},
			[]string{"a", "1, b=2", "b=2"},
			nil,
		},
		{
			"typescript", "class A {\n  f(): void { g(1, 2); }\n}\n",
			[]string{"f(): void { g(1, 2); }", "g(1, 2);"},
			[]string{"f(): void { g(1, 2); }", "g(1, 2);"},
			[]string{"1, 2"},
			nil,
		},
		{"javascript", "if (a) {\n  b(c)\n}\n", []string{"b(c)"}, []string{"b(c)"}, []string{"c"}, []string{"a"}},
		{
			"tsx", "const a = () => { return <p>{f(1)}</p>; };\n",
			[]string{"return <p>{f(1)}</p>;"},
			nil,
			[]string{"1"},
			nil,
		},
		{
			"java", "class A {\n  int x;\n  void f() { g(1); }\n}\n",
			[]string{"int x;", "g(1);"},
			[]string{"g(1);", "int x;\n  void f() { g(1); }"},
			[]string{"1"},
			nil,
		},
		{
			"c", "#include <a.h>\nint f(void) {\n  switch (a) {\n  case 1:\n    return g(a);\n  }\n}\n",
			[]string{"#include <a.h>", "return g(a);"},
			nil,
			[]string{"a"},
			[]string{"1"},
		},
		{
			"cpp", "struct A {\npublic:\n  int x;\n};\n",
			[]string{"int x;"},
			[]string{"public:\n  int x;"},
			nil,
			[]string{"public"},
		},
		{
			"rust", "fn f() {\n    let x = g(1);\n    x\n}\n",
			[]string{"let x = g(1);", "x"},
			[]string{"let x = g(1);\n    x"},
			[]string{"1"},
			nil,
		},
		{"plain", "f(1)\n", nil, nil, nil, []string{"1"}},
		{"no language", "f(1)\n", nil, nil, nil, []string{"1"}},
		{"go", "", nil, nil, nil, []string{""}},
		{"go", "func f() {\n\tg(1 2)\n\th(3)\n}\n", []string{"h(3)"}, nil, []string{"3"}, []string{"g(1 2)"}},
	} {
		found := map[string]bool{}
		for _, c := range Cuts(test.language, test.text) {
			found[c.Kind.String()+" "+test.text[c.Start:c.End]] = true
		}
		for kind, texts := range map[CutKind][]string{
			StatementCut: test.statements, BlockCut: test.blocks, ArgumentCut: test.arguments,
		} {
			for _, text := range texts {
				require.Contains(t, found, kind.String()+" "+text, test.language)
			}
		}
		for _, text := range test.none {
			for kind := range ArgumentCut + 1 {
				require.NotContains(t, found, kind.String()+" "+text, test.language)
			}
		}
	}
}

// TestCutsOfAnything cuts samples where no editor would, too.
func TestCutsOfAnything(t *testing.T) {
	for lang, text := range samples(t) {
		for start := 0; start < len(text); start += 97 {
			part := text[start:min(len(text), start+700)]
			for _, c := range Cuts(lang.Name(), part) {
				require.True(t, 0 <= c.Start && c.Start <= c.End && c.End <= len(part), "%v: %v of %d bytes", lang, c, len(part))
			}
		}
	}
	require.Equal(t, maxCuts, len(Cuts("go", strings.Repeat("f(a,b,c);", maxCuts/3))))
	require.Empty(t, Cuts("go", strings.Repeat("f(a)\n", MaxText/5+1)))
}

// BenchmarkCuts has as much text as a training sample looks at.
func BenchmarkCuts(b *testing.B) {
	text := samples(b)[goLang]
	text = strings.Repeat(text, 1+4096/len(text))[:4096]
	b.SetBytes(int64(len(text)))
	cuts := 0
	for b.Loop() {
		cuts = len(Cuts("go", text))
	}
	b.ReportMetric(float64(cuts), "cuts")
}
