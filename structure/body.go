package structure

import (
	"slices"
	"strings"
)

// A Body is the region of a block that nothing is in yet, or where one goes on that was begun and not closed; and what
// belongs around the text that is put there: line ends, indentation, the brackets that are missing.
type Body struct {
	Span
	Before, After string
}

// Body returns the body at an offset, or the empty one that the offset's line ends with; ok is false if there is none.
func (t *Tree) Body(offset int) (body Body, ok bool) {
	end := lineEnd(t.text, offset)
	line := strings.TrimRight(t.text[lineStart(t.text, offset):end], " \t")
	behind := lineStart(t.text, offset) + len(strings.TrimRight(strings.TrimSuffix(line, "}"), " \t"))
	if h := t.Hole(offset, offset); h.Place == Block {
		return h.body()
	} else if b := t.Hole(behind, behind); b.Place == Block && !t.lang.offside {
		return b.body()
	} else if n := len(h.Open); n > len(h.Closers) && h.Open[n-1] == '{' && (h.Place == Statement || h.Place == LineTail) {
		return Body{Span: Span{h.Start, h.End}, After: h.missing()}, true
	}
	return Body{}, false
}

// missing is the closing brackets that the text around the hole lacks, each on a line of its own.
func (h Hole) missing() string {
	var b strings.Builder
	for _, open := range slices.Backward(h.before.open) {
		if !open.closed {
			b.WriteString("\n" + indentOf(h.tree.text[lineStart(h.tree.text, open.start):open.start]) + string(closerOf(open.char)))
		}
	}
	return b.String()
}

// body is the empty block that the hole is in.
func (h Hole) body() (Body, bool) {
	if h.tree.lang.offside {
		return Body{Span: Span{h.Start, h.End}}, true
	}
	open := h.before.open[len(h.before.open)-1].start
	text := h.tree.text
	behind := strings.TrimLeft(text[h.End:], " \t\r\n")
	outer := "\n" + indentOf(text[lineStart(text, open):open])
	return Body{Span{open + 1, len(text) - len(behind)}, outer + h.IndentUnit, outer}, true
}
