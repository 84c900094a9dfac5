package tokenizer

import "iter"

// LinesPattern cuts a text into lines, each with the line ends and the indentation before it, so that a token may hold
// several words: a superword.
const LinesPattern = linesPattern

// Lines yields the pieces into which LinesPattern cuts a text. They alias it.
func Lines(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for text != "" {
			n := nextLine(text)
			if !yield(text[:n]) {
				return
			}
			text = text[n:]
		}
	}
}
