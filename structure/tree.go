package structure

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
)

// MaxText is the longest text, in bytes, that is given to a grammar. A longer
// one is treated as plain text.
const MaxText = 2 << 20

// maxAngles is how many "<" may be open in a statement of an ambiguous
// language: at the end of the text the parser lists all readings, in one step
// that no time limit stops, and 20,000 took 3 GB.
const maxAngles = 1000

// parseable says whether text can be given to lang's grammar. C code cannot be
// stopped everywhere, and its crash could not be recovered from.
func parseable(lang *Language, text string) bool {
	if lang.grammar == nil || len(text) > MaxText {
		return false
	}
	angles := 0
	for i := 0; lang.ambiguous && i < len(text); i++ {
		switch text[i] {
		case '<':
			if angles++; angles > maxAngles {
				return false
			}
		case '>':
			angles = max(angles-1, 0)
		case ';', '{', '}':
			angles = 0
		}
	}
	return true
}

// A Tree is the parsed state of one text. It is immutable and safe for
// concurrent use, and usable for as long as something refers to it; the C
// memory behind it is freed by the garbage collector.
type Tree struct {
	lang *Language
	text string
	// parsed is nil without a grammar.
	parsed syntax
	// hopeless says that the text took its grammar too long.
	hopeless bool
	// outline is nil until a scope asks for it.
	outline atomic.Pointer[outline]
}

// An Edit says that the bytes [Start, OldEnd) of a text were replaced and that
// the replacement is [Start, NewEnd) of the text after it.
type Edit struct {
	Start, OldEnd, NewEnd int
}

// Parse parses text from scratch. The error is ctx's when ctx ends first, and
// nil otherwise: any text has a tree. One that is longer than [MaxText], or
// that takes its grammar too long, is treated as plain text.
func Parse(ctx context.Context, lang *Language, text string) (*Tree, error) {
	return lang.parse(ctx, text, func() (syntax, error) { return lang.grammar.parse(ctx, text, nil, nil) })
}

// Reparse returns the tree of newText, into which edits turned t's text when
// applied one after the other, each in the coordinates that the edits before
// it left. Only what the edits touch is parsed again. Edits that are out of
// range, or do not add up to newText's length, are an error.
//
// t stays as it is and remains usable, also by other goroutines meanwhile.
// After a text that took its grammar too long, no more time is spent on it:
// the buffer stays plain text until it is parsed from scratch.
func (t *Tree) Reparse(ctx context.Context, newText string, edits []Edit) (*Tree, error) {
	size := len(t.text)
	for i, e := range edits {
		if e.Start < 0 || e.OldEnd < e.Start || e.NewEnd < e.Start || e.OldEnd > size {
			return nil, fmt.Errorf("edit %d {%d %d %d} is out of range of a text of %d bytes", i, e.Start, e.OldEnd, e.NewEnd, size)
		}
		size += e.NewEnd - e.OldEnd
	}
	if size != len(newText) {
		return nil, fmt.Errorf("edits lead to a text of %d bytes, not of %d", size, len(newText))
	}
	if t.hopeless {
		return &Tree{lang: t.lang, text: newText, hopeless: true}, nil
	}
	next, err := t.lang.parse(ctx, newText, func() (syntax, error) {
		if t.parsed == nil {
			return t.lang.grammar.parse(ctx, newText, nil, nil)
		}
		return t.reparse(ctx, newText, edits)
	})
	if err == nil && next.parsed != nil {
		next.outline.Store(t.outline.Load().after(edits))
	}
	return next, err
}

// parse returns the tree of a text that a function parses if a grammar can.
func (l *Language) parse(ctx context.Context, text string, grammatically func() (syntax, error)) (*Tree, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	t := &Tree{lang: l, text: text}
	if !parseable(l, text) {
		return t, nil
	}
	parsed, err := grammatically()
	switch {
	case errors.Is(err, errParseLimit):
		t.hopeless = true
	case err != nil:
		return nil, err
	default:
		t.parsed = parsed
	}
	return t, nil
}

// Text returns the text that the tree was parsed from.
func (t *Tree) Text() string { return t.text }

// Language returns the language that the tree was parsed as.
func (t *Tree) Language() *Language { return t.lang }

// replaced returns the text with [start, end) replaced by s.
func (t *Tree) replaced(start, end int, s string) string {
	return strings.Join([]string{t.text[:start], s, t.text[end:]}, "")
}

// treeBytes is the C heap that a syntax tree takes for each byte of text.
const treeBytes = 20

// Bytes estimates the memory that the tree holds, text included, in bytes.
// Versions of one buffer share most of it, so that a sum over them is an upper
// bound.
func (t *Tree) Bytes() int {
	if t.parsed == nil {
		return len(t.text)
	}
	return (1 + treeBytes) * len(t.text)
}
