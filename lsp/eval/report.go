package eval

import (
	"math"
	"slices"

	"seedls/lsp/eval/stats"
)

// A Report is how the modes did on a suite. What a suite does not measure is left out.
type Report struct {
	Suite string         `json:"suite"`
	Seed  uint64         `json:"seed,omitempty"` // of the selection of holes: see [Selection]
	Model string         `json:"model"`
	N     int            `json:"n"`     // holes, or passages
	Kinds map[string]int `json:"kinds"` // of them
	Modes []ModeReport   `json:"modes"`
	// Order has, where both were measured, the differences that [Ordered] makes to [Diffusion], as
	// [ModeReport.Differences] has those to the first mode.
	Order map[string]Difference `json:"order,omitempty"`
}

// mode finds a mode; nil if it was not measured.
func (r *Report) mode(name string) *ModeReport {
	if i := slices.IndexFunc(r.Modes, func(m ModeReport) bool { return m.Mode == name }); i >= 0 {
		return &r.Modes[i]
	}
	return nil
}

// A ModeReport is how one mode did. Shares are of all holes: a hole for which nothing was shown counts as failed.
type ModeReport struct {
	Mode string `json:"mode"`
	// Shown is the share of holes for which there was a text at all.
	Shown *float64 `json:"shown,omitempty"`
	// PassAt1 is the share whose program passes its tests, with one text for each hole.
	PassAt1 *float64 `json:"pass_at_1,omitempty"`
	// ExactMatch is the share of texts that are what was cut out, white space around them aside.
	ExactMatch *float64 `json:"exact_match,omitempty"`
	// EditSimilarity is the mean of 1 - edit distance / length to what was cut out.
	EditSimilarity *float64 `json:"edit_similarity,omitempty"`
	// ParseValid is the share of texts after which the whole file is well-formed.
	ParseValid *float64 `json:"parse_valid,omitempty"`
	// ParseValidShown is the share of those among the texts that are shown.
	ParseValidShown *float64 `json:"parse_valid_shown,omitempty"`
	// RawParseValid is that of texts as the model wrote them, before they were fitted to the hole.
	RawParseValid *float64 `json:"raw_parse_valid,omitempty"`
	// Undeclared is the share, of the texts that are shown, of those with a name that it is certain that nothing declares.
	Undeclared *float64 `json:"undeclared,omitempty"`
	// VetClean is the share of programs that go vet finds no fault with, and that compile.
	VetClean *float64 `json:"vet_clean,omitempty"`

	// AcceptedShare is the share of characters that accepted suggestions typed, KeystrokesSaved that of keys not pressed.
	AcceptedShare   *float64 `json:"accepted_share,omitempty"`
	KeystrokesSaved *float64 `json:"keystrokes_saved,omitempty"`
	// CPUSecondsPer1000Keys is the processor time of the server.
	CPUSecondsPer1000Keys *float64 `json:"cpu_seconds_per_1000_keystrokes,omitempty"`

	// TokensPerSecond counts the tokens of what is shown, over all of the time from request to text; TokensPerForward
	// counts them over the forward passes of the sampler.
	TokensPerSecond  *float64 `json:"tokens_per_second,omitempty"`
	TokensPerForward *float64 `json:"tokens_per_forward,omitempty"`
	// ForwardsPerToken is the reverse, missing where no token is shown; MeanMS is the time of a completion.
	ForwardsPerToken *float64 `json:"forwards_per_token,omitempty"`
	MeanMS           *float64 `json:"ms_mean,omitempty"`
	P50MS            float64  `json:"ms_p50"`
	P95MS            float64  `json:"ms_p95"`

	// Intervals has a 95 % interval for each share, mean and ratio.
	Intervals map[string]stats.Interval `json:"intervals"`
	// Differences has, for each, the mean difference to the first mode, hole by hole, and its 95 % interval.
	Differences map[string]Difference `json:"differences,omitempty"`
}

// A Difference is that of two modes on the same holes.
type Difference struct {
	Mean     float64        `json:"mean"`
	Interval stats.Interval `json:"interval"`
}

// A metric is the mean of a number for each answer, or the ratio of the sums of two.
type metric struct {
	name  string
	share bool // a number that is 0 or 1
	value func(answer) float64
	field func(*ModeReport) **float64
	among func(answer) bool    // the answers it is of; nil for all
	per   func(answer) float64 // what the sum of the values is over; nil counts the answers
}

