package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"

	"seedls/lsp/eval/stats"
)

// A comparison is both programs on the same weights.
type comparison struct {
	LlamaVersion string `json:"llama_version"`
	LlamaBackend string `json:"llama_backend"` // "" when it did not say
	CPU          string `json:"cpu"`
	Kernel       string `json:"kernel"`    // of seedls
	Precision    string `json:"precision"` // of seedls; llama.cpp computes with Q8_0
	Threads      int    `json:"threads"`
	Rounds       int    `json:"rounds"`
	Rows         []row  `json:"rows"`
}

// A row is one measure of both.
type row struct {
	Measure string  `json:"measure"`
	Unit    string  `json:"unit"`
	Llama   summary `json:"llama"`
	Seedls  summary `json:"seedls"`
	// TimesAsFast is how fast seedls is by llama.cpp's measure, median by median: above 1, seedls is the faster one.
	TimesAsFast float64 `json:"times_as_fast"`
}

// samples are of one measure.
type samples struct{ llama, seedls []float64 }

// A summary of what was measured again and again.
type summary struct {
	Median float64 `json:"median"`
	Least  float64 `json:"least"`
	Most   float64 `json:"most"`
}

func summarize(samples []float64) summary {
	return summary{stats.Percentile(samples, 50), slices.Min(samples), slices.Max(samples)}
}

// Units of which more, and of which less, is faster.
const (
	tokensPerSecond = "tokens/s"
	milliseconds    = "ms"
)

// add takes at least one sample of each.
func (c *comparison) add(measure, unit string, s samples) {
	r := row{Measure: measure, Unit: unit, Llama: summarize(s.llama), Seedls: summarize(s.seedls)}
	r.TimesAsFast = r.Seedls.Median / r.Llama.Median
	if unit == milliseconds {
		r.TimesAsFast = 1 / r.TimesAsFast
	}
	c.Rows = append(c.Rows, r)
}

func (c *comparison) writeJSON(w io.Writer) error { return json.NewEncoder(w).Encode(c) }

func (c *comparison) writeTable(w io.Writer) error {
	fmt.Fprintf(w, "llama.cpp %s, %s, Q8_0; seedls %s, %s; %d threads, %d rounds; %s\n\n",
		c.LlamaVersion, c.LlamaBackend, c.Kernel, c.Precision, c.Threads, c.Rounds, c.CPU)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "median (least to most)\tllama.cpp\tseedls\ttimes as fast")
	for _, r := range c.Rows {
		fmt.Fprintf(table, "%s, %s\t%s\t%s\t%.2f\n", r.Measure, r.Unit, r.Llama, r.Seedls, r.TimesAsFast)
	}
	return table.Flush()
}

func (s summary) String() string {
	return fmt.Sprintf("%.1f (%.1f to %.1f)", s.Median, s.Least, s.Most)
}
