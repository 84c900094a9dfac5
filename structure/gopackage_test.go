package structure

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// writeFiles writes files into a new folder, which it returns.
func writeFiles(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestPackages(t *testing.T) {
	dir := writeFiles(t, map[string]string{
		"self.go":       "package p\n\nfunc stale() {}\n",
		"a.go":          "package p\n\nimport \"io\"\n\ntype A[T any] struct {\n\tx, y int\n\tio.Reader\n\t*B\n\tC[T]\n\tin struct{ deep int }\n}\n\nfunc (a *A[T]) M() {}\n\nfunc init() {}\n",
		"b.go":          "package p\n\ntype (\n\tB interface{ N(p int); fmt.Stringer }\n\tC = int\n)\n\nvar v, w = 1, struct{ z int }{}\n\nconst k = 1\n\nfunc F() { local := 1 }\n",
		"a_test.go":     "package p\n\nfunc helper() {}\n",
		"x_test.go":     "package p_test\n\nfunc outside() {}\n",
		"other.go":      "package main\n\nfunc foreign() {}\n",
		"note.txt":      "package p\n\nfunc text() {}\n",
		"generated.go~": "package p\n\nfunc backup() {}\n",
	})
	var packages Packages
	for _, test := range []struct{ path, text, names, members string }{
		{"self.go", "// Comment.\npackage p\n\nfunc (", "A B C F k v w", "B C M N Reader Stringer deep in x y"},
		{"self_test.go", "package p", "A B C F helper k stale v w", "B C M N Reader Stringer deep in x y"},
		{"y_test.go", "package p_test", "outside", ""},
		{"self.go", "package main", "foreign", ""},
		{"self.go", "package q", "", ""},
		{"self.go", "", "", ""},
		{"self.go", "\x00package", "", ""},
	} {
		p, err := packages.Of(t.Context(), filepath.Join(dir, test.path), test.text)
		if err != nil {
			t.Fatal(err)
		}
		var members []string
		for _, name := range strings.Fields("A B C M N F Reader Stringer deep in x y z k local p") {
			if p.member(name) {
				members = append(members, name)
			}
		}
		if got := strings.Join(p.sorted(), " "); got != test.names || strings.Join(members, " ") != test.members {
			t.Errorf("%s, %q: got %s; %v", test.path, test.text, got, members)
		}
		if p != nil && p.partial {
			t.Errorf("%s, %q: is partial", test.path, test.text)
		}
	}
}

func TestPackagesFollowTheDisk(t *testing.T) {
	dir := writeFiles(t, map[string]string{"a.go": "package p\n\nvar a int\n", "b.go": "package p\n\nvar b int\n"})
	self := filepath.Join(dir, "self.go")
	var packages Packages
	of := func() *Package {
		p, err := packages.Of(t.Context(), self, "package p")
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	first := of()
	if second := of(); second != first {
		t.Error("nothing changed, and the package is another one")
	}
	if err := os.WriteFile(filepath.Join(dir, "a.go"), []byte("package p\n\nvar c int\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(filepath.Join(dir, "a.go"), later, later); err != nil {
		t.Fatal(err)
	}
	if got := of().sorted(); !slices.Equal(got, []string{"b", "c"}) {
		t.Errorf("after a change: %v", got)
	}
	if err := os.WriteFile(filepath.Join(dir, "b.go"), []byte("package p\n\nvar b int }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if p := of(); !p.partial {
		t.Errorf("with a syntax error: %+v", p)
	}
	if err := os.Remove(filepath.Join(dir, "b.go")); err != nil {
		t.Fatal(err)
	}
	if p := of(); !slices.Equal(p.sorted(), []string{"c"}) || p.partial {
		t.Errorf("after a file went: %+v", p)
	}
}

func TestPackagesAreBounded(t *testing.T) {
	files := map[string]string{}
	for i := range maxPackageFiles + 1 {
		files[fmt.Sprintf("f%04d.go", i)] = fmt.Sprintf("package p\n\nvar v%d int\n", i)
	}
	dir := writeFiles(t, files)
	var packages Packages
	p, err := packages.Of(t.Context(), filepath.Join(dir, "self.go"), "package p")
	if err != nil || len(p.names) != maxPackageFiles || !p.partial {
		t.Errorf("%d names, partial: %v, %v", len(p.names), p.partial, err)
	}
	big := writeFiles(t, map[string]string{"big.go": "package p\n//" + strings.Repeat("x", maxPackageBytes), "a.go": "package p\nvar a int\n"})
	if p, err = packages.Of(t.Context(), filepath.Join(big, "self.go"), "package p"); err != nil || !p.partial || !p.names["a"] {
		t.Errorf("%+v, %v", p, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := packages.Of(ctx, filepath.Join(dir, "self.go"), "package p"); err == nil {
		t.Error("a cancelled call succeeded")
	}
	if _, err := packages.Of(t.Context(), filepath.Join(dir, "missing", "self.go"), "package p"); err == nil {
		t.Error("a missing folder was read")
	}
}

func TestPackagesAreSafe(t *testing.T) {
	dir := writeFiles(t, map[string]string{"a.go": "package p\n\nvar a int\n", "b.go": "package q\n\nvar b int\n"})
	var packages Packages
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			name, want := "p", "a"
			if i%2 == 1 {
				name, want = "q", "b"
			}
			for range 50 {
				p, err := packages.Of(t.Context(), filepath.Join(dir, "self.go"), "package "+name)
				if err != nil || !slices.Equal(p.sorted(), []string{want}) {
					t.Error(p, err)
					return
				}
			}
		})
	}
	wg.Wait()
}

func TestImportName(t *testing.T) {
	for path, want := range map[string]string{
		`"fmt"`: "fmt", `"encoding/json"`: "json", "`a/b`": "b", `"x.org/m/v2"`: "m", `"gopkg.in/yaml.v3"`: "yaml",
		`"x.org/go-redis"`: "redis", `"x.org/redis-go"`: "redis", `"C"`: "C", `""`: "", `"v2"`: "v2", `"a/v/b.c"`: "b.c",
		`"x.org/some-name"`: "name", `"x.org/vulkan"`: "vulkan",
	} {
		if got := importName(path); got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
}
