package eval

import (
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/wcharczuk/go-chart/v2"
)

// Sizes of the picture of the order, in pixels.
const (
	orderWidth  = 960
	orderRow    = 26
	orderMargin = 120 // above and below the rows
)

// WriteOrder draws as SVG what the order is worth in the suites in which it was measured: a row for each share, with a
// dot and its 95 % interval for the order off and for the order on. Without such a suite there is an error.
func WriteOrder(w io.Writer, title string, reports []*Report) error {
	type row struct {
		label   string
		metric  column
		off, on *ModeReport
	}
	var rows []row
	for _, r := range reports {
		for _, c := range columns {
			if _, ok := r.Order[c.metric]; ok && c.unit == percent {
				rows = append(rows, row{r.Suite + ": " + c.title, c, r.mode(Diffusion), r.mode(Ordered)})
			}
		}
	}
	if len(rows) == 0 {
		return errors.New("the order was not measured: a suite wants the modes " + Diffusion + " and " + Ordered)
	}
	graph := chart.Chart{
		Title:      escaped(title),
		TitleStyle: chart.Style{FontSize: 11},
		Width:      orderWidth,
		Height:     orderMargin + orderRow*len(rows),
		Background: chart.Style{Padding: chart.Box{Top: 70, Left: 40, Right: 40, Bottom: 20}},
		XAxis:      chart.XAxis{Name: "%"},
	}
	for tenth := range 11 {
		graph.XAxis.Ticks = append(graph.XAxis.Ticks, chart.Tick{Value: float64(10 * tenth), Label: fmt.Sprint(10 * tenth)})
	}
	const gap = "      " // for fonts that are wider than the one that the library measures with
	ticks := []chart.Tick{{Value: 0}}
	for n, r := range slices.Backward(rows) {
		ticks = append(ticks, chart.Tick{Value: float64(len(rows)-n) - 0.5, Label: escaped(r.label) + gap})
	}
	ticks = append(ticks, chart.Tick{Value: float64(len(rows))})
	// The library takes the range of the axis on the left from the ticks of the one on the right.
	graph.YAxis = chart.YAxis{Style: chart.Hidden(), Ticks: ticks}
	graph.YAxisSecondary = chart.YAxis{TickStyle: chart.Style{FontSize: 8}, Ticks: ticks}
	var intervals, legend []chart.Series
	for i, series := range []struct {
		name string
		of   func(row) *ModeReport
	}{{"order off", func(r row) *ModeReport { return r.off }}, {"order on", func(r row) *ModeReport { return r.on }}} {
		colour := chart.GetDefaultColor(i)
		dots := chart.ContinuousSeries{
			YAxis: chart.YAxisSecondary,
			Style: chart.Style{StrokeColor: colour.WithAlpha(0), StrokeWidth: 1, DotColor: colour, DotWidth: 4},
		}
		for n, r := range rows {
			m := series.of(r)
			y := float64(len(rows)-n) - 0.35 - 0.3*float64(i)
			dots.XValues, dots.YValues = append(dots.XValues, 100**r.metric.value(m)), append(dots.YValues, y)
			interval := m.Intervals[r.metric.metric]
			intervals = append(intervals, chart.ContinuousSeries{
				YAxis: chart.YAxisSecondary, Style: chart.Style{StrokeColor: colour, StrokeWidth: 1.5},
				XValues: []float64{100 * interval[0], 100 * interval[1]}, YValues: []float64{y, y},
			})
		}
		graph.Series = append(graph.Series, dots)
		legend = append(legend, chart.ContinuousSeries{Name: series.name, Style: chart.Style{StrokeColor: colour, StrokeWidth: 3}})
	}
	graph.Series = append(graph.Series, intervals...)
	graph.Elements = []chart.Renderable{chart.LegendThin(&chart.Chart{Series: legend})}
	if err := graph.Render(chart.SVG, w); err != nil {
		return fmt.Errorf("draw the order: %w", err)
	}
	return nil
}
