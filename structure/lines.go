package structure

import "strings"

// lineStart returns the offset at which the line that holds offset i begins.
func lineStart(text string, i int) int {
	return strings.LastIndexByte(text[:i], '\n') + 1
}

// maxLook bounds how much of a line, in bytes, is read around a single
// character of it, so that a text of one endless line takes no longer than
// another.
const maxLook = 256

// lineBefore returns the line up to offset i, or its last maxLook bytes.
func lineBefore(text string, i int) string {
	near := text[max(0, i-maxLook):i]
	return near[strings.LastIndexByte(near, '\n')+1:]
}

// lineAfter returns the rest of the line from offset i on, or maxLook bytes of
// it.
func lineAfter(text string, i int) string {
	line, _, _ := strings.Cut(text[i:min(len(text), i+maxLook)], "\n")
	return line
}

// lineEnd returns the offset at which the line that holds offset i ends, line
// terminator excluded.
func lineEnd(text string, i int) int {
	end := len(text)
	if n := strings.IndexByte(text[i:], '\n'); n >= 0 {
		end = i + n
	}
	if end > i && text[end-1] == '\r' {
		end--
	}
	return end
}

// indentOf returns the white space at the beginning of line.
func indentOf(line string) string {
	i := 0
	for i < len(line) && isSpace(line[i]) {
		i++
	}
	return line[:i]
}

// tabWidth is how many columns a tab counts for where a text mixes tabs and
// spaces; otherwise it does not matter.
const tabWidth = 4

// columns returns how far an indentation reaches.
func columns(indent string) int {
	n := 0
	for i := range len(indent) {
		if indent[i] == '\t' {
			n += tabWidth - n%tabWidth
		} else {
			n++
		}
	}
	return n
}

func isSpace(c byte) bool { return c == ' ' || c == '\t' }

// isBlank says whether s is empty or only white space.
func isBlank(s string) bool { return strings.TrimLeft(s, " \t\r\n\v\f") == "" }

// firstWord returns the name or number that s begins with after white space.
func firstWord(s string) string {
	s = s[len(indentOf(s)):]
	i := 0
	for i < len(s) && isWord(s[i]) {
		i++
	}
	return s[:i]
}

// lastWord returns the name or number that s ends with.
func lastWord(s string) string {
	i := len(s)
	for i > 0 && isWord(s[i-1]) {
		i--
	}
	return s[i:]
}
