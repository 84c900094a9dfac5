package bench

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"seedls/engine/kernel/ceiling"
)

// A Report is what was measured. A figure that is nil was not: see LeftOut.
type Report struct {
	Model       string `json:"model"`
	Parameters  int    `json:"parameters"`
	WeightBytes int    `json:"weight_bytes"` // packed
	Kernel      string `json:"kernel"`
	Threads     int    `json:"threads"`
	Precision   string `json:"precision"`
	Runs        int    `json:"runs"`

	Ceilings     []ceiling.Rate `json:"ceilings"`
	PeakGOPS     float64        `json:"peak_gops"`     // of the precision, on all threads
	BandwidthGBS float64        `json:"bandwidth_gbs"` // of reading memory, on all threads

	// PrefillShareOfPeak counts two operations for each weight that a token is multiplied with, and no attention.
	PrefillTokens          int     `json:"prefill_tokens"`
	PrefillTokensPerSecond *Figure `json:"prefill_tokens_per_second"`
	PrefillShareOfPeak     *Figure `json:"prefill_share_of_peak"`

	// Decoding is forward passes over one token after ContextTokens of context, and nothing else. Its share of the
	// bandwidth is above 1 where weights stay in the caches.
	ContextTokens          int     `json:"context_tokens"`
	DecodeTokensPerSecond  *Figure `json:"decode_tokens_per_second"`
	DecodeShareOfBandwidth *Figure `json:"decode_share_of_bandwidth"`

	Profile   []Canvas `json:"profile"` // in ascending order of canvas
	BlockSize int      `json:"block_size"`

	// Tokens of whole texts over the time from the first to the last pass that wrote them.
	ARTokensPerSecond        *Figure     `json:"ar_tokens_per_second"`
	DiffusionTokensPerSecond *Figure     `json:"diffusion_tokens_per_second"`
	Speedup                  *Figure     `json:"speedup"`            // of diffusion over autoregression
	TokensPerForward         *Figure     `json:"tokens_per_forward"` // by diffusion
	Completions              Completions `json:"completions"`

	StartupMS     *Figure `json:"startup_ms"`
	FirstAnswerMS *Figure `json:"first_answer_ms"`
	RSSBytes      *int64  `json:"rss_bytes"` // of the process that measured; nil where the system does not say

	Spreads map[string]Spread `json:"spreads"` // of the figures, by their names here
	LeftOut []string          `json:"left_out"`
}

// A Spread is the least and the most of several runs.
type Spread [2]float64

// A Canvas is the latency of forward passes over canvases of one length.
type Canvas struct {
	Canvas    int     `json:"canvas"` // tokens
	LatencyUS *Figure `json:"latency_us"`
	SpreadUS  Spread  `json:"spread_us"`
	// What it would take at the peak of the arithmetic, and if nothing but the weights were read from memory.
	ComputeUS float64 `json:"compute_roof_us"`
	MemoryUS  float64 `json:"bandwidth_roof_us"`
}

func (f Figure) spread() Spread { return Spread{f.Min, f.Max} }

// spreads are those of the figures that were measured.
func (r *Report) spreads() map[string]Spread {
	all := map[string]Spread{}
	for name, f := range map[string]*Figure{
		"prefill_tokens_per_second": r.PrefillTokensPerSecond, "prefill_share_of_peak": r.PrefillShareOfPeak,
		"decode_tokens_per_second": r.DecodeTokensPerSecond, "decode_share_of_bandwidth": r.DecodeShareOfBandwidth,
		"ar_tokens_per_second": r.ARTokensPerSecond, "diffusion_tokens_per_second": r.DiffusionTokensPerSecond,
		"speedup": r.Speedup, "tokens_per_forward": r.TokensPerForward,
		"completions.p50_ms": r.Completions.P50, "completions.p95_ms": r.Completions.P95,
		"completions.ar_p50_ms": r.Completions.ARP50, "completions.ar_p95_ms": r.Completions.ARP95,
		"startup_ms": r.StartupMS, "first_answer_ms": r.FirstAnswerMS,
	} {
		if f != nil {
			all[name] = f.spread()
		}
	}
	return all
}

