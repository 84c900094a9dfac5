package completion

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"seedls/engine/checkpoint"
	"seedls/engine/kernel"
	"seedls/structure"
)

func TestLines(t *testing.T) {
	const text = "a\n\tb c \r\n\n\td"
	for _, test := range []struct {
		line, last int
		want       string
		ok         bool
	}{
		{1, 1, "a", true},
		{2, 2, "b c ", true},
		{1, 2, "a\n\tb c ", true},
		{3, 3, "", true},
		{2, 4, "b c \r\n\n\td", true},
		{0, 1, "", false},
		{2, 1, "", false},
		{4, 5, "", false},
	} {
		start, end, err := lines(text, test.line, test.last)
		if (err == nil) != test.ok || text[start:end] != test.want {
			t.Errorf("lines %d to %d are %q, %v", test.line, test.last, text[start:end], err)
		}
	}
}

func TestErrorLines(t *testing.T) {
	const text = "a\nb\nc\nd\ne\nf\n"
	got := errorLines(text, []structure.Span{{Start: 0, End: 0}, {Start: 1, End: 3}, {Start: 6, End: 6}, {Start: 10, End: 12}})
	if want := [][2]int{{1, 2}, {4, 4}, {6, 6}}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestFixInAShortContext repairs with a model whose positions are all but used up by the prompt.
func TestFixInAShortContext(t *testing.T) {
	config, err := os.ReadFile("../../engine/builtin/seed-go-8m/config.json")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	short := strings.Replace(string(config), `"max_position_embeddings": 512`, `"max_position_embeddings": 392`, 1)
	if err := os.CopyFS(dir, os.DirFS("../../engine/builtin/seed-go-8m")); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(short), 0o644); err != nil || short == string(config) {
		t.Fatal("config.json", err)
	}
	c, err := checkpoint.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	completer, err := New(c, Compute{Kernel: kernel.Best(), Precision: DefaultPrecision, Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer completer.Close()
	text := "package p\n\n" + strings.Repeat("var someName = otherName(12, \"a text\")\n", 100)
	tooLong := false
	for line := 50; line < 90; line += 4 {
		_, err := completer.Fix(t.Context(), "p.go", text, line, line+7, FixOptions())
		if err != nil && !errors.Is(err, ErrTooLong) {
			t.Errorf("from line %d: %v", line, err)
		}
		tooLong = tooLong || err != nil
	}
	if !tooLong {
		t.Error("everything fits")
	}
}
