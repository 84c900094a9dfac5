package structure

import "fmt"

// A Place says what kind of text a hole asks for.
type Place int

const (
	// TopLevel is a line of its own outside of all declarations.
	TopLevel Place = iota
	// Statement is a line of its own among the statements of a block.
	Statement
	// Block is the whole of a block that is still empty.
	Block
	// Member is among the declarations inside of a class, struct, interface,
	// enum, impl or namespace.
	Member
	// Expression is a part of an expression or literal, with more to come
	// after the hole.
	Expression
	// Argument is in the parentheses of a call or of a parameter list.
	Argument
	// LineTail is the rest of a line that was begun before the hole.
	LineTail
	// String is inside of a string, character or regular expression literal.
	String
	// Comment is inside of a comment.
	Comment
)

var placeNames = [...]string{
	TopLevel:   "top level",
	Statement:  "statement",
	Block:      "block",
	Member:     "member",
	Expression: "expression",
	Argument:   "argument",
	LineTail:   "line tail",
	String:     "string",
	Comment:    "comment",
}

func (p Place) String() string {
	if p < 0 || int(p) >= len(placeNames) {
		return fmt.Sprintf("Place(%d)", int(p))
	}
	return placeNames[p]
}

// A Hole is a region of a text that is to be replaced, and what the text
// around it says about what fits there. It is immutable, and keeps its tree in
// memory.
type Hole struct {
	// Start and End are the region [Start, End), in bytes; equal for a cursor.
	Start, End int
	// Place is the kind of text that is asked for.
	Place Place
	// Indent is the white space that the hole's line begins with, as far as it
	// stands before the hole.
	Indent string
	// IndentUnit is one level of indentation in this buffer: a tab or some
	// spaces.
	IndentUnit string
	// Open holds the brackets that are open before the hole, innermost last.
	Open string
	// Closers holds what the text after the hole closes of Open, innermost
	// first. The text for the hole must close the others, and not these.
	Closers string
	// Quote is what ends the string or block comment that the hole is in,
	// or empty.
	Quote string
	// QuoteClosed says that the text after the hole ends it.
	QuoteClosed bool

	tree   *Tree
	styled bool   // IndentUnit is seen in the text
	before *lexer // state at Start; never advanced, only copied
}

// Tree returns the tree that the hole is in.
func (h Hole) Tree() *Tree { return h.tree }

// Hole describes the region [start, end) of the text. Offsets outside of the
// text are moved to its nearest end, and an end before start to start.
func (t *Tree) Hole(start, end int) Hole {
	start = min(max(start, 0), len(t.text))
	end = min(max(end, start), len(t.text))
	x := t.lexerAt(start)
	h := Hole{
		Start:  start,
		End:    end,
		Indent: indentOf(t.text[lineStart(t.text, start):start]),
		tree:   t,
		before: x,
	}
	h.IndentUnit, h.styled = t.indentUnit(start)
	if x.lit != nil {
		if x.lit.close != "\n" {
			h.Quote = x.lit.close
		}
		h.QuoteClosed = h.Quote != "" && closesLiteral(x, end)
	}
	markClosed(x, end)
	h.Open, h.Closers = brackets(x.open)
	h.Place = t.place(h)
	return h
}

// brackets returns the characters of open, and from the last to the first the
// closers of those that are closed.
func brackets(open []bracket) (openers, closers string) {
	var o, c []byte
	for i, b := range open {
		o = append(o, b.char)
		if last := open[len(open)-1-i]; last.closed {
			c = append(c, closerOf(last.char))
		}
	}
	return string(o), string(c)
}
