package completion

import (
	"strings"
	"testing"

	"seedls/structure"
)

func TestWhole(t *testing.T) {
	most := strings.Repeat("x", structure.MaxGenerated)
	for _, test := range []struct {
		text  string
		ended bool
		want  string
	}{
		{"a()\nb(", true, "a()\nb("},
		{"a()\nb(", false, "a()"},
		{"a(", false, "a("},
		{"", false, ""},
		{most, true, most},
		{most + "x", true, most},
		{"a\n" + most, true, "a"},
		{most[1:] + "é", true, most[1:]},
	} {
		if got := whole(test.text, test.ended); got != test.want {
			t.Errorf("%.20q of %d bytes, ended %v: %.20q of %d bytes", test.text, len(test.text), test.ended, got, len(got))
		}
	}
}
