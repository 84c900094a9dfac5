package structure

import (
	"context"
	"slices"
	"strings"
)

const (
	// fillerName stands in a hole while the text around it is parsed.
	fillerName = "seedlsHole"
	// maxSection is how many bytes around a hole are parsed, with the hole
	// filled: what is on the top level there, or all of a short text, or what is
	// between lines that begin at the left margin. Where that is longer, the
	// tree has to do as it is.
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

// section returns the section around a hole: the first of what is on the top
// level there, all of a short text, and what is between margins, that has no
// errors with the hole filled, or else the last of them.
func (t *Tree) section(ctx context.Context, h Hole) (*section, error) {
	var s *section
	for attempt := range 3 {
		from, to, ok := 0, len(t.text), true
		switch attempt {
		case 0:
			from, to, ok = t.parsed.around(t.text, h.Start, h.End, h.End+sectionAfter)
		case 2:
			from, to = betweenMargins(t.text, h.Start, h.End)
		}
		if !ok || to-from > maxSection {
			continue
		}
		var err error
		if s, err = t.filled(ctx, h, from, to); err != nil || s.tree.parsed != nil && !s.tree.parsed.hasError() {
			return s, err
		}
	}
	if s == nil {
		s = &section{tree: t, whole: true, to: len(t.text), hole: h, start: h.Start, end: h.Start, fillEnd: h.End}
	}
	return s, nil
}

// filled returns the section [from, to) with the hole filled.
func (t *Tree) filled(ctx context.Context, h Hole, from, to int) (*section, error) {
	name, closers := h.filler()
	s := &section{whole: from == 0 && to == len(t.text), from: from, to: to, hole: h, start: h.Start - from}
	s.end = s.start + len(strings.TrimSuffix(name, ";"))
	s.fillEnd = s.start + len(name) + len(closers)
	if name == "" {
		// The hole is where the word or the operand before it is.
		before := lineBefore(t.text[from:], s.start)
		line := strings.TrimRight(before, " \t")
		if line != "" && (t.lang.offside || !strings.HasSuffix(line, "}")) {
			s.end = s.start - (len(before) - len(line))
			s.start = s.end - 1
		}
	}
	var err error
	s.tree, err = Parse(ctx, t.lang, strings.Join([]string{t.text[from:h.Start], name, closers, t.text[h.End:to]}, ""))
	return s, err
}

// betweenMargins returns the part of a text around [start, end) that begins and
// ends at lines which have a word at the left margin and a blank line before:
// as far as anyone can tell, at declarations of the top level. Where there is
// none within maxSection, the part is longer than that.
func betweenMargins(text string, start, end int) (from, to int) {
	from, to = max(0, start-maxSection), min(len(text), end+maxSection)
	for i := start; i > from; {
		line := strings.LastIndexByte(text[from:i], '\n') + 1 + from
		if beginsParagraph(text, line) {
			from = line
			break
		}
		i = max(from, line-1)
	}
	for i := end; i < to; {
		next := strings.IndexByte(text[i:to], '\n')
		if next < 0 {
			break
		}
		if i += next + 1; beginsParagraph(text, i) {
			to = i
			break
		}
	}
	return from, to
}

// beginsParagraph says whether the line at an offset begins with a word, and
// the one before it is blank.
func beginsParagraph(text string, line int) bool {
	if line == 0 || line >= len(text) || !isWord(text[line]) {
		return line == 0
	}
	before := lineBefore(text, line-1)
	return len(before) < maxLook && isBlank(before)
}

// nest sorts out what a query found in the section. What the hole holds, or
// touches on both sides, declares nothing.
func (s *section) nest(captures []capture) *nesting {
	n := newNesting(s.tree.lang, s.tree.text, captures)
	hole := Span{s.hole.Start - s.from, s.fillEnd}
	n.definitions = slices.DeleteFunc(n.definitions, func(d definition) bool { return hole.cuts(d.Start, d.end) })
	return n
}

// origin returns where an offset of the section is in the whole text.
func (s *section) origin(offset int) int {
	switch hole := s.hole.Start - s.from; {
	case s.tree == s.hole.tree, offset < hole:
		return offset + s.from
	case offset >= s.fillEnd:
		return offset - s.fillEnd + s.hole.End
	}
	return s.hole.Start
}

// inside returns where an offset of the whole text is in the section.
func (s *section) inside(offset int) int {
	switch {
	case s.tree == s.hole.tree, offset <= s.hole.Start:
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
	line := strings.TrimRight(lineBefore(text, h.Start), " \t")
	ended := h.Place == LineTail && line != "" && strings.IndexByte(")]}\"'`;", line[len(line)-1]) >= 0
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
	case touched, ended, h.Place == String, h.Place == Comment:
		return "", b.String()
	case h.Place == TopLevel, h.Place == Member:
		if !lang.offside {
			return "", b.String()
		}
	case lang.semicolons && (h.Place == Statement || h.Place == Block || h.Place == LineTail):
		return fillerName + ";", b.String()
	}
	return fillerName, b.String()
}
