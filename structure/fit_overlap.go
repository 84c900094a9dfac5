package structure

import "strings"

// overlap cuts where the lines of the text are those behind the hole.
func (f *fitting) overlap(end int) int { return f.overlapOfLines(end, true) }

// overlapOfLines cuts from where the lines of the text are the first lines
// behind the hole: all that are left, of which the last may break off and which
// may go on beyond the end of the buffer, or one that has something to read on
// it, whatever comes after. Blank lines do not count. The text goes on unless
// ended says that it does not: then its lines being the first is not enough.
func (f *fitting) overlapOfLines(end int, ended bool) int {
	rest, below, _ := strings.Cut(f.suffix(), "\n")
	if !isBlank(rest) {
		return end
	}
	text := f.text[f.Start:end]
	if isBlank(f.text[lineStart(f.text, f.Start):f.Start]) && repeats(f.Indent+text, below, ended) {
		return f.Start
	}
	for cut := range text {
		if text[cut] != '\n' || !repeats(text[cut+1:], below, ended) {
			continue
		}
		if at := f.Start + len(strings.TrimRight(text[:cut], "\r")); f.closedAt(at) {
			return at
		}
	}
	return end
}

// repeats says whether the lines of text, which has ended, are the first lines
// of below, or begin with one of them that has a word.
func repeats(text, below string, ended bool) bool {
	if isBlank(text) || isBlank(below) {
		return false
	}
	for {
		var line, want string
		var more bool
		line, text, more = nextLine(text)
		want, below, _ = nextLine(below)
		switch {
		case line == "" || want == "":
			return ended
		case line != want:
			return ended && !more && strings.HasPrefix(want, line)
		case more && hasWord(line):
			return true
		}
	}
}

// nextLine returns the first line of s that is not blank, without the white
// space at its end, and what follows it; more says that the line is complete.
func nextLine(s string) (line, rest string, more bool) {
	for s != "" {
		line, s, more = strings.Cut(s, "\n")
		if line = strings.TrimRight(line, " \t\r"); line != "" {
			return line, s, more
		}
	}
	return "", "", false
}

// closedAt says that a text which ends at offset leaves no bracket or literal
// open that the text behind the hole does not close.
func (f *fitting) closedAt(offset int) bool {
	cut := &fitting{Hole: f.Hole, text: f.text[:offset] + f.suffix()}
	return cut.unclosed(offset) < 0
}
