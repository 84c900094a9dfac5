package bpe

import (
	"iter"
	"strings"
	"unicode"
	"unicode/utf8"
)

// words cuts a piece of [tokenizer.Lines] into words: line ends with the indentation after them; letters, digits, or
// other characters, each with at most one space before them; or white space, which leaves a last space to what follows.
func words(line string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for line != "" {
			n := nextWord(line)
			if !yield(line[:n]) {
				return
			}
			line = line[n:]
		}
	}
}

func nextWord(text string) int {
	if n := len(text) - len(strings.TrimLeft(text, "\r\n")); n > 0 {
		return len(text) - len(strings.TrimLeft(text[n:], " \t"))
	}
	lead := 0
	if text[0] == ' ' {
		lead = 1
	}
	if c := classOf(text[lead:]); c != space && c != none {
		return lead + run(text[lead:], c)
	}
	n := run(text, space)
	if n > 1 && n < len(text) && text[n-1] == ' ' {
		n--
	}
	return n
}

// class of a character.
type class uint8

const (
	other class = iota
	letter
	digit
	space
	none // the end of the text
)

func classOf(text string) class {
	if text == "" {
		return none
	}
	r := rune(text[0])
	if r >= utf8.RuneSelf {
		r, _ = utf8.DecodeRuneInString(text)
	}
	switch {
	case unicode.IsLetter(r):
		return letter
	case unicode.IsNumber(r):
		return digit
	case unicode.IsSpace(r):
		return space
	}
	return other
}

// run is the length of the characters of class c that text begins with.
func run(text string, c class) int {
	n := 0
	for classOf(text[n:]) == c {
		_, size := utf8.DecodeRuneInString(text[n:])
		n += size
	}
	return n
}
