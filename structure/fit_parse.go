package structure

import (
	"context"
	"strings"
)

// verdict says whether text, in the hole, makes the syntax of the buffer
// worse. An error in or next to the text counts against it unless the buffer
// has one there even without the hole's lines: a hole in a begun statement is
// an error that a good text mends. Without a grammar brackets are all there is
// to check.
func (t *Tree) verdict(ctx context.Context, h Hole, text string) (Verdict, error) {
	f := &fitting{Hole: h, text: t.replaced(h.Start, h.End, text)}
	edit := Edit{h.Start, h.End, h.Start + len(text)}
	filled, err := t.Reparse(ctx, f.text, []Edit{edit})
	if err != nil {
		return Verdict{}, err
	}
	if t.parsed == nil || filled.parsed == nil {
		return f.bracketVerdict(edit.NewEnd), nil
	}
	after := filled.SyntaxErrors()
	if len(after) == 0 {
		return Verdict{}, nil
	}
	before := t.SyntaxErrors()
	here := touching(filled.text, after, edit.Start, edit.NewEnd)
	hereBefore := touching(t.text, before, edit.Start, edit.OldEnd)
	broken := false
	if len(here) > 0 && len(hereBefore) > 0 {
		if broken, err = t.brokenAround(ctx, h); err != nil {
			return Verdict{}, err
		}
	}
	if broken {
		here, hereBefore = nil, nil
	}
	added := len(here) > 0 || len(after) > len(before)-len(hereBefore)
	if added || broken {
		if v := f.bracketVerdict(edit.NewEnd); !v.OK() {
			return v, nil
		}
	}
	switch {
	case len(here) > 0:
		return f.addsError(max(here[0].Start, h.Start)), nil
	case added:
		return f.addsError(firstNew(after, before, edit)), nil
	}
	return Verdict{}, nil
}

// bracketVerdict judges the text in the hole, which ends at end, by its
// brackets and quotes alone.
func (f *fitting) bracketVerdict(end int) Verdict {
	if offset := f.unclosed(end); offset >= 0 {
		return f.addsError(offset)
	}
	return Verdict{}
}

func (f *fitting) addsError(offset int) Verdict {
	return Verdict{Reason: AddsError, Line: 1 + strings.Count(f.text[:offset], "\n")}
}

// brokenAround says whether there is a syntax error at the hole even without
// the lines that the hole is on.
func (t *Tree) brokenAround(ctx context.Context, h Hole) (bool, error) {
	start, end := lineStart(t.text, h.Start), lineEnd(t.text, h.End)
	without, err := t.Reparse(ctx, t.replaced(start, end, ""), []Edit{{start, end, start}})
	if err != nil {
		return false, err
	}
	return len(touching(without.text, without.SyntaxErrors(), start, start)) > 0, nil
}

// unclosed returns the offset of the first bracket or literal that was opened
// in the hole and that nothing closes, or that is closed by the wrong bracket;
// -1 if there is none.
func (f *fitting) unclosed(end int) int {
	x := f.lexer()
	literal := 0
	for {
		depth := len(x.open)
		tok := x.next(end)
		if tok.kind == tokenNone {
			break
		}
		if tok.kind == tokenClose && tok.match != depth-1 {
			return tok.start
		}
		literal = tok.start
	}
	if x.lit != nil && x.lit != f.before.lit && x.lit.close != "\n" && !closesLiteral(x, end) {
		return literal
	}
	inside := f.inside(x)
	if inside == 0 {
		return -1
	}
	for i := range x.open {
		x.open[i].closed = false
	}
	markClosed(x, end)
	for i, b := range x.open {
		if b.start >= f.Start && !b.closed {
			return b.start
		}
		if b.start < f.Start && f.before.open[i].closed && !b.closed {
			return x.open[len(x.open)-inside].start
		}
	}
	return -1
}

// A Span is the region [Start, End) of a syntax error, in bytes; empty for a
// token that is missing.
type Span struct{ Start, End int }

// Touches says whether the error meets [start, end).
func (s Span) Touches(start, end int) bool { return s.Start <= end && s.End >= start }

// SyntaxErrors returns where the tree has errors, in the order of the text, a
// thousand at most. Without a grammar there are none.
func (t *Tree) SyntaxErrors() []Span {
	if t.parsed == nil {
		return nil
	}
	return t.parsed.errors()
}

// touching returns the errors that meet [start, end), or the white space
// around it.
func touching(text string, errs []Span, start, end int) []Span {
	start = len(strings.TrimRight(text[:start], " \t\r\n"))
	end = len(text) - len(strings.TrimLeft(text[end:], " \t\r\n"))
	var found []Span
	for _, e := range errs {
		if e.Touches(start, end) {
			found = append(found, e)
		}
	}
	return found
}

// firstNew returns where the first error of after begins that is not in before,
// the errors before edit.
func firstNew(after, before []Span, edit Edit) int {
	known := map[int]bool{}
	for _, e := range before {
		if e.Start >= edit.OldEnd {
			e.Start += edit.NewEnd - edit.OldEnd
		}
		known[e.Start] = true
	}
	for _, e := range after {
		if !known[e.Start] {
			return e.Start
		}
	}
	return after[0].Start
}
