package eval

import "seedls/lsp/eval/stats"

// A Report is how the modes did on a suite. What a suite does not measure is left out.
type Report struct {
	Suite string         `json:"suite"`
	Seed  uint64         `json:"seed,omitempty"` // of the selection of holes: see [Selection]
	Model string         `json:"model"`
	N     int            `json:"n"`     // holes, or passages
	Kinds map[string]int `json:"kinds"` // of them
	Modes []ModeReport   `json:"modes"`
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
	P50MS            float64  `json:"ms_p50"`
	P95MS            float64  `json:"ms_p95"`

	// Intervals has a 95 % interval for each share and mean.
	Intervals map[string]stats.Interval `json:"intervals"`
	// Differences has, for each, the mean difference to the first mode, hole by hole, and its 95 % interval.
	Differences map[string]Difference `json:"differences,omitempty"`
}

// A Difference is that of two modes on the same holes.
type Difference struct {
	Mean     float64        `json:"mean"`
	Interval stats.Interval `json:"interval"`
}

// A metric is one number for each answer.
type metric struct {
	name  string
	share bool // a number that is 0 or 1
	value func(answer) float64
	field func(*ModeReport) **float64
	among func(answer) bool // the answers it is of; nil for all
}

// metrics of a suite.
func metrics(suite *Suite) []metric {
	shown := func(a answer) bool { return a.text != "" }
	yes := func(f func(answer) bool) func(answer) float64 {
		return func(a answer) float64 {
			if f(a) {
				return 1
			}
			return 0
		}
	}
	list := []metric{
		{"shown", true, yes(shown), func(r *ModeReport) **float64 { return &r.Shown }, nil},
		{"exact_match", true, yes(func(a answer) bool { return a.exact }), func(r *ModeReport) **float64 { return &r.ExactMatch }, nil},
		{"edit_similarity", false, func(a answer) float64 { return a.similarity }, func(r *ModeReport) **float64 { return &r.EditSimilarity }, nil},
		{"parse_valid", true, yes(func(a answer) bool { return a.parses }), func(r *ModeReport) **float64 { return &r.ParseValid }, nil},
	}
	if suite.parses != nil {
		list = append(list, metric{"raw_parse_valid", true, yes(func(a answer) bool { return a.rawParses }), func(r *ModeReport) **float64 { return &r.RawParseValid }, nil})
	}
	if suite.names {
		list = append(list, metric{"undeclared", true, yes(func(a answer) bool { return a.undeclared }), func(r *ModeReport) **float64 { return &r.Undeclared }, shown})
	}
	if suite.program != nil {
		list = append(list, metric{"pass_at_1", true, yes(func(a answer) bool { return a.outcome.Passes }), func(r *ModeReport) **float64 { return &r.PassAt1 }, nil})
	}
	if suite.vets {
		list = append(list, metric{"vet_clean", true, yes(func(a answer) bool { return a.outcome.Vets }), func(r *ModeReport) **float64 { return &r.VetClean }, nil})
	}
	return list
}

// summarize reports on the answers of a mode to holes, and compares them with those of the first if that is another.
func summarize(suite *Suite, holes []Hole, mode string, answers, first []answer, compare bool) ModeReport {
	groups := make([]int, len(holes))
	for i, h := range holes {
		groups[i] = h.task
	}
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
	if compare {
		r.Differences = map[string]Difference{}
	}
	for _, m := range metrics(suite) {
		values, of := m.each(answers, answers, groups)
		if len(values) == 0 {
			continue
		}
		mean := stats.Mean(values)
		*m.field(&r) = &mean
		if m.share {
			r.Intervals[m.name] = stats.Wilson(count(values), len(values))
		} else {
			r.Intervals[m.name] = stats.BootstrapMean(values, of)
		}
		if !compare {
			continue
		}
		before, _ := m.each(first, answers, groups)
		after, of := m.each(answers, first, groups)
		if len(after) > 0 {
			differences := stats.Differences(before, after)
			r.Differences[m.name] = Difference{stats.Mean(differences), stats.BootstrapMean(differences, of)}
		}
	}
	return r
}

// each returns the values of the answers that the metric is of, where it is of those of another mode to the same holes
// as well, and their groups.
func (m metric) each(answers, others []answer, groups []int) (values []float64, of []int) {
	for i, a := range answers {
		if m.among == nil || m.among(a) && m.among(others[i]) {
			values, of = append(values, m.value(a)), append(of, groups[i])
		}
	}
	return values, of
}

// count is the number of ones.
func count(values []float64) (n int) {
	for _, v := range values {
		n += int(v)
	}
	return n
}
