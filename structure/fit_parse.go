package structure

import (
	"context"
	"slices"
	"strings"
)

// verdict says whether text, in the hole, leaves the buffer without an error
// where some text could: a hole in a begun statement, or in a block that nothing
// closes, is an error that a good text mends. One that no text mends is not the
// text's, as long as it does not become worse. Where the buffer just ends too
// early, the text need not end it. Without a grammar brackets are all there is
// to check.
func (t *Tree) verdict(ctx context.Context, h Hole, text string) (Verdict, error) {
	f := &fitting{Hole: h, text: t.replaced(h.Start, h.End, text)}
	end := h.Start + len(text)
	edit, unended := Edit{h.Start, h.End, end}, f.unended(end)
	filled, err := t.Reparse(ctx, f.text+unended, []Edit{edit, {len(f.text), len(f.text), len(f.text) + len(unended)}})
	if err != nil {
		return Verdict{}, err
	}
	if t.parsed == nil || filled.parsed == nil {
		return f.bracketVerdict(end), nil
	}
	after := filled.SyntaxErrors()
	var at int
	if len(after) == 0 {
		at, err = filled.keyword(ctx, h.Start, end)
	} else {
		if v := f.bracketVerdict(end); !v.OK() {
			return v, nil
		}
		at, err = t.newError(ctx, h, filled, end, after)
	}
	if err != nil || at < 0 {
		return Verdict{}, err
	}
	return f.addsError(at), nil
}

// newError returns where the first of the errors is that are the text's, or -1.
// after are those with the text in the hole, which ends at end.
func (t *Tree) newError(ctx context.Context, h Hole, filled *Tree, end int, after []Span) (int, error) {
	edit := Edit{h.Start, h.End, end}
	before := t.SyntaxErrors()
	here := touching(filled.text, after, h.Start, end)
	if len(here) == 0 {
		// What is wrong with the rest of the hole's line is not the text's.
		line := Span{lineStart(filled.text, h.Start), lineEnd(filled.text, end)}
		after = slices.DeleteFunc(after, func(e Span) bool {
			return line.Start <= e.Start && e.End <= line.End && known(e, before, edit)
		})
		if len(after) == 0 {
			return -1, nil
		}
	}
	hereBefore := touching(t.text, before, h.Start, h.End)
	mends, broken, err := t.mendable(ctx, h)
	if err != nil {
		return -1, err
	}
	if broken && !mends && len(here) > 0 && len(hereBefore) > 0 {
		here, hereBefore = nil, nil
	}
	switch {
	case len(here) > 0:
		return max(here[0].Start, h.Start), nil
	case mends || len(after) > len(before)-len(hereBefore):
		return firstNew(after, before, edit), nil
	}
	return -1, nil
}

// keyword returns where the first keyword in [start, end) is that the grammar
// takes for a name, or -1: grammars know keywords only where they can stand. The
// one that begins in upper case, Self, is a name.
func (t *Tree) keyword(ctx context.Context, start, end int) (int, error) {
	found, err := t.parsed.captures(ctx, referencesQuery, t.text, start, end)
	at := -1
	for _, c := range found {
		word := t.text[c.start:c.end]
		if start <= c.start && c.end <= end && t.lang.Keyword(word) && !isUpper(word) && (at < 0 || c.start < at) {
			at = c.start
		}
	}
	return at, err
}

// unended returns closers of what the text in the hole, which ends at end, leaves
// open, if the buffer ends there.
func (f *fitting) unended(end int) string {
	x := f.lexer()
	x.run(end)
	if !isBlank(f.suffix()) || f.inside(x) > 0 || x.inString() {
		return ""
	}
	n, _ := f.owes(x)
	return f.closers(x.open, n)
}

// bracketVerdict judges the text in the hole, which ends at end, by its
// brackets and quotes alone.
func (f *fitting) bracketVerdict(end int) Verdict {
	if offset := f.unclosed(end); offset >= 0 {
		return f.addsError(offset)
	}
	if f.before.inString() { // which reaches behind the hole, as brackets may
		return Verdict{}
	}
	x := f.lexer()
	x.run(end)
	if n, must := f.owes(x); must && n > 0 || len(unopened(x, end)) > 0 {
		return f.addsError(end)
	}
	return Verdict{}
}

func (f *fitting) addsError(offset int) Verdict {
	return Verdict{Reason: AddsError, Line: 1 + strings.Count(f.text[:min(offset, len(f.text))], "\n")}
}

// mendable says whether a text in the hole could leave the buffer without an
// error: it tries nothing, a name and a label of a switch, with the brackets that
// the hole owes. broken says that there is an error at the hole with nothing on
// its lines.
func (t *Tree) mendable(ctx context.Context, h Hole) (mends, broken bool, err error) {
	start, end := lineStart(t.text, h.Start), lineEnd(t.text, h.End)
	name, closers := h.filler()
	for _, r := range []struct {
		start, end int
		text       string
	}{
		{start, end, t.brackets(h, start, end)},
		{h.Start, h.End, name + closers},
		{h.Start, h.End, "case " + fillerName + ":" + closers},
	} {
		edit := Edit{r.start, r.end, r.start + len(r.text)}
		tree, err := t.Reparse(ctx, t.replaced(r.start, r.end, r.text), []Edit{edit})
		if err != nil {
			return false, false, err
		}
		errs := tree.SyntaxErrors()
		if len(errs) == 0 {
			return true, broken, nil
		}
		broken = broken || r.start == start && len(touching(tree.text, errs, edit.Start, edit.NewEnd)) > 0
	}
	return false, broken, nil
}

// brackets returns what [start, end), the lines of a hole, has to close or open
// for what is behind them.
func (t *Tree) brackets(h Hole, start, end int) string {
	x := t.lexerAt(start)
	markClosed(x, end)
	n, must := owed(t.text, x.open, h.Start)
	if !must && !isBlank(t.text[end:]) {
		n = 0
	}
	var b strings.Builder
	for _, o := range slices.Backward(x.open[len(x.open)-n:]) {
		b.WriteByte(closerOf(o.char))
	}
	for _, closer := range slices.Backward(unopened(x, end)) {
		switch {
		case closer == ')':
			b.WriteString(fillerName + "(")
		case closer == ']':
			b.WriteString(fillerName + "[")
		case firstWord(strings.TrimLeft(t.text[end:], " \t\r\n")) == "case":
			b.WriteString("switch (" + fillerName + ") {")
		default:
			b.WriteByte('{')
		}
	}
	return b.String()
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
	if x.inString() && x.lit != f.before.lit && !closesLiteral(x, end) {
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
	for _, e := range after {
		if !known(e, before, edit) {
			return e.Start
		}
	}
	return after[0].Start
}

// known says whether an error is where one of before was, the errors before edit.
func known(e Span, before []Span, edit Edit) bool {
	return slices.ContainsFunc(before, func(b Span) bool {
		if b.Start >= edit.OldEnd {
			b.Start += edit.NewEnd - edit.OldEnd
		}
		return b.Start == e.Start
	})
}
