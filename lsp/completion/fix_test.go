package completion

import (
	"slices"
	"testing"

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
