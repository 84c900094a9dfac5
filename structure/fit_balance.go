package structure

import (
	"slices"
	"strings"
)

// owed returns how many of the innermost brackets of open, those that are open
// before a hole at an offset, its text should close: nothing behind the hole
// closes them, and no line before it has left their block. must is false where
// nothing is closed around them: then the buffer just ends too early.
func owed(text string, open []bracket, at int) (n int, must bool) {
	for n < len(open) && !open[len(open)-1-n].closed && !abandoned(text, open[len(open)-1-n].start, at) {
		n++
	}
	return n, slices.ContainsFunc(open[:len(open)-n], func(b bracket) bool { return b.closed })
}

// abandoned says that a line between a bracket and the offset at is indented no
// more than the bracket's, as what follows its block is. So is the line of the
// offset unless what the bracket holds goes on there: its own line ends with an
// opener, or the last one with a comma.
func abandoned(text string, bracket, at int) bool {
	level := columns(indentOf(lineBefore(text, bracket)))
	if line := lineBefore(text, at); line != "" && isBlank(line) && columns(line) <= level {
		first := strings.TrimRight(text[bracket:lineEnd(text, bracket)], " \t")
		before := strings.TrimRight(text[bracket:at], " \t\r\n")
		if strings.IndexByte("([{,", first[len(first)-1]) < 0 && !strings.HasSuffix(before, ",") {
			return true
		}
	}
	for i := lineEnd(text, bracket); i < lineStart(text, at); i = lineEnd(text, i) + 1 {
		line := strings.TrimRight(lineAfter(text, i), " \t\r")
		if word := firstWord(line); word != "" && columns(indentOf(line)) <= level &&
			word != "case" && word != "default" && !strings.HasSuffix(line, ":") {
			return true
		}
	}
	return false
}

// owes returns how many brackets the text in the hole still owes where x is, and
// whether it must close them.
func (f *fitting) owes(x *lexer) (n int, must bool) {
	n, must = owed(f.tree.text, f.before.open, f.Start)
	closed := len(f.before.open) - (len(x.open) - f.inside(x))
	return max(0, n-closed), must
}

// unopened returns the closers at or after offset from that close nothing which
// is open in x, innermost first, where the text before them has to open it: they
// are on the same line or begin one, and are of another kind than what is open
// or indented more than the bracket that they would close. There are none unless
// closers are left over at the end, and none where x is in a string.
func unopened(x *lexer, from int) (closers []byte) {
	if x.inString() {
		return nil
	}
	y := x.at(x.text)
	y.pos = from
	limit := min(len(x.text), from+maxScan)
	open, over := len(x.open), false
	for n := open; ; {
		tok := y.next(limit)
		switch {
		case tok.kind == tokenNone:
			if !over {
				return nil
			}
			return closers
		case tok.kind != tokenClose || tok.match >= n:
			continue
		}
		n = max(tok.match, 0)
		over = over || tok.match < 0
		if open == 0 {
			continue // what is left over here is not the hole's
		}
		m := matching(x.open[:open], x.text[tok.start])
		line := lineBefore(x.text, tok.start)
		switch {
		case m < 0 && (isBlank(line) || tok.start < lineEnd(x.text, from)),
			m >= 0 && isBlank(line) && columns(line) > columns(indentOf(lineBefore(x.text, x.open[m].start))):
			closers = append(closers, x.text[tok.start])
		case m >= 0:
			open = m
		}
	}
}

// balanced returns the text in the hole, which ends at end, with the brackets
// that the hole owes: it adds closers, or cuts the text off in the last block or
// parentheses that what follows the hole can close. It is "" if that is not
// possible, or the text has them.
func (f *fitting) balanced(end int) string {
	x := f.lexer()
	x.run(end)
	if n, _ := f.owes(x); n > 0 && f.inside(x) == 0 && !x.inString() {
		return f.trimmed(end) + f.closers(x.open, n)
	}
	if cut := f.opening(end, unopened(f.before.at(f.tree.text), f.End)); cut > f.Start && cut < end {
		return f.trimmed(cut)
	}
	return ""
}

// closers returns the text that closes the n innermost brackets of open: on a
// line of its own that of one which ends its line, if the hole ends its own.
func (f *fitting) closers(open []bracket, n int) string {
	var b strings.Builder
	rest, _, _ := strings.Cut(f.suffix(), "\n")
	for i := len(open) - 1; i >= len(open)-n; i-- {
		at := open[i].start
		if isBlank(rest) && isBlank(f.text[at+1:lineEnd(f.text, at)]) {
			b.WriteString("\n" + indentOf(f.text[lineStart(f.text, at):at]))
		}
		b.WriteByte(closerOf(open[i].char))
	}
	return b.String()
}

// opening returns where the text in the hole, which ends at end, leaves open
// just what closers close: behind the last such brace, or before what closes the
// last such parenthesis. It is -1 if the text opens nothing like that.
func (f *fitting) opening(end int, closers []byte) int {
	x := f.lexer()
	cut, inside := -1, false // inside: of the parentheses that were opened last
	for {
		depth := f.inside(x)
		tok := x.next(end)
		switch {
		case tok.kind == tokenNone:
			return cut
		case inside && tok.kind == tokenClose && depth == len(closers):
			cut, inside = tok.start, false
		case tok.kind == tokenOpen && depth+1 == len(closers) && f.opens(x.open, closers):
			cut, inside = tok.end, f.text[tok.start] != '{'
		}
	}
}

// opens says whether closers close the innermost brackets of open.
func (f *fitting) opens(open []bracket, closers []byte) bool {
	for i, c := range closers {
		if closerOf(open[len(open)-1-i].char) != c {
			return false
		}
	}
	return true
}
