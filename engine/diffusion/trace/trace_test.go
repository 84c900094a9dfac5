package trace

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/muesli/termenv"

	"seedls/engine/diffusion"
)

// steps is a generation over the tokens: 0 the mask, 1 the end, and some text.
func frames() []Frame {
	texts := map[int32]string{2: "if x {", 3: "\n\treturn", 4: " <nil>\r\n"}
	tracer := New(0, func(token int32) string { return texts[token] })
	return []Frame{
		tracer.Frame(diffusion.Step{
			Canvas:    []int32{2, 0, 0, 0, 1, 1},
			Committed: []diffusion.Candidate{{Slot: 0, Confidence: 0.95}, {Slot: 4, Confidence: 0.4}, {Slot: 5, Confidence: 0.4}},
			Took:      2500 * time.Microsecond,
		}),
		tracer.Frame(diffusion.Step{
			Index: 1, Canvas: []int32{2, 0, 4, 1},
			Committed: []diffusion.Candidate{{Slot: 2, Confidence: 0.6}, {Slot: 3, Confidence: 0.8}},
		}),
		tracer.Frame(diffusion.Step{
			Index: 2, Canvas: []int32{2, 3, 4, 1},
			Committed: []diffusion.Candidate{{Slot: 1, Confidence: 0.9}},
		}),
	}
}

// TestFrameOfAChangedCanvas draws a canvas that was cut in the step that committed beyond the cut, and one that held
// text before its first step, some of it revised.
func TestFrameOfAChangedCanvas(t *testing.T) {
	frame := New(0, func(int32) string { return "x" }).Frame(diffusion.Step{
		Canvas:    []int32{2},
		Committed: []diffusion.Candidate{{Slot: 0, Confidence: 0.5}, {Slot: 3, Confidence: 0.4}},
	})
	if len(frame.Slots) != 1 || !frame.Slots[0].Fresh {
		t.Errorf("cut: %+v", frame.Slots)
	}
	frame = New(0, func(int32) string { return "x" }).Frame(diffusion.Step{
		Canvas: []int32{2, 3}, Revised: []diffusion.Candidate{{Slot: 1, Confidence: 0.5}},
	})
	if frame.Slots[0].Fresh || !frame.Slots[1].Fresh || frame.Slots[1].Confidence != 0.5 {
		t.Errorf("revised: %+v", frame.Slots)
	}
}

func TestTerminalWithoutColour(t *testing.T) {
	var b bytes.Buffer
	terminal := NewTerminal(&b)
	for _, f := range frames() {
		terminal.Draw(f)
	}
	want := legend + "\n" +
		" 1.1     2.5 ms  █···░░  [if x {]…■\n" +
		" 1.2     0.0 ms  █·▒▓  if x {…[ <nil>↵]■\n" +
		" 1.3     0.0 ms  ██▒▓  if x {[↵→return] <nil>↵■\n"
	if b.String() != want {
		t.Errorf("drew\n%s\nwant\n%s", &b, want)
	}
}

// TestTerminalObjections draws what an order held back: a line for each reason, none wider than 100 columns.
func TestTerminalObjections(t *testing.T) {
	texts := map[int32]string{2: "if x {", 3: "\n\treturn", 4: "mu.Unlock()", 5: strings.Repeat("é", 40)}
	step := diffusion.Step{
		Canvas:    []int32{0, 2, 0, 0},
		Committed: []diffusion.Candidate{{Slot: 1, Confidence: 0.95}},
		Waiting: []diffusion.Objection{
			{Candidate: diffusion.Candidate{Slot: 2, Token: 4, Confidence: 0.25}, Rule: "declare before use", Name: "mu"},
			{Candidate: diffusion.Candidate{Slot: 3, Token: 1, Confidence: 0.1}, Rule: "end last"},
			{Candidate: diffusion.Candidate{Slot: 2, Token: 1, Confidence: 0.2}, Rule: "end last"},
			{Candidate: diffusion.Candidate{Slot: 0, Token: 1, Confidence: 0.2}, Rule: "end last"},
		},
		Remasked: []diffusion.Objection{{Candidate: diffusion.Candidate{Slot: 3, Token: 3, Confidence: 0.5}, Rule: "a line must parse", For: -1}},
	}
	for range 20 {
		step.Vetoed = append(step.Vetoed, diffusion.Objection{Candidate: diffusion.Candidate{Slot: 3, Token: 5}, For: -1})
	}
	step.Vetoed[7].Token = 3
	var b bytes.Buffer
	NewTerminal(&b).Draw(New(0, func(token int32) string { return texts[token] }).Frame(step))
	long := "4 " + strings.Repeat("é", 23) + "… 0 %"
	want := legend + "\n" +
		" 1.1     0.0 ms  ·█··  …[if x {]…\n" +
		"                 waits for slot 1, declare before use: 3 mu.Unlock() (mu) 25 %\n" +
		"                 waits for slot 1, end last: ■ in 1, 3-4\n" +
		"                 vetoed: " + long + ", " + long + " and 18 more\n" +
		"                 masked again, a line must parse: 4 ↵→return 50 %\n"
	if b.String() != want {
		t.Errorf("drew\n%s\nwant\n%s", &b, want)
	}
}

// TestTerminalWraps draws texts that are too wide for a line beside the canvas, and below one that is too long for that.
func TestTerminalWraps(t *testing.T) {
	tracer := New(0, func(int32) string { return "nine char" })
	for _, slots := range []int{12, 60} {
		var b bytes.Buffer
		NewTerminal(&b).Draw(tracer.Frame(diffusion.Step{Canvas: slices.Repeat([]int32{2}, slots)}))
		lines := strings.Split(strings.TrimSpace(b.String()), "\n")
		for _, line := range lines[1:] {
			if utf8.RuneCountInString(line) > width || strings.TrimRight(line, " ") != line {
				t.Errorf("%d slots: %q", slots, line)
			}
		}
		if drawn := strings.Count(b.String(), "nine char"); drawn != slots || len(lines) < 3 {
			t.Errorf("%d slots: %d of them in %d lines", slots, drawn, len(lines))
		}
	}
}

func TestTerminalInColour(t *testing.T) {
	var b bytes.Buffer
	terminal := &Terminal{out: termenv.NewOutput(&b, termenv.WithProfile(termenv.ANSI))}
	terminal.Draw(frames()[0])
	if !strings.Contains(b.String(), "\x1b[32;1mif x {\x1b[0m") || strings.Contains(b.String(), "[if x {]") {
		t.Errorf("drew %q", &b)
	}
}

func TestSVG(t *testing.T) {
	var b bytes.Buffer
	if err := WriteSVG(&b, "a & b\x01", frames()); err != nil {
		t.Fatal(err)
	}
	decoder := xml.NewDecoder(bytes.NewReader(b.Bytes()))
	rects, texts := 0, []string{}
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("not XML: %v\n%s", err, &b)
		}
		switch token := token.(type) {
		case xml.StartElement:
			if token.Name.Local == "rect" {
				rects++
			}
		case xml.CharData:
			if text := strings.TrimSpace(string(token)); text != "" {
				texts = append(texts, text)
			}
		}
	}
	if rects != 1+6+4+4 {
		t.Errorf("%d rectangles for 14 slots and a background", rects)
	}
	if got, want := strings.Join(texts, "|"), "a & b\uFFFD|if x {…■|if x {… <nil>↵■|if x {↵→return <nil>↵■"; got != want {
		t.Errorf("texts %q, want %q", got, want)
	}
}
