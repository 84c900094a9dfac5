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
	// OrderPicture is the path of the picture of what the order is worth, if there is one.
	OrderPicture string
}

// what each suite is, for readers.
var about = map[string]string{
	"humaneval-x-go":      "Holes in the Go solutions of HumanEval-X (lines, runs of 2 to 5 lines, if and for statements, arguments of calls), scored by the problems' tests.",
	"humaneval-infilling": "Lines of the Python solutions of HumanEval, scored by the problems' tests under python3.",
	"holdout":             "Holes in files of Go's standard library that the built-in model was not trained on (lines, runs of lines, statements, arguments, rests of lines from within a word).",
	"repair":              "Our own: Go solutions of HumanEval-X damaged by 1 to 3 edits (typo, missing bracket, wrong operator, dropped line, swapped arguments), repaired as `seedls fix` does. `ar` writes the lines anew; `diffusion` revises them, and writes them anew where they are no syntax after that. Lines that are left as they were are not shown, and fail.",
	Typing:                "Held-out files typed key by key into the language server. A suggestion is accepted if its first line is exactly right.",
}

// A column is a number of the tables. Those that have an interval name the metric that it is of.
type column struct {
	title, metric string
	value         func(*ModeReport) *float64
	unit          unit
}

// A unit is how numbers are written: times the scale, with some decimals, before the sign.
type unit struct {
	scale    float64
	decimals int
	sign     string
}

var (
	percent = unit{100, 1, " %"}
	tenths  = unit{1, 1, ""}
	cents   = unit{1, 2, ""}
	whole   = unit{1, 0, ""}
)

func (u unit) number(v float64) string { return fmt.Sprintf("%.*f%s", u.decimals, u.scale*v, u.sign) }

func (u unit) interval(i stats.Interval) string {
	return fmt.Sprintf("[%.*f, %.*f]", u.decimals, u.scale*i[0], u.decimals, u.scale*i[1])
}

func (u unit) difference(d Difference) string {
	return fmt.Sprintf("%+.*f %s", u.decimals, u.scale*d.Mean, u.interval(d.Interval))
}

var columns = []column{
	{"pass@1", "pass_at_1", func(r *ModeReport) *float64 { return r.PassAt1 }, percent},
	{"shown", "shown", func(r *ModeReport) *float64 { return r.Shown }, percent},
	{"exact match", "exact_match", func(r *ModeReport) *float64 { return r.ExactMatch }, percent},
	{"edit similarity", "edit_similarity", func(r *ModeReport) *float64 { return r.EditSimilarity }, percent},
	{"parse-valid", "parse_valid", func(r *ModeReport) *float64 { return r.ParseValid }, percent},
	{"parse-valid of shown", "parse_valid_shown", func(r *ModeReport) *float64 { return r.ParseValidShown }, percent},
	{"raw parse-valid", "raw_parse_valid", func(r *ModeReport) *float64 { return r.RawParseValid }, percent},
	{"undeclared of shown", "undeclared", func(r *ModeReport) *float64 { return r.Undeclared }, percent},
	{"vet-clean", "vet_clean", func(r *ModeReport) *float64 { return r.VetClean }, percent},
	{"characters accepted", "accepted_share", func(r *ModeReport) *float64 { return r.AcceptedShare }, percent},
	{"keystrokes saved", "keystrokes_saved", func(r *ModeReport) *float64 { return r.KeystrokesSaved }, percent},
	{"CPU s / 1,000 keys", "", func(r *ModeReport) *float64 { return r.CPUSecondsPer1000Keys }, tenths},
	{"tokens/s", "", func(r *ModeReport) *float64 { return r.TokensPerSecond }, tenths},
	{"forwards/token", "forwards_per_token", func(r *ModeReport) *float64 { return r.ForwardsPerToken }, cents},
	{"mean ms", "ms_mean", func(r *ModeReport) *float64 { return r.MeanMS }, tenths},
	{"p50 ms", "", func(r *ModeReport) *float64 { return &r.P50MS }, whole},
	{"p95 ms", "", func(r *ModeReport) *float64 { return &r.P95MS }, whole},
}

// cell is a number, and its interval if it has one.
func (c column) cell(m *ModeReport) string {
	value := c.value(m)
	if value == nil {
		return ""
	}
	if i, ok := m.Intervals[c.metric]; ok {
		return c.unit.number(*value) + " " + c.unit.interval(i)
	}
	return c.unit.number(*value)
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
		fmt.Fprintf(&b, "| %s |", r.Modes[i].Mode)
		for _, c := range columns {
			if c.value(&r.Modes[0]) != nil {
				fmt.Fprintf(&b, " %s |", c.cell(&r.Modes[i]))
			}
		}
		b.WriteString("\n")
	}
	others := slices.DeleteFunc(slices.Clone(r.Modes[1:]), func(m ModeReport) bool {
		return r.Modes[0].Mode == Diffusion && m.Mode == Ordered // which have a table
	})
	if len(others) > 0 {
		fmt.Fprintf(&b, "\nAgainst %s, hole by hole:\n", r.Modes[0].Mode)
		for _, m := range others {
			var parts []string
			for _, c := range columns {
				if d, ok := m.Differences[c.metric]; ok {
					parts = append(parts, c.title+" "+c.unit.difference(d))
				}
			}
			fmt.Fprintf(&b, "- %s: %s.\n", m.Mode, strings.Join(parts, ", "))
		}
	}
	b.WriteString("\n")
	writeOrderTable(&b, r)
	_, err := io.WriteString(w, b.String())
	return err
}

// writeOrderTable writes what the order is worth, where it was measured.
func writeOrderTable(b *strings.Builder, r *Report) {
	if r.Order == nil {
		return
	}
	off, on := r.mode(Diffusion), r.mode(Ordered)
	b.WriteString("| the order | off | on | difference, hole by hole |\n|---|---|---|---|\n")
	for _, c := range columns {
		if d, ok := r.Order[c.metric]; ok {
			fmt.Fprintf(b, "| %s | %s | %s | %s |\n", c.title, c.cell(off), c.cell(on), c.unit.difference(d))
		}
	}
	b.WriteString("\n")
}

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
which nothing was fit to be shown included; those "of shown" are of the texts shown, and their differences of the holes
for which both modes show one. "Undeclared" have a name that it is certain that nothing declares. Forward passes are
counted for all holes, and tokens where they are shown. Intervals are 95 %: Wilson for shares, bootstrap for the rest. The
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
	if p.OrderPicture != "" {
		_, err := fmt.Fprintf(w, "### What the order is worth\n\nThe same holes with the order off and on: shares, and their intervals.\n\n"+
			"![shares with the order off and on](%s)\n\n", p.OrderPicture)
		if err != nil {
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
