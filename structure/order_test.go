package structure

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// words is a vocabulary that grows with the test: "_" is the mask and "" the
// end.
type words []string

func (w *words) token(text string) int32 {
	for i, known := range *w {
		if known == text {
			return int32(i)
		}
	}
	*w = append(*w, text)
	return int32(len(*w) - 1)
}

func (w *words) text(token int32) []byte {
	if token < 2 {
		return nil
	}
	return []byte((*w)[token])
}

// canvas splits a canvas written with a bar between its slots.
func (w *words) canvas(slots string) (canvas []int32) {
	for slot := range strings.SplitSeq(slots, "|") {
		canvas = append(canvas, w.token(slot))
	}
	return canvas
}

func newWords() *words { return &words{"_", ""} }

func TestOrder(t *testing.T) {
	const (
		argument = "package p\n\nfunc f() {\n\tx(‸)\n}\n"
		body     = "package p\n\nfunc f() {\n\t‸\n}\n"
		openCall = "package p\n\nfunc f() {\n\tx(‸\n}\n"
		inString = "package p\n\nvar s = \"a‸\"\n"
	)
	for _, test := range []struct {
		lang            *Language
		text            string
		before          string // finished blocks
		canvas          string // up to the slot
		token           string
		possible, ready bool
	}{
		// Nothing is missing before the slot.
		{goLang, body, "", "", "return", true, true},
		{goLang, body, "", "f(", ")", true, true},
		{goLang, body, "", "f(", "x)", true, true},
		{goLang, body, "", "f(", "x]", false, true},
		{goLang, body, "", "f", "x)", false, true},
		{goLang, body, "f(", "x", ")", true, true},
		{goLang, body, "f(", "x", ")\n\t)", false, true},
		{goLang, body, "x := \"\\", "", "\")\"", true, true},
		{javaScriptLang, "x = ‸;\n", "y /", "", "/ it)", true, true},
		{goLang, body, "", "f([]int{", ")", false, true},
		{goLang, body, "", "s := \"(", ")\"", true, true},
		{goLang, body, "", "s := \"(\"", ")", false, true},
		{goLang, body, "", "// ", ")", true, true},
		{goLang, body, "", "x", "", true, true},
		// What the text behind the hole closes.
		{goLang, body, "", "", "}", false, true},
		{goLang, body, "", "\n\t", "}", false, true},
		{goLang, body, "", "return", "\n}", true, true},
		{goLang, argument, "", "", ")", false, true},
		{goLang, argument, "", "a", ")", true, true},
		{goLang, argument, "a", "", ")", true, true},
		{goLang, openCall, "", "", ")", true, true},
		{goLang, openCall, "", "", ")\n}", true, true},
		{goLang, inString, "", "", ")", true, true},
		{plainLang, "a (‸)\n", "", "", "b)", true, true},
		{plainLang, "a (‸)\n", "", "", ")", false, true},
		// A mask comes before the slot.
		{goLang, body, "", "_", "return", true, true},
		{goLang, body, "", "_", "(", true, true},
		{goLang, body, "", "_", "(x)", true, true},
		{goLang, body, "", "_", ")", true, false},
		{goLang, body, "", "_|(", ")", true, true},
		{goLang, body, "", "(|_", ")", true, false},
		{goLang, body, "", "_|)", "x", true, true},
		{goLang, body, "", "_", "\"", true, false},
		{goLang, body, "", "_", "\"a\"", true, true},
		{goLang, body, "", "_", "// it's", true, true},
		{goLang, body, "", "_", "", true, false},
		{goLang, body, "", "_|x", "", true, false},
		{pythonLang, "def f():\n    ‸\n", "", "_", "'''", true, false},
	} {
		tree, start, end := parseMarked(t, test.lang, test.text)
		w := newWords()
		order := tree.Hole(start, end).Order(nil, w.token("_"), w.token(""), w.text)
		if test.before != "" {
			order.Begin(w.canvas(test.before))
		}
		var canvas []int32
		if test.canvas != "" {
			canvas = w.canvas(test.canvas)
		}
		slot, token := len(canvas), w.token(test.token)
		canvas = append(canvas, w.token("_"), w.token("_"))
		if got := order.Possible(canvas, slot, token); got != test.possible {
			t.Errorf("%q, %q, %q then %q: possible %v", test.text, test.before, test.canvas, test.token, got)
		}
		if got := order.Ready(canvas, slot, token); got != test.ready {
			t.Errorf("%q, %q, %q then %q: ready %v", test.text, test.before, test.canvas, test.token, got)
		}
	}
}

// TestOrderDoesNotAllocate asks about canvases of equal length again and again,
// as the steps of a sampler do: the first may allocate, and whole lines, which
// are parsed.
func TestOrderDoesNotAllocate(t *testing.T) {
	tree, start, end := parseMarked(t, goLang, "package p\n\nfunc f() {\n\tif g(‸) {\n\t}\n}\n")
	texts := [][]byte{nil, nil, []byte("f("), []byte("x)"), []byte("\"a"), []byte("unknown "), []byte("un")}
	hole := tree.Hole(start, end)
	scope, err := tree.Scope(t.Context(), hole, &Package{})
	if err != nil {
		t.Fatal(err)
	}
	order := hole.Order(scope, 0, 1, func(token int32) []byte { return texts[token] })
	text, canvas := []int32{2, 3}, []int32{2, 2, 3, 0, 2, 0}
	confidence := make([]float32, len(canvas))
	if n := testing.AllocsPerRun(100, func() {
		order.Begin(text)
		for slot := range canvas {
			for token := range int32(len(texts)) {
				order.Possible(canvas, slot, token)
				order.Ready(canvas, slot, token)
				order.Skeleton(canvas, slot, token)
			}
		}
		order.Violations(canvas, confidence)
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestOrderTakesAnything asks about random tokens, cut anywhere, in random
// places of real code.
func TestOrderTakesAnything(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for lang, text := range samples(t) {
		tree := mustParse(t, lang, text)
		for range 200 {
			w := newWords()
			start := r.IntN(len(text))
			order := tree.Hole(start, min(len(text), start+r.IntN(20))).Order(nil, 0, 1, w.text)
			canvas := make([]int32, 1+r.IntN(8))
			for i := range canvas {
				at := r.IntN(len(text))
				if r.IntN(3) > 0 {
					canvas[i] = w.token("x" + text[at:min(len(text), at+r.IntN(12))])
				}
			}
			order.Begin(canvas[:r.IntN(len(canvas))])
			for slot, token := range canvas {
				order.Possible(canvas, slot, token)
				order.Ready(canvas, slot, token)
			}
		}
	}
}
