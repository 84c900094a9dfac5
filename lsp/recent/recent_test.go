package recent

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// file has lines that are unlike those of a file with another name.
func file(name string, lines int) string {
	var b strings.Builder
	for i := range lines {
		fmt.Fprintf(&b, "%s line %d\n", name, i)
	}
	return b.String()
}

func at(text string, line int) int { return strings.Index(text, fmt.Sprintf("line %d\n", line)) }

func TestElsewhere(t *testing.T) {
	a, b := file("a", 200), file("b", 200)
	var r Ring
	r.Visit("a", a, at(a, 10))
	r.Visit("b", b, at(b, 100))
	r.Visit("a", a, at(a, 150))
	if got := heads(r.Elsewhere("b", b, at(b, 5))); !slices.Equal(got, []string{"a line 145", "b line 95", "a line 5"}) {
		t.Errorf("elsewhere are %q, want the newest first", got)
	}
	if got := heads(r.Elsewhere("a", a, at(a, 160))); !slices.Equal(got, []string{"b line 95", "a line 5"}) {
		t.Errorf("near the last place are %q", got)
	}
	if got := heads(r.Elsewhere("copy of a", a, at(a, 150))); !slices.Equal(got, []string{"b line 95", "a line 5"}) {
		t.Errorf("in a copy are %q", got)
	}
	before := r.Elsewhere("a", a, at(a, 150))
	for i := range 20 {
		typed := a[:at(a, 150)] + strings.Repeat("x", i) + a[at(a, 150):]
		r.Visit("a", typed, at(a, 150)+i)
		if got := r.Elsewhere("a", typed, at(a, 150)+i); !slices.Equal(got, before) {
			t.Fatalf("after %d keys are %q, were %q", i, heads(got), heads(before))
		}
	}
}

func TestVisitKeepsOne(t *testing.T) {
	a := file("a", 50)
	var r Ring
	r.Visit("a", a, at(a, 20))
	r.Visit("a", a, at(a, 25))
	r.Visit("copy", a, at(a, 25))
	r.Visit("blank", "\n\n\n", 1)
	if got := r.Elsewhere("c", "", 0); len(got) != 1 {
		t.Errorf("%d chunks of one place: %q", len(got), heads(got))
	}
}

func TestBounds(t *testing.T) {
	var r Ring
	for i := range 3 * maxChunks {
		name := fmt.Sprint("file", i)
		r.Visit(name, file(name, 40)+strings.Repeat(name+"é", 5000), i*1000)
		r.Visit(name, "", -1)
	}
	got := r.Elsewhere("", "", 0)
	if len(got) != maxChunks {
		t.Errorf("%d chunks, want %d", len(got), maxChunks)
	}
	for _, text := range got {
		if len(text) > 2*chunkBytes || strings.Count(text, "\n") > chunkLines || strings.ContainsRune(text, '\uFFFD') {
			t.Errorf("a chunk of %d bytes, %d lines", len(text), strings.Count(text, "\n"))
		}
	}
}

func heads(texts []string) []string {
	var lines []string
	for _, text := range texts {
		lines = append(lines, strings.TrimSuffix(firstLine(text), "\n"))
	}
	return lines
}
