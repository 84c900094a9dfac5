package eval

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"seedls/lsp/completion"
	"seedls/lsp/eval/stats"
	"seedls/lsp/eval/typing"
)

// Typing is the name of the suite typing: see [Replay].
const Typing = "typing"

const (
	typingPassages   = 60
	typingCharacters = 160 // of a passage, about
	// holesPerPassage is how many holes of another suite a passage counts as, since a request follows each of its keys.
	holesPerPassage = 25
)

// A Server is how the server is started that is typed into.
type Server struct {
	Command []string // the server and its arguments
	Model   string   // its name, for the report
}

// Replay is the suite typing: it types passages of held-out files, each from the beginning of a line, into the language
// server, once for each mode, and counts what a user would have got: see package typing. For every 25 holes
// of the selection's limit there is a passage, 60 in all.
func Replay(ctx context.Context, goroot string, of Selection, server Server, modes []Mode, observe func(string, int, int)) (*Report, error) {
	files, err := heldOut(goroot)
	if err != nil {
		return nil, err
	}
	passages := typingPassagesOf(files, of)
	report := &Report{Suite: Typing, Seed: of.Seed, N: len(passages), Model: server.Model, Kinds: map[string]int{"passage": len(passages)}}
	results := map[string]*typing.Result{}
	for i, mode := range modes {
		result, err := typing.Replay(ctx, passages, typing.Options{
			Command:  server.Command,
			Settings: settings(mode.Options),
			Observe: func(done, total int) {
				if observe != nil {
					observe(Typing+" "+mode.Name, done, total)
				}
			},
		})
		if err == nil && len(result.Warnings) > 0 {
			err = errors.New(strings.Join(result.Warnings, "; "))
		}
		if err != nil {
			return nil, fmt.Errorf("suite %s, mode %s: %w", Typing, mode.Name, err)
		}
		results[mode.Name] = result
		m := summarizeTyping(mode.Name, result)
		if i > 0 {
			m.Differences = typingDifferences(results[modes[0].Name], result)
		}
		report.Modes = append(report.Modes, m)
	}
	if off, on := results[Diffusion], results[Ordered]; off != nil && on != nil {
		report.Order = typingDifferences(off, on)
	}
	return report, nil
}

// settings has those of the server by which a mode differs from another.
func settings(o completion.Options) map[string]any {
	return map[string]any{
		"wait": 0, "mode": o.Mode, "policy": o.Policy, "threshold": o.Threshold, "steps": o.Steps, "entropyBound": o.EntropyBound,
		"block": o.Canvas, "blocks": o.Blocks, "order": o.Order, "remasks": o.Remasks, "candidates": o.Candidates, "minScore": o.MinScore,
		"revisions": o.Revisions, "editThreshold": o.EditThreshold, "context": o.Context,
	}
}

// typingPassagesOf cuts passages of whole lines, several of a file if need be, at places that a fixed seed chooses.
func typingPassagesOf(files []sourceFile, of Selection) []typing.Passage {
	n := typingPassages
	if of.Limit > 0 {
		n = min(n, (of.Limit+holesPerPassage-1)/holesPerPassage)
	}
	random := of.random(5, 6)
	var passages []typing.Passage
	for len(passages) < n {
		f := files[random.IntN(len(files))]
		start := strings.LastIndexByte(f.text[:random.IntN(len(f.text))], '\n') + 1
		end := min(start+typingCharacters, len(f.text))
		end = strings.LastIndexByte(f.text[:end], '\n') + 1
		overlaps := slices.ContainsFunc(passages, func(p typing.Passage) bool { return p.Path == f.path && start < p.End && end > p.Start })
		if !overlaps && strings.Count(f.text[start:max(start, end)], "\n") >= 3 {
			passages = append(passages, typing.Passage{Path: f.path, Text: f.text, Start: start, End: end - 1})
		}
	}
	return passages
}

// typingMetrics are shares of all characters; what is drawn for an interval is passages.
var typingMetrics = []struct {
	name  string
	field func(*ModeReport) **float64
	of    func(typing.Counts) int
}{
	{"accepted_share", func(r *ModeReport) **float64 { return &r.AcceptedShare }, func(c typing.Counts) int { return c.Accepted }},
	{"keystrokes_saved", func(r *ModeReport) **float64 { return &r.KeystrokesSaved }, func(c typing.Counts) int { return c.Characters - c.Keys }},
}

func characters(c typing.Counts) int { return c.Characters }

func summarizeTyping(mode string, result *typing.Result) ModeReport {
	r := ModeReport{
		Mode:                  mode,
		CPUSecondsPer1000Keys: new(1000 * result.CPUSeconds / float64(result.Keys)),
		P50MS:                 stats.Percentile(result.LatenciesMS, 50),
		P95MS:                 stats.Percentile(result.LatenciesMS, 95),
		Intervals:             map[string]stats.Interval{},
	}
	for _, m := range typingMetrics {
		*m.field(&r) = new(float64(m.of(result.Counts)) / float64(result.Characters))
		r.Intervals[m.name] = stats.BootstrapRatio(perPassage(result, m.of), perPassage(result, characters))
	}
	return r
}

// typingDifferences compares what two modes made of the same passages.
func typingDifferences(before, after *typing.Result) map[string]Difference {
	all := map[string]Difference{}
	for _, m := range typingMetrics {
		numerators := [2][]float64{perPassage(before, m.of), perPassage(after, m.of)}
		denominators := [2][]float64{perPassage(before, characters), perPassage(after, characters)}
		mean := float64(m.of(after.Counts)-m.of(before.Counts)) / float64(after.Characters)
		all[m.name] = Difference{mean, stats.BootstrapRatioDifference(numerators, denominators)}
	}
	return all
}

func perPassage(result *typing.Result, value func(typing.Counts) int) []float64 {
	values := make([]float64, len(result.Passages))
	for i, c := range result.Passages {
		values[i] = float64(value(c))
	}
	return values
}
