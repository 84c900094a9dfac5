package nextedit

import (
	"context"
	"slices"
	"strings"

	"seedls/lsp/document"
	"seedls/structure"
)

const (
	// maxList is the longest list of parameters or arguments that is looked at, in bytes.
	maxList = 2 << 10
	// maxSignatures bounds how many changed lists of parameters are looked at.
	maxSignatures = 8
)

// calls returns the changes that have the calls of a function follow its parameters: a parameter that is gone takes its
// argument along, and one that is new leaves a place open. Lists of parameters that take any number of arguments are left
// alone, and so are methods: what a call behind a dot calls is not known without types.
func calls(ctx context.Context, tree *structure.Tree, recent []document.Replacement) ([]*Edit, error) {
	references, err := tree.References(ctx)
	if err != nil {
		return nil, err
	}
	looked := 0
	b := &burst{text: tree.Text()}
	for _, e := range slices.Backward(recent) {
		c := b.before(e)
		open := enclosing(b.text, c.start)
		if open < 0 {
			continue
		}
		name := len(strings.TrimRightFunc(b.text[:open], inWord))
		now := list(b.text[open:])
		if !references.Declares(name) || now == nil || c.end > open+now.length {
			continue
		}
		before := list(b.text[open:c.start] + c.old + b.text[c.end:open+now.length])
		at, added, ok := difference(before.names(tree.Language()), now.names(tree.Language()))
		if !ok {
			continue
		}
		if looked++; looked > maxSignatures {
			break
		}
		var edits []*Edit
		for _, s := range references.Same(name) {
			arguments := list(b.text[s.End:])
			if s.Start == name || arguments == nil || len(arguments.items) != len(before.items) {
				continue
			}
			edit := arguments.without(at)
			if added {
				edit = arguments.with(at)
			}
			edit.Start, edit.End = edit.Start+s.End, edit.End+s.End
			edits = append(edits, edit)
		}
		if len(edits) > 0 {
			return edits, nil
		}
	}
	return nil, nil
}

// IsArgument reports whether a text is one argument of a call, on one line.
func IsArgument(text string) bool {
	if strings.TrimSpace(text) == "" || strings.ContainsAny(text, "\r\n") {
		return false
	}
	if !strings.ContainsAny(text, "(){}[],/#") {
		return true
	}
	l := list("(" + text + ")")
	return l != nil && len(l.items) == 1 && l.length == len(text)+2
}

// enclosing returns where the parenthesis is that an offset is in, directly, or -1.
func enclosing(text string, offset int) int {
	depth := 0
	for i := offset - 1; i >= max(0, offset-maxList); i-- {
		switch text[i] {
		case ')', ']', '}':
			depth++
		case '[', '{':
			depth--
		case '(':
			if depth == 0 {
				return i
			}
			depth--
		}
		if depth < 0 {
			return -1
		}
	}
	return -1
}

// An items is what stands in parentheses, separated by commas; items are bytes of the text, without the white space
// around them. length is that of the text with both parentheses.
type items struct {
	text   string
	items  []structure.Span
	length int
}

// list reads the items of the parentheses at the beginning of text; nil if there are none, or they are too long, or a
// comment or a quote is in them, in which commas would not separate.
func list(text string) *items {
	if !strings.HasPrefix(text, "(") {
		return nil
	}
	l := &items{text: text}
	depth, begin := 0, 1
	for i := 0; i < min(len(text), maxList); i++ {
		switch text[i] {
		case '"', '\'', '`', '#':
			return nil
		case '/':
			if next := text[i+1 : min(i+2, len(text))]; next == "/" || next == "*" {
				return nil
			}
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			depth--
		}
		if depth == 0 || depth == 1 && text[i] == ',' {
			item := strings.TrimSpace(text[begin:i])
			if item != "" || text[i] == ',' {
				start := begin + strings.Index(text[begin:i], item)
				l.items = append(l.items, structure.Span{Start: start, End: start + len(item)})
			}
			begin = i + 1
		}
		if depth == 0 {
			l.length = i + 1
			return l
		}
	}
	return nil
}

// names returns the names of parameters; nil if there is one that takes other than one argument.
func (l *items) names(language *structure.Language) []string {
	if l == nil || strings.ContainsAny(l.text[:l.length], "=?") || strings.Contains(l.text[:l.length], "...") {
		return nil
	}
	names := []string{}
	for _, s := range l.items {
		item := l.text[s.Start:s.End]
		name := item[:len(item)-len(strings.TrimLeftFunc(item, inWord))]
		switch language.Name() {
		case "c", "cpp", "java":
			name = item[len(strings.TrimRightFunc(item, inWord)):]
		}
		if !isName(name) {
			return nil
		}
		names = append(names, name)
	}
	return names
}

// difference says which name was added to before, or removed from it, to make it now; ok is false where it is not just
// one.
func difference(before, now []string) (at int, added, ok bool) {
	if before == nil || now == nil {
		return 0, false, false
	}
	longer, shorter := before, now
	if added = len(now) > len(before); added {
		longer, shorter = now, before
	}
	if len(longer) != len(shorter)+1 {
		return 0, false, false
	}
	for at < len(shorter) && longer[at] == shorter[at] {
		at++
	}
	return at, added, slices.Equal(longer[at+1:], shorter[at:])
}

// without returns the edit that takes an item away.
func (l *items) without(at int) *Edit {
	switch last := len(l.items) - 1; {
	case last == 0:
		return &Edit{Start: 1, End: l.length - 1}
	case at == last:
		return &Edit{Start: l.items[at-1].End, End: l.items[at].End}
	default:
		return &Edit{Start: l.items[at].Start, End: l.items[at+1].Start}
	}
}

// with returns the edit that makes room for another item.
func (l *items) with(at int) *Edit {
	switch {
	case len(l.items) == 0:
		return &Edit{Start: 1, End: l.length - 1, Open: true}
	case at == len(l.items):
		end := l.items[at-1].End
		return &Edit{Start: end, End: end, Text: ", ", Open: true}
	default:
		start := l.items[at].Start
		return &Edit{Start: start, End: start, After: ", ", Open: true}
	}
}
