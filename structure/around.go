package structure

import sitter "github.com/smacker/go-tree-sitter"

// maxScan bounds how far from a hole, in bytes, the text is read.
const maxScan = 256 << 10

// lexerAt returns a lexer that has read the text up to offset. It begins where
// all brackets are known to be closed: at the top-level node that holds the
// offset's line, or at the first one with an error before that, because what
// an error leaves open reaches beyond it.
func (t *Tree) lexerAt(offset int) *lexer {
	line := lineStart(t.text, offset)
	start := 0
	t.view(func(root *sitter.Node) {
		if root.IsError() {
			return
		}
		start = line
		c := sitter.NewTreeCursor(root)
		defer c.Close()
		var found bool
		if root.HasError() {
			found = c.GoToFirstChild()
			for found && !c.CurrentNode().HasError() && int(c.CurrentNode().EndByte()) < line {
				found = c.GoToNextSibling()
			}
		} else {
			found = c.GoToFirstChildForByte(uint32(line)) >= 0
		}
		if found {
			start = min(start, int(c.CurrentNode().StartByte()))
		}
	})
	start = max(start, offset-maxScan)
	x := &lexer{lexis: t.lang.lexis, text: t.text, pos: start}
	x.run(offset)
	return x
}

// parentType returns the type of the node that the token at offset is a child
// of, or "" if there is none.
func (t *Tree) parentType(offset int) string {
	parent := ""
	t.view(func(root *sitter.Node) {
		c := sitter.NewTreeCursor(root)
		defer c.Close()
		for c.GoToFirstChildForByte(uint32(offset+1)) >= 0 {
			n := c.CurrentNode()
			if int(n.StartByte()) > offset {
				return
			}
			if n.ChildCount() > 0 {
				parent = n.Type()
			}
		}
	})
	return parent
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
