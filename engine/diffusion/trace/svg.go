package trace

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// Sizes of the picture, in pixels.
const (
	svgCell   = 14 // a slot
	svgLine   = 20 // a step
	svgMargin = 16
	svgGlyph  = 7.3 // width of a character of the text at 12 px
)

// WriteSVG draws frames as a picture: a row for each step, a square for each slot, green in the step that commits it
// and from then on the darker the surer, and the text so far beside it.
func WriteSVG(w io.Writer, title string, frames []Frame) error {
	columns, characters := 0, utf8.RuneCountInString(title)
	for _, f := range frames {
		columns = max(columns, len(f.Slots))
		characters = max(characters, utf8.RuneCountInString(textOf(f)))
	}
	text := svgMargin*2 + columns*svgCell
	width := text + int(float64(characters)*svgGlyph) + svgMargin
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" font-family="ui-monospace, Menlo, Consolas, monospace" font-size="12">`+"\n",
		width, svgMargin*2+(len(frames)+1)*svgLine)
	b.WriteString(`<rect width="100%" height="100%" fill="#ffffff"/>` + "\n")
	fmt.Fprintf(&b, `<text x="%d" y="%d" font-weight="bold" fill="#1f2328">%s</text>`+"\n", svgMargin, svgMargin+12, escape(title))
	for row, f := range frames {
		y := svgMargin + (row+1)*svgLine
		for i, s := range f.Slots {
			fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%d" height="%d" rx="2" fill="%s"/>`+"\n",
				svgMargin+i*svgCell, y+2, svgCell-2, svgCell-2, fill(s))
		}
		fmt.Fprintf(&b, `<text x="%d" y="%d" fill="#1f2328">%s</text>`+"\n", text, y+12, escape(textOf(f)))
	}
	b.WriteString("</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func textOf(f Frame) string {
	var b strings.Builder
	f.runs(func(text string, _ bool) { b.WriteString(text) })
	return b.String()
}

func fill(s Slot) string {
	switch {
	case s.State == Masked:
		return "#eaeef2"
	case s.Fresh:
		return "#2da44e"
	default:
		grey := 190 - int(150*s.Confidence)
		return fmt.Sprintf("#%02x%02x%02x", grey, grey, grey+20)
	}
}

func escape(s string) string {
	var b strings.Builder
	// EscapeText replaces what XML forbids, control characters and invalid UTF-8 among it; a Builder cannot fail.
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}