// Title says in a line what was measured, and how.
func (r *Report) Title() string {
	return fmt.Sprintf("%s: %s million parameters, %.1f MB as %s, kernel %s, %s", r.Model, number(float64(r.Parameters)/1e6),
		float64(r.WeightBytes)/1e6, r.Precision, r.Kernel, count(r.Threads, "thread"))
}

// WriteTable writes the report for people.
func (r *Report) WriteTable(w io.Writer) error {
	var b strings.Builder
	table := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	row := func(cells ...string) { fmt.Fprintln(table, strings.TrimRight(strings.Join(cells, "\t"), "\t")) }
	section := func(cells ...string) {
		table.Flush()
		fmt.Fprintln(&b)
		row(cells...)
	}
	fmt.Fprintf(&b, "%s\nMedian of %s, and the least and the most.\n", r.Title(), count(r.Runs, "run"))

	section("THE MACHINE", "", "1 thread", count(r.Threads, "thread"), "")
	for _, c := range r.Ceilings {
		row(string(c.Kind), c.Name, number(c.One), number(c.All), c.Unit)
	}

	section("FORWARD PASSES")
	row("prefill of "+count(r.PrefillTokens, "token"), r.PrefillTokensPerSecond.String()+" tokens/s",
		fmt.Sprintf("%s of the peak of %s", percent(r.PrefillShareOfPeak), r.Precision))
	if r.DecodeTokensPerSecond != nil {
		row(fmt.Sprintf("one token after %d", r.ContextTokens), r.DecodeTokensPerSecond.String()+" tokens/s",
			percent(r.DecodeShareOfBandwidth)+" of the bandwidth")
	}
	for _, c := range r.Profile {
		block := ""
		if c.Canvas == r.BlockSize {
			block = "the block"
		}
		row("canvas of "+count(c.Canvas, "token"), c.LatencyUS.String()+" µs", block)
	}

	c := r.Completions
	other := ""
	if r.ARTokensPerSecond != nil {
		other = "one token after another"
	}
	if c.P50 != nil {
		section(strings.ToUpper(fmt.Sprint(c.Count, " ", c.Of)), "diffusion", other)
		row("tokens/s", r.DiffusionTokensPerSecond.String(), r.ARTokensPerSecond.String(), r.speedup())
		row("tokens a pass", r.TokensPerForward.String())
		row("ms, median", c.P50.String(), c.ARP50.String())
		row("ms, 95 of 100", c.P95.String(), c.ARP95.String())
	}

	section("THE PROCESS")
	if r.StartupMS != nil {
		row("ready after", r.StartupMS.String()+" ms", "first answer after "+r.FirstAnswerMS.String()+" ms")
	}
	if r.RSSBytes != nil {
		row("memory", fmt.Sprintf("%.1f MB", float64(*r.RSSBytes)/1e6))
	}
	table.Flush()
	if len(r.LeftOut) > 0 {
		fmt.Fprintln(&b)
	}
	for _, reason := range r.LeftOut {
		fmt.Fprintln(&b, "Left out:", reason)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *Report) speedup() string {
	if r.Speedup == nil {
		return ""
	}
	return "diffusion is " + r.Speedup.String() + " times as fast"
}

// String is the median with the spread; "" for a figure that was not measured.
func (f *Figure) String() string {
	if f == nil {
		return ""
	}
	if low, high := number(f.Min), number(f.Max); low != high {
		return fmt.Sprintf("%s (%s to %s)", number(f.Median), low, high)
	}
	return number(f.Median)
}

func percent(f *Figure) string { return number(100*f.Median) + " %" }

// number is a value with three digits at least, and thousands apart.
func number(v float64) string {
	switch {
	case v < 10:
		return fmt.Sprintf("%.2f", v)
	case v < 100:
		return fmt.Sprintf("%.1f", v)
	}
	digits := fmt.Sprintf("%.0f", v)
	var groups []string
	for len(digits) > 3 {
		groups, digits = append(groups, digits[len(digits)-3:]), digits[:len(digits)-3]
	}
	groups = append(groups, digits)
	slices.Reverse(groups)
	return strings.Join(groups, ",")
}

func count(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}
