package trainer

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"

	"github.com/wcharczuk/go-chart/v2"
)

const plotFile = "losses.svg"

// plot writes the losses as a picture, unless there are too few.
func (h *history) plot() error {
	if len(h.records) < 2 {
		return nil
	}
	var b bytes.Buffer
	if err := h.chart().Render(chart.SVG, &b); err != nil {
		return fmt.Errorf("%s: %w", plotFile, err)
	}
	path := filepath.Join(h.dir, plotFile)
	if err := os.WriteFile(path+".new", b.Bytes(), 0o666); err != nil {
		return err
	}
	return os.Rename(path+".new", path)
}

// points is how many the line of a loss has at most: each is the mean of the steps around it.
const points = 400

func (h *history) chart() *chart.Chart {
	line := func(name string, i int, value func(*Record) float64) chart.ContinuousSeries {
		s := chart.ContinuousSeries{Name: name, Style: chart.Style{StrokeColor: chart.GetDefaultColor(i), StrokeWidth: 1.5}}
		size := (len(h.records) + points - 1) / points
		for from := 0; from+size <= len(h.records); from += size {
			sum := 0.0
			for i := range h.records[from : from+size] {
				sum += value(&h.records[from+i])
			}
			s.XValues = append(s.XValues, float64(h.records[from].Step)+float64(size-1)/2)
			s.YValues = append(s.YValues, sum/float64(size))
		}
		return s
	}
	measured := func(name string, i int, value func(*HeldOut) float64) chart.ContinuousSeries {
		colour := chart.GetDefaultColor(i)
		s := chart.ContinuousSeries{Name: name, Style: chart.Style{StrokeColor: colour, StrokeWidth: 1, DotColor: colour, DotWidth: 3}}
		for _, r := range h.records {
			if r.HeldOut != nil {
				s.XValues, s.YValues = append(s.XValues, float64(r.Step)), append(s.YValues, value(r.HeldOut))
			}
		}
		return s
	}
	series := []chart.ContinuousSeries{
		line("next token", 0, func(r *Record) float64 { return r.Context }),
		line("canvas", 1, func(r *Record) float64 { return r.Canvases }),
		measured("next token, held out", 2, func(h *HeldOut) float64 { return h.Context }),
		measured("canvas, held out: the bound", 3, func(h *HeldOut) float64 { return h.Diffusion }),
	}
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
