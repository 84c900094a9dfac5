package structure

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// A model that is stuck writes the same again and again. Code has pairs of
// equal lines, and short rows of equal numbers.
const (
	maxPeriodLines = 4  // of lines that are seen to come again
	maxLineTimes   = 2  // that they may stand one after the other
	maxPeriod      = 24 // bytes that are seen to come again within a line
	maxTimes       = 7  // that they may stand one after the other
	minRun         = 16 // bytes that make a row of them
)

// repetition cuts after the first of some lines, and before the first of some
// bytes, that stand too often in a row. What has nothing to read in it, such as
// white space, brackets and rules of dashes, may stand as often as it wants.
func (f *fitting) repetition(end int) int {
	return min(f.repeatedLines(end), f.repeatedBytes(end))
}

// repeatedLines looks at all lines after the one on which the hole begins.
func (f *fitting) repeatedLines(end int) int {
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
		for period := 1; period <= maxPeriodLines && i+period*(maxLineTimes+1) <= len(lines); period++ {
			run := lines[i : i+period*(maxLineTimes+1)]
			if slices.ContainsFunc(run[:period], hasWord) && slices.Equal(run[period:], run[:len(run)-period]) {
				return ends[i+period-1]
			}
		}
	}
	return end
}

// repeatedBytes looks within lines.
func (f *fitting) repeatedBytes(end int) int {
	text := f.text[f.Start:end]
	cut := len(text)
	for period := 1; period <= maxPeriod; period++ {
		run := 0 // bytes up to i that are as the bytes a period before
		for i := period; i < cut; i++ {
			if text[i] != text[i-period] || text[i] == '\n' {
				run = 0
				continue
			}
			run++
			if start := i + 1 - run - period; run >= period*maxTimes && run+period >= minRun && hasWord(text[start:start+period]) {
				for cut = start; !utf8.RuneStart(text[cut]); cut++ {
				}
			}
		}
	}
	return f.Start + cut
}

// hasWord says whether a line has something to read on it.
func hasWord(line string) bool {
	return strings.ContainsFunc(line, func(r rune) bool { return r < utf8.RuneSelf && isWord(byte(r)) })
}