// metrics of a suite.
func metrics(suite *Suite) []metric {
	shown := func(a answer) bool { return a.text != "" }
	share := func(name string, of func(answer) bool, field func(*ModeReport) **float64) metric {
		value := func(a answer) float64 {
			if of(a) {
				return 1
			}
			return 0
		}
		return metric{name: name, share: true, value: value, field: field}
	}
	ofShown := func(m metric) metric {
		m.among = shown
		return m
	}
	parses := func(a answer) bool { return a.parses }
	list := []metric{
		share("shown", shown, func(r *ModeReport) **float64 { return &r.Shown }),
		share("exact_match", func(a answer) bool { return a.exact }, func(r *ModeReport) **float64 { return &r.ExactMatch }),
		share("parse_valid", parses, func(r *ModeReport) **float64 { return &r.ParseValid }),
		ofShown(share("parse_valid_shown", parses, func(r *ModeReport) **float64 { return &r.ParseValidShown })),
		{
			name: "edit_similarity", value: func(a answer) float64 { return a.similarity },
			field: func(r *ModeReport) **float64 { return &r.EditSimilarity },
		},
		{
			name: "forwards_per_token", value: func(a answer) float64 { return float64(a.forwards) },
			per: func(a answer) float64 { return float64(a.tokens) }, field: func(r *ModeReport) **float64 { return &r.ForwardsPerToken },
		},
		{name: "ms_mean", value: func(a answer) float64 { return a.elapsedMS }, field: func(r *ModeReport) **float64 { return &r.MeanMS }},
	}
	if suite.parses != nil {
		list = append(list, share("raw_parse_valid", func(a answer) bool { return a.rawParses }, func(r *ModeReport) **float64 { return &r.RawParseValid }))
	}
	if suite.names {
		list = append(list, ofShown(share("undeclared", func(a answer) bool { return a.undeclared }, func(r *ModeReport) **float64 { return &r.Undeclared })))
	}
	if suite.program != nil {
		list = append(list, share("pass_at_1", func(a answer) bool { return a.outcome.Passes }, func(r *ModeReport) **float64 { return &r.PassAt1 }))
	}
	if suite.vets {
		list = append(list, share("vet_clean", func(a answer) bool { return a.outcome.Vets }, func(r *ModeReport) **float64 { return &r.VetClean }))
	}
	return list
}

// summarize reports on the answers of a mode to holes.
func summarize(suite *Suite, holes []Hole, mode string, answers []answer) ModeReport {
	r := ModeReport{Mode: mode, Intervals: map[string]stats.Interval{}}
	var tokens, forwards int
	var seconds float64
	latencies := make([]float64, len(answers))
	for i, a := range answers {
		tokens += a.tokens
		forwards += a.forwards
		seconds += a.elapsedMS / 1000
		latencies[i] = a.elapsedMS
	}
	r.TokensPerSecond, r.TokensPerForward = new(float64(tokens)/seconds), new(float64(tokens)/float64(max(forwards, 1)))
	r.P50MS, r.P95MS = stats.Percentile(latencies, 50), stats.Percentile(latencies, 95)
	for _, m := range metrics(suite) {
		above, below, groups := m.each(answers, answers, holes)
		value := sum(above) / sum(below)
		if !finite(value) {
			continue
		}
		*m.field(&r) = &value
		interval := stats.BootstrapRatio(stats.Sums(above, groups), stats.Sums(below, groups))
		if m.share {
			interval = stats.Wilson(int(sum(above)), len(above))
		}
		if finite(interval[:]...) {
			r.Intervals[m.name] = interval
		}
	}
	return r
}

// differences compares the answers of two modes to the same holes.
func differences(suite *Suite, holes []Hole, before, after []answer) map[string]Difference {
	all := map[string]Difference{}
	for _, m := range metrics(suite) {
		above0, below0, groups := m.each(before, after, holes)
		above1, below1, _ := m.each(after, before, holes)
		difference := Difference{
			sum(above1)/sum(below1) - sum(above0)/sum(below0),
			stats.BootstrapRatioDifference(
				[2][]float64{stats.Sums(above0, groups), stats.Sums(above1, groups)},
				[2][]float64{stats.Sums(below0, groups), stats.Sums(below1, groups)}),
		}
		if finite(difference.Mean) && finite(difference.Interval[:]...) {
			all[m.name] = difference
		}
	}
	return all
}

// each returns what a metric sums up of the answers that it is of, where it is of those of another mode to the same
// holes as well: the values, what they are over, and the groups that they are drawn in.
func (m metric) each(answers, others []answer, holes []Hole) (above, below []float64, groups []int) {
	for i, a := range answers {
		if m.among != nil && !(m.among(a) && m.among(others[i])) {
			continue
		}
		per := 1.0
		if m.per != nil {
			per = m.per(a)
		}
		above, below, groups = append(above, m.value(a)), append(below, per), append(groups, holes[i].task)
	}
	return above, below, groups
}

func sum(values []float64) (total float64) {
	for _, v := range values {
		total += v
	}
	return total
}

// finite reports whether all values are: what is over nothing is not.
func finite(values ...float64) bool {
	return !slices.ContainsFunc(values, func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) })
}
