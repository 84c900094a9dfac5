package structure

import "strings"

// indentWindow is how far around a hole, in bytes, indentation is looked at.
const indentWindow = 8 << 10

// indentUnit returns what one more level of indentation adds around offset: a
// tab or some spaces. It counts the steps inwards from one line to the next.
func (t *Tree) indentUnit(offset int) string {
	start := lineStart(t.text, max(0, offset-indentWindow))
	end := min(len(t.text), offset+indentWindow)
	const maxSpaces = 8
	var votes [maxSpaces + 1]int // by number of spaces; 0 is a tab
	previous := 0
	for line := range strings.Lines(t.text[start:end]) {
		if isBlank(line) {
			continue
		}
		indent := indentOf(line)
		if strings.HasPrefix(indent, "\t") {
			votes[0]++
			continue
		}
		if step := len(indent) - previous; 1 < step && step <= maxSpaces {
			votes[step]++
		}
		previous = len(indent)
	}
	best, unit := 0, t.lang.indentUnit
	for n, v := range votes {
		if v > best {
			best, unit = v, strings.Repeat(" ", n)
			if n == 0 {
				unit = "\t"
			}
		}
	}
	return unit
}
