package structure

import "unsafe"

// An Order knows in which order the tokens of a canvas can be committed to a
// hole. Tokens are looked at as text: one may be a part of a lexeme or hold
// several. Where a mask stands before a slot, only what comes after the mask
// is known.
//
//   - A closing bracket waits for what it closes; one that closes nothing is
//     impossible. So is one that closes what the text behind the hole closes,
//     as long as the hole is empty: later that is how a text ends.
//   - A quote that may begin or end a string waits for what is before it.
//   - The end waits for all before it.
//
// It is the order that the sampler of a diffusion model asks, is used by one
// goroutine at a time, and does not allocate once its buffers have grown, raw
// strings with delimiters aside.
type Order struct {
	hole      Hole
	mask, end int32
	text      func(token int32) []byte

	buffer []byte // some text before the hole, the finished blocks, and the slots looked at
	origin int    // where the hole begins in buffer
	canvas int    // where the canvas does
	now    state
}

// A state is how far the text in the hole was read.
type state struct {
	lexer
	outer   int  // brackets from before the hole that are still open
	written bool // there is something but white space
}

// Order returns the order for canvases whose tokens have the given texts. mask
// stands for what is not known yet and end ends the text; neither has a text.
func (h Hole) Order(mask, end int32, text func(token int32) []byte) *Order {
	o := &Order{hole: h, mask: mask, end: end, text: text}
	o.Begin(nil)
	return o
}

// Begin says that a canvas begins after some tokens of the hole's text.
func (o *Order) Begin(tokens []int32) {
	h := o.hole
	o.buffer = append(o.buffer[:0], h.tree.text[max(0, h.Start-maxLook):h.Start]...)
	o.origin = len(o.buffer)
	for _, t := range tokens {
		o.buffer = append(o.buffer, o.text(t)...)
	}
	o.canvas = len(o.buffer)
}

// Possible reports whether the token can stand in the slot of the canvas.
func (o *Order) Possible(canvas []int32, slot int, token int32) bool {
	from := o.known(canvas, slot)
	if from > 0 || token == o.end {
		return true
	}
	s := &o.now
	s.set(*o.hole.before, o.origin)
	start := o.read(s, canvas[:slot], token)
	for {
		written, outer, depth := s.written, s.outer, len(s.open)
		tok := s.next()
		switch {
		case tok.kind == tokenNone:
			return true
		case tok.kind != tokenClose || tok.end <= start:
			continue
		case tok.match < 0:
			return false
		case tok.match < outer && o.hole.before.open[tok.match].closed:
			return written
		case tok.match != depth-1:
			return false
		}
	}
}

// Ready reports whether the token may be committed to the slot now, rather
// than after masks before it.
func (o *Order) Ready(canvas []int32, slot int, token int32) bool {
	from := o.known(canvas, slot)
	switch {
	case from == 0:
		return true
	case token == o.end:
		return false
	}
	s := &o.now
	s.set(lexer{lexis: o.hole.before.lexis}, o.canvas)
	start := o.read(s, canvas[from:slot], token)
	for {
		switch tok := s.next(); {
		case tok.kind == tokenNone:
			return s.lit == nil || s.lit.close == "\n"
		case tok.kind == tokenClose && tok.match < 0 && tok.end > start:
			return false
		}
	}
}

// known returns the first slot from which on no mask comes before the slot.
func (o *Order) known(canvas []int32, slot int) int {
	for slot > 0 && canvas[slot-1] != o.mask {
		slot--
	}
	return slot
}

// read has s read some tokens and one more, which stand where the canvas
// begins. It returns where the text of the latter begins.
func (o *Order) read(s *state, tokens []int32, token int32) (start int) {
	o.buffer = o.buffer[:o.canvas]
	for _, t := range tokens {
		o.buffer = append(o.buffer, o.text(t)...)
	}
	start = len(o.buffer)
	o.buffer = append(o.buffer, o.text(token)...)
	// The buffer stays as it is while s reads it.
	s.lexer.text = unsafe.String(unsafe.SliceData(o.buffer), len(o.buffer))
	return start
}

// set begins in the state of a lexer, of which it takes a copy, at an offset of
// the buffer.
func (s *state) set(from lexer, pos int) {
	open := append(s.open[:0], from.open...)
	*s = state{lexer: from, outer: len(from.open)}
	s.open, s.pos = open, pos
}

// next reads a token.
func (s *state) next() token {
	tok := s.lexer.next(len(s.lexer.text))
	if tok.kind == tokenClose && tok.match >= 0 {
		s.outer = min(s.outer, tok.match)
	}
	s.written = s.written || !isBlank(s.lexer.text[tok.start:tok.end])
	return tok
}
