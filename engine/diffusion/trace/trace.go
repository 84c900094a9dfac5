// Package trace draws how a canvas is filled: a frame for each step of the sampler, with what is still masked, what
// was just committed, and how sure the model was of each slot.
package trace

import (
	"fmt"
	"io"
	"strings"

	"github.com/muesli/termenv"

	"seedls/engine/diffusion"
)

// A Slot is one token of a canvas as it is drawn.
type Slot struct {
	Text       string  // white space made visible; "" for a mask
	Confidence float32 // when it was committed
	Fresh      bool    // committed by this step
}

// A Frame is the canvas after a step.
type Frame struct {
	diffusion.Step // without its slices
	Slots          []Slot
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
	frame := Frame{Step: diffusion.Step{Block: s.Block, Index: s.Index, Took: s.Took}, Slots: make([]Slot, len(s.Canvas))}
	if grow := len(s.Canvas) - len(t.confidence); grow > 0 {
		t.confidence = append(t.confidence, make([]float32, grow)...)
	}
	for _, c := range s.Committed {
		t.confidence[c.Slot] = c.Confidence
		if c.Slot < len(frame.Slots) {
			frame.Slots[c.Slot].Fresh = true
		}
	}
	for i, token := range s.Canvas {
		if token != t.mask {
			frame.Slots[i].Text = t.visible(token)
			frame.Slots[i].Confidence = t.confidence[i]
		}
	}
	return frame
}

var showSpace = strings.NewReplacer("\r", "", "\n", "↵", "\t", "→")

// visible is the text of a token on one line, never empty.
func (t *Tracer) visible(token int32) string {
	if text := t.text(token); text != "" {
		return showSpace.Replace(text)
	}
	return "■"
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
	masks := 0
	for _, s := range f.Slots {
		if s.Text == "" {
			columns.WriteString(t.out.String("·").Faint().String())
			masks++
			continue
		}
		if masks > 0 {
			text.WriteString(t.out.String("…").Faint().String())
			masks = 0
		}
		column, shown := t.out.String(shade(s.Confidence)), t.out.String(s.Text)
		if s.Fresh && t.out.Profile != termenv.Ascii {
			column, shown = column.Foreground(termenv.ANSIGreen), shown.Foreground(termenv.ANSIGreen).Bold()
		} else if s.Fresh {
			shown = t.out.String("[" + s.Text + "]")
		}
		columns.WriteString(column.String())
		text.WriteString(shown.String())
	}
	if masks > 0 {
		text.WriteString(t.out.String("…").Faint().String())
	}
	fmt.Fprintf(t.out, "%2d.%-2d %6.1f ms  %s  %s\n", f.Block+1, f.Index+1, float64(f.Took.Microseconds())/1000, &columns, &text)
}

// shade is a block the darker the surer.
func shade(confidence float32) string {
	switch {
	case confidence < 0.5:
		return "░"
	case confidence < 0.75:
		return "▒"
	case confidence < 0.9:
		return "▓"
	default:
		return "█"
	}
}
