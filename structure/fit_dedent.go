package structure

import (
	"slices"
	"strings"
)

// dedent cuts before the first line that is indented less than the hole's
// block, and before a branch such as else: that belongs to a statement before
// the hole. A line within brackets that were opened in the hole is inside of
// the block however it is indented, and one that closes what nothing behind the
// hole closes goes on with the block around it.
func (f *fitting) dedent(end int) int {
	x := f.lexer()
	level := f.level(end)
	lines := []codeLine{{level, firstWord(f.text[lineStart(f.text, f.Start):end])}}
	for {
		tok := x.next(end)
		switch tok.kind {
		case tokenNone:
			return end
		case tokenClose:
			// The text may close what is open before the hole: then it is
			// where the statement with that bracket began.
			if tok.match >= 0 && tok.match < len(f.before.open) {
				start := f.before.open[tok.match].start
				level = min(level, columns(indentOf(f.text[lineStart(f.text, start):start])))
			}
		case tokenNewline:
			line := f.text[tok.end:max(tok.end, min(end, lineEnd(f.text, tok.end)))]
			if len(f.before.open) > 0 && len(x.open) == 0 && !isBlank(line) {
				return tok.start // all that the hole is in has ended
			}
			if f.inside(x) > 0 || isBlank(line) || f.closesOpen(x.open, line) {
				continue
			}
			l := codeLine{columns(indentOf(line)), firstWord(line)}
			if l.columns < level || f.tree.lang.offside && l.strays(lines) {
				return tok.start
			}
			lines = append(lines, l)
		}
	}
}

// closesOpen says that a line begins with the closer of the innermost bracket,
// which nothing behind the hole closes.
func (f *fitting) closesOpen(open []bracket, line string) bool {
	if len(open) == 0 {
		return false
	}
	inner := open[len(open)-1]
	return !inner.closed && strings.TrimLeft(line, " \t")[0] == closerOf(inner.char)
}

// level returns how many columns the lines of the hole's block are indented.
// On a line without indentation the text itself says so.
func (f *fitting) level(end int) int {
	before := f.text[lineStart(f.text, f.Start):f.Start]
	if before != "" {
		return columns(f.Indent)
	}
	start := f.Start
	for start < end {
		line := f.text[start:min(end, lineEnd(f.text, start))]
		if !isBlank(line) {
			return columns(indentOf(line))
		}
		start += len(line) + 1
	}
	return 0
}

// A codeLine is a line's indentation and its first word.
type codeLine struct {
	columns int
	word    string
}

// branches maps the keywords that go on with a compound statement to those
// that can stand before them.
var branches = map[string][]string{
	"elif":    {"if", "elif"},
	"else":    {"if", "elif", "for", "while", "try", "except", "async"},
	"except":  {"try", "except"},
	"finally": {"try", "except", "else"},
}

// strays says that l is a branch of a statement that is not in lines.
func (l codeLine) strays(lines []codeLine) bool {
	before, ok := branches[l.word]
	if !ok {
		return false
	}
	for i := len(lines) - 1; i >= 0; i-- {
		if lines[i].columns > l.columns {
			continue
		}
		return lines[i].columns < l.columns || !slices.Contains(before, lines[i].word)
	}
	return true
}
