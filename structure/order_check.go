package structure

import (
	"context"
	"slices"
	"strings"
)

// A check is what Violations has seen of a canvas, and the parse of it.
type check struct {
	upTo    int   // in the buffer: the lines before it were parsed
	sound   bool  // the section has no errors without the hole's text
	tree    *Tree // of the scope's section with the hole's text so far, nil before the first parse
	fillEnd int   // where that ends in the tree, closers that were missing included
	slots   []int // what the last answer was
}

// Violations returns the slots of the canvas whose tokens are known to be
// wrong, in their order. confidence is what the tokens were committed with.
//
// Of a line that has no mask before its end, and does not parse whatever comes
// after it, that is the token with the least confidence. Of a canvas without
// masks it is also what holds a name that nothing declares, or a bracket that
// closes nothing, and the lines that follow the hole already. The slice is valid
// until the next call.
//
// The parse follows the text as it grows. It is of the declarations around the
// hole, 48 kB at most.
func (o *Order) Violations(canvas []int32, confidence []float32) []int {
	committed := slices.Index(canvas, o.mask)
	complete := committed < 0
	if complete {
		committed = len(canvas)
	}
	if committed == 0 {
		return nil
	}
	_, _, ended := o.lay(canvas[:committed], 0, canvas[0])
	text, to := o.now.lexer.text, o.laid()
	if !ended {
		to = strings.LastIndexByte(text[:to], '\n') + 1
	}
	c := &o.checked
	if c.slots = c.slots[:0]; to <= c.upTo && !complete {
		return nil
	}
	sound := o.scan(to, complete, ended)
	if complete && ended && len(c.slots) == 0 {
		o.repeated(to)
	}
	if sound && len(c.slots) == 0 && to > o.canvas {
		o.parse(to, ended, confidence)
	}
	c.upTo = to
	if len(c.slots) > 0 {
		slices.Sort(c.slots)
		c.slots = slices.Compact(c.slots)
		c.upTo = o.starts[c.slots[0]]
	}
	return c.slots
}

// scan reads the hole's text up to an offset; in a complete canvas it adds what
// closes nothing, and names that nothing declares. It returns whether the text
// is code there, so that a parse can tell something.
func (o *Order) scan(to int, complete, ended bool) (code bool) {
	s := &o.now
	s.set(*o.hole.before, o.origin)
	for {
		depth, outer := len(s.open), s.outer
		tok := s.next(to)
		switch {
		case tok.kind == tokenNone:
			return s.lit == nil && o.hole.before.lit == nil
		case !complete || tok.end <= o.canvas:
		case tok.kind == tokenClose && tok.match != depth-1 && (tok.match < 0 || tok.match >= outer):
			o.violated(OpenBeforeClose, "", tok.start, tok.end)
		case tok.kind == tokenOther && isWord(s.lexer.text[tok.start]):
			if name := o.misnamed(tok, 0, ended); name != "" {
				from, to := o.word(tok)
				o.violated(DeclareBeforeUse, name, from, to)
			}
		}
	}
}

// Undeclared returns the first name in a text for the hole that it is certain
// that nothing declares, or "". scope is what can be named at the hole.
func (h Hole) Undeclared(scope *Scope, text string) string {
	const mask, end, all = 0, 1, 2
	o := h.Order(scope, mask, end, func(int32) []byte { return []byte(text) })
	o.lay([]int32{all, end}, 0, all)
	o.now.set(*h.before, o.origin)
	for {
		tok := o.now.next(o.laid())
		if tok.kind == tokenNone {
			return ""
		}
		if tok.kind == tokenOther && isWord(text[tok.start-o.origin]) {
			if name := o.misnamed(tok, 0, true); name != "" {
				return strings.Clone(name)
			}
		}
	}
}

