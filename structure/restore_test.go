package structure

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// The end of each line of correct files is taken out at every word, and given
// back with or without the lines that follow: Fit must leave exactly what was
// taken. It cannot everywhere, such as where "} catch {" is missing: without
// it the brackets are balanced too. What is exact must be ok, but for the
// middle of some literals without a grammar.
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
					case !fitted.Verdict.OK() && (lang.HasGrammar() || exact[lang]):
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

// TestLeavesNothingThatFits cuts texts out of correct files and gives them back
// byte by byte: one that Fit keeps whole never leaves its hole before its end.
func TestLeavesNothingThatFits(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for lang, text := range samples(t) {
		kept := 0
		for range 300 {
			start := r.IntN(len(text))
			end := min(len(text), start+1+r.IntN(120))
			tree := mustParse(t, lang, text[:start]+text[end:])
			hole := tree.Hole(start, start)
			taken := text[start:end]
			fitted, err := tree.Fit(t.Context(), hole, taken)
			if err != nil {
				t.Fatal(err)
			}
			if fitted.Text != taken {
				continue
			}
			kept++
			for n := range taken {
				if hole.Leaves(taken[:n]) {
					t.Errorf("%v: %q leaves after %q", lang, taken, taken[:n])
					break
				}
			}
		}
		if kept < 30 {
			t.Errorf("%v: only %d texts fit", lang, kept)
		}
	}
}
