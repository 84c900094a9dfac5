package structure

import (
	"context"
	"strings"
)

const (
	// fillerName stands in a hole while the text around it is parsed.
	fillerName = "seedlsHole"
	// maxSection is how many bytes around a hole are parsed by themselves. If
	// what is around it is longer, the tree is parsed again instead, with the
	// hole filled: that takes no longer for long texts, as far as they are
	// one declaration.
	maxSection = 48 << 10
	// sectionAfter is how many bytes after a hole on the top level are parsed.
	sectionAfter = 8 << 10
)

// A section is a part of a tree's text, with something in the hole that makes
// the parser see its surroundings as they will be: a name, and closers that
// are missing.
type section struct {
	tree       *Tree
	whole      bool // it is all of the text
	from, to   int  // in the whole text
	hole       Hole
	start, end int // where the name is in the section, in the hole's place
	fillEnd    int // where all that was put there ends
}

// section returns the section around a hole: what is on the top level of the
// tree there.
func (t *Tree) section(ctx context.Context, h Hole) (*section, error) {
	name, closers := h.filler()
	s := &section{to: len(t.text), hole: h}
	from, to, ok := t.parsed.around(t.text, h.Start, h.End, h.End+sectionAfter)
	s.whole = !ok || to-from > maxSection
	if !s.whole {
		s.from, s.to = from, to
	}
	s.start = h.Start - s.from
	s.end = s.start + len(strings.TrimSuffix(name, ";"))
	s.fillEnd = s.start + len(name) + len(closers)
	filled := strings.Join([]string{t.text[s.from:h.Start], name, closers, t.text[h.End:s.to]}, "")
	var err error
	if s.whole {
		s.tree, err = t.Reparse(ctx, filled, []Edit{{h.Start, h.End, s.fillEnd}})
	} else {
		s.tree, err = Parse(ctx, t.lang, filled)
	}
	if name == "" && s.start > 0 && isWord(t.text[h.Start-1]) {
		s.start-- // the hole is where its word is
	}
	return s, err
}

// origin returns where an offset of the section is in the whole text.
func (s *section) origin(offset int) int {
	switch hole := s.hole.Start - s.from; {
	case offset < hole:
		return offset + s.from
	case offset >= s.fillEnd:
		return offset - s.fillEnd + s.hole.End
	}
	return s.hole.Start
}

// inside returns where an offset of the whole text is in the section.
func (s *section) inside(offset int) int {
	switch {
	case offset <= s.hole.Start:
		return offset - s.from
	case offset >= s.hole.End:
		return offset - s.hole.End + s.fillEnd
	}
	return s.hole.Start - s.from
}

// filler returns what makes the text around the hole complete: a name, which
// may be a statement, and closers. Either may be empty.
func (h Hole) filler() (name, closers string) {
	text := h.tree.text
	lang := h.tree.lang
	touched := h.Start > 0 && isWord(text[h.Start-1]) || h.End < len(text) && isWord(text[h.End])
	var b strings.Builder
	if (h.Place == String || h.Place == Comment) && !h.QuoteClosed {
		b.WriteString(h.Quote)
	}
	for i := len(h.before.open) - 1; i >= 0; i-- {
		o := h.before.open[i]
		if o.closed {
			continue
		}
		if o.char == '{' && lang.semicolons && h.tree.bracketKind(o.start) == bodyBracket {
			b.WriteByte(';')
		}
		b.WriteByte(closerOf(o.char))
	}
	switch {
	case touched, h.Place == String, h.Place == Comment:
		return "", b.String()
	case h.Place == TopLevel, h.Place == Member:
		if !lang.offside {
			return "", b.String()
		}
	case lang.semicolons && (h.Place == Statement || h.Place == Block):
		return fillerName + ";", b.String()
	}
	return fillerName, b.String()
}
