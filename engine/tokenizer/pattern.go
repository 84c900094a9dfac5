package tokenizer

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/dlclark/regexp2"
)

// patternTimeout bounds the time that a backtracking pattern may take on one text. What is left of the text then
// becomes one piece.
const patternTimeout = time.Second

// compilePattern makes a splitter of any other pattern: each match, and each text between two, is a piece. regexp2 is
// not Oniguruma, the engine of the Hugging Face library: syntax that the two read differently is refused. What remains
// is a few characters: in regexp2 \w has neither letter numbers nor spacing marks, and the long s does not fold to s.
func compilePattern(pattern string) (splitter, error) {
	if syntax := unportable(pattern); syntax != "" {
		return nil, fmt.Errorf("pattern %q is not supported: %s", pattern, syntax)
	}
	// As in Oniguruma, ^ and $ match at line ends.
	re, err := regexp2.Compile(pattern, regexp2.Multiline)
	if err != nil {
		return nil, fmt.Errorf("pattern %q is not supported: %w", pattern, err)
	}
	re.MatchTimeout = patternTimeout
	return func(dst []string, text string) []string { return splitPattern(dst, text, re) }, nil
}

// unportable names the first syntax of a pattern that regexp2 accepts but understands otherwise than Oniguruma.
func unportable(pattern string) string {
	class := false // inside [...]
	for i := 0; i < len(pattern); i++ {
		rest := pattern[i:]
		switch {
		case rest[0] == '\\':
			i++
		case class && rest[0] == '[':
			return "a class inside a class"
		case class && strings.HasPrefix(rest, "&&"):
			return "the intersection of classes"
		case class:
			class = rest[0] != ']'
		case rest[0] == '[':
			class = true
			for _, literal := range []string{"[^]", "[^", "[]"} {
				if strings.HasPrefix(rest, literal) {
					i += len(literal) - 1
					break
				}
			}
		case strings.HasPrefix(rest, "{,"):
			return "a repetition without a lower bound"
		case strings.HasPrefix(rest, "(?"):
			option := strings.IndexFunc(rest[2:], func(r rune) bool { return !unicode.IsLetter(r) && r != '-' })
			if option > 0 && (strings.Trim(rest[2:2+option], "i-") != "" || rest[2+option] != ':') {
				return "an option other than (?i:...)"
			}
		}
	}
	return ""
}

// splitPattern matches on characters, a byte outside any being U+FFFD, but cuts the text itself.
func splitPattern(dst []string, text string, re *regexp2.Regexp) []string {
	characters := make([]rune, 0, len(text))
	offsets := make([]int, 0, len(text)+1) // of each character in text, and of its end
	for at := 0; at < len(text); {
		r, size := utf8.DecodeRuneInString(text[at:])
		characters, offsets = append(characters, r), append(offsets, at)
		at += size
	}
	offsets = append(offsets, len(text))

	begin := 0
	deadline := time.Now().Add(re.MatchTimeout)
	match, err := re.FindRunesMatch(characters)
	for err == nil && match != nil && time.Now().Before(deadline) {
		from, to := offsets[match.Index], offsets[match.Index+match.Length]
		dst = appendPiece(dst, text[begin:from])
		dst = appendPiece(dst, text[from:to])
		begin = to
		match, err = re.FindNextMatch(match)
	}
	return appendPiece(dst, text[begin:])
}
