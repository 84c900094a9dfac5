package structure

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Fitted is what is left of a generated text after fitting it into a hole.
type Fitted struct {
	// Text is a prefix of the generated text, its lines indented as the buffer's,
	// and closers that it lacks of brackets which are open before the hole.
	Text string
	// Verdict says whether Text can be shown.
	Verdict Verdict
	// Cuts are what was cut off, in that order: each stood at the end of what the one before it left.
	Cuts []CutOff
	// Added is the end of Text that was not generated: brackets that the hole owes.
	Added string
	// Reindented says that the generated text was indented in another way.
	Reindented bool
}

// A CutOff is text that did not belong into the hole, and why.
type CutOff struct {
	Text   string
	Reason Reason
}

// MaxGenerated is the longest generated text, in bytes, that Fit takes.
const MaxGenerated = 16 << 10

// Fit cuts generated, a text for the hole, where it stops belonging there, and
// judges the rest, in steps that each look at what the one before it left. What
// is left at the end is parsed in its place. A text that lacks brackets which the
// hole owes gets them if it is right then.
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
	f, end := hole.fitting(generated)
	left := Fitted{Reindented: f.text[hole.Start:end] != generated}
	for _, step := range steps {
		before := end
		if end = step.cut(f, end); end < before {
			left.Cuts = append(left.Cuts, CutOff{f.text[end:before], step.reason})
		}
		if isBlank(f.text[hole.Start:end]) {
			left.Verdict.Reason = step.reason
			return left, nil
		}
	}
	var err error
	left.Text = f.trimmed(end)
	if left.Verdict, err = t.verdict(ctx, hole, left.Text); err != nil || left.Verdict.OK() {
		return left, err
	}
	if balanced := f.balanced(end); balanced != "" {
		v, err := t.verdict(ctx, hole, balanced)
		if err != nil {
			return Fitted{}, err
		}
		if v.OK() {
			if added, ok := strings.CutPrefix(balanced, left.Text); ok {
				left.Added = added
			} else {
				left.Cuts = append(left.Cuts, CutOff{left.Text[len(balanced):], RepeatsSuffix})
			}
			left.Text, left.Verdict = balanced, v
		}
	}
	return left, nil
}

// steps are what cuts a text, each in a file of its own. The text was indented
// as the buffer is before, since they compare indentations and lines. The end of
// the hole's block comes first: what is behind it is of no account to any other.
// Then what is sure, quotes and brackets that are counted; then words and tags
// that end blocks, and lines and tokens that stand behind the hole, which only
// look alike. Only what is left of that can be equal to what follows as a whole,
// or say the same again and again: three closers in a row are none too many if
// two of them are the buffer's.
var steps = []struct {
	cut    func(f *fitting, end int) int
	reason Reason
}{
	{(*fitting).dedent, LeavesBlock},
	{(*fitting).quote, RepeatsSuffix},
	{(*fitting).closer, RepeatsSuffix},
	{(*fitting).closing, RepeatsSuffix},
	{(*fitting).overlap, RepeatsSuffix},
	{(*fitting).tail, RepeatsSuffix},
	{(*fitting).equal, RepeatsSuffix},
	{(*fitting).repetition, RepeatsItself},
}

// Leaves reports whether a text for the hole, which is still being written, has
// gone beyond the hole or begun to repeat itself: whatever comes next, Fit cuts
// it off. The line that is being written can become another, so of that line
// only brackets and quotes tell.
func (h Hole) Leaves(text string) bool {
	if len(text) > MaxGenerated {
		return true
	}
	f, end := h.fitting(text)
	line := h.Start + strings.LastIndexByte(f.text[h.Start:end], '\n') + 1
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

// fitting returns the text of the buffer with a text in the hole, which is
// indented as the buffer is, and where that ends.
func (h Hole) fitting(text string) (f *fitting, end int) {
	text = h.reindented(text)
	return &fitting{Hole: h, text: h.tree.replaced(h.Start, h.End, text)}, h.Start + len(text)
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
