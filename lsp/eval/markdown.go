package eval

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"seedls/lsp/eval/stats"
)

// A Page is everything that EVAL.md says.
type Page struct {
	Commit  string // of seedls
	Model   string // name and digest
	Machine string
	Network string // whether programs could reach one
	Block   int    // tokens of a block; 0 where the fastest were chosen
	Seed    uint64 // that chose the holes: see [Selection]
	Sources string // the version of Go that held-out holes are cut from, "" if none are
	Reports []*Report
	// Frontier, and the picture of it by its path from the page; both may be missing.
	Frontier []Point
	Picture  string
}

// what each suite is, for readers.
var about = map[string]string{
	"humaneval-x-go":      "Holes in the Go solutions of HumanEval-X (lines, runs of 2 to 5 lines, if and for statements, arguments of calls), scored by the problems' tests.",
	"humaneval-infilling": "Lines of the Python solutions of HumanEval, scored by the problems' tests under python3.",
	"holdout":             "Holes in files of Go's standard library that the built-in model was not trained on (lines, runs of lines, statements, arguments, rests of lines from within a word).",
	"repair":              "Our own: Go solutions of HumanEval-X damaged by 1 to 3 edits (typo, missing bracket, wrong operator, dropped line, swapped arguments), repaired as `seedls fix` does. `ar` writes the lines anew; `diffusion` revises them, and writes them anew where they are no syntax after that. Lines that are left as they were are not shown, and fail.",
	Typing:                "Held-out files typed key by key into the language server. A suggestion is accepted if its first line is exactly right.",
}

// columns of the tables: names, and where the numbers are. Latencies and speed have no interval.
var columns = []struct {
	title, interval string
	value           func(*ModeReport) *float64
	format          string
}{
	{"pass@1", "pass_at_1", func(r *ModeReport) *float64 { return r.PassAt1 }, "%.1f %%"},
	{"shown", "shown", func(r *ModeReport) *float64 { return r.Shown }, "%.1f %%"},
	{"exact match", "exact_match", func(r *ModeReport) *float64 { return r.ExactMatch }, "%.1f %%"},
	{"edit similarity", "edit_similarity", func(r *ModeReport) *float64 { return r.EditSimilarity }, "%.1f %%"},
	{"parse-valid", "parse_valid", func(r *ModeReport) *float64 { return r.ParseValid }, "%.1f %%"},
	{"raw parse-valid", "raw_parse_valid", func(r *ModeReport) *float64 { return r.RawParseValid }, "%.1f %%"},
	{"undeclared", "undeclared", func(r *ModeReport) *float64 { return r.Undeclared }, "%.1f %%"},
	{"vet-clean", "vet_clean", func(r *ModeReport) *float64 { return r.VetClean }, "%.1f %%"},
	{"characters accepted", "accepted_share", func(r *ModeReport) *float64 { return r.AcceptedShare }, "%.1f %%"},
	{"keystrokes saved", "keystrokes_saved", func(r *ModeReport) *float64 { return r.KeystrokesSaved }, "%.1f %%"},
	{"CPU s / 1,000 keys", "", func(r *ModeReport) *float64 { return r.CPUSecondsPer1000Keys }, "%.1f"},
	{"tokens/s", "", func(r *ModeReport) *float64 { return r.TokensPerSecond }, "%.1f"},
	{"tokens/forward", "", func(r *ModeReport) *float64 { return r.TokensPerForward }, "%.2f"},
	{"p50 ms", "", func(r *ModeReport) *float64 { return &r.P50MS }, "%.0f"},
	{"p95 ms", "", func(r *ModeReport) *float64 { return &r.P95MS }, "%.0f"},
}

