package structure

import (
	"strings"
	"testing"
)

// TestHostileTexts makes holes in, and fits texts into, buffers that took
// minutes or hours when each bracket, quote or line was looked for through the
// whole text. There is nothing to assert but that it ends.
func TestHostileTexts(t *testing.T) {
	const n = 1 << 20
	deep := n / 16
	for name, test := range map[string]struct {
		lang           *Language
		before, behind string
	}{
		"one line of comments":          {plainLang, strings.Repeat("x# ", n/3), ""},
		"one line of quotes":            {plainLang, strings.Repeat(`" `, n/2), strings.Repeat(` "`, n/2)},
		"one line of divisions":         {javaScriptLang, strings.Repeat("x / ", n/4), "y"},
		"one line of apostrophes":       {javaScriptLang, strings.Repeat("x' ", n/3), "y"},
		"digits in groups":              {cLang, strings.Repeat("1'", n/2), "1"},
		"brackets that do not match":    {goLang, strings.Repeat("(", deep) + strings.Repeat("]", deep), "x"},
		"brackets, closed on lines":     {goLang, " " + strings.Repeat("(", deep), "\n" + strings.Repeat(")\n", deep)},
		"closers only":                  {plainLang, "x = ", strings.Repeat("}\n", deep)},
		"templates in templates":        {javaScriptLang, strings.Repeat("`${", deep), strings.Repeat("}`", deep)},
		"words without a line break":    {plainLang, strings.Repeat("word ", n/5), strings.Repeat(" word", n/5)},
		"brackets without a line break": {plainLang, strings.Repeat("[]{}", n/4), strings.Repeat("()", n/2)},
	} {
		t.Run(name, func(t *testing.T) {
			tree, err := Parse(t.Context(), test.lang, test.before+test.behind)
			if err != nil {
				t.Fatal(err)
			}
			hole := tree.Hole(len(test.before), len(test.before))
			for _, generated := range []string{"a()", "x / y)\n}\n", strings.Repeat("( ", 1000)} {
				if _, err := tree.Fit(t.Context(), hole, generated); err != nil {
					t.Error(err)
				}
			}
		})
	}
}
