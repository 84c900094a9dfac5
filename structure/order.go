package structure

import (
	"cmp"
	"unsafe"
)

// An Order knows in which order the tokens of a canvas can be committed to a
// hole. Tokens are looked at as text: one may be a part of a lexeme or hold
// several. Where a mask stands before a slot, only what comes after the mask
// is known.
//
//   - A name that nothing declares yet waits for what is before it. With
//     nothing missing there it is impossible, if the [Scope] is certain and it
//     is not declared where it stands ([Language.Role]).
//   - A closing bracket waits for what it closes, unless that can be before the
//     hole; one that closes nothing is impossible. So is one that closes what the text behind the hole closes,
//     as long as the hole is empty: later that is how a text ends.
//   - A quote that may begin or end a string waits for what is before it.
//   - The end waits for all before it, and is impossible where it leaves open
//     what nothing closes. Only the ends that fill up the canvas do not wait:
//     from them a model knows how long the text is, and without them it goes on
//     and on, even in a hole that is to stay empty.
//   - The skeleton of a line, [Order.Skeleton], comes before what it holds.
//
// Strings and comments may hold anything. [Order.Violations] finds what went
// wrong all the same.
//
// It is the order that the sampler of a diffusion model asks, is used by one
// goroutine at a time, and does not allocate once its buffers have grown, raw
// strings with delimiters and the parses of Violations aside.
type Order struct {
	hole      Hole
	scope     *Scope // nil: names are not looked at
	mask, end int32
	text      func(token int32) []byte

	buffer []byte // some text before the hole, the finished blocks, and the slots looked at
	origin int    // where the hole begins in buffer
	canvas int    // where the canvas does
	starts []int  // where the slots looked at begin in buffer, and where the last one ends
	now    state
	why    objection

	names   []string // what a name can be, sorted; nil until a partial name is looked at
	checked check
}

// An objection says why a token cannot stand in a slot, or not yet.
type objection struct {
	rule string
	name string // the word that is not declared, if that is why
	slot int    // the masked one that the token waits for, or -1
}

// The rules that an order holds tokens back for.
const (
	DeclareBeforeUse = "declare before use"
	OpenBeforeClose  = "open before close"
	QuotesInOrder    = "quotes in order"
	ClosedBehind     = "closed behind the hole"
	EndLast          = "end last"
	LineParses       = "a line must parse"
	NothingTwice     = "no line twice"
)

// A state is how far the text in the hole was read.
type state struct {
	lexer
	outer   int  // brackets from before the hole that are still open
	written bool // there is something but white space
}

// maskByte stands for a mask in an order's buffer: it is in no word and no
// white space.
const maskByte = 0

// Order returns the order for canvases whose tokens have the given texts. mask
// stands for what is not known yet and end ends the text; neither has a text.
// scope is what can be named at the hole; with nil, names are not looked at.
func (h Hole) Order(scope *Scope, mask, end int32, text func(token int32) []byte) *Order {
	o := &Order{hole: h, mask: mask, end: end, text: text}
	if scope != nil && scope.outline != nil {
		o.scope = scope
	}
	o.Begin(nil)
	return o
}

// Begin says that a canvas begins after some tokens of the hole's text.
func (o *Order) Begin(tokens []int32) {
	h := o.hole
	o.buffer = append(o.buffer[:0], h.tree.text[max(0, h.Start-maxEnclosing):h.Start]...)
	o.origin = len(o.buffer)
	for _, t := range tokens {
		o.buffer = append(o.buffer, o.text(t)...)
	}
	o.canvas = len(o.buffer)
	o.checked.upTo = o.canvas
}

// Why returns the reason for the last answer that was no, or for the first of
// the last violations: the rule, the name that nothing declares if that is why,
// and the slot that the token waits for, or -1. The name is valid until the
// order is asked something else.
func (o *Order) Why() (rule, name string, slot int) { return o.why.rule, o.why.name, o.why.slot }

// Possible reports whether the token can stand in the slot of the canvas. One
// with a mask before it can.
func (o *Order) Possible(canvas []int32, slot int, token int32) bool {
	if o.known(canvas, slot) > 0 {
		return true
	}
	start, end, ended := o.lay(canvas, slot, token)
	line := max(o.origin, lineStart(o.now.lexer.text, start))
	s := &o.now
	s.set(*o.hole.before, o.origin)
	for {
		written, outer, depth := s.written, s.outer, len(s.open)
		tok := s.next(end)
		switch {
		case tok.kind == tokenNone:
			return token != o.end || !ended || o.canEnd(s)
		case tok.kind == tokenClose && tok.end > start:
			switch {
			case tok.match < outer && tok.match >= 0 && o.hole.before.open[tok.match].closed:
				return written || hasWord(s.lexer.text[tok.end:end]) || o.veto(ClosedBehind, "")
			case tok.match != depth-1 || tok.match < 0:
				return o.veto(OpenBeforeClose, "")
			}
		case tok.kind == tokenOther && tok.end >= line && isWord(s.lexer.text[tok.start]):
			if name := o.misnamed(tok, start, ended); name != "" {
				return o.veto(DeclareBeforeUse, name)
			}
		}
	}
}

// Ends reports whether the token was impossible, the last time that was asked,
// because all that it says is that the text ends there: it closes what is closed
// behind the hole.
func (o *Order) Ends() bool { return o.why.rule == ClosedBehind }

