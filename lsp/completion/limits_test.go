package completion

import (
	"strings"
	"testing"

	"seedls/structure"
)

// TestLimits fits texts to holes, at ¦, within limits, and watches where the sampler would stop.
func TestLimits(t *testing.T) {
	const (
		body = "package a\n\nfunc f() {\n\t¦\n}\n"
		call = "package a\n\nvar x = f(¦)\n"
		tail = "package a\n\nfunc f() {\n\tx := ¦\n\ty()\n}\n"
	)
	for _, test := range []struct {
		limits        Limits
		buffer, text  string
		want, verdict string
		stops         string // as far as the sampler writes, "" if all of it
		plain         bool   // the same holds without a grammar
	}{
		{Limits{}, body, "a()\n\tb()", "a()\n\tb()", "ok", "", true},
		{Limits{MultiLine: Always}, body, "a()\n\tb()", "a()\n\tb()", "ok", "", true},
		{Limits{MultiLine: Never}, body, "a()\n\tb()", "a()", "ok", "a()\n", true},
		{Limits{MultiLine: Never}, body, "if a {\n\t\tb()\n\t}", "", "adds a parse error at line 4", "if a {\n", false},
		{Limits{MultiLine: Auto}, body, "if a {\n\t\tb()\n\t}", "if a {\n\t\tb()\n\t}", "ok", "", false},
		{Limits{MultiLine: Auto}, call, "g(\n\t2)", "", "adds a parse error at line 3", "g(\n", false},
		{Limits{MultiLine: Auto}, call, "1, 2", "1, 2", "ok", "", false},
		{Limits{MultiLine: Always}, call, "1,\n\t2,\n", "1,\n\t2,\n", "ok", "", false},
		{Limits{MultiLine: Auto}, tail, "g(\n\t\t1)", "g(\n\t\t1)", "ok", "", false},
		{Limits{MaxLines: 2}, body, "a()\n\tb()\n\tc()", "a()\n\tb()", "ok", "a()\n\tb()\n", true},
		{Limits{MaxLines: 2}, body, "a()\n\tif b {\n\t\tc()\n\t}", "a()", "ok", "a()\n\tif b {\n", false},
		{Limits{MaxLines: 3}, body, "a()\n", "a()", "ok", "", true},
		{Limits{MaxCharacters: 8}, body, "a()\n\té()", "a()\n\té()", "ok", "", true},
		{Limits{MaxCharacters: 7}, body, "a()\n\té()", "a()", "ok", "a()\n\té()", true},
		{Limits{MaxCharacters: 2}, body, "a()", "", "longer than 2 characters", "a()", true},
		{Limits{MinCharacters: 4}, body, "a( )", "", "shorter than 4 characters", "", true},
		{Limits{MinCharacters: 4}, body, "a(1)", "a(1)", "ok", "", true},
	} {
		prefix, suffix, _ := strings.Cut(test.buffer, "¦")
		tree, err := structure.Parse(t.Context(), structure.LanguageForID("go"), prefix+suffix)
		if err != nil {
			t.Fatal(err)
		}
		if !tree.Language().HasGrammar() && !test.plain {
			continue
		}
		hole := tree.Hole(len(prefix), len(prefix))
		text, verdict, err := test.limits.fit(t.Context(), hole, nil, test.text)
		if err != nil || text != test.want || verdict != test.verdict {
			t.Errorf("%+v, %q in %q: %q, %s, %v; want %q, %s", test.limits, test.text, test.buffer, text, verdict, err, test.want, test.verdict)
		}
		written := ""
		for end := range len(test.text) + 1 {
			if written = test.text[:end]; test.limits.exceeded(hole, written) {
				break
			}
		}
		if want := test.stops; written != want && (want != "" || written != test.text) {
			t.Errorf("%+v, %q in %q: the sampler stops after %q, want %q", test.limits, test.text, test.buffer, written, want)
		}
	}
}
