package structure

import (
	"go/parser"
	gotoken "go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// readWhole is what readGoFile finds in a text from which nothing is left out.
func readWhole(text []byte) *goFile {
	parsed, err := parser.ParseFile(gotoken.NewFileSet(), "", text, parser.SkipObjectResolution)
	return declared(parsed, err)
}

// netHTTP is the folder of the package net/http.
func netHTTP(t testing.TB) string {
	t.Helper()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Skip("no go command: ", err)
	}
	return filepath.Join(strings.TrimSpace(string(root)), "src", "net", "http")
}

// TestWithoutBodies reads texts with and without the bodies of their functions.
func TestWithoutBodies(t *testing.T) {
	texts := map[string][]byte{
		"formatted":      []byte("package p\n\nfunc F(\n\ta int,\n) {\n\ta()\n}\n\nfunc (t T) M() { x }\n\nvar v int\n"),
		"without a body": []byte("package p\n\nfunc F(x int) int\n\ntype T struct {\n\tfield int\n}\n"),
		"otherwise":      []byte("package p\n\nfunc F() {\nfor {\n}\n}\n\nvar v int\n"),
		"in a string":    []byte("package p\n\nfunc F() {\n\tx := `\nfunc G() {\n\tvar x\n}\n\nvar w int\n`\n}\n\nvar v int\n"),
		"two strings":    []byte("package p\n\nfunc F() {\n\tx := `\n}\nfunc G() {\n`\n\ty := `\n}\n`\n}\n\nvar v int\n"),
		"in a comment":   []byte("package p\n\n/*\nfunc F() {\n\tx\n*/\nfunc G() {\n}\n\n/**/\nvar v int\n"),
		"parameters":     []byte("package p\n\nfunc F(a struct {\n\tx int\n}, b int) {\n\tvar c int\n}\n\nvar v int\n"),
		"a bare header":  []byte("package p\n\nfunc "),
		"an open header": []byte("package p\n\nfunc f(\n\n"),
	}
	files, err := filepath.Glob(filepath.Join(netHTTP(t), "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		if texts[file], err = os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range texts {
		got, want := readGoFile(name, text), readWhole(text)
		if got.pkg != want.pkg || got.partial != want.partial || !slices.Equal(got.names, want.names) || !slices.Equal(got.members, want.members) {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
	if short := withoutBodies(texts["formatted"]); string(short) != "package p\n\nfunc F(\n\ta int,\n) {\n}\n\nfunc (t T) M() { x }\n\nvar v int\n" {
		t.Errorf("%q is left", short)
	}
}

// BenchmarkPackages reads the package net/http, as the first completion in it does.
func BenchmarkPackages(b *testing.B) {
	self := filepath.Join(netHTTP(b), "server.go")
	for b.Loop() {
		var packages Packages
		if _, err := packages.Of(b.Context(), self, "package http"); err != nil {
			b.Fatal(err)
		}
	}
}