// WriteTables writes the tables of a report as Markdown.
func WriteTables(w io.Writer, r *Report) error {
	var b strings.Builder
	fmt.Fprintf(&b, "### %s\n\n%s", r.Suite, about[r.Suite])
	var counts []string
	for _, kind := range slices.Sorted(maps.Keys(r.Kinds)) {
		counts = append(counts, fmt.Sprintf("%d %s", r.Kinds[kind], kind))
	}
	fmt.Fprintf(&b, " n = %d: %s.\n\n", r.N, strings.Join(counts, ", "))
	header, rule := "| mode |", "|---|"
	for _, c := range columns {
		if c.value(&r.Modes[0]) != nil {
			header += " " + c.title + " |"
			rule += "---|"
		}
	}
	fmt.Fprintf(&b, "%s\n%s\n", header, rule)
	for i := range r.Modes {
		m := &r.Modes[i]
		fmt.Fprintf(&b, "| %s |", m.Mode)
		for _, c := range columns {
			value := c.value(m)
			switch {
			case value == nil && c.value(&r.Modes[0]) != nil:
				b.WriteString(" |")
			case value == nil:
			case c.interval != "":
				fmt.Fprintf(&b, " "+c.format+" %s |", 100**value, percent(m.Intervals[c.interval]))
			default:
				fmt.Fprintf(&b, " "+c.format+" |", *value)
			}
		}
		b.WriteString("\n")
	}
	if len(r.Modes) > 1 {
		fmt.Fprintf(&b, "\nAgainst %s, hole by hole:\n", r.Modes[0].Mode)
		for _, m := range r.Modes[1:] {
			var parts []string
			for _, c := range columns {
				if d, ok := m.Differences[c.interval]; ok {
					parts = append(parts, fmt.Sprintf("%s %+.1f %s", c.title, 100*d.Mean, percent(d.Interval)))
				}
			}
			fmt.Fprintf(&b, "- %s: %s.\n", m.Mode, strings.Join(parts, ", "))
		}
	}
	b.WriteString("\n")
	_, err := io.WriteString(w, b.String())
	return err
}

func percent(i stats.Interval) string { return fmt.Sprintf("[%.1f, %.1f]", 100*i[0], 100*i[1]) }

// WritePage writes the page.
func WritePage(w io.Writer, p Page) error {
	var b strings.Builder
	b.WriteString("# Evaluation\n\nWritten by `make eval`; do not edit.\n\n")
	fmt.Fprintf(&b, "- seedls: %s\n- model: %s\n- machine: %s\n- network of the programs under test: %s\n", p.Commit, p.Model, p.Machine, p.Network)
	if p.Block > 0 {
		fmt.Fprintf(&b, "- blocks: %d tokens\n", p.Block)
	} else {
		b.WriteString("- blocks: what is fastest on this machine\n")
	}
	if p.Seed != 0 {
		fmt.Fprintf(&b, "- holes: chosen by the seed %d\n", p.Seed)
	}
	if p.Sources != "" {
		fmt.Fprintf(&b, "- held-out files: of %s\n", p.Sources)
	}
	b.WriteString(`
Every mode fills the same holes with the same weights: ` + "`ar`" + ` one token after another, ` + "`diffusion`" + ` by blocks of masks,
` + "`diffusion+order`" + ` with names, brackets, quotes and the end waiting for what belongs before them. Shares are of all holes, those for
which nothing was fit to be shown included; but the share with a name that nothing declares is of the texts shown. Intervals are 95 %: Wilson for shares, bootstrap for means and differences. The
bootstrap draws problems, files and passages whole, since holes of one have much in common; Wilson's interval does not
know that, and is too narrow by as much. Speed counts the tokens that are shown, over the time from request to text with an
empty cache, checks included.

`)
	if _, err := io.WriteString(w, b.String()); err != nil {
		return err
	}
	for _, r := range p.Reports {
		if err := WriteTables(w, r); err != nil {
			return err
		}
	}
	if len(p.Frontier) == 0 {
		return nil
	}
	return writeFrontierTable(w, p)
}

func writeFrontierTable(w io.Writer, p Page) error {
	var b strings.Builder
	b.WriteString("### Speed and quality\n\nHoles of the suite holdout at other thresholds and numbers of steps (fixed steps fill canvases of 32).\n\n")
	if p.Picture != "" {
		fmt.Fprintf(&b, "![edit similarity over tokens a second](%s)\n\n", p.Picture)
	}
	b.WriteString("| series | setting | tokens/s | tokens/forward | edit similarity | exact match | parse-valid |\n|---|---|---|---|---|---|---|\n")
	for _, f := range p.Frontier {
		fmt.Fprintf(&b, "| %s | %s | %.1f | %.2f | %.1f %% | %.1f %% | %.1f %% |\n",
			f.Series, f.Setting, f.TokensPerSecond, f.TokensPerForward, 100*f.EditSimilarity, 100*f.ExactMatch, 100*f.ParseValid)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
