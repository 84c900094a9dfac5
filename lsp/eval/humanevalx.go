package eval

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"strings"

	"seedls/lsp/eval/sandbox"
)

// HumanEvalX is the suite humaneval-x-go: holes in the Go solutions of HumanEval-X (arXiv 2303.17568), formatted: every
// line of every body, in each body a run of 2, 3, 4 and 5 lines at a place that a fixed seed chooses, and every if and
// for statement and every argument of a call. A text passes if the solution with it passes the problem's tests.
func HumanEvalX(of Selection) (*Suite, error) {
	problems, err := goProblems()
	if err != nil {
		return nil, err
	}
	var holes []Hole
	for i, p := range problems {
		cuts, err := cutGo(p.program, of.random(1, uint64(i)))
		if err != nil {
			return nil, fmt.Errorf("HumanEval-X, %s: %w", p.id, err)
		}
		for _, c := range cuts {
			h := c.hole(p.id, "solution.go", p.program)
			h.task = i
			holes = append(holes, h)
		}
	}
	return &Suite{
		Name:   "humaneval-x-go",
		Seed:   of.Seed,
		Holes:  of.sample(holes, of.Limit),
		parses: parsesAsGo,
		names:  true,
		vets:   true,
		program: func(ctx context.Context, r *sandbox.Runner, h Hole, text string) (sandbox.Outcome, error) {
			return r.Go(ctx, h.Prefix+text+h.Suffix, problems[h.task].test)
		},
	}, nil
}

// parsesAsGo reports whether a file of Go is well-formed with the text in the hole.
func parsesAsGo(h Hole, text string) bool {
	_, err := parser.ParseFile(token.NewFileSet(), "", h.Prefix+text+h.Suffix, parser.SkipObjectResolution)
	return err == nil
}

// A cut is a region of a file, [start, end), and what it is.
type cut struct {
	kind       string
	start, end int
}

func (c cut) hole(file, path, text string) Hole {
	return Hole{
		ID:   fmt.Sprintf("%s %s %d-%d", file, c.kind, c.start, c.end),
		Kind: c.kind, Path: path, Prefix: text[:c.start], Suffix: text[c.end:], Want: text[c.start:c.end],
	}
}

// The kinds of cuts.
const (
	cutLine     = "line"
	cutRun      = "lines"
	cutBlock    = "statement"
	cutArgument = "argument"
	cutMidWord  = "mid-word"
)

// cutGo cuts a file of Go: see [HumanEvalX].
func cutGo(text string, random *rand.Rand) ([]cut, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "", text, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	region := func(kind string, n ast.Node) cut {
		return cut{kind, files.Position(n.Pos()).Offset, files.Position(n.End()).Offset}
	}
	var cuts []cut
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Body != nil {
				lines := bodyLines(text, files.Position(n.Body.Lbrace).Offset+1, files.Position(n.Body.Rbrace).Offset)
				cuts = append(cuts, lines...)
				for length := 2; length <= 5 && length <= len(lines); length++ {
					first := random.IntN(len(lines) - length + 1)
					cuts = append(cuts, cut{cutRun, lines[first].start, lines[first+length-1].end})
				}
			}
		case *ast.IfStmt, *ast.ForStmt, *ast.RangeStmt:
			cuts = append(cuts, region(cutBlock, n))
		case *ast.CallExpr:
			for _, argument := range n.Args {
				cuts = append(cuts, region(cutArgument, argument))
			}
		}
		return true
	})
	return cuts, nil
}

// bodyLines cuts the lines in [start, end) that are not blank, without the white space around them.
func bodyLines(text string, start, end int) (cuts []cut) {
	for line := range strings.Lines(text[start:end]) {
		if trimmed := strings.TrimSpace(line); trimmed != "" {
			at := start + strings.Index(line, trimmed)
			cuts = append(cuts, cut{cutLine, at, at + len(trimmed)})
		}
		start += len(line)
	}
	return cuts
}
