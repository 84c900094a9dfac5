package structure

import (
	"strings"
	"testing"
)

// The end of each line of correct files is taken out at every word, and given
// back with or without the lines that follow: Fit must leave exactly what was
// taken. It cannot everywhere, such as where "} catch {" is missing: without
// it the brackets are balanced too. What is exact must be ok.
func TestFitRestoresLines(t *testing.T) {
	exact := map[*Language]bool{goLang: true, pythonLang: true, cLang: true, typeScriptLang: true}
	for lang, text := range samples(t) {
		cases, wrong := 0, 0
		end := 0
		for line := range strings.Lines(text) {
			start := end
			end += len(line)
			body := strings.TrimRight(line, "\n")
			for col := len(indentOf(body)); col < len(body); col++ {
				taken, rest := body[col:], text[start+len(body):]
				if joins(body[:col], taken) || isBlank(taken) {
					continue
				}
				tree := mustParse(t, lang, text[:start+col]+rest)
				hole := tree.Hole(start+col, start+col)
				for _, generated := range []string{taken, taken + rest[:linesLen(rest, 4)]} {
					fitted, err := tree.Fit(t.Context(), hole, generated)
					if err != nil {
						t.Fatal(err)
					}
					cases++
					switch {
					case fitted.Text != strings.TrimRight(taken, " "):
						wrong++
						if exact[lang] {
							t.Errorf("%v %d: %q with %q: %q", lang, start+col, body[:col], generated, fitted.Text)
						}
					case !fitted.Verdict.OK():
						t.Errorf("%v %d: %q with %q: %v", lang, start+col, body[:col], fitted.Text, fitted.Verdict)
					}
				}
			}
		}
		if wrong*10 > cases {
			t.Errorf("%v: %d of %d are wrong", lang, wrong, cases)
		}
	}
}

// linesLen returns the length of the first n lines of text.
func linesLen(text string, n int) int {
	size := 0
	for line := range strings.Lines(text) {
		if n--; n < 0 {
			break
		}
		size += len(line)
	}
	return size
}
