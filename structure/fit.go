package structure

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Fitted is what is left of a generated text after fitting it into a hole.
type Fitted struct {
	// Text is a prefix of the generated text, and closers that it lacks of
	// brackets which are open before the hole.
	Text string
	// Verdict says whether Text can be shown.
	Verdict Verdict
	// Cuts are what was cut off, in that order: each stood at the end of what the one before it left.
	Cuts []CutOff
	// Added is the end of Text that was not generated: brackets that the hole owes.
	Added string
}

// A CutOff is text that did not belong into the hole, and why.
type CutOff struct {
	Text   string
	Reason Reason
}

// MaxGenerated is the longest generated text, in bytes, that Fit takes.
const MaxGenerated = 16 << 10

// Fit cuts generated, a text for the hole, where it stops belonging there, and
// judges the rest: first what leaves the hole's block goes, then what closes
// brackets and quotes that are closed behind the hole, then what repeats the
// lines behind the hole, or its own lines; what is left is parsed in its place.
// A text that lacks brackets which the hole owes gets them if it is right then.
//
// The hole must be one of t's. The error is ctx's when ctx ends first, or says
// that hole or generated cannot be used; a text that does not fit is no error.
func (t *Tree) Fit(ctx context.Context, hole Hole, generated string) (Fitted, error) {
	if hole.tree != t {
		return Fitted{}, errors.New("fit: the hole is of another tree")
	}
	if len(generated) > MaxGenerated {
		return Fitted{}, fmt.Errorf("fit: a generated text of %d bytes, more than %d", len(generated), MaxGenerated)
	}
	if isBlank(generated) {
		return Fitted{Verdict: Verdict{Reason: Empty}}, nil
	}
	f := &fitting{Hole: hole, text: t.replaced(hole.Start, hole.End, generated)}
	end := hole.Start + len(generated)
	var cuts []CutOff
	for _, step := range []struct {
		cut    func(f *fitting, end int) int
		reason Reason
	}{
		{(*fitting).dedent, LeavesBlock},
		{(*fitting).quote, RepeatsSuffix},
		{(*fitting).closer, RepeatsSuffix},
		{(*fitting).overlap, RepeatsSuffix},
		{(*fitting).repetition, RepeatsItself},
	} {
		before := end
		if end = step.cut(f, end); end < before {
			cuts = append(cuts, CutOff{f.text[end:before], step.reason})
		}
		if isBlank(f.text[hole.Start:end]) {
			return Fitted{Verdict: Verdict{Reason: step.reason}, Cuts: cuts}, nil
		}
	}
	text := f.trimmed(end)
	verdict, err := t.verdict(ctx, hole, text)
	if err != nil || verdict.OK() {
		return Fitted{Text: text, Verdict: verdict, Cuts: cuts}, err
	}
	if balanced := f.balanced(end); balanced != "" {
		v, err := t.verdict(ctx, hole, balanced)
		if err != nil {
			return Fitted{}, err
		}
		if v.OK() {
			fitted := Fitted{Text: balanced, Verdict: v, Cuts: cuts}
			if added, ok := strings.CutPrefix(balanced, text); ok {
				fitted.Added = added
			} else {
				fitted.Cuts = append(cuts, CutOff{text[len(balanced):], RepeatsSuffix})
			}
			return fitted, nil
		}
	}
	return Fitted{Text: text, Verdict: verdict, Cuts: cuts}, nil
}

// Leaves reports whether a text for the hole, which is still being written, has
// gone beyond the hole or begun to repeat itself: whatever comes next, Fit cuts
// it off. The line that is being written can become another, so of that line
// only brackets and quotes tell.
func (h Hole) Leaves(text string) bool {
	if len(text) > MaxGenerated {
		return true
	}
	f := &fitting{Hole: h, text: h.tree.replaced(h.Start, h.End, text)}
	end := h.Start + len(text)
	line := h.Start + strings.LastIndexByte(text, '\n') + 1
	sure := end
	if h.tree.lang.looksAhead && strings.ContainsAny(f.text[line:end], `'"`) {
		sure = line
	}
	return f.dedent(line) < line || f.quote(sure) < sure || f.closer(sure) < sure ||
		f.repeatedLines(line) < line || f.repeatedBytes(end) < end || f.overlapOfLines(line, false) < line
}

// A fitting is the text of a buffer whose hole was filled. Each step takes the
// offset at which the text in the hole ends, and returns where it should.
type fitting struct {
	Hole
	text string
}

// suffix returns the text behind the hole.
func (f *fitting) suffix() string { return f.tree.text[f.End:] }

// lexer returns a lexer at the beginning of the hole.
func (f *fitting) lexer() *lexer { return f.before.at(f.text) }

// inside returns how many of the brackets open in x were opened in the hole.
func (f *fitting) inside(x *lexer) int {
	n := 0
	for n < len(x.open) && x.open[len(x.open)-1-n].start >= f.Start {
		n++
	}
	return n
}

// trimmed returns the text in the hole up to end, without white space at its
// end where the hole is the last of its line.
func (f *fitting) trimmed(end int) string {
	text := f.text[f.Start:end]
	rest, _, _ := strings.Cut(f.suffix(), "\n")
	if isBlank(rest) {
		return strings.TrimRight(text, " \t\r\n")
	}
	return text
}
