package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"seedls/lsp/eval/stats"
	"seedls/lsp/eval/typing"
)

// A report is what is said of a load.
type report struct {
	Clients     int     `json:"clients"`
	Rate        float64 `json:"characters_per_second"` // of each
	Seconds     float64 `json:"seconds"`
	Keys        int     `json:"keys"`
	Answers     int     `json:"answers"`
	Suggestions int     `json:"suggestions"`
	Cancelled   int     `json:"cancelled"`
	Stale       int     `json:"stale"`

	Latency spread `json:"answer_ms"`
	Pause   spread `json:"answer_in_pause_ms"`
	Cancel  spread `json:"cancel_ms"`
	// ForwardMS is a forward pass over a block, within one of which a request is to notice that it is cancelled.
	ForwardMS float64 `json:"forward_ms"`

	RestCPU float64 `json:"cpu_at_rest"` // of one processor, as the next
	OneCPU  float64 `json:"cpu_one_types"`
	AllCPU  float64 `json:"cpu_all_type"`

	RSS        course   `json:"rss_bytes"`
	Goroutines course   `json:"goroutines"`
	Warnings   []string `json:"warnings,omitempty"`
}

// A spread is the percentiles of measurements.
type spread struct {
	Count int     `json:"count"`
	P5    float64 `json:"p5"`
	P50   float64 `json:"p50"`
	P95   float64 `json:"p95"`
	P99   float64 `json:"p99"`
	Max   float64 `json:"max"`
}

// A course is the medians of four quarters of the time, and by what share the last is above the second.
type course struct {
	Quarters [4]float64 `json:"quarters"`
	Drift    float64    `json:"drift"`
}

func summarize(o *options, l *typing.Load) *report {
	return &report{
		Clients: o.clients, Rate: o.rate, Seconds: o.duration.Seconds(),
		Keys: l.Keys, Answers: l.Answers, Suggestions: l.Suggestions, Cancelled: l.Cancelled, Stale: l.Stale,
		Latency: spreadOf(l.LatenciesMS), Pause: spreadOf(l.PausesMS), Cancel: spreadOf(l.CancelsMS), ForwardMS: l.ForwardMS,
		RestCPU: l.RestCPU, OneCPU: l.OneCPU, AllCPU: l.AllCPU,
		RSS:        courseOf(l.Samples, func(s typing.Sample) float64 { return float64(s.RSSBytes) }),
		Goroutines: courseOf(l.Samples, func(s typing.Sample) float64 { return float64(s.Goroutines) }),
		Warnings:   l.Warnings,
	}
}

func spreadOf(x []float64) spread {
	if len(x) == 0 {
		return spread{}
	}
	at := func(p float64) float64 { return stats.Percentile(x, p) }
	return spread{len(x), at(5), at(50), at(95), at(99), at(100)}
}

func courseOf(samples []typing.Sample, value func(typing.Sample) float64) (c course) {
	for i := range c.Quarters {
		var quarter []float64
		for _, s := range samples[i*len(samples)/4 : (i+1)*len(samples)/4] {
			quarter = append(quarter, value(s))
		}
		c.Quarters[i] = stats.Percentile(quarter, 50)
	}
	c.Drift = c.Quarters[3]/c.Quarters[1] - 1
	return c
}

func (r *report) writeTable(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(name, format string, values ...any) {
		fmt.Fprintf(table, "%s\t%s\n", name, fmt.Sprintf(format, values...))
	}
	times := func(name string, s spread) {
		row(name, "%d; ms p5 %.1f, p50 %.1f, p95 %.1f, p99 %.1f, max %.1f", s.Count, s.P5, s.P50, s.P95, s.P99, s.Max)
	}
	row("load", "%d clients, %g characters a second each, for %.0f s: %d keys", r.Clients, r.Rate, r.Seconds, r.Keys)
	row("requests", "%d answered, %d of them with a suggestion; %d cancelled; %d stale", r.Answers, r.Suggestions, r.Cancelled, r.Stale)
	times("answers", r.Latency)
	times("answers waited for", r.Pause)
	times("cancellations", r.Cancel)
	row("forward pass", "%.1f ms", r.ForwardMS)
	row("processor", "%.1f %% at rest, %.1f %% while one types, %.1f %% while all do", 100*r.RestCPU, 100*r.OneCPU, 100*r.AllCPU)
	row("memory", "MB by quarters %.1f, %.1f, %.1f, %.1f: %+.2f %% from the second to the last", r.RSS.Quarters[0]/1e6,
		r.RSS.Quarters[1]/1e6, r.RSS.Quarters[2]/1e6, r.RSS.Quarters[3]/1e6, 100*r.RSS.Drift)
	row("goroutines", "by quarters %v", r.Goroutines.Quarters)
	for _, warning := range r.Warnings {
		row("warning", "%s", warning)
	}
	return table.Flush()
}
