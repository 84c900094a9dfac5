package eval

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"math/rand/v2"
	"slices"
	"strings"

	"seedls/lsp/completion"
	"seedls/lsp/eval/sandbox"
)

// repairSpan is how many lines the damage of one hole spreads over, at most.
const repairSpan = 4

// Repair is the suite repair, our own: in the body of each Go solution of HumanEval-X, 1 to 3 edits that a fixed seed
// chooses (a typo in a name, a bracket missing, another operator, a line missing, two arguments swapped), not more than
// a few lines apart. The lines with them are given to be repaired as "seedls fix" does. A text passes if the solution
// with it passes the problem's tests; damage with which it passes them is none, and left out, after
// the selection.
func Repair(of Selection) (*Suite, error) {
	problems, err := goProblems()
	if err != nil {
		return nil, err
	}
	var holes []Hole
	for i, p := range problems {
		edits, err := damages(p.program)
		if err != nil {
			return nil, fmt.Errorf("HumanEval-X, %s: %w", p.id, err)
		}
		random := of.random(4, uint64(i))
		for n := 1; n <= 3; n++ {
			if chosen := choose(edits, p.program, n, random); len(chosen) == n {
				h := damaged(p.program, chosen)
				h.ID, h.Kind, h.Path, h.task = fmt.Sprintf("%s %d", p.id, n), fmt.Sprintf("%d edits", n), "solution.go", i
				if n == 1 {
					h.Kind = chosen[0].kind
				}
				holes = append(holes, h)
			}
		}
	}
	run := func(ctx context.Context, r *sandbox.Runner, h Hole, text string) (sandbox.Outcome, error) {
		return r.Go(ctx, h.Prefix+text+h.Suffix, problems[h.task].test)
	}
	return &Suite{
		Name:   "repair",
		Seed:   of.Seed,
		Holes:  of.sample(holes, of.Limit),
		parses: parsesAsGo,
		vets:   true,
		fill: func(ctx context.Context, c *completion.Completer, h Hole, o completion.Options) (*completion.Result, error) {
			o.Revisions = completion.FixOptions().Revisions
			fix, err := c.Fix(ctx, h.Path, h.Prefix+h.Broken+h.Suffix, h.Line, h.LastLine, o)
			if err != nil {
				return nil, err
			}
			result := *fix.Result
			if result.Text = ""; fix.Mended {
				result.Text = fix.Replacement
			}
			return &result, nil
		},
		program: run,
		admits: func(ctx context.Context, r *sandbox.Runner, h Hole) (bool, error) {
			outcome, err := run(ctx, r, h, h.Broken)
			return !outcome.Passes, err
		},
	}, nil
}

// A damage replaces text[start:end].
type damage struct {
	kind       string
	start, end int
	text       string
}

// damages lists what can be done to the bodies of a file.
func damages(text string) (all []damage, err error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "", text, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	at := func(p token.Pos) int { return files.Position(p).Offset }
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			all = append(all, bodyDamages(text, at(n.Body.Lbrace)+1, at(n.Body.Rbrace))...)
		case *ast.CallExpr:
			if len(n.Args) >= 2 {
				a, b := text[at(n.Args[0].Pos()):at(n.Args[0].End())], text[at(n.Args[1].Pos()):at(n.Args[1].End())]
				between := text[at(n.Args[0].End()):at(n.Args[1].Pos())]
				if a != b && !strings.Contains(between, "\n") {
					all = append(all, damage{"swapped arguments", at(n.Args[0].Pos()), at(n.Args[1].End()), b + between + a})
				}
			}
		}
		return true
	})
	return all, nil
}

// otherOperator is what an operator is mistaken for.
var otherOperator = map[token.Token]string{
	token.ADD: "-", token.SUB: "+", token.MUL: "/", token.QUO: "*", token.REM: "/",
	token.LSS: "<=", token.LEQ: "<", token.GTR: ">=", token.GEQ: ">", token.EQL: "!=", token.NEQ: "==",
	token.LAND: "||", token.LOR: "&&", token.ADD_ASSIGN: "-=", token.SUB_ASSIGN: "+=", token.INC: "--", token.DEC: "++",
	token.DEFINE: "=",
}

