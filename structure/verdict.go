package structure

import (
	"fmt"
)

// A Reason names what is wrong with a text for a hole.
type Reason int

const (
	// OK is the reason of a text that can be shown.
	OK Reason = iota
	// Empty is for a text that was blank from the start.
	Empty
	// LeavesBlock is for a text that is all outside of the hole's block.
	LeavesBlock
	// RepeatsSuffix is for a text that is all behind the hole already.
	RepeatsSuffix
	// RepeatsItself is for a text that is the same again and again.
	RepeatsItself
	// AddsError is for a text that leaves the buffer with an error which another
	// could mend, or makes its syntax worse.
	AddsError
	// NamesUndeclared is for a text with a name that nothing declares. [Tree.Fit]
	// does not look at names: [Hole.Undeclared] does.
	NamesUndeclared
)

// A Verdict says whether a text fits into a hole, and if not, why.
type Verdict struct {
	Reason Reason
	// Line is where the text was put, the number of the line with the new
	// error, from 1, for AddsError; otherwise 0.
	Line int
	// Name is what nothing declares, for NamesUndeclared; otherwise "".
	Name string
}

// OK says that the text fits.
func (v Verdict) OK() bool { return v.Reason == OK }

func (v Verdict) String() string {
	switch v.Reason {
	case OK:
		return "ok"
	case Empty:
		return "empty"
	case LeavesBlock:
		return "leaves the block"
	case RepeatsSuffix:
		return "repeats the suffix"
	case RepeatsItself:
		return "repeats itself"
	case AddsError:
		return fmt.Sprintf("adds a parse error at line %d", v.Line)
	case NamesUndeclared:
		return fmt.Sprintf("names %s, which nothing declares", v.Name)
	}
	return fmt.Sprintf("Reason(%d)", int(v.Reason))
}
