package structure

import (
	"strings"
	"testing"
)

// TestReferences marks a name with « and wants all that are marked with ‹ or « to name the same thing, and no more.
func TestReferences(t *testing.T) {
	if len(Grammars()) == 0 {
		t.Skip("no grammars")
	}
	for _, test := range []struct{ name, path, text string }{
		{"a parameter", "a.go", "package a\n\nfunc f(«n int) int {\n\tprintln(\"n\") // n\n\treturn ‹n + x.n\n}\n\nvar n = 2\n"},
		{"from a use", "a.go", "package a\n\nfunc f(‹n int) int {\n\treturn «n\n}\n"},
		{"shadowed", "a.go", "package a\n\nfunc f(‹n int) {\n\tif n := «n; n > 1 {\n\t\tg(n)\n\t}\n\tg(‹n)\n}\n"},
		{"the one that shadows", "a.go", "package a\n\nfunc f(n int) {\n\tif «n := n; ‹n > 1 {\n\t\tg(‹n)\n\t}\n\tg(n)\n}\n"},
		{"declared again", "a.go", "package a\n\nfunc f() {\n\ta, «err := g()\n\tb, ‹err := g()\n\tprintln(a, b, ‹err)\n}\n"},
		{"a function", "a.go", "package a\n\nfunc «f() {}\n\nfunc g() {\n\t‹f()\n\tx.f()\n\ty := T{f: ‹f}\n}\n"},
		{"a type", "a.go", "package a\n\ntype «T struct{ T int }\n\nvar x ‹T\n\nfunc (t *‹T) f() {}\n"},
		{"a member", "a.go", "package a\n\ntype t struct{ «f int }\n\nvar f = x.f\n"},
		{"declared elsewhere", "a.go", "package a\n\nvar a, b = «c, c\n"},
		{"python", "a.py", "def f(«n):\n    return ‹n + self.n\n\nn = 1\n"},
		{"typescript", "a.ts", "const «n = 1;\nfunction f(n: number) { return n; }\nconsole.log(‹n, 'n', `${‹n}`);\n"},
		{"rust, which shadows", "a.rs", "fn f() {\n    let «x = 1;\n    let x = x;\n}\n"},
		{"rust", "a.rs", "fn f() {\n    let «x = 1;\n    g(‹x);\n}\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			at := strings.Index(strings.ReplaceAll(test.text, "‹", ""), "«")
			text := strings.NewReplacer("«", "", "‹", "").Replace(test.text)
			tree, err := Parse(t.Context(), LanguageForPath(test.path), text)
			if err != nil {
				t.Fatal(err)
			}
			references, err := tree.References(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var got strings.Builder
			end := 0
			for _, s := range references.Same(at) {
				mark := "‹"
				if s.Start == at {
					mark = "«"
				}
				got.WriteString(text[end:s.Start] + mark)
				end = s.Start
			}
			got.WriteString(text[end:])
			want := test.text
			if !strings.Contains(want, "‹") {
				want = text // there is no answer
			}
			if got.String() != want {
				t.Errorf("got\n%s\nwant\n%s", got.String(), want)
			}
		})
	}
}

func TestReferencesWithoutGrammar(t *testing.T) {
	tree, err := Parse(t.Context(), LanguageForPath("a.txt"), "a a")
	if err != nil {
		t.Fatal(err)
	}
	references, err := tree.References(t.Context())
	if err != nil || references.Same(0) != nil || references.Declared("a", 2) || references.Declares(0) {
		t.Errorf("references are %+v, %v", references, err)
	}
}

// TestPackageOfReferences takes for declared elsewhere what a file uses and does not declare.
func TestPackageOfReferences(t *testing.T) {
	if len(Grammars()) == 0 {
		t.Skip("no grammars")
	}
	tree, err := Parse(t.Context(), LanguageForPath("a.go"), "package a\n\nimport \"io\"\n\nvar v = w\n\nfunc f(p T) int {\n\tl := p.m\n\treturn io.EOF + l + g(v)\n}\n")
	if err != nil {
		t.Fatal(err)
	}
	references, err := tree.References(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p := references.Package()
	if got := strings.Join(p.sorted(), " "); got != "T g int w" {
		t.Errorf("names are %s", got)
	}
	if !p.member("m") || !p.member("EOF") || p.member("n") {
		t.Errorf("members are %v", p.members)
	}
}
