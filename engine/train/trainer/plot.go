package trainer

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"github.com/wcharczuk/go-chart/v2"
	"github.com/wcharczuk/go-chart/v2/drawing"
)

const (
	lossesPlot = "losses.svg"
	noisePlot  = "noise.svg"
)

// plot draws the losses of the steps, and those of masked tokens by the share of masks, unless there are too few.
func (h *history) plot() error {
	if len(h.records) < 2 {
		return nil
	}
	for name, series := range map[string][]chart.ContinuousSeries{lossesPlot: h.losses(), noisePlot: h.noise()} {
		var b bytes.Buffer
		if err := lines(series).Render(chart.SVG, &b); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		path := filepath.Join(h.dir, name)
		if err := os.WriteFile(path+".new", b.Bytes(), 0o666); err != nil {
			return err
		}
		if err := os.Rename(path+".new", path); err != nil {
			return err
		}
	}
	return nil
}

func (h *history) losses() []chart.ContinuousSeries {
	one := func(value func(*Record) float64) func(*Record) (float64, float64) {
		return func(r *Record) (float64, float64) { return value(r), 1 }
	}
	return []chart.ContinuousSeries{
		h.line("next token", chart.GetDefaultColor(0), 200, one(func(r *Record) float64 { return r.Context })),
		h.line("canvas", chart.GetDefaultColor(1), 200, one(func(r *Record) float64 { return r.Canvases })),
		h.measured("next token, held out", chart.GetDefaultColor(2), func(h *HeldOut) float64 { return h.Context }),
		h.measured("canvas, held out: the bound", chart.GetDefaultColor(3), func(h *HeldOut) float64 { return h.Diffusion }),
	}
}

// noise has a line for two levels each, those of more masks darker.
func (h *history) noise() (all []chart.ContinuousSeries) {
	few, many := drawing.ColorFromHex("6baed6"), drawing.ColorFromHex("67000d")
	for i := 0; i < Levels; i += 2 {
		between := func(a, b uint8) uint8 { return uint8((int(a)*(Levels-2-i) + int(b)*i) / (Levels - 2)) }
		colour := drawing.Color{R: between(few.R, many.R), G: between(few.G, many.G), B: between(few.B, many.B), A: 255}
		name := fmt.Sprintf("%d-%d %% masked", 100*i/Levels, 100*(i+2)/Levels)
		all = append(all, h.line(name, colour, 50, func(r *Record) (value, weight float64) {
			first, second := float64(r.Count[i]), float64(r.Count[i+1])
			return (r.Mean[i]*first + r.Mean[i+1]*second) / max(first+second, 1), first + second
		}))
	}
	return all
}

// line has at most so many points, each the mean of the values of some steps by their weights.
func (h *history) line(
	name string, colour drawing.Color, points int, value func(*Record) (value, weight float64),
) chart.ContinuousSeries {
	s := chart.ContinuousSeries{Name: name, Style: chart.Style{StrokeColor: colour, StrokeWidth: 1.5}}
	size := (len(h.records) + points - 1) / points
	for from := 0; from+size <= len(h.records); from += size {
		sum, weights := 0.0, 0.0
		for i := range h.records[from : from+size] {
			v, w := value(&h.records[from+i])
			sum += v * w
			weights += w
		}
		if weights > 0 {
			s.XValues = append(s.XValues, float64(h.records[from].Step)+float64(size-1)/2)
			s.YValues = append(s.YValues, sum/weights)
		}
	}
	return s
}

// measured has a point wherever held-out losses were measured.
func (h *history) measured(name string, colour drawing.Color, value func(*HeldOut) float64) chart.ContinuousSeries {
	s := chart.ContinuousSeries{Name: name, Style: chart.Style{StrokeColor: colour, StrokeWidth: 1, DotColor: colour, DotWidth: 3}}
	for _, r := range h.records {
		if r.HeldOut != nil {
			s.XValues, s.YValues = append(s.XValues, float64(r.Step)), append(s.YValues, value(r.HeldOut))
		}
	}
	return s
}

func lines(series []chart.ContinuousSeries) *chart.Chart {
	c := &chart.Chart{
		Width: 1000, Height: 500,
		Background: chart.Style{Padding: chart.Box{Top: 40, Left: 20, Right: 20, Bottom: 10}},
		XAxis:      chart.XAxis{Name: "step", ValueFormatter: func(v any) string { return fmt.Sprintf("%.0f", v) }},
		YAxis:      chart.YAxis{Name: "nats a token"},
	}
	least, most := math.Inf(1), 0.0
	for _, s := range series {
		if len(s.XValues) > 1 {
			c.Series = append(c.Series, s)
		}
		for _, y := range s.YValues {
			least, most = min(least, y), max(most, y)
		}
	}
	c.YAxis.Range = &chart.ContinuousRange{Min: math.Floor(least), Max: math.Ceil(most)}
	c.Elements = []chart.Renderable{chart.LegendThin(c)}
	return c
}
