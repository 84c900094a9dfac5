package structure

import "strings"

// maxSpread is how much more white space, in bytes, there can be between the
// tokens behind the hole than between those of the text.
const maxSpread = 1 << 10

// tail cuts the longest end of the text whose tokens the rest of the hole's line
// begins with. White space between them does not count, except in a string or
// comment.
func (f *fitting) tail(end int) int {
	suffix, text := f.suffix(), f.text[f.Start:end]
	if rest, _, _ := strings.Cut(suffix, "\n"); isBlank(rest) {
		return end
	}
	suffix = suffix[:min(len(suffix), len(text)+maxSpread)]
	if f.before.inString() {
		for cut := range text {
			if begins(suffix, text, cut) || begins(strings.TrimLeft(suffix, " \t"), text, cut) {
				return f.Start + cut
			}
		}
		return end
	}
	behind, _ := squeeze(suffix)
	tokens, at := squeeze(text)
	for i := range tokens {
		cut := f.Start + at[i]
		if isSpace(suffix[0]) {
			cut = f.Start + len(strings.TrimRight(text[:at[i]], " \t"))
		}
		if begins(behind, tokens, i) && f.closedAt(cut) {
			return cut
		}
	}
	return end
}

// begins says whether s begins with what text has from offset cut on, which is
// not blank and begins and ends no word in the middle.
func begins(s, text string, cut int) bool {
	tail := text[cut:]
	return strings.HasPrefix(s, tail) && !isBlank(tail) && !joins(text[:cut], tail) && !joins(tail, s[len(tail):])
}

// squeeze leaves out the white space of a text that divides no words; at are the
// offsets of what is left.
func squeeze(text string) (squeezed string, at []int) {
	left := make([]byte, 0, len(text))
	for i := range len(text) {
		if isSpace(text[i]) {
			if i == 0 || isSpace(text[i-1]) || !joins(text[:i], strings.TrimLeft(text[i:], " \t")) {
				continue
			}
		}
		left, at = append(left, text[i]), append(at, i)
	}
	return string(left), at
}

// joins says whether a word goes on from the end of a to the beginning of b.
func joins(a, b string) bool {
	return a != "" && b != "" && isWord(a[len(a)-1]) && isWord(b[0])
}
