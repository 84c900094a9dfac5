package completion

import (
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"seedls/structure"
)

// A MultiLine is a policy on texts of several lines.
type MultiLine string

// The policies.
const (
	Always MultiLine = "always"
	Never  MultiLine = "never"
	// Auto has one line within a line of text, and several where whole lines are asked for.
	Auto MultiLine = "auto"
)

// Bounds of the limits.
const (
	MaxLines      = 200
	MaxCharacters = structure.MaxGenerated
)

// Limits bound what is shown of a text. The zero value has none.
type Limits struct {
	MultiLine     MultiLine // "" is [Always]
	MaxLines      int       // 0 for no limit, as the next
	MaxCharacters int
	MinCharacters int // white space aside
}

// maxShorter is how often a text that does not fit within the limits is tried with a line less.
const maxShorter = 16

// lines is how many lines a text for a hole may have; 0 for any number.
func (l Limits) lines(h structure.Hole) int {
	if l.MultiLine == Never || l.MultiLine == Auto && withinLine(h) {
		return 1
	}
	return l.MaxLines
}

// withinLine reports whether a hole is a part of a line that goes on behind it, and asks for no more than that.
func withinLine(h structure.Hole) bool {
	text := h.Tree().Text()
	rest, _, _ := strings.Cut(text[h.End:], "\n")
	if strings.Contains(text[h.Start:h.End], "\n") || strings.TrimSpace(rest) == "" {
		return false
	}
	switch h.Place {
	case structure.LineTail, structure.Expression, structure.Argument, structure.String, structure.Comment:
		return true
	}
	return false
}

// exceeded reports whether a text for a hole, which is still being written, has all that can be shown of it.
func (l Limits) exceeded(h structure.Hole, text string) bool {
	most := l.lines(h)
	return most > 0 && strings.Count(text, "\n") >= most || l.MaxCharacters > 0 && utf8.RuneCountInString(text) > l.MaxCharacters
}

// fit fits a text to a hole, and as much of its beginning as the limits leave. Whole lines go, until what is left can
// stand by itself, and names nothing that the scope, which may be nil, is certain of that nothing declares it. text is ""
// where the verdict is not "ok".
func (l Limits) fit(ctx context.Context, h structure.Hole, scope *structure.Scope, raw string) (text, verdict string, err error) {
	cut := firstLines(raw, l.lines(h))
	limited := len(cut) < len(raw)
	for range maxShorter {
		fitted, err := h.Tree().Fit(ctx, h, cut)
		if err != nil {
			return "", "", err
		}
		if fitted.Verdict.OK() && scope != nil {
			if name := h.Undeclared(scope, fitted.Text); name != "" {
				fitted.Verdict = structure.Verdict{Reason: structure.NamesUndeclared, Name: name}
			}
		}
		fits := fitted.Verdict.OK()
		verdict = fitted.Verdict.String()
		if fits && l.MaxCharacters > 0 && utf8.RuneCountInString(fitted.Text) > l.MaxCharacters {
			fits, limited = false, true
			verdict = fmt.Sprintf("longer than %d characters", l.MaxCharacters)
		}
		if fits {
			if visible(fitted.Text) < l.MinCharacters {
				return "", fmt.Sprintf("shorter than %d characters", l.MinCharacters), nil
			}
			return fitted.Text, verdict, nil
		}
		line := strings.LastIndexByte(strings.TrimRight(cut, "\r\n"), '\n')
		if !limited || line < 0 {
			break
		}
		cut = cut[:line]
	}
	return "", verdict, nil
}

// firstLines is the beginning of a text, without the end of its last line; all of it if n is 0.
func firstLines(text string, n int) string {
	end := 0
	for range n {
		line := strings.IndexByte(text[end:], '\n')
		if line < 0 {
			return text
		}
		end += line + 1
	}
	if n == 0 {
		return text
	}
	return text[:end-1]
}

// visible counts the characters that are not white space.
func visible(text string) (n int) {
	for _, r := range text {
		if !unicode.IsSpace(r) {
			n++
		}
	}
	return n
}
