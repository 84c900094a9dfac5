package structure

import "strings"

// reindented returns a text for the hole with the lines after its first
// indented as the buffer is: a tab becomes a level of it, and so does as much
// white space as the text shows to be a level of its own. Lines in strings and
// comments, and what is beyond whole levels, stay as they are; so does
// everything where the buffer has no indented line to go by.
func (h Hole) reindented(text string) string {
	if !h.styled || !strings.Contains(text, "\n") {
		return text
	}
	m := h.margin(text)
	var b strings.Builder
	at := 0
	for _, line := range h.codeLines(text) {
		indent := indentOf(text[line:])
		b.WriteString(text[at:line])
		b.WriteString(m.moved(indent, h.IndentUnit))
		at = line + len(indent)
	}
	b.WriteString(text[at:])
	return b.String()
}

// codeLines returns where the lines of text begin that begin outside of strings
// and comments and have something on them, but for the first.
func (h Hole) codeLines(text string) (starts []int) {
	x := h.before.at(h.tree.replaced(h.Start, h.End, text))
	for {
		tok := x.next(h.Start + len(text))
		if tok.kind == tokenNone {
			return starts
		}
		if at := tok.end - h.Start; tok.kind == tokenNewline && !isBlank(lineAfter(text, at)) {
			starts = append(starts, at)
		}
	}
}

// A margin says how spaces are to be read: those after the first base are
// levels of width each. Of a zero width they stay.
type margin struct{ base, width int }

// margin finds out how a text for the hole is indented by spaces. What a model
// writes may be indented from the left margin in its own width, or from where
// the hole is; the first line that has to be a level deeper, or as deep as the
// hole, shows which. A line that is less deep than that shows nothing, since
// the hole's block may end before it.
func (h Hole) margin(text string) margin {
	unit, base := columns(h.IndentUnit), columns(h.Indent)
	lines := h.codeLines(text)
	if len(lines) == 0 || base%unit != 0 {
		return margin{}
	}
	first := strings.TrimRight(text[:lines[0]], " \t\r\n")
	second := text[lines[0]:]
	indent := indentOf(second)
	tabs := len(indent) - len(strings.TrimLeft(indent, "\t"))
	n := len(indent) - tabs
	if first == "" || strings.Contains(indent[tabs:], "\t") {
		return margin{}
	}
	closes := strings.IndexByte(")]}", second[len(indent)]) >= 0
	deeper := strings.IndexByte("{[:", first[len(first)-1]) >= 0 && !closes
	level := base / unit
	switch {
	case deeper:
		level++
	case closes || strings.IndexByte(";})", first[len(first)-1]) < 0 || !isWord(second[len(indent)]):
		return margin{}
	}
	switch right := level * unit; {
	case tabs > 0: // from where the hole is
		if deeper && tabs == base/unit && isWidth(n) {
			return margin{0, n}
		}
	case n == right && h.IndentUnit != "\t", n < right && (n <= base || !deeper):
	case level > 0 && n%level == 0 && isWidth(n/level):
		return margin{0, n / level}
	case deeper && h.IndentUnit != "\t" && isWidth(n-base):
		return margin{base, n - base}
	}
	return margin{}
}

// isWidth says whether someone may indent by n spaces.
func isWidth(n int) bool { return n == 2 || n == 4 || n == 8 }

// moved returns an indentation in levels of unit.
func (m margin) moved(indent, unit string) string {
	tabs := strings.Count(indent, "\t")
	spaces := len(indent) - tabs
	kept := 0
	if m.width > 0 && spaces > m.base {
		levels := (spaces - m.base) / m.width
		tabs, kept, spaces = tabs+levels, m.base, spaces-m.base-levels*m.width
	}
	if tabs == 0 {
		return indent
	}
	return strings.Repeat(" ", kept) + strings.Repeat(unit, tabs) + strings.Repeat(" ", spaces)
}
