package structure

import "strings"

// A bracketKind says what a pair of brackets holds.
type bracketKind int

const (
	unknownBracket bracketKind = iota
	bodyBracket
	memberBracket
	argumentBracket
	expressionBracket
)

// place classifies a hole by the innermost bracket around it and by what else
// is on its lines.
func (t *Tree) place(h Hole) Place {
	if h.before.lit != nil {
		return h.before.lit.place
	}
	before := t.text[lineStart(t.text, h.Start):h.Start]
	after := t.text[h.End:lineEnd(t.text, h.End)]
	if len(h.before.open) == 0 {
		switch {
		case !isBlank(before):
			return restOfLine(after)
		case t.lang.offside:
			return t.offsidePlace(h)
		case h.Indent != "" && t.lang.grammar == nil:
			return Statement
		}
		return TopLevel
	}
	inner := h.before.open[len(h.before.open)-1]
	switch kind := t.bracketKind(inner.start); {
	case kind == argumentBracket:
		return Argument
	case kind == expressionBracket:
		return Expression
	case kind == memberBracket && (isBlank(before) || t.fillsBrackets(h, inner)):
		return Member
	case t.fillsBrackets(h, inner):
		return Block
	case isBlank(before):
		return Statement
	}
	return restOfLine(after)
}

// restOfLine is the place of a hole in a begun line with after behind it.
func restOfLine(after string) Place {
	if strings.Trim(after, " \t\r)]};,") == "" {
		return LineTail
	}
	return Expression
}

// fillsBrackets says whether the hole is all that the brackets b hold.
func (t *Tree) fillsBrackets(h Hole, b bracket) bool {
	after := strings.TrimLeft(t.text[h.End:min(len(t.text), h.End+maxScan)], " \t\r\n")
	return b.closed && isBlank(t.text[b.start+1:h.Start]) && after != "" && after[0] == closerOf(b.char)
}

// offsidePlace classifies a hole on a line of its own where indentation makes
// the blocks.
func (t *Tree) offsidePlace(h Hole) Place {
	level := columns(h.Indent)
	previous, header := "", "" // the line above; the line whose block this is
	for i := lineStart(t.text, h.Start); i > 0 && h.Start-i < maxScan; {
		i = lineStart(t.text, i-1)
		line := t.text[i:lineEnd(t.text, i)]
		if isBlank(line) {
			continue
		}
		if previous == "" {
			previous = line
		}
		if columns(indentOf(line)) < level {
			header = line
			break
		}
	}
	next := ""
	for i := h.End; i < len(t.text) && i-h.End < maxScan && isBlank(next); i++ {
		end := lineEnd(t.text, i)
		next = t.text[i:end]
		i = end
	}
	opens := strings.HasSuffix(strings.TrimRight(previous, " \t\r"), ":")
	switch {
	case firstWord(header) == "class":
		return Member
	case opens && columns(indentOf(next)) <= columns(indentOf(previous)):
		return Block
	case level == 0:
		return TopLevel
	}
	return Statement
}

// bracketKind says what the bracket at offset holds: by the syntax tree where
// that knows, and else by the text before the bracket.
func (t *Tree) bracketKind(offset int) bracketKind {
	if t.parsed != nil {
		if kind := t.parsed.bracketKind(t.text, offset); kind != unknownBracket {
			return kind
		}
	}
	line := t.text[lineStart(t.text, offset):offset]
	before := strings.TrimRight(line, " \t")
	switch t.text[offset] {
	case '(':
		switch {
		case before == "", !isWord(before[len(before)-1]) && !strings.HasSuffix(before, "]") && !strings.HasSuffix(before, ">"):
			return expressionBracket
		case statementWords[lastWord(before)]:
			return expressionBracket
		}
		return argumentBracket
	case '[':
		return expressionBracket
	}
	if before == "" {
		return bodyBracket
	}
	for word := range strings.FieldsSeq(before) {
		if typeWords[word] {
			return memberBracket
		}
	}
	switch c := before[len(before)-1]; {
	case strings.HasSuffix(before, "=>"), strings.HasSuffix(before, "->"):
		return bodyBracket
	case strings.IndexByte("=([,:?&|!+<", c) >= 0, lastWord(before) == "return":
		return expressionBracket
	case len(before) == len(line) && (isWord(c) || c == ']' || c == '>' || c == '$'):
		return expressionBracket // a literal: its type and its brace touch
	}
	return bodyBracket
}

// statementWords can stand before a parenthesis that is not a call's.
var statementWords = map[string]bool{
	"if": true, "for": true, "while": true, "switch": true, "catch": true, "return": true,
	"match": true, "in": true, "and": true, "or": true, "not": true, "await": true,
	"elif": true, "with": true, "typeof": true, "case": true, "import": true, "var": true, "const": true,
}

// typeWords begin the declaration of something that has members.
var typeWords = map[string]bool{
	"class": true, "struct": true, "interface": true, "enum": true, "trait": true,
	"impl": true, "union": true, "namespace": true, "mod": true,
}
