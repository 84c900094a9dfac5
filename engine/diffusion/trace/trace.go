// Package trace shows how a canvas is filled: a frame for each step of the sampler, with what is still masked, what was
// just committed, how sure the model was of each slot, and what the order held back and why. Frames are drawn in a
// terminal, as SVG, or written as JSON.
package trace

import (
	"strings"
	"time"

	"seedls/engine/diffusion"
)

// A Frame is the canvas after a step, and what the order objected to in the step. It holds nothing of the sampler's.
type Frame struct {
	Block  int     `json:"block"` // from 0, as Index is
	Index  int     `json:"index"`
	TookMS float64 `json:"took_ms"`
	Slots  []Slot  `json:"slots"`
	// Waiting are tokens that may not be committed yet, Vetoed such as cannot stand where they would, and Remasked such
	// as stood there and were masked again.
	Waiting  []Objection `json:"waiting,omitempty"`
	Vetoed   []Objection `json:"vetoed,omitempty"`
	Remasked []Objection `json:"remasked,omitempty"`
}

// A Slot is one token of a canvas.
type Slot struct {
	// State is what the slot holds: "mask", "end" or "text".
	State      string  `json:"state"`
	Text       string  `json:"text,omitempty"`
	Confidence float32 `json:"confidence,omitempty"` // when it was committed
	Fresh      bool    `json:"fresh,omitempty"`      // committed by this step
}

// The states of a slot.
const (
	Masked = "mask"
	Ended  = "end"
	Filled = "text"
)

// An Objection is a token that the order held back, or found wrong.
type Objection struct {
	// Slot is where the token would have stood, from 0. Its text is empty for the end of the text.
	Slot       int     `json:"slot"`
	Text       string  `json:"text"`
	Confidence float32 `json:"confidence"`
	// Rule is the order's, and Name the word that it is about, if it is about one.
	Rule string `json:"rule,omitempty"`
	Name string `json:"name,omitempty"`
	// For is the slot that a token waits for, and -1 for others.
	For int `json:"for"`
}

// The signs of what is not text.
const (
	mask = "…"
	end  = "■"
)

// sign is what the slot is drawn as: its text on one line with white space made visible, or the sign of a mask or an end.
func (s Slot) sign() string {
	switch s.State {
	case Masked:
		return mask
	case Ended:
		return end
	default:
		return showSpace.Replace(s.Text)
	}
}

var showSpace = strings.NewReplacer("\r", "", "\n", "↵", "\t", "→")

// runs calls each with the text of the canvas from left to right, masks and ends drawn once for as many as stand
// together.
func (f Frame) runs(each func(text string, fresh bool)) {
	for i, s := range f.Slots {
		if s.State != Filled && i > 0 && f.Slots[i-1].State == s.State {
			continue
		}
		each(s.sign(), s.Fresh && s.State != Ended)
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

// Frame makes a frame of the next step.
func (t *Tracer) Frame(s diffusion.Step) Frame {
	frame := Frame{
		Block: s.Block, Index: s.Index, TookMS: float64(s.Took) / float64(time.Millisecond), Slots: make([]Slot, len(s.Canvas)),
		Waiting: t.objections(s.Waiting), Vetoed: t.objections(s.Vetoed), Remasked: t.objections(s.Remasked),
	}
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
		slot := &frame.Slots[i]
		if token == t.mask {
			slot.State, slot.Fresh = Masked, false // what was committed and masked again in one step is not fresh
			continue
		}
		slot.Confidence = t.confidence[i]
		if slot.State, slot.Text = Filled, t.text(token); slot.Text == "" {
			slot.State = Ended
		}
	}
	return frame
}

func (t *Tracer) objections(list []diffusion.Objection) []Objection {
	var objections []Objection
	for _, o := range list {
		objections = append(objections, Objection{o.Slot, t.text(o.Token), o.Confidence, o.Rule, o.Name, o.For})
	}
	return objections
}
