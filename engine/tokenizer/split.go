package tokenizer

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// A splitter cuts a text that is not empty into pieces and appends them to dst.
type splitter func(dst []string, text string) []string

// The patterns that have a splitter of their own, as they are written in tokenizer.json.
const (
	linesPattern  = `(?:\r?\n)+[ \t]*[^\r\n]{0,128}|[^\r\n]{1,128}|\r`
	gpt2Pattern   = `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`
	llama3Pattern = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
	qwen2Pattern  = `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`
)

// patternSplitter returns the splitter of a regular expression.
func patternSplitter(pattern string) (splitter, error) {
	switch pattern {
	case linesPattern:
		return each(nextLine), nil
	case gpt2Pattern:
		return each(nextGPT2), nil
	case llama3Pattern:
		return each(func(text string) int { return nextWord(text, 3) }), nil
	case qwen2Pattern:
		return each(func(text string) int { return nextWord(text, 1) }), nil
	}
	return compilePattern(pattern)
}

// each makes a splitter of a function that returns the length of the first piece of a text, at least 1.
func each(next func(text string) int) splitter {
	return func(dst []string, text string) []string {
		for text != "" {
			n := next(text)
			dst = append(dst, text[:n])
			text = text[n:]
		}
		return dst
	}
}

// literalSplitter makes each occurrence of literal, and each text between two, a piece.
func literalSplitter(literal string) splitter {
	return func(dst []string, text string) []string {
		for {
			at := strings.Index(text, literal)
			if at < 0 {
				return appendPiece(dst, text)
			}
			dst = append(appendPiece(dst, text[:at]), literal)
			text = text[at+len(literal):]
		}
	}
}

// spacePrefixer is add_prefix_space: a text that does not begin with a space gets one.
func spacePrefixer(dst []string, text string) []string {
	if text[0] != ' ' {
		text = " " + text
	}
	return append(dst, text)
}

func appendPiece(dst []string, piece string) []string {
	if piece == "" {
		return dst
	}
	return append(dst, piece)
}

// nextLine follows linesPattern: a piece is line ends, the indentation after them and up to 128 characters, or up to
// 128 characters of a line, or a lone carriage return.
func nextLine(text string) int {
	ends := lineEnds(text)
	switch {
	case ends > 0:
		indent := len(text[ends:]) - len(strings.TrimLeft(text[ends:], " \t"))
		return ends + indent + lineCharacters(text[ends+indent:])
	case text[0] == '\r':
		return 1
	}
	return lineCharacters(text)
}

// lineEnds is the length of (\r?\n)*.
func lineEnds(text string) int {
	n := 0
	for {
		switch {
		case strings.HasPrefix(text[n:], "\n"):
			n++
		case strings.HasPrefix(text[n:], "\r\n"):
			n += 2
		default:
			return n
		}
	}
}

// lineCharacters is the length of [^\r\n]{0,128}.
func lineCharacters(text string) int {
	n := 0
	for range 128 {
		if n == len(text) || text[n] == '\r' || text[n] == '\n' {
			break
		}
		_, size := utf8.DecodeRuneInString(text[n:])
		n += size
	}
	return n
}

// nextGPT2 follows gpt2Pattern: a contraction, or a run of one class with at most one space before it, or whitespace,
// which leaves its last character to what follows.
func nextGPT2(text string) int {
	if n := contraction(text); n > 0 {
		return n
	}
	lead := 0
	if text[0] == ' ' {
		lead = 1
	}
	if c, _ := classify(text[lead:]); c == letter || c == number || c == other {
		return lead + run(text[lead:], c)
	}
	return whitespace(text)
}

// nextWord follows llama3Pattern, whose runs of digits have at most 3 of them, and qwen2Pattern, where they have 1:
// a contraction in either case, or letters with at most one character before them that is not a line end or digit, or
// digits, or other characters with a space before and line ends after them, or whitespace up to its last line end, or
// whitespace, which leaves its last character to what follows.
func nextWord(text string, digits int) int {
	if n := foldedContraction(text); n > 0 {
		return n
	}
	first, size := classify(text)
	switch first {
	case letter:
		return run(text, letter)
	case number:
		n := 0
		for range digits {
			c, size := classify(text[n:])
			if c != number {
				break
			}
			n += size
		}
		return n
	}
	if text[0] != '\r' && text[0] != '\n' {
		if n := run(text[size:], letter); n > 0 {
			return size + n
		}
	}
	lead := 0
	if text[0] == ' ' {
		lead = 1
	}
	if n := run(text[lead:], other); n > 0 {
		n += lead
		for n < len(text) && (text[n] == '\r' || text[n] == '\n') {
			n++
		}
		return n
	}
	if end := strings.LastIndexAny(text[:run(text, space)], "\r\n"); end >= 0 {
		return end + 1
	}
	return whitespace(text)
}

// whitespace is the length of \s+(?!\S)|\s+ on a text that begins with whitespace: all of it at the end of the text
// or when it is a single character, else all but its last character.
func whitespace(text string) int {
	n := run(text, space)
	if n < len(text) {
		if _, last := utf8.DecodeLastRuneInString(text[:n]); last < n {
			return n - last
		}
	}
	return n
}

// contraction is the length of 's|'t|'re|'ve|'m|'ll|'d.
func contraction(text string) int {
	if text[0] != '\'' || len(text) < 2 {
		return 0
	}
	switch text[1] {
	case 's', 't', 'm', 'd':
		return 2
	case 'r', 'v', 'l':
		if len(text) > 2 && (text[1:3] == "re" || text[1:3] == "ve" || text[1:3] == "ll") {
			return 3
		}
	}
	return 0
}

// foldedContraction is contraction in either case. One character outside ASCII folds to a letter of it, the long s.
func foldedContraction(text string) int {
	const longS = "'ſ"
	if strings.HasPrefix(text, longS) {
		return len(longS)
	}
	if text[0] != '\'' {
		return 0
	}
	var head [3]byte
	for i := range copy(head[:], text) {
		if 'A' <= head[i] && head[i] <= 'Z' {
			head[i] += 'a' - 'A'
		}
	}
	return contraction(string(head[:min(len(text), len(head))]))
}

// class of a character, as the patterns tell them apart.
type class uint8

const (
	other  class = iota // [^\s\p{L}\p{N}]
	letter              // \p{L}
	number              // \p{N}
	space               // \s
	none                // no character: the end of the text
)

// classify returns the class of the first character of text and its length in bytes.
func classify(text string) (class, int) {
	if text == "" {
		return none, 0
	}
	r, size := rune(text[0]), 1
	if r >= utf8.RuneSelf {
		r, size = utf8.DecodeRuneInString(text)
	}
	switch {
	case unicode.IsLetter(r):
		return letter, size
	case unicode.IsNumber(r):
		return number, size
	case unicode.IsSpace(r):
		return space, size
	}
	return other, size
}

// run is the length of the characters of class c that text begins with.
func run(text string, c class) int {
	n := 0
	for {
		found, size := classify(text[n:])
		if found != c {
			return n
		}
		n += size
	}
}
