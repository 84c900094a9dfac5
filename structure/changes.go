package structure

import "slices"

const (
	// maxChanges is how many places of a text can have changed, and
	// maxChanged how many bytes there, before it is looked at as a whole.
	maxChanges = 16
	maxChanged = 32 << 10
	// changeGap is how many bytes there are at least between two changes.
	changeGap = 128
)

// changes are the places in which a text differs from an earlier one, in
// their order. It is immutable.
type changes []change

// A change says that [oldStart, oldEnd) became [start, end).
type change struct{ oldStart, oldEnd, start, end int }

// after returns the changes with an edit of the later text added to them. ok
// is false when they are too many.
func (c changes) after(e Edit) (sum changes, ok bool) {
	first, last := 0, 0 // the changes that become one with the edit
	for first < len(c) && c[first].end+changeGap < e.Start {
		first++
	}
	for last = first; last < len(c) && c[last].start <= e.OldEnd+changeGap; last++ {
	}
	shift := 0 // from the old text to the later one, before the edit
	if first > 0 {
		shift = c[first-1].end - c[first-1].oldEnd
	}
	m := change{start: e.Start, end: e.OldEnd}
	if first < last {
		m.start, m.end = min(m.start, c[first].start), max(m.end, c[last-1].end)
	}
	m.oldStart = m.start - shift
	if last > 0 {
		shift = c[last-1].end - c[last-1].oldEnd
	}
	m.oldEnd = m.end - shift
	grown := e.NewEnd - e.OldEnd
	m.end += grown
	sum = append(slices.Clone(c[:first]), m)
	for _, d := range c[last:] {
		sum = append(sum, change{d.oldStart, d.oldEnd, d.start + grown, d.end + grown})
	}
	changed := 0
	for _, d := range sum {
		changed += max(d.end-d.start, d.oldEnd-d.oldStart)
	}
	return sum, len(sum) <= maxChanges && changed <= maxChanged
}

// touches says whether a change in the old text meets [start, end).
func (c changes) touches(start, end int) bool {
	for _, d := range c {
		if d.oldStart <= end && start <= d.oldEnd {
			return true
		}
	}
	return false
}

// moved returns where an offset of the old text is in the later one. One that
// changed is taken to the end of the change.
func (c changes) moved(offset int) int {
	for i := len(c) - 1; i >= 0; i-- {
		if d := c[i]; offset >= d.oldStart {
			return max(d.end, d.end+offset-d.oldEnd)
		}
	}
	return offset
}
