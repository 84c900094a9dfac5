// Package trace draws how a canvas is filled: a frame for each step of the sampler, with what is still masked, what
// was just committed, and how sure the model was of each slot.
package trace

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/muesli/termenv"

	"seedls/engine/diffusion"
)

// A Frame is the canvas after a step.
type Frame struct {
	Block, Index int
	Took         time.Duration
	Slots        []Slot
}

// A Slot is one token of a canvas as it is drawn.
type Slot struct {
	Text       string  // on one line, white space made visible; the sign of a mask or of the end where there is none
	Confidence float32 // when it was committed
	Fresh      bool    // committed by this step
}

// What is drawn for a token that is not text.
const (
	mask = "…"
	end  = "■"
)

// runs calls each with the text of the canvas from left to right, masks and ends drawn once for as many as stand
// together.
func (f Frame) runs(each func(text string, fresh bool)) {
	for i, s := range f.Slots {
		if (s.Text == mask || s.Text == end) && i > 0 && f.Slots[i-1].Text == s.Text {
			continue
		}
		each(s.Text, s.Fresh && s.Text != end)
	}
}

// A Tracer turns the steps of one generation into frames.
type Tracer struct {
	mask       int32
	text       func(token int32) string
	confidence []float32 // of the slots of the block
}

// New makes a tracer for a vocabulary with this mask and these texts of tokens; special tokens have none.
func New(mask int32, text func(token int32) string) *Tracer {
	return &Tracer{mask: mask, text: text}
}

// Frame draws the next step.
func (t *Tracer) Frame(s diffusion.Step) Frame {
	frame := Frame{Block: s.Block, Index: s.Index, Took: s.Took, Slots: make([]Slot, len(s.Canvas))}
	if grow := len(s.Canvas) - len(t.confidence); grow > 0 {
		t.confidence = append(t.confidence, make([]float32, grow)...)
	}
	for _, changed := range [][]diffusion.Candidate{s.Committed, s.Revised} {
		for _, c := range changed {
			t.confidence = append(t.confidence, make([]float32, max(0, c.Slot+1-len(t.confidence)))...)
			t.confidence[c.Slot] = c.Confidence
			if c.Slot < len(frame.Slots) {
				frame.Slots[c.Slot].Fresh = true
			}
		}
	}
	for i, token := range s.Canvas {
		frame.Slots[i].Text = t.visible(token)
		if token != t.mask {
			frame.Slots[i].Confidence = t.confidence[i]
		}
	}
	return frame
}

var showSpace = strings.NewReplacer("\r", "", "\n", "↵", "\t", "→")

func (t *Tracer) visible(token int32) string {
	if token == t.mask {
		return mask
	}
	if text := t.text(token); text != "" {
		return showSpace.Replace(text)
	}
	return end
}

// legend explains a drawing to who sees it for the first time.
const legend = "a column a slot: · masked  ░▒▓█ committed, the darker the surer;  ■ the end of the text"

// A Terminal draws frames as lines of text.
type Terminal struct {
	out   *termenv.Output
	begun bool
}

// NewTerminal draws on w, in colour only where w is a terminal that shows it and NO_COLOR is not set.
func NewTerminal(w io.Writer) *Terminal { return &Terminal{out: termenv.NewOutput(w)} }

// Draw writes a frame: its number, a column for each slot, and the text so far, in which what the step committed
// stands out by colour, or between brackets where there is none.
func (t *Terminal) Draw(f Frame) {
	if !t.begun {
		t.begun = true
		fmt.Fprintln(t.out, t.out.String(legend).Faint())
	}
	var columns, text strings.Builder
	fresh := func(s string) string { return t.out.String(s).Foreground(termenv.ANSIGreen).Bold().String() }
	for _, s := range f.Slots {
		switch column := shade(s); {
		case s.Text == mask:
			columns.WriteString(t.out.String(column).Faint().String())
		case s.Fresh:
			columns.WriteString(fresh(column))
		default:
			columns.WriteString(column)
		}
	}
	f.runs(func(s string, isFresh bool) {
		switch {
		case isFresh && t.out.Profile == termenv.Ascii:
			text.WriteString("[" + s + "]")
		case isFresh:
			text.WriteString(fresh(s))
		default:
			text.WriteString(s)
		}
	})
	fmt.Fprintf(t.out, "%2d.%-2d %6.1f ms  %s  %s\n", f.Block+1, f.Index+1, float64(f.Took.Microseconds())/1000, &columns, &text)
}

// shade is a block the darker the surer.
func shade(s Slot) string {
	switch {
	case s.Text == mask:
		return "·"
	case s.Confidence < 0.5:
		return "░"
	case s.Confidence < 0.75:
		return "▒"
	case s.Confidence < 0.9:
		return "▓"
	default:
		return "█"
	}
}