// canEnd says whether the text that s has read can be all: it leaves no bracket
// and no string open that nothing behind the hole closes. Where the text around
// the hole is not sound, nobody knows.
func (o *Order) canEnd(s *state) bool {
	before := o.hole.before
	if o.scope == nil || !o.scope.complete {
		return true
	}
	if s.lit != nil && s.lit != before.lit && s.lit.close != "\n" {
		return o.veto(QuotesInOrder, "")
	}
	open := len(s.open) - s.outer
	for _, b := range before.open[s.outer:] {
		if b.closed { // the text closed what the hole's surroundings close
			open--
		}
	}
	return open <= 0 || o.veto(OpenBeforeClose, "")
}

// Ready reports whether the token may be committed to the slot now, rather
// than after masks before it.
func (o *Order) Ready(canvas []int32, slot int, token int32) bool {
	from := o.known(canvas, slot)
	switch {
	case from == 0:
		return true
	case token == o.end:
		for _, t := range canvas[slot+1:] {
			if t != o.end {
				return o.wait(canvas, EndLast, "")
			}
		}
		return true
	}
	start, end, _ := o.lay(canvas, slot, token)
	s := &o.now
	s.set(lexer{lexis: o.hole.before.lexis}, o.starts[from])
	around := o.hole.before.open
	for {
		switch tok := s.next(end); {
		case tok.kind == tokenClose && tok.match < 0 && len(around) > 0 &&
			closerOf(around[len(around)-1].char) == s.lexer.text[tok.start]:
			around = around[:len(around)-1]
		case tok.kind == tokenNone:
			return s.lit == nil || s.lit.close == "\n" || o.wait(canvas, QuotesInOrder, "")
		case tok.kind == tokenClose && tok.match < 0 && tok.end > start:
			return o.wait(canvas, OpenBeforeClose, "")
		case tok.kind == tokenOther && tok.end > start && isWord(s.lexer.text[tok.start]):
			if name := o.unknown(tok); name != "" {
				return o.wait(canvas, DeclareBeforeUse, name)
			}
		}
	}
}

// Skeleton reports whether the token is of what holds a line together: its
// beginning, its keywords and its brackets. The text of a string or comment that
// the hole is in has no skeleton.
func (o *Order) Skeleton(canvas []int32, slot int, token int32) bool {
	if o.hole.before.lit != nil {
		return false
	}
	from := o.known(canvas, slot)
	start, end, _ := o.lay(canvas, slot, token)
	text := o.now.lexer.text
	if line := lineBefore(text, start); isBlank(line) && (from == 0 || start-len(line) > o.starts[from]) {
		return true
	}
	s := &o.now
	s.set(lexer{lexis: o.hole.before.lexis}, start)
	for {
		switch tok := s.next(end); tok.kind {
		case tokenNone, tokenLiteral:
			return false
		case tokenNewline, tokenOpen, tokenClose:
			return true
		case tokenOther:
			if o.hole.tree.lang.Keyword(text[tok.start:tok.end]) {
				return true
			}
		}
	}
}

// veto notes why a token is impossible.
func (o *Order) veto(rule, name string) bool {
	o.why = objection{rule, name, -1}
	return false
}

// wait notes why a token waits for the first mask.
func (o *Order) wait(canvas []int32, rule, name string) bool {
	first := 0
	for canvas[first] != o.mask {
		first++
	}
	o.why = objection{rule, name, first}
	return false
}

// known returns the first slot from which on no mask comes before the slot.
func (o *Order) known(canvas []int32, slot int) int {
	for slot > 0 && canvas[slot-1] != o.mask {
		slot--
	}
	return slot
}

// lay writes the canvas to the buffer with a token in one of its slots, up to
// the first mask or end after that. It returns where the token begins and ends,
// and whether the text ends there, behind which some of what follows the hole
// is then. What was looked at ends at the last of o.starts.
func (o *Order) lay(canvas []int32, slot int, token int32) (start, end int, ended bool) {
	o.buffer, o.starts = o.buffer[:o.canvas], o.starts[:0]
	for i, t := range canvas {
		o.starts = append(o.starts, len(o.buffer))
		if i == slot {
			t = token
			start = len(o.buffer)
		}
		if ended = t == o.end && i >= slot; ended || t == o.mask && i > slot {
			break
		}
		if t == o.mask {
			o.buffer = append(o.buffer, maskByte)
		} else {
			o.buffer = append(o.buffer, o.text(t)...)
		}
		if i == slot {
			end = len(o.buffer)
		}
	}
	end = cmp.Or(end, start)
	o.starts = append(o.starts, len(o.buffer))
	if ended {
		suffix := o.hole.tree.text[o.hole.End:]
		o.buffer = append(o.buffer, suffix[:min(len(suffix), maxLook)]...)
	}
	// The buffer stays as it is while it is read.
	o.now.lexer.text = unsafe.String(unsafe.SliceData(o.buffer), len(o.buffer))
	return start, end, ended
}

// set begins in the state of a lexer, of which it takes a copy, at an offset of
// the buffer.
func (s *state) set(from lexer, pos int) {
	open, text := append(s.open[:0], from.open...), s.lexer.text
	*s = state{lexer: from, outer: len(from.open)}
	s.open, s.pos, s.lexer.text = open, pos, text
}

// next reads a token.
func (s *state) next(limit int) token {
	tok := s.lexer.next(limit)
	if tok.kind == tokenClose && tok.match >= 0 {
		s.outer = min(s.outer, tok.match)
	}
	s.written = s.written || !isBlank(s.lexer.text[tok.start:tok.end])
	return tok
}
