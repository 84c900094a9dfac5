package structure

import (
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	// maxPeriod is how many lines a repetition may have and still be seen.
	maxPeriod = 4
	// maxTimes is how often lines may stand one after the other: code has
	// pairs of equal lines, and a model that is stuck has many.
	maxTimes = 2
)

// repetition cuts after the first of some lines that stand more than maxTimes
// in a row. The line on which the hole begins does not count, and lines of
// nothing but brackets and the like may stand as often as they want.
func (f *fitting) repetition(end int) int {
	var lines []string
	var ends []int
	for at := lineEnd(f.text, f.Start) + 1; at < end; {
		line := f.text[at:min(end, lineEnd(f.text, at))]
		if at += len(line) + 1; !isBlank(line) {
			lines = append(lines, strings.TrimRight(line, " \t\r"))
			ends = append(ends, at-1)
		}
	}
	for i := range lines {
		for period := 1; period <= maxPeriod && i+period*(maxTimes+1) <= len(lines); period++ {
			run := lines[i : i+period*(maxTimes+1)]
			if slices.ContainsFunc(run[:period], hasWord) && slices.Equal(run[period:], run[:len(run)-period]) {
				return ends[i+period-1]
			}
		}
	}
	return end
}

// hasWord says whether a line has something to read on it.
func hasWord(line string) bool {
	return strings.ContainsFunc(line, func(r rune) bool { return r < utf8.RuneSelf && isWord(byte(r)) })
}
