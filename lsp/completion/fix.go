package completion

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"seedls/structure"
)

// A Fix is a region of a text, in bytes, and what is to stand there instead.
type Fix struct {
	Start       int    `json:"start"`
	End         int    `json:"end"`
	Replacement string `json:"replacement"`
	// Line and LastLine are the lines of the region, from 1.
	Line     int `json:"line"`
	LastLine int `json:"last_line"`
	// Mended says whether the model found something better; if not, Replacement is what is there.
	Mended bool `json:"mended"`
	// Result is how the model came to it: its last attempt, with the forward passes and the time of all.
	Result *Result `json:"result"`
}

// Apply returns the text with the fix in it.
func (f *Fix) Apply(text string) string { return text[:f.Start] + f.Replacement + text[f.End:] }

// FixOptions are what a repair uses that says nothing else.
func FixOptions() Options {
	o := DefaultOptions()
	o.Revisions = 8
	return o
}

// FixErrors repairs all lines with syntax errors, as [Completer.Fix] does. The fixes are to be applied in the order
// given, which is from the end of the text to its beginning; left is how many regions could not be mended, or are too
// long to be tried. observe is told how many of all regions are done.
func (c *Completer) FixErrors(ctx context.Context, path, text string, o Options, observe func(done, total int)) (fixes []Fix, left int, err error) {
	language := structure.LanguageForPath(path)
	if !language.HasGrammar() {
		why := "seedls has no grammar for it"
		if len(structure.Grammars()) == 0 {
			why = "this seedls was built without cgo, and so has no grammar"
		}
		return nil, 0, fmt.Errorf("%s: %s, so it cannot see errors: name the lines to repair, such as %s:12-14", path, why, path)
	}
	fixes = []Fix{}
	for above := math.MaxInt; ; {
		tree, err := structure.Parse(ctx, language, text)
		if err != nil {
			return nil, 0, err
		}
		// What was mended further down can have mended what is further up.
		regions := errorLines(text, tree.SyntaxErrors())
		regions = slices.DeleteFunc(regions, func(lines [2]int) bool { return lines[1] >= above })
		if len(regions) == 0 {
			return fixes, left, nil
		}
		region := regions[len(regions)-1]
		above = region[0]
		done := len(fixes) + left
		observe(done, done+len(regions))
		fix, err := c.Fix(ctx, path, text, region[0], region[1], o)
		switch {
		case errors.Is(err, ErrTooLong):
			left++
		case err != nil:
			return nil, 0, err
		case !fix.Mended:
			left++
		default:
			fixes = append(fixes, *fix)
			text = fix.Apply(text)
		}
	}
}

// errorLines returns the first and last line, from 1, of regions with errors, those that touch joined. What is missing
// at the end of the text is missing in its last line.
func errorLines(text string, faults []structure.Span) (regions [][2]int) {
	text = strings.TrimRight(text, "\r\n")
	line, read := 1, 0
	for _, e := range faults {
		start, end := min(e.Start, len(text)), min(e.End, len(text))
		line += strings.Count(text[read:start], "\n")
		read = start
		last := line + strings.Count(text[start:end], "\n")
		if n := len(regions); n > 0 && line <= regions[n-1][1]+1 {
			regions[n-1][1] = max(regions[n-1][1], last)
			continue
		}
		regions = append(regions, [2]int{line, last})
	}
	return regions
}

// Fix repairs the lines [line, lastLine], counted from 1, of the text of the file at path, as [Mend] does.
func (c *Completer) Fix(ctx context.Context, path, text string, line, lastLine int, o Options) (*Fix, error) {
	start, end, err := lines(text, line, lastLine)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	request := Request{Path: path, Prefix: text[:start], Suffix: text[end:], Repair: text[start:end], Options: o}
	result, mended, err := Mend(ctx, c.Complete, request)
	if err != nil {
		return nil, fmt.Errorf("%s:%d-%d: %w", path, line, lastLine, err)
	}
	fix := &Fix{Start: start, End: end, Replacement: request.Repair, Line: line, LastLine: lastLine, Mended: mended, Result: result}
	if mended {
		fix.Replacement = result.Text
	}
	return fix, nil
}

// Mend repairs the text that r has to be repaired, by means of complete. Under [Diffusion] the model revises it, and where
// that leaves the syntax as broken as it was, writes it anew; under [Autoregressive] it writes it anew at once. What is
// the same text, or breaks the syntax more than it mends it, is no repair: then mended is false. The result is the last
// attempt's, with the forward passes and the time of all.
func Mend(ctx context.Context, complete func(context.Context, Request) (*Result, error), r Request) (_ *Result, mended bool, err error) {
	begun := time.Now()
	hole, err := r.hole(ctx)
	if err != nil {
		return nil, false, err
	}
	tree, there := hole.Tree(), hole.Tree().Text()[hole.Start:hole.End]
	r.Tree = tree
	faults := tree.SyntaxErrors()
	broken := slices.ContainsFunc(faults, func(e structure.Span) bool { return e.Touches(hole.Start, hole.End) })
	forwards := 0
	for {
		result, err := complete(ctx, r)
		if err != nil {
			return nil, false, err
		}
		forwards += result.Forwards
		result.Forwards, result.ElapsedMS = forwards, milliseconds(time.Since(begun))
		if result.Text != "" && result.Text != there {
			edit := structure.Edit{Start: hole.Start, OldEnd: hole.End, NewEnd: hole.Start + len(result.Text)}
			after, err := tree.Reparse(ctx, r.Prefix+result.Text+r.Suffix, []structure.Edit{edit})
			if err != nil {
				return nil, false, err
			}
			if left := len(after.SyntaxErrors()); left < len(faults) || left == len(faults) && !broken {
				return result, true, nil
			}
		}
		if r.Options.Mode != Diffusion || !broken || r.Repair == "" {
			return result, false, nil
		}
		r.Repair, r.Rewrite = "", 0 // anew
	}
}

// lines returns where the text of some lines is, without the indentation of the first and the end of the last.
func lines(text string, line, lastLine int) (start, end int, err error) {
	if line < 1 || lastLine < line {
		return 0, 0, fmt.Errorf("lines %d to %d: want the first line, from 1, and one not before it", line, lastLine)
	}
	n := 0
	for l := range strings.Lines(text) {
		n++
		if n < line {
			start += len(l)
		}
		if n <= lastLine {
			end += len(l)
		}
	}
	if n < lastLine {
		return 0, 0, fmt.Errorf("no line %d: the file has %d", lastLine, n)
	}
	region := text[start:end]
	end = start + len(strings.TrimRight(region, "\r\n"))
	return min(end, start+len(region)-len(strings.TrimLeft(region, " \t"))), end, nil
}