// violated adds the slots of the canvas that [from, to) of the buffer is in.
func (o *Order) violated(rule, name string, from, to int) {
	if len(o.checked.slots) == 0 {
		o.why = objection{rule, name, -1}
	}
	for slot, start := range o.starts[:len(o.starts)-1] {
		if start < to && from < o.starts[slot+1] {
			o.checked.slots = append(o.checked.slots, slot)
		}
	}
}

// repeated adds the lines at the end of a text that follow the hole already.
func (o *Order) repeated(to int) {
	h := o.hole
	// The line that ends the text is a whole one.
	f := &fitting{Hole: h, text: h.tree.replaced(h.Start, h.End, o.now.lexer.text[o.origin:to]+"\n")}
	end := h.Start + to - o.origin
	if cut := f.overlapOfLines(end+1, false); cut < end {
		o.violated(NothingTwice, "", o.origin+cut-h.Start, to)
	}
}

// parse adds the least confident slot of a line that has an error.
func (o *Order) parse(to int, ended bool, confidence []float32) {
	c := &o.checked
	errs, start := o.errors(to)
	if len(errs) == 0 {
		return
	}
	text := o.now.lexer.text
	content := len(strings.TrimRight(text[:to], " \t\r\n"))
	for _, e := range errs {
		from, end := e.Start-start+o.origin, e.End-start+o.origin // in the buffer
		if !ended && (from < o.origin || end >= content || o.offside(text[lineStart(text, from):])) {
			continue // what comes next may mend it
		}
		from, end = min(max(from, o.origin), content), min(max(end, o.origin), content)
		from, end = lineStart(text, from), lineEnd(text, end)
		least := -1
		for slot, at := range o.starts[:len(o.starts)-1] {
			if at < end && from < o.starts[slot+1] && (least < 0 || confidence[slot] < confidence[least]) {
				least = slot
			}
		}
		if least >= 0 {
			o.why = objection{LineParses, "", -1}
			c.slots = append(c.slots, least)
			return
		}
	}
}

// offside says whether a line may be an error only for want of what comes after
// its block.
func (o *Order) offside(line string) bool {
	switch firstWord(strings.TrimLeft(line, " \t}")) {
	case "try", "do", "":
		return true
	}
	return o.hole.tree.lang.offside
}

// errors parses the scope's section with the hole's text up to an offset of the
// buffer, which the order's state has read, and returns the errors, and where
// the text begins in the section. There are none if the section is not sound
// without it.
func (o *Order) errors(to int) (errs []Span, start int) {
	c, h := &o.checked, o.hole
	if o.scope == nil || o.scope.section == nil {
		return nil, 0
	}
	s := o.scope.section
	if c.tree == nil {
		c.tree, c.fillEnd = s.tree, s.fillEnd
		c.sound = s.tree != h.tree && s.tree.parsed != nil && !s.tree.parsed.hasError()
	}
	if !c.sound {
		return nil, 0
	}
	start = h.Start - s.from
	filled := append([]byte(o.now.lexer.text[o.origin:to]), o.missing()...)
	text := strings.Join([]string{c.tree.text[:start], string(filled), c.tree.text[c.fillEnd:]}, "")
	next, err := c.tree.Reparse(context.Background(), text, []Edit{{start, c.fillEnd, start + len(filled)}})
	if err != nil || next.parsed == nil {
		return nil, 0
	}
	c.tree, c.fillEnd = next, start+len(filled)
	if !next.parsed.hasError() {
		return nil, start
	}
	return next.SyntaxErrors(), start
}

// missing returns the closers of the brackets that are open where s is, and that
// nothing behind the hole closes.
func (o *Order) missing() (closers []byte) {
	s, before := &o.now, o.hole.before.open
	again := 0 // brackets that were opened again after a closer of what is closed behind the hole
	for _, b := range before[s.outer:] {
		if b.closed {
			again++
		}
	}
	for i := len(s.open) - 1; i >= 0; i-- {
		if i >= s.outer+again || i < s.outer && !before[i].closed {
			closers = append(closers, closerOf(s.open[i].char))
		}
	}
	return closers
}
