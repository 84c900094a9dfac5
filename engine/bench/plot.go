package bench

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/wcharczuk/go-chart/v2"
	"github.com/wcharczuk/go-chart/v2/drawing"
)

// Sizes of the picture, in pixels.
const (
	titleHeight = 40
	panelHeight = 440
	latencyWide = 700
	speedWide   = 400
)

// The names of the panels.
const (
	latencyPanel = "Latency of a forward pass, by tokens of the canvas"
	speedPanel   = "Tokens a second"
)

var (
	measuredColour  = chart.GetDefaultColor(0)
	computeColour   = drawing.Color{R: 200, G: 70, B: 60, A: 255}
	bandwidthColour = drawing.Color{R: 60, G: 140, B: 80, A: 255}
	arColour        = drawing.Color{R: 150, G: 150, B: 150, A: 255}
)

// WritePlot draws the report as SVG: the latency of canvases under the roofs of arithmetic and of memory, both axes
// logarithmic, and beside it the tokens a second of both ways of writing.
func (r *Report) WritePlot(w io.Writer) error {
	var title strings.Builder // a Builder cannot fail
	_ = xml.EscapeText(&title, []byte(r.Title()))
	latency, err := panel(r.latencyChart(), 0, latencyWide)
	if err != nil {
		return err
	}
	speed, err := panel(r.speedChart(), latencyWide, speedWide)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d">
<rect width="100%%" height="100%%" fill="white"/>
<text x="%d" y="26" text-anchor="middle" font-family="sans-serif" font-size="15" fill="#333">%s</text>
%s
%s
</svg>
`, latencyWide+speedWide, titleHeight+panelHeight, (latencyWide+speedWide)/2, &title, latency, speed)
	return err
}

// renderer is a chart.
type renderer interface {
	Render(chart.RendererProvider, io.Writer) error
}

// panel renders a chart as an element of a picture, x pixels from its left and below its title.
func panel(c renderer, x, width int) (string, error) {
	var b bytes.Buffer
	if err := c.Render(chart.SVG, &b); err != nil {
		return "", err
	}
	place := fmt.Sprintf(`<svg x="%d" y="%d" width="%d" height="%d" `, x, titleHeight, width, panelHeight)
	return strings.Replace(b.String(), "<svg ", place, 1), nil
}

func (r *Report) latencyChart() chart.Chart {
	var at, measured, compute, memory []float64
	var labels []chart.Value2
	var xTicks []chart.Tick
	least, most := math.Inf(1), 0.0
	for _, c := range r.Profile {
		x, us := math.Log2(float64(c.Canvas)), c.LatencyUS.Median
		at, measured = append(at, x), append(measured, math.Log10(us))
		compute, memory = append(compute, math.Log10(c.ComputeUS)), append(memory, math.Log10(c.MemoryUS))
		least, most = min(least, us, c.ComputeUS, c.MemoryUS), max(most, us, c.ComputeUS, c.MemoryUS)
		if c.Canvas&(c.Canvas-1) == 0 {
			xTicks = append(xTicks, chart.Tick{Value: x, Label: fmt.Sprint(c.Canvas)})
			labels = append(labels, chart.Value2{XValue: x, YValue: math.Log10(us), Label: duration(us)})
		}
	}
	yTicks := logTicks(least, most)
	height := yTicks[len(yTicks)-1].Value - yTicks[0].Value
	for i := range labels { // above the line, not on it
		labels[i].XValue = max(labels[i].XValue-0.3, at[0])
		labels[i].YValue += 0.045 * height
	}
	if len(xTicks) == 1 { // a range must not be empty
		xTicks = append(xTicks, chart.Tick{Value: at[0] + 1})
	}
	line := func(y []float64, style chart.Style) chart.Series {
		return chart.ContinuousSeries{YAxis: chart.YAxisSecondary, XValues: at, YValues: y, Style: style}
	}
	roof := func(c drawing.Color) chart.Style {
		return chart.Style{StrokeColor: c, StrokeWidth: 1.5, StrokeDashArray: []float64{6, 4}}
	}
	text := func(c drawing.Color, labels ...chart.Value2) chart.Series {
		clear := chart.ColorTransparent
		return chart.AnnotationSeries{
			YAxis: chart.YAxisSecondary, Annotations: labels,
			Style: chart.Style{FontSize: 8, FontColor: c, StrokeColor: clear, FillColor: clear},
		}
	}
	beside := func(y []float64, i int, rise float64, label string) chart.Value2 {
		return chart.Value2{XValue: at[i], YValue: y[i] + rise*height, Label: label}
	}
	rise := -0.045 // of what the bandwidth roof is called: on the side where no measurement is
	if measured[0] < memory[0] {
		rise = 0.09
	}
	return chart.Chart{
		Title:      latencyPanel,
		TitleStyle: chart.Style{FontSize: 11},
		Width:      latencyWide,
		Height:     panelHeight,
		Background: chart.Style{Padding: chart.Box{Top: 50, Left: 20, Right: 10, Bottom: 10}},
		XAxis:      chart.XAxis{Name: "tokens of the canvas", Ticks: xTicks},
		// The first is on the right; go-chart takes the range of the second, on the left, from its ticks.
		YAxis:          chart.YAxis{Style: chart.Hidden(), Ticks: yTicks},
		YAxisSecondary: chart.YAxis{Ticks: yTicks},
		Series: []chart.Series{
			line(measured, chart.Style{StrokeColor: measuredColour, StrokeWidth: 2, DotColor: measuredColour, DotWidth: 4}),
			line(compute, roof(computeColour)),
			line(memory, roof(bandwidthColour)),
			text(measuredColour, labels...),
			text(computeColour, beside(compute, len(at)/3, -0.045, fmt.Sprintf("compute roof: %s·10⁹ operations/s", number(r.PeakGOPS)))),
			text(bandwidthColour, beside(memory, 0, rise, fmt.Sprintf("bandwidth roof: weights at %s GB/s", number(r.BandwidthGBS)))),
		},
	}
}

// logTicks are 1, 2 and 5 of each power of ten, from the last that is not above least to the first that is not below
// most, in microseconds.
func logTicks(least, most float64) []chart.Tick {
	var ticks []chart.Tick
	for power := math.Floor(math.Log10(least)); ; power++ {
		for _, step := range []float64{1, 2, 5} {
			us := step * math.Pow(10, power)
			tick := chart.Tick{Value: math.Log10(us), Label: duration(us)}
			if us <= least {
				ticks = ticks[:0]
			}
			if ticks = append(ticks, tick); us >= most && len(ticks) > 1 {
				return ticks
			}
		}
	}
}

// duration is a number of microseconds for people.
func duration(us float64) string {
	switch {
	case us < 1e3:
		return fmt.Sprintf("%.3g µs", us)
	case us < 1e6:
		return fmt.Sprintf("%.3g ms", us/1e3)
	}
	return fmt.Sprintf("%.3g s", us/1e6)
}

func (r *Report) speedChart() chart.BarChart {
	bar := func(name string, f *Figure, c drawing.Color) chart.Value {
		return chart.Value{
			Label: fmt.Sprintf("%s: %s", name, number(f.Median)), Value: f.Median,
			Style: chart.Style{FillColor: c, StrokeColor: c},
		}
	}
	var bars []chart.Value
	top := r.DiffusionTokensPerSecond.Median
	if ar := r.ARTokensPerSecond; ar != nil {
		bars, top = append(bars, bar("autoregressive", ar, arColour)), max(top, ar.Median)
	}
	bars = append(bars, bar("diffusion", r.DiffusionTokensPerSecond, measuredColour))
	return chart.BarChart{
		Title:      speedPanel,
		TitleStyle: chart.Style{FontSize: 11},
		Width:      speedWide,
		Height:     panelHeight,
		BarWidth:   80,
		BarSpacing: 80,
		Background: chart.Style{Padding: chart.Box{Top: 60, Left: 20, Right: 20, Bottom: 54}},
		YAxis: chart.YAxis{
			Style: chart.Hidden(), Range: &chart.ContinuousRange{Max: max(1.05*top, 1)},
		},
		Bars: bars,
	}
}
