package nextedit

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"seedls/lsp/document"
	"seedls/structure"
)

// A change is the bytes [start, end) of a text and what stood there before.
type change struct {
	start, end int
	old        string
}

// A burst is what some edits in a row did to a text: changes that do not touch, in its order. newest is the index of
// the one that the last edit is part of.
type burst struct {
	text    string
	changes []change
	newest  int
}

// before adds the edit e, which came before all that are in the burst, in the coordinates of the text that it led to, and
// returns the change that it is part of now.
func (b *burst) before(e document.Replacement) change {
	// Offsets of that text, less shift, are those of the text now.
	low, high, shift := e.Start, e.Start+len(e.New), 0
	first := 0
	for first < len(b.changes) && b.changes[first].start+shift+len(b.changes[first].old) < low {
		shift += b.changes[first].growth()
		first++
	}
	joined := change{start: low - shift}
	var old strings.Builder // the text that e led to, from low on
	last, read := first, low-shift
	for ; last < len(b.changes) && b.changes[last].start+shift <= high; last++ {
		c := b.changes[last]
		if begin := c.start + shift; begin < low {
			low, joined.start, read = begin, c.start, c.start
		}
		old.WriteString(b.text[read:c.start] + c.old)
		high = max(high, c.start+shift+len(c.old))
		shift += c.growth()
		read = c.end
	}
	joined.end = high - shift
	old.WriteString(b.text[read:joined.end])
	led := old.String()
	joined.old = led[:e.Start-low] + e.Old + led[e.Start-low+len(e.New):]
	switch {
	case len(b.changes) == 0 || first <= b.newest && b.newest < last:
		b.newest = first
	case b.newest >= last:
		b.newest += 1 - (last - first)
	}
	b.changes = slices.Replace(b.changes, first, last, joined)
	return joined
}

// growth is how much longer what was there is than what is there now.
func (c change) growth() int { return len(c.old) - (c.end - c.start) }

// undone returns the text with some of the changes taken back, and the edits that take them back, one after the other.
func (b *burst) undone(these []change) (text string, edits []structure.Edit) {
	text = b.text
	for _, c := range slices.Backward(these) {
		text = text[:c.start] + c.old + text[c.end:]
		edits = append(edits, structure.Edit{Start: c.start, OldEnd: c.end, NewEnd: c.start + len(c.old)})
	}
	return text, edits
}

// words returns a change from one whole word to another that comes to the same as c; ok is false if it is none.
func (b *burst) words(c change) (_ change, ok bool) {
	for c.start < c.end && c.old != "" {
		r, size := utf8.DecodeRuneInString(b.text[c.start:c.end])
		if s, _ := utf8.DecodeRuneInString(c.old); s != r {
			break
		}
		c.start, c.old = c.start+size, c.old[size:]
	}
	for c.start < c.end && c.old != "" {
		r, size := utf8.DecodeLastRuneInString(b.text[c.start:c.end])
		if s, _ := utf8.DecodeLastRuneInString(c.old); s != r {
			break
		}
		c.end, c.old = c.end-size, c.old[:len(c.old)-size]
	}
	if c.start == c.end && c.old == "" {
		return c, false
	}
	start := len(strings.TrimRightFunc(b.text[:c.start], inWord))
	end := len(b.text) - len(strings.TrimLeftFunc(b.text[c.end:], inWord))
	c = change{start, end, b.text[start:c.start] + c.old + b.text[c.end:end]}
	return c, isName(c.old) && isName(b.text[start:end])
}

func inWord(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// isName reports whether s is a name and nothing else.
func isName(s string) bool {
	first, _ := utf8.DecodeRuneInString(s)
	return s != "" && !unicode.IsDigit(first) && strings.TrimLeftFunc(s, inWord) == ""
}

// hasWord reports whether a word stands in text by itself.
func hasWord(text, word string) bool {
	for i := 0; ; {
		at := strings.Index(text[i:], word)
		if at < 0 {
			return false
		}
		i += at
		before, _ := utf8.DecodeLastRuneInString(text[:i])
		after, _ := utf8.DecodeRuneInString(text[i+len(word):])
		if !inWord(before) && !inWord(after) {
			return true
		}
		i += len(word)
	}
}
