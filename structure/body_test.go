package structure

import (
	"strings"
	"testing"
)

// TestBody has ‸ where the cursor is, and ‹› around the body.
func TestBody(t *testing.T) {
	if len(Grammars()) == 0 {
		t.Skip("no grammars")
	}
	for _, test := range []struct{ name, path, text, before, after string }{
		{"empty, on its line", "a.go", "package a\n\nfunc ‸f() {‹›}\n", "\n\t", "\n"},
		{"empty, inside", "a.go", "package a\n\nfunc f() {‹\n\t‸\n›}\n", "\n\t", "\n"},
		{"a method's", "a.java", "class A {\n  void f() {‹‸ ›}\n}\n", "\n    ", "\n  "},
		{"not closed", "a.go", "package a\n\nfunc f() {\n\tg()\n\t‹‸›\n", "", "\n}"},
		{"two are not closed", "a.go", "package a\n\nfunc f() {\n\tif x {\n\t\t‹‸›\n", "", "\n\t}\n}"},
		{"not closed, with more behind", "a.go", "package a\n\nfunc f() {\n\tg()\n\t‹‸›\n\nfunc h() {\n}\n", "", "\n}"},
		{"python", "a.py", "def f():\n    ‹‸›\n", "", ""},
		{"done", "a.go", "package a\n\nfunc f() {\n\tg()‸\n}\n", "", ""},
		{"a type", "a.go", "package a\n\ntype t struct {‸}\n", "", ""},
		{"a literal", "a.go", "package a\n\nvar x = []int{‸}\n", "", ""},
		{"the top level", "a.go", "package a\n\n‸\n", "", ""},
		{"no text", "a.go", "‸", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			cursor := strings.Index(strings.NewReplacer("‹", "", "›", "").Replace(test.text), "‸")
			want := strings.ReplaceAll(test.text, "‸", "")
			tree, err := Parse(t.Context(), LanguageForPath(test.path), strings.NewReplacer("‹", "", "›", "").Replace(want))
			if err != nil {
				t.Fatal(err)
			}
			got := tree.Text()
			body, ok := tree.Body(cursor)
			if ok {
				got = got[:body.Start] + "‹" + got[body.Start:body.End] + "›" + got[body.End:]
			}
			if got != want || body.Before != test.before || body.After != test.after {
				t.Errorf("got %q, %+v, want %q", got, body, want)
			}
		})
	}
}
