package eval

import (
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/wcharczuk/go-chart/v2"

	"seedls/lsp/completion"
)

// A Point is one setting on the frontier of speed and quality.
type Point struct {
	Series  string // such as "diffusion, threshold"
	Setting string // such as "0.9"

	TokensPerSecond, TokensPerForward      float64
	EditSimilarity, ExactMatch, ParseValid float64
}

// Frontier measures a suite, best one without programs, at the settings between speed and quality: thresholds from 0.5 to
// 0.99 and fixed steps from 1 to 32, each with the order and without, and autoregression.
func Frontier(ctx context.Context, suite *Suite, s Subject, base completion.Options) ([]Point, error) {
	type setting struct {
		series, name string
		options      completion.Options
	}
	settings := []setting{{Autoregressive, Autoregressive, with(base, func(o *completion.Options) { o.Mode = completion.Autoregressive })}}
	for _, order := range []bool{false, true} {
		series := Diffusion
		if order {
			series = Ordered
		}
		for _, threshold := range []float64{0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99} {
			settings = append(settings, setting{series + ", threshold", fmt.Sprint(threshold), with(base, func(o *completion.Options) {
				o.Order, o.Policy, o.Threshold = order, completion.ThresholdPolicy, threshold
			})})
		}
		for _, steps := range []int{1, 2, 4, 8, 16, 32} {
			settings = append(settings, setting{series + ", fixed steps", fmt.Sprint(steps), with(base, func(o *completion.Options) {
				o.Order, o.Policy, o.Steps, o.Canvas, o.Blocks = order, completion.FixedStepsPolicy, steps, 32, 2
			})})
		}
	}
	var points []Point
	for i, setting := range settings {
		quiet := s
		quiet.Modes, quiet.Observe = []Mode{{setting.series + " " + setting.name, setting.options}}, nil
		report, err := Run(ctx, suite, quiet)
		if err != nil {
			return nil, err
		}
		m := report.Modes[0]
		points = append(points, Point{
			setting.series, setting.name, *m.TokensPerSecond, *m.TokensPerForward, *m.EditSimilarity, *m.ExactMatch, *m.ParseValid,
		})
		s.observe("frontier", i+1, len(settings))
	}
	return points, nil
}

func with(o completion.Options, change func(*completion.Options)) completion.Options {
	change(&o)
	return o
}

// Size of the picture, in pixels.
const (
	frontierWidth  = 960
	frontierHeight = 540
)

// WriteFrontier draws points as SVG: quality over tokens a second, a line for each series.
func WriteFrontier(w io.Writer, title string, points []Point) error {
	clear := chart.ColorTransparent
	graph := chart.Chart{
		Title:          escaped(title),
		TitleStyle:     chart.Style{FontSize: 11},
		Width:          frontierWidth,
		Height:         frontierHeight,
		Background:     chart.Style{Padding: chart.Box{Top: 70, Left: 40, Right: 40, Bottom: 20}},
		XAxis:          chart.XAxis{Name: "tokens shown a second", ValueFormatter: decimals("%.0f"), Range: from0(points, Point.speed)},
		YAxis:          chart.YAxis{Style: chart.Hidden(), Range: from0(points, Point.quality)},
		YAxisSecondary: chart.YAxis{Name: "edit similarity", ValueFormatter: decimals("%.2f"), Range: from0(points, Point.quality)},
	}
	var labels []chart.Series
	for len(points) > 0 {
		colour := chart.GetDefaultColor(len(labels))
		line := chart.ContinuousSeries{
			Name: points[0].Series, YAxis: chart.YAxisSecondary,
			Style: chart.Style{StrokeColor: colour, StrokeWidth: 1.5, DotColor: colour, DotWidth: 4},
		}
		label := chart.AnnotationSeries{
			YAxis: chart.YAxisSecondary,
			Style: chart.Style{FontSize: 8, FontColor: colour, StrokeColor: clear, FillColor: clear},
		}
		for len(points) > 0 && points[0].Series == line.Name {
			p := points[0]
			line.XValues, line.YValues = append(line.XValues, p.speed()), append(line.YValues, p.quality())
			label.Annotations = append(label.Annotations, chart.Value2{XValue: p.speed(), YValue: p.quality(), Label: p.Setting})
			points = points[1:]
		}
		graph.Series, labels = append(graph.Series, line), append(labels, label)
	}
	graph.Series = append(graph.Series, labels...)
	legend := graph
	legend.Series = graph.Series[:len(labels)]
	graph.Elements = []chart.Renderable{chart.LegendThin(&legend)}
	return graph.Render(chart.SVG, w)
}

func (p Point) speed() float64   { return p.TokensPerSecond }
func (p Point) quality() float64 { return p.EditSimilarity }

// from0 is an axis from 0 to a little more than the largest value.
func from0(points []Point, value func(Point) float64) *chart.ContinuousRange {
	r := &chart.ContinuousRange{}
	for _, p := range points {
		r.Max = max(r.Max, 1.1*value(p))
	}
	return r
}

// escaped is text for a chart, which does not escape it.
func escaped(text string) string {
	var b strings.Builder // cannot fail
	_ = xml.EscapeText(&b, []byte(text))
	return b.String()
}

func decimals(format string) chart.ValueFormatter {
	return func(v any) string { return fmt.Sprintf(format, v) }
}