func bodyDamages(text string, start, end int) (all []damage) {
	for _, line := range bodyLines(text, start, end) {
		if body := text[line.start:line.end]; !strings.HasSuffix(body, "{") && !strings.HasPrefix(body, "}") {
			lineStart := strings.LastIndexByte(text[:line.start], '\n') + 1
			all = append(all, damage{"dropped line", lineStart, min(line.end+1, end), ""})
		}
	}
	files := token.NewFileSet()
	var s scanner.Scanner
	source := []byte(text[start:end])
	s.Init(files.AddFile("", -1, len(source)), source, nil, 0)
	for {
		pos, tok, literal := s.Scan()
		at := start + int(pos) - 1
		switch {
		case tok == token.EOF:
			return all
		case tok == token.IDENT && len(literal) >= 4 && literal[1] != literal[2]:
			all = append(all, damage{"typo", at, at + len(literal), literal[:1] + literal[2:3] + literal[1:2] + literal[3:]})
		case slices.Contains([]token.Token{token.LPAREN, token.RPAREN, token.LBRACK, token.RBRACK, token.LBRACE, token.RBRACE}, tok):
			all = append(all, damage{"missing bracket", at, at + 1, ""})
		case otherOperator[tok] != "":
			all = append(all, damage{"wrong operator", at, at + len(tok.String()), otherOperator[tok]})
		}
	}
}

// choose picks n damages that do not overlap, within a few lines, each kind as likely as another.
func choose(all []damage, text string, n int, random *rand.Rand) (chosen []damage) {
	line := func(offset int) int { return strings.Count(text[:offset], "\n") }
	left := slices.Clone(all)
	for len(chosen) < n && len(left) > 0 {
		byKind := map[string][]damage{}
		var kinds []string
		for _, d := range left {
			if byKind[d.kind] == nil {
				kinds = append(kinds, d.kind)
			}
			byKind[d.kind] = append(byKind[d.kind], d)
		}
		slices.Sort(kinds)
		of := byKind[kinds[random.IntN(len(kinds))]]
		next := of[random.IntN(len(of))]
		chosen = append(chosen, next)
		left = slices.DeleteFunc(left, func(d damage) bool {
			for _, c := range chosen {
				if d.start < c.end && d.end > c.start || d.start == c.start ||
					line(max(d.end, c.end)-1)-line(min(d.start, c.start)) >= repairSpan {
					return true
				}
			}
			return false
		})
	}
	slices.SortFunc(chosen, func(a, b damage) int { return a.start - b.start })
	return chosen
}

// damaged makes the hole: the lines that were damaged, and the one before a line that is missing.
func damaged(text string, edits []damage) Hole {
	start, end := len(text), 0
	for _, d := range edits {
		from, to := d.start, d.end
		if d.text == "" && text[to-1] == '\n' { // a line that is missing
			from, to = len(strings.TrimRight(text[:from], " \t\n")), to-1
		}
		start, end = min(start, from), max(end, to)
	}
	start = strings.LastIndexByte(text[:start], '\n') + 1
	start += len(text[start:]) - len(strings.TrimLeft(text[start:], " \t"))
	if newline := strings.IndexByte(text[end:], '\n'); newline >= 0 {
		end += newline
	} else {
		end = len(text)
	}
	h := Hole{Prefix: text[:start], Suffix: text[end:], Want: text[start:end]}
	var broken strings.Builder
	at := start
	for _, d := range edits {
		broken.WriteString(text[at:d.start])
		broken.WriteString(d.text)
		at = d.end
	}
	broken.WriteString(text[at:max(at, end)])
	h.Broken = strings.TrimRight(broken.String(), "\n")
	h.Line = 1 + strings.Count(h.Prefix, "\n")
	h.LastLine = h.Line + strings.Count(h.Broken, "\n")
	return h
}
