package typing

import (
	"strings"
	"unicode/utf16"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"
)

// A buffer is a document as the editor has it, around the cursor.
type buffer struct {
	uri           uri.URI
	version       int32
	before, after string
}

// line returns what the cursor's line has on both sides of it.
func (b *buffer) line() (before, after string) {
	before = b.before[strings.LastIndexByte(b.before, '\n')+1:]
	after, _, _ = strings.Cut(b.after, "\n")
	return before, strings.TrimSuffix(after, "\r")
}

// cursor is its position in UTF-16.
func (b *buffer) cursor() protocol.Position {
	before, _ := b.line()
	units := 0
	for _, r := range before {
		units += utf16.RuneLen(r)
	}
	return protocol.Position{Line: uint32(strings.Count(b.before, "\n")), Character: uint32(units)}
}

// suggestion returns what an item adds at the cursor; "" where an editor shows nothing of it.
func (b *buffer) suggestion(item protocol.InlineCompletionItem) string {
	inserted, plain := item.InsertText.(protocol.String)
	if !plain {
		return ""
	}
	if item.Range == nil {
		return string(inserted)
	}
	start, end, cursor := item.Range.Start, item.Range.End, b.cursor()
	if start.Line != cursor.Line || end.Line != cursor.Line || start.Character > cursor.Character || end.Character < cursor.Character {
		return ""
	}
	before, after := b.line()
	text, starts := strings.CutPrefix(string(inserted), before[offset(before, start.Character):])
	text, ends := strings.CutSuffix(text, after[:offset(after, end.Character-cursor.Character)])
	if !starts || !ends {
		return ""
	}
	return text
}

// offset returns the number of bytes that a number of UTF-16 units takes at the beginning of a line, or the whole line
// where it has fewer.
func offset(line string, units uint32) int {
	n := uint32(0)
	for i, r := range line {
		if n >= units {
			return i
		}
		n += uint32(utf16.RuneLen(r))
	}
	return len(line)
}
