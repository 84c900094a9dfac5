package structure

import (
	"slices"
	"strings"
)

// A lexis is what the lexer knows of a language: how comments and strings
// begin and end. Longer openers come before their own prefixes.
type lexis []literal

// A literal is a string or comment in which brackets mean nothing.
type literal struct {
	place     Place  // String or Comment
	open      string // empty if begin finds it
	close     string // "\n" for a comment that ends with its line
	multiline bool   // false: the end of the line ends it, closed or not
	escapes   bool   // a backslash hides the byte after it
	nests     bool   // open counts inside and needs a close of its own
	template  bool   // ${ and } hold code
	// begin, if set, decides whether the literal begins at text[i:], and how:
	// for openers that depend on what is around them.
	begin func(text string, i int) (open, close string, ok bool)
}

// A bracket is one that is open at some point of a text.
type bracket struct {
	char     byte // one of ( [ {
	start    int  // its offset
	closed   bool // by the text after the hole
	template *literal
}

// A lexer finds brackets, line ends, strings and comments. It never fails:
// what it does not understand is an ordinary token.
type lexer struct {
	lexis lexis
	text  string
	pos   int
	open  []bracket // innermost last, at most maxOpen
	deep  int       // brackets open inside of those
	lit   *literal  // the literal that pos is in, or nil in code
	depth int       // of nested openers in lit
}

// maxOpen is how many brackets, one in the other, are told apart. Code has
// tens; deeper ones count as text.
const maxOpen = 256

type tokenKind byte

const (
	tokenNone    tokenKind = iota // the limit was reached
	tokenOther                    // a word, a number, white space, an operator character
	tokenNewline                  // outside of literals
	tokenOpen
	tokenClose
	tokenLiteral // a string or comment, or as much of it as the limit left
)

// A token is a piece of text.
type token struct {
	kind       tokenKind
	start, end int
	// match is the index in open of the bracket that a tokenClose closes, or
	// -1; that bracket and those after it are no longer open.
	match int
	// terminated says that a tokenLiteral ends with its own closer.
	terminated bool
}

// at returns a lexer in the same state that reads text, which must be the same
// up to the lexer's position.
func (x *lexer) at(text string) *lexer {
	c := *x
	c.text = text
	c.open = slices.Clone(x.open)
	return &c
}

// inString says whether the position is in a literal that does not end with its
// line of itself: a string or a block comment.
func (x *lexer) inString() bool { return x.lit != nil && x.lit.close != "\n" }

// run reads all tokens up to limit.
func (x *lexer) run(limit int) {
	for x.next(limit).kind != tokenNone {
	}
}

// next reads one token that ends at or before limit. A word or literal that
// goes on is split there.
func (x *lexer) next(limit int) token {
	start := x.pos
	if start >= limit {
		return token{kind: tokenNone, start: start, end: start}
	}
	if x.lit != nil {
		terminated := x.finishLiteral(limit)
		if x.pos > start || terminated {
			return token{kind: tokenLiteral, start: start, end: x.pos, terminated: terminated}
		}
	}
	switch c := x.text[start]; {
	case c == '\n':
		x.pos++
		return token{kind: tokenNewline, start: start, end: x.pos}
	case c == '\r' && strings.HasPrefix(x.text[start:limit], "\r\n"):
		x.pos += 2
		return token{kind: tokenNewline, start: start, end: x.pos}
	case (c == '(' || c == '[' || c == '{') && len(x.open) == maxOpen:
		x.pos++
		x.deep++
		return token{kind: tokenOther, start: start, end: x.pos}
	case (c == ')' || c == ']' || c == '}') && x.deep > 0:
		x.pos++
		x.deep--
		return token{kind: tokenOther, start: start, end: x.pos}
	case c == '(' || c == '[' || c == '{':
		x.pos++
		x.open = append(x.open, bracket{char: c, start: start})
		return token{kind: tokenOpen, start: start, end: x.pos}
	case c == ')' || c == ']' || c == '}':
		x.pos++
		m := matching(x.open, c)
		if m >= 0 {
			x.close(m)
		}
		return token{kind: tokenClose, start: start, end: x.pos, match: m}
	}
	if x.beginLiteral(limit) {
		terminated := x.finishLiteral(limit)
		return token{kind: tokenLiteral, start: start, end: x.pos, terminated: terminated}
	}
	x.pos++
	switch c := x.text[start]; {
	case isWord(c):
		for x.pos < limit && isWord(x.text[x.pos]) {
			x.pos++
		}
	case isSpace(c):
		for x.pos < limit && isSpace(x.text[x.pos]) {
			x.pos++
		}
	}
	return token{kind: tokenOther, start: start, end: x.pos}
}

// close takes the bracket at index m and all after it off the stack.
func (x *lexer) close(m int) {
	if t := x.open[m].template; t != nil {
		x.lit, x.depth = t, 0
	}
	x.open = x.open[:m]
}

// beginLiteral enters the literal that begins at the position, if one does.
func (x *lexer) beginLiteral(limit int) bool {
	rest := x.text[x.pos:limit]
	for i := range x.lexis {
		l := &x.lexis[i]
		if l.begin == nil {
			if !strings.HasPrefix(rest, l.open) {
				continue
			}
			x.lit = l
			x.pos += len(l.open)
		} else {
			open, closer, ok := l.begin(x.text, x.pos)
			if !ok || len(open) > len(rest) {
				continue
			}
			if closer != l.close {
				raw := *l
				raw.close = closer
				l = &raw
			}
			x.lit = l
			x.pos += len(open)
		}
		x.depth = 0
		return true
	}
	return false
}

// finishLiteral reads on in a literal until it is over, or is interrupted by
// code in a template, or the limit is reached; it says whether the literal's
// closer was read. The line end that ends a literal is left to be read.
func (x *lexer) finishLiteral(limit int) (terminated bool) {
	l := x.lit
	for x.pos < limit {
		rest := x.text[x.pos:limit]
		switch c := rest[0]; {
		case c == '\n' && !l.multiline, strings.HasPrefix(rest, "\r\n") && !l.multiline:
			x.lit = nil
			return false
		case c == '\\' && l.escapes:
			x.pos += min(2, len(rest))
		case strings.HasPrefix(rest, l.close):
			x.pos += len(l.close)
			if x.depth == 0 {
				x.lit = nil
				return true
			}
			x.depth--
		case l.nests && strings.HasPrefix(rest, l.open):
			x.pos += len(l.open)
			x.depth++
		case l.template && strings.HasPrefix(rest, "${") && len(x.open) < maxOpen:
			x.open = append(x.open, bracket{char: '{', start: x.pos + 1, template: l})
			x.pos += 2
			x.lit = nil
			return false
		default:
			x.pos++
		}
	}
	return false
}

// matching returns the index of the innermost open bracket that closer closes,
// or -1.
func matching(open []bracket, closer byte) int {
	for i := len(open) - 1; i >= 0; i-- {
		if closerOf(open[i].char) == closer {
			return i
		}
	}
	return -1
}

func closerOf(open byte) byte {
	switch open {
	case '(':
		return ')'
	case '[':
		return ']'
	default:
		return '}'
	}
}

// isWord says whether c can be part of a name or number. Every byte of a
// multi-byte character can.
func isWord(c byte) bool {
	return c == '_' || c >= 0x80 || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
