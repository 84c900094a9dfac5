package structure

// closer cuts before the first closer that would close what the text behind
// the hole closes, or that closes nothing at all.
func (f *fitting) closer(end int) int {
	x := f.lexer()
	outer := len(f.before.open) // brackets from before the hole that are still open
	for {
		tok := x.next(end)
		switch {
		case tok.kind == tokenNone:
			return end
		case tok.kind != tokenClose || tok.match >= outer:
			continue
		case tok.match < 0:
			return tok.start
		}
		for _, b := range f.before.open[tok.match:outer] {
			if b.closed {
				return tok.start
			}
		}
		outer = tok.match
	}
}
