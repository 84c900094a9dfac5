package document

import (
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"go.lsp.dev/protocol"

	"seedls/structure"
)

// Negotiate chooses the position encoding: the first that the client offers and this package knows, and UTF-16, which
// every client has to support, where it offers none.
func Negotiate(offered []protocol.PositionEncodingKind) protocol.PositionEncodingKind {
	known := []protocol.PositionEncodingKind{
		protocol.PositionEncodingKindUTF8, protocol.PositionEncodingKindUTF16, protocol.PositionEncodingKindUTF32,
	}
	for _, kind := range offered {
		if i := slices.Index(known, kind); i >= 0 {
			return known[i]
		}
	}
	return protocol.PositionEncodingKindUTF16
}

// Offset returns the byte offset of a position. A character past the end of its line is the end of the line, before
// the line break; a line past the end is the end of the text; a position inside a character is its beginning.
func (s *Snapshot) Offset(p protocol.Position) int {
	lines := s.lines()
	if int64(p.Line) >= int64(len(lines)) {
		return len(s.Text)
	}
	line := s.Text[lines[p.Line]:s.lineEnd(int(p.Line))]
	units, offset := int64(0), 0
	for offset < len(line) && units < int64(p.Character) {
		r, size := utf8.DecodeRuneInString(line[offset:])
		units += int64(width(s.encoding, r, size))
		if units > int64(p.Character) {
			break
		}
		offset += size
	}
	return lines[p.Line] + offset
}

// Position returns the position of a byte offset into the text. An offset between the two characters of a line break
// is the end of the line.
func (s *Snapshot) Position(offset int) protocol.Position {
	lines := s.lines()
	line := sort.Search(len(lines), func(i int) bool { return lines[i] > offset }) - 1
	character := 0
	for _, r := range s.Text[lines[line]:min(offset, s.lineEnd(line))] {
		character += width(s.encoding, r, utf8.RuneLen(r))
	}
	return protocol.Position{Line: uint32(line), Character: uint32(character)}
}

// Range returns the range of the bytes [start, end).
func (s *Snapshot) Range(start, end int) protocol.Range {
	return protocol.Range{Start: s.Position(start), End: s.Position(end)}
}

// Offsets returns the byte offsets of a range's ends, the lower first.
func (s *Snapshot) Offsets(r protocol.Range) (start, end int) {
	start, end = s.Offset(r.Start), s.Offset(r.End)
	return min(start, end), max(start, end)
}

// LineStart returns the byte offset at which the line of an offset begins.
func (s *Snapshot) LineStart(offset int) int {
	return s.lines()[s.Position(offset).Line]
}

// lineEnd returns the offset at which a line ends, before its line break.
func (s *Snapshot) lineEnd(line int) int {
	lines := s.lines()
	if line+1 == len(lines) {
		return len(s.Text)
	}
	start, next := lines[line], lines[line+1]
	return start + len(strings.TrimRight(s.Text[start:next], "\r\n"))
}

// lines returns the offsets at which lines start. A line ends at \n, \r\n, or \r.
func (s *Snapshot) lines() []int {
	s.indexOnce.Do(func() { s.index = appendLines([]int{0}, s.Text, 1, len(s.Text)) })
	return s.index
}

// lineSlack is how many lines an edit can add before the list of them is moved.
const lineSlack = 64

// follow derives the lines from those of the snapshot before an edit.
func (s *Snapshot) follow(before []int, e structure.Edit) {
	s.indexOnce.Do(func() {
		first, _ := slices.BinarySearch(before, max(1, e.Start))
		rest, _ := slices.BinarySearch(before, e.OldEnd+1)
		s.index = make([]int, first, len(before)+lineSlack)
		copy(s.index, before)
		s.index = appendLines(s.index, s.Text, max(1, e.Start), e.NewEnd)
		for _, start := range before[rest:] {
			s.index = append(s.index, start+e.NewEnd-e.OldEnd)
		}
	})
}

// appendLines appends the offsets in [from, to] of a text at which lines start, the first line aside.
func appendLines(index []int, text string, from, to int) []int {
	for i := from; i <= to; i++ {
		if c := text[i-1]; c == '\n' || c == '\r' && (i == len(text) || text[i] != '\n') {
			index = append(index, i)
		}
	}
	return index
}

// width returns the units that a character of the given number of bytes takes in an encoding.
func width(encoding protocol.PositionEncodingKind, r rune, bytes int) int {
	switch encoding {
	case protocol.PositionEncodingKindUTF8:
		return bytes
	case protocol.PositionEncodingKindUTF32:
		return 1
	}
	if r > 0xffff {
		return 2
	}
	return 1
}
