package structure

// maxScan bounds how far from a hole, in bytes, the text is read.
const maxScan = 256 << 10

// lexerAt returns a lexer that has read the text up to offset. It begins where
// all brackets are known to be closed: as near as the syntax tree knows, and
// else at the beginning of the text.
func (t *Tree) lexerAt(offset int) *lexer {
	start := 0
	if t.parsed != nil {
		start = t.parsed.balancedBefore(lineStart(t.text, offset))
	}
	x := &lexer{lexis: t.lang.lexis, text: t.text, pos: max(start, offset-maxScan)}
	x.run(offset)
	return x
}

// closesLiteral says whether the text from offset from on ends the literal
// that x is in. Where the end of the scanned text is still in a literal, one
// quote too few was there: then the one that looked like ours opens the next.
func closesLiteral(x *lexer, from int) bool {
	lit := x.lit
	limit := min(len(x.text), from+maxScan)
	if !lit.multiline {
		limit = lineEnd(x.text, from)
	}
	y := x.at(x.text)
	y.pos = from
	for {
		tok := y.next(limit)
		if tok.kind == tokenNone {
			return false
		}
		if tok.terminated && len(y.open) <= len(x.open) {
			break
		}
	}
	if lit.place == Comment {
		return true
	}
	y.run(limit)
	return y.lit == nil || y.lit.place == Comment
}

// markClosed finds out which of the brackets open in x are closed by the text
// from offset from on. If closers are missing there, a closer at the beginning
// of a line belongs to the bracket whose line is indented like it.
func markClosed(x *lexer, from int) {
	y := x.at(x.text)
	y.pos = from
	var surplus []token // closers of what the text from there did not open
	open, balanced := len(x.open), true
	limit := min(len(x.text), from+maxScan)
	for open > 0 || !balanced {
		tok := y.next(limit)
		if tok.kind == tokenNone {
			break
		}
		if tok.kind != tokenClose || tok.match >= open {
			continue
		}
		surplus = append(surplus, tok)
		if tok.match != open-1 {
			balanced = false
		}
		open = max(tok.match, 0)
	}
	balanced = balanced && open == 0
	open = len(x.open)
	for _, tok := range surplus {
		closer := x.text[tok.start]
		m := matching(x.open[:open], closer)
		if !balanced {
			m = matchingIndent(x.text, x.open[:open], tok, m)
		}
		if m >= 0 {
			x.open[m].closed = true
			open = m
		}
	}
}

// matchingIndent returns the index of the innermost bracket that the closer
// tok closes and whose line has the same indentation, if tok is the first on
// its line and there is one; otherwise m.
func matchingIndent(text string, open []bracket, tok token, m int) int {
	line := lineBefore(text, tok.start)
	if !isBlank(line) {
		return m
	}
	for i := m; i >= 0; i-- {
		start := open[i].start
		if closerOf(open[i].char) == text[tok.start] && indentOf(lineBefore(text, start)) == line {
			return i
		}
	}
	return m
}
