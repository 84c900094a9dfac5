package structure

import "strings"

// indentWindow is how far around a hole, in bytes, indentation is looked at.
const indentWindow = 8 << 10

// indentUnit returns what one more level of indentation adds around offset: a
// tab or some spaces. It counts the steps inwards from one line to the next;
// seen is false where there are none, and it is what the language is used to.
func (t *Tree) indentUnit(offset int) (unit string, seen bool) {
	start := lineStart(t.text, max(0, offset-indentWindow))
	end := min(len(t.text), offset+indentWindow)
	const maxSpaces = 8
	var votes [maxSpaces + 1]int // by number of spaces; 0 is a tab
	previous, at := 0, start
	for line := range strings.Lines(t.text[start:end]) {
		from := at
		if at += len(line); isBlank(line) {
			if offset < from || at <= offset && at < end {
				continue
			}
			line = t.text[from:offset] // where the next line is being begun
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
	best := 0
	unit = t.lang.indentUnit
	for n, v := range votes {
		if v > best {
			best, unit = v, strings.Repeat(" ", n)
			if n == 0 {
				unit = "\t"
			}
		}
	}
	return unit, best > 0
}
