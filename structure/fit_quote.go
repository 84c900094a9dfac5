package structure

// quote cuts where the string or block comment that the hole is in would end,
// if the text behind the hole ends it.
func (f *fitting) quote(end int) int {
	if !f.QuoteClosed {
		return end
	}
	x := f.lexer()
	for {
		tok := x.next(end)
		switch {
		case tok.kind == tokenNone:
			return end
		case len(x.open) > len(f.before.open): // code in a template
			continue
		case tok.terminated:
			return tok.end - len(f.Quote)
		case tok.kind == tokenNewline: // a string of one line
			return tok.start
		case x.lit == nil:
			return tok.end
		}
	}
}
