package eval

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
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
// server, once for each mode, and counts what a user would have got: see package typing. limit is a number of holes, for
// every 25 of which there is a passage; 0 for all 60 passages.
func Replay(ctx context.Context, goroot string, limit int, server Server, modes []Mode, observe func(string, int, int)) (*Report, error) {
	files, err := heldOut(goroot)
	if err != nil {
		return nil, err
	}
	passages := typingPassagesOf(files, limit)
	report := &Report{Suite: Typing, N: len(passages), Model: server.Model, Kinds: map[string]int{"passage": len(passages)}}
	var first *typing.Result
	for _, mode := range modes {
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
		report.Modes = append(report.Modes, summarizeTyping(mode.Name, result, first))
		if first == nil {
			first = result
		}
	}
	return report, nil
}

// settings has those of the server by which a mode differs from another.
func settings(o completion.Options) map[string]any {
	return map[string]any{
		"wait": 0, "mode": o.Mode, "policy": o.Policy, "threshold": o.Threshold, "steps": o.Steps, "entropyBound": o.EntropyBound,
		"block": o.Canvas, "blocks": o.Blocks, "order": o.Order, "remasks": o.Remasks,
		"revisions": o.Revisions, "editThreshold": o.EditThreshold,
	}
}

// typingPassagesOf cuts passages of whole lines, several of a file if need be, at places that a fixed seed chooses.
func typingPassagesOf(files []sourceFile, limit int) []typing.Passage {
	n := typingPassages
	if limit > 0 {
		n = min(n, (limit+holesPerPassage-1)/holesPerPassage)
	}
	random := rand.New(rand.NewPCG(5, 6))
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

func summarizeTyping(mode string, result, first *typing.Result) ModeReport {
	r := ModeReport{
		Mode:                  mode,
		CPUSecondsPer1000Keys: new(1000 * result.CPUSeconds / float64(result.Keys)),
		P50MS:                 stats.Percentile(result.LatenciesMS, 50),
		P95MS:                 stats.Percentile(result.LatenciesMS, 95),
		Intervals:             map[string]stats.Interval{},
	}
	if first != nil {
		r.Differences = map[string]Difference{}
	}
	characters := perPassage(result, func(c typing.Counts) int { return c.Characters })
	for _, m := range []struct {
		name  string
		field **float64
		of    func(typing.Counts) int
	}{
		{"accepted_share", &r.AcceptedShare, func(c typing.Counts) int { return c.Accepted }},
		{"keystrokes_saved", &r.KeystrokesSaved, func(c typing.Counts) int { return c.Characters - c.Keys }},
	} {
		// The share of all characters; what is drawn for an interval is passages.
		*m.field = new(float64(m.of(result.Counts)) / float64(result.Characters))
		values := perPassage(result, m.of)
		r.Intervals[m.name] = stats.BootstrapRatio(values, characters)
		if first != nil {
			differences := stats.Differences(perPassage(first, m.of), values)
			mean := float64(m.of(result.Counts)-m.of(first.Counts)) / float64(result.Characters)
			r.Differences[m.name] = Difference{mean, stats.BootstrapRatio(differences, characters)}
		}
	}
	return r
}

func perPassage(result *typing.Result, value func(typing.Counts) int) []float64 {
	values := make([]float64, len(result.Passages))
	for i, c := range result.Passages {
		values[i] = float64(value(c))
	}
	return values
}
