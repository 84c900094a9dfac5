package eval

import (
	"context"
	"fmt"
	"strings"

	"seedls/lsp/eval/sandbox"
)

// Infilling is the suite humaneval-infilling: the single-line holes in the Python solutions of HumanEval (arXiv
// 2207.14255). A text passes if the solution with it passes the problem's tests under python3.
func Infilling(of Selection) (*Suite, error) {
	type record struct {
		ID         string `json:"task_id"`
		EntryPoint string `json:"entry_point"`
		Prompt     string
		Suffix     string
		Solution   string `json:"canonical_solution"`
		Test       string
	}
	records, err := readLines[record](humanEvalInfilling)
	if err != nil {
		return nil, fmt.Errorf("HumanEval infilling: %w", err)
	}
	var holes []Hole
	byID := map[string]record{}
	tasks := map[string]int{}
	for _, r := range records {
		byID[r.ID] = r
		// SingleLineInfilling/HumanEval/0/L0
		problem := r.ID[:strings.LastIndexByte(r.ID, '/')+1]
		if _, ok := tasks[problem]; !ok {
			tasks[problem] = len(tasks)
		}
		// The hole of the data has the line's indentation and end in it, which an editor's cursor is behind and before.
		line := strings.TrimSpace(r.Solution)
		before, after, _ := strings.Cut(r.Solution, line)
		holes = append(holes, Hole{
			ID: r.ID, Kind: cutLine, Path: "solution.py",
			Prefix: r.Prompt + before, Suffix: after + r.Suffix, Want: line, task: tasks[problem],
		})
	}
	return &Suite{
		Name:  "humaneval-infilling",
		Seed:  of.Seed,
		Holes: of.sample(holes, of.Limit),
		program: func(ctx context.Context, runner *sandbox.Runner, h Hole, text string) (sandbox.Outcome, error) {
			r := byID[h.ID]
			return runner.Python(ctx, h.Prefix+text+h.Suffix+"\n"+r.Test+"\ncheck("+r.EntryPoint+")\n")
		},
	}, nil
}
