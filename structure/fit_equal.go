package structure

import "strings"

// equal cuts all of a text whose lines are the next ones behind the hole, white
// space aside: to insert it would be to write them twice. Less than a line of
// them is no reason, since code often goes on with a name that stands below; nor
// are closers, which are counted.
func (f *fitting) equal(end int) int {
	rest, below, _ := strings.Cut(f.suffix(), "\n")
	before := f.text[lineStart(f.text, f.Start):f.Start]
	if !isBlank(rest) || !isBlank(before) || !hasWord(f.text[f.Start:end]) {
		return end
	}
	for text := f.text[f.Start:end]; ; {
		var line, want string
		if line, text, _ = nextLine(text); line == "" {
			return f.Start
		}
		want, below, _ = nextLine(below)
		line, _ = squeeze(line)
		if want, _ = squeeze(want); line != want {
			return end
		}
	}
}
