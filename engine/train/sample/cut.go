package sample

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"seedls/engine/train/corpus"
)

// A Cutter lists the statements, blocks and call arguments of a text in a language of the corpus; of a block, what it
// holds. It is called with a part of a document, some 4 KiB that may begin and end anywhere. What it lists must depend on
// what it is given alone. It is safe for concurrent use.
type Cutter func(language, text string) []Span

// A Span is the bytes [Start, End) of a text: a [Statement], a [Block] or an [Argument].
type Span struct {
	Kind       Kind
	Start, End int
}

const (
	cutTries    = 8       // of a hole, before it is left empty
	windowBytes = 4 << 10 // of what a Cutter is given, about
	maxChars    = 16      // of Characters
	maxWords    = 4
	maxLines    = 8
	// bytesPerToken bounds the text that is worth to be tokenized for a number of tokens.
	bytesPerToken = 32
)

// cut draws a hole: the bytes [start, end) of the document and their tokens, which are not too many.
func (b *builder) cut(d corpus.Document) (start, end int, middle []int32) {
	for range cutTries {
		kind := Kind(draw(b.r, b.config.Cuts[:]))
		start, end, ok := b.cutKind(kind, d, runeStart(d.Text, b.r.IntN(len(d.Text)+1)))
		if !ok || end-start > b.middle*bytesPerToken {
			continue
		}
		if middle = b.tokens.EncodeText(middle[:0], d.Text[start:end]); len(middle) <= b.middle {
			return start, end, middle
		}
	}
	start = runeStart(d.Text, b.r.IntN(len(d.Text)+1))
	return start, start, nil
}

// cutKind draws a hole of a kind near the character at p; it is not ok where there is none.
func (b *builder) cutKind(kind Kind, d corpus.Document, p int) (start, end int, ok bool) {
	text := d.Text
	switch kind {
	case Characters:
		return p, skipRunes(text, p, 1+b.r.IntN(maxChars)), p < len(text)
	case Words:
		line := text[p:lineEnd(text, p)]
		start = p + strings.IndexFunc(line, isWord)
		if start < p {
			return 0, 0, false
		}
		start = strings.LastIndexFunc(text[:start], func(c rune) bool { return !isWord(c) })
		if start < 0 {
			start = 0
		} else {
			start = skipRunes(text, start, 1)
		}
		return start, skipWords(text, start, 1+b.r.IntN(maxWords)), true
	case Line, Lines:
		start, end = lineStart(text, p), lineEnd(text, p)
		if kind == Lines {
			for range 1 + b.r.IntN(maxLines-1) {
				end = lineEnd(text, min(len(text), lineBreak(text, end)))
			}
		}
		if b.r.IntN(2) == 0 {
			start = skip(text, start, end, " \t")
		}
		return start, end, !isBlank(text[start:end])
	case Tail:
		end = lineEnd(text, p)
		return p, end, p < end
	case Nothing:
		if b.r.IntN(2) == 0 {
			p = lineEnd(text, p)
		}
		return p, p, true
	}
	return b.cutSpan(kind, d, p)
}

// cutSpan draws one of the spans that the cutter finds around p.
func (b *builder) cutSpan(kind Kind, d corpus.Document, p int) (start, end int, ok bool) {
	if b.cutter == nil {
		return 0, 0, false
	}
	from, to := window(d.Text, p)
	text := d.Text[from:to]
	var spans []Span
	for _, s := range b.cutter(d.Language, text) {
		inText := 0 <= s.Start && s.Start <= s.End && s.End <= len(text)
		if s.Kind == kind && inText && s.End-s.Start <= b.middle*bytesPerToken {
			spans = append(spans, s)
		}
	}
	if len(spans) == 0 {
		return 0, 0, false
	}
	s := spans[b.r.IntN(len(spans))]
	start, end = from+s.Start, from+s.End
	if kind == Block && b.r.IntN(2) == 0 {
		start = len(strings.TrimRight(d.Text[:start], space))
		if after := skip(d.Text, end, len(d.Text), space); after < len(d.Text) && d.Text[after] == '}' {
			end = after
		}
	}
	return start, end, true
}

// window is the text around p that a cutter is given. It begins with a line that is not indented if there is one near,
// since a grammar makes little of what follows the beginning of something that it has not seen.
func window(text string, p int) (from, to int) {
	from = lineStart(text, max(0, p-windowBytes/2))
	for at := from; p-at <= windowBytes; at = lineStart(text, at-1) {
		if c, _ := utf8.DecodeRuneInString(text[at:]); isWord(c) {
			from = at
			break
		}
		if at == 0 {
			break
		}
	}
	to = lineEnd(text, min(len(text), p+windowBytes/2))
	return runeStart(text, max(from, p-windowBytes)), runeStart(text, min(to, p+windowBytes))
}

const space = " \t\r\n"

func isBlank(s string) bool { return strings.Trim(s, space) == "" }

func isWord(c rune) bool { return c == '_' || unicode.IsLetter(c) || unicode.IsDigit(c) }

// lineStart is where the line of offset i begins.
func lineStart(text string, i int) int { return strings.LastIndexByte(text[:i], '\n') + 1 }

// lineEnd is where the line of offset i ends, before its line break.
func lineEnd(text string, i int) int {
	end := len(text)
	if n := strings.IndexByte(text[i:], '\n'); n >= 0 {
		end = i + n
	}
	if end > i && text[end-1] == '\r' {
		end--
	}
	return end
}

// lineBreak is the offset after the line break that is at offset i, or i if there is none.
func lineBreak(text string, i int) int {
	rest := strings.TrimPrefix(text[i:], "\r")
	return len(text) - len(strings.TrimPrefix(rest, "\n"))
}

// skip is the first offset of text[i:end], or end, where there is none of the characters.
func skip(text string, i, end int, characters string) int {
	return end - len(strings.TrimLeft(text[i:end], characters))
}

// runeStart is where the character of offset i begins.
func runeStart(text string, i int) int {
	for i > 0 && i < len(text) && !utf8.RuneStart(text[i]) {
		i--
	}
	return i
}

// skipRunes is the offset n characters after i, or the end.
func skipRunes(text string, i, n int) int {
	for ; n > 0 && i < len(text); n-- {
		_, size := utf8.DecodeRuneInString(text[i:])
		i += size
	}
	return i
}

// skipWords is the offset after n words of a line from i on, or fewer.
func skipWords(text string, i, n int) int {
	line := text[i:lineEnd(text, i)]
	rest := line
	for ; n > 0; n-- {
		word := strings.TrimLeftFunc(rest, func(c rune) bool { return !isWord(c) })
		if word == "" {
			break
		}
		rest = strings.TrimLeftFunc(word, isWord)
	}
	return i + len(line) - len(rest)
}
