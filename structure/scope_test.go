package structure

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write what the tests of scopes find to testdata")

var wordPattern = regexp.MustCompile(`[\pL_$][\pL\pN_$]*`)

// describeScope lists the words of a text by what they are in a scope.
func describeScope(t *testing.T, s *Scope, text string) string {
	lists := map[string][]string{}
	words := wordPattern.FindAllString(text, -1)
	slices.Sort(words)
	for _, word := range slices.Compact(words) {
		if symbol, ok := s.Lookup(word); ok && symbol.Kind != KindBuiltin {
			lists[symbol.Kind.String()] = append(lists[symbol.Kind.String()], word)
			if symbol.Start >= 0 && symbol.Kind != KindImport && !strings.HasPrefix(text[symbol.Start:], word) {
				t.Errorf("%s is said to be at %d, where %.20q is", word, symbol.Start, text[symbol.Start:])
			}
		}
		if s.Member(word) {
			lists["has member"] = append(lists["has member"], word)
		}
		if s.Undeclared(word) {
			lists["undeclared"] = append(lists["undeclared"], word)
		}
	}
	lists["owed"] = s.Owed()
	var b strings.Builder
	for kind := KindLocal; kind <= KindLabel; kind++ {
		lists[kind.String()] = append(lists[kind.String()], "")
	}
	for _, name := range slices.Concat(symbolKindNames[1:], []string{"has member", "owed", "undeclared"}) {
		if list := slices.DeleteFunc(lists[name], func(s string) bool { return s == "" }); len(list) > 0 {
			fmt.Fprintf(&b, "%s: %s\n", name, strings.Join(list, " "))
		}
	}
	return b.String()
}

// TestScope reads the cases in testdata/scope: a file with the cursor marked,
// then a file "want" that says what each word of it is there. The comment
// "crlf" gives the text other line ends, "no line end" takes the last one away.
func TestScope(t *testing.T) {
	if len(Grammars()) == 0 {
		t.Skip("no grammars")
	}
	paths, err := filepath.Glob("testdata/scope/*/*.txtar")
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		t.Run(strings.TrimPrefix(path, "testdata/scope/"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			var cases []txtar.File
			for i := 0; i+1 < len(archive.Files); i += 2 {
				file, want := archive.Files[i], &archive.Files[i+1]
				text := string(file.Data)
				if strings.Contains(string(archive.Comment), "crlf") {
					text = strings.ReplaceAll(text, "\n", "\r\n")
				}
				if strings.Contains(string(archive.Comment), "no line end") {
					text = strings.TrimSuffix(text, "\n")
				}
				tree, start, end := parseMarked(t, LanguageForPath(file.Name), text)
				var pkg *Package
				if tree.lang == goLang {
					pkg = &Package{names: map[string]bool{"elsewhere": true}, members: map[string]bool{"distant": true}}
				}
				scope, err := tree.Scope(t.Context(), tree.Hole(start, end), pkg)
				if err != nil {
					t.Fatal(err)
				}
				got := describeScope(t, scope, tree.text)
				checkVisible(t, scope)
				if got != string(want.Data) && !*update {
					t.Errorf("%s: got\n%swant\n%s", file.Name, got, want.Data)
				}
				cases = append(cases, file, txtar.File{Name: want.Name, Data: []byte(got)})
			}
			if *update {
				archive.Files = cases
				if err := os.WriteFile(path, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// checkVisible checks that Visible lists what Lookup finds, each name once.
func checkVisible(t *testing.T, s *Scope) {
	t.Helper()
	seen := map[string]bool{}
	for symbol := range s.Visible() {
		if found, ok := s.Lookup(symbol.Name); !ok || found != symbol || seen[symbol.Name] {
			t.Errorf("%v is visible, but %v, %v is found (seen: %v)", symbol, found, ok, seen[symbol.Name])
		}
		seen[symbol.Name] = true
	}
}
