package eval

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"seedls/lsp/eval/stats"
)

// orderReport is of two modes, with and without the order, in which some things were measured.
func orderReport() *Report {
	mode := func(name string, shown, milliseconds float64) ModeReport {
		return ModeReport{Mode: name, Shown: &shown, MeanMS: &milliseconds, Intervals: map[string]stats.Interval{
			"shown": {shown - 0.1, shown + 0.1}, "ms_mean": {milliseconds - 5, milliseconds + 5},
		}}
	}
	return &Report{
		Suite: "a & b", Kinds: map[string]int{}, Modes: []ModeReport{mode(Diffusion, 0.5, 20), mode(Ordered, 0.75, 30)},
		Order: map[string]Difference{"shown": {0.25, stats.Interval{0.1, 0.4}}, "ms_mean": {10, stats.Interval{9, 11}}},
	}
}

func TestWriteOrder(t *testing.T) {
	var b bytes.Buffer
	if err := WriteOrder(&b, "c < d", []*Report{orderReport(), {Suite: "without"}}); err != nil {
		t.Fatal(err)
	}
	dots := bytes.Count(b.Bytes(), []byte("<circle"))
	var texts []string
	for decoder := xml.NewDecoder(&b); ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if text, ok := token.(xml.CharData); ok {
			texts = append(texts, strings.TrimSpace(string(text)))
		}
	}
	for _, want := range []string{"c < d", "a & b: shown", "order off", "order on", "100"} {
		if !slices.Contains(texts, want) {
			t.Errorf("no %q in the picture", want)
		}
	}
	if dots != 2 || slices.Contains(texts, "a & b: mean ms") {
		t.Errorf("%d dots for one share in two modes, texts %q", dots, texts)
	}
	if err := WriteOrder(&b, "", []*Report{{Suite: "without"}}); err == nil || !strings.Contains(err.Error(), Ordered) {
		t.Errorf("without such a suite: %v", err)
	}
}

func TestOrderTable(t *testing.T) {
	var b bytes.Buffer
	if err := WriteTables(&b, orderReport()); err != nil {
		t.Fatal(err)
	}
	want := "| mode | shown | mean ms | p50 ms | p95 ms |\n|---|---|---|---|---|\n" +
		"| diffusion | 50.0 % [40.0, 60.0] | 20.0 [15.0, 25.0] | 0 | 0 |\n" +
		"| diffusion+order | 75.0 % [65.0, 85.0] | 30.0 [25.0, 35.0] | 0 | 0 |\n\n" +
		"| the order | off | on | difference, hole by hole |\n|---|---|---|---|\n" +
		"| shown | 50.0 % [40.0, 60.0] | 75.0 % [65.0, 85.0] | +25.0 [10.0, 40.0] |\n" +
		"| mean ms | 20.0 [15.0, 25.0] | 30.0 [25.0, 35.0] | +10.0 [9.0, 11.0] |\n\n"
	if !strings.HasSuffix(b.String(), want) {
		t.Errorf("wrote\n%s\nwant at its end\n%s", &b, want)
	}
}

// TestSummary gives answers whose numbers are easily counted.
func TestSummary(t *testing.T) {
	suite := &Suite{parses: parsesAsGo, names: true}
	holes := []Hole{{task: 0}, {task: 1}, {task: 2}, {task: 3}}
	off := []answer{
		{text: "a", tokens: 2, forwards: 4, elapsedMS: 10, parses: true},
		{text: "b", tokens: 2, forwards: 4, elapsedMS: 20, undeclared: true},
		{forwards: 4, elapsedMS: 30},
		{forwards: 4, elapsedMS: 40},
	}
	on := slices.Clone(off)
	on[1] = answer{text: "c", tokens: 4, forwards: 2, elapsedMS: 20, parses: true}
	on[2] = answer{text: "d", tokens: 2, forwards: 6, elapsedMS: 20, undeclared: true}
	m := summarize(suite, holes, Diffusion, off)
	for name, test := range map[string]struct{ got, want float64 }{
		"parse-valid":          {*m.ParseValid, 0.25},
		"parse-valid of shown": {*m.ParseValidShown, 0.5},
		"undeclared of shown":  {*m.Undeclared, 0.5},
		"forwards/token":       {*m.ForwardsPerToken, 4},
		"mean ms":              {*m.MeanMS, 25},
	} {
		if test.got != test.want {
			t.Errorf("%s is %v, want %v", name, test.got, test.want)
		}
	}
	if i := m.Intervals["ms_mean"]; i[0] < 10 || i[0] > 25 || i[1] < 25 || i[1] > 40 {
		t.Errorf("interval of the time %v", i)
	}
	for name, want := range map[string]float64{
		"parse_valid": 0.25, "parse_valid_shown": 0.5, "undeclared": -0.5, // of the two holes for which both show something
		"shown": 0.25, "ms_mean": -2.5,
	} {
		if got := differences(suite, holes, off, on)[name].Mean; got != want {
			t.Errorf("difference of %s is %v, want %v", name, got, want)
		}
	}
	one := differences(suite, holes[1:2], off[1:2], on[1:2])["forwards_per_token"]
	if want := 2.0/4 - 4.0/2; one.Mean != want || one.Interval != (stats.Interval{want, want}) {
		t.Errorf("difference of forwards/token is %v, want %v", one, want)
	}
	if d, ok := differences(suite, holes, off, on)["forwards_per_token"]; ok {
		t.Errorf("forwards/token of holes of which half show no token: %v, where no interval ends", d)
	}
	nothing := summarize(suite, holes, Diffusion, make([]answer, 4))
	if nothing.ForwardsPerToken != nil || nothing.ParseValidShown != nil || nothing.Undeclared != nil || *nothing.Shown != 0 {
		t.Errorf("where nothing is shown: %+v", nothing)
	}
}
