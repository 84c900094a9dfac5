package trace

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

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
