package eval

import (
	"context"
	"go/parser"
	"go/token"
	"math/rand/v2"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"golang.org/x/sync/errgroup"

	"seedls/lsp/completion"
	"seedls/lsp/eval/sandbox"
)

func TestParseModes(t *testing.T) {
	base := completion.DefaultOptions()
	base.Order = true
	modes, err := ParseModes("ar, diffusion,diffusion+order/4", base)
	if err != nil || len(modes) != 3 {
		t.Fatalf("got %v, %v", modes, err)
	}
	for i, want := range []struct {
		mode       completion.Mode
		order      bool
		candidates int
	}{{completion.Autoregressive, false, 1}, {completion.Diffusion, false, 1}, {completion.Diffusion, true, 4}} {
		o := modes[i].Options
		if o.Mode != want.mode || o.Order != want.order || o.Candidates != want.candidates || o.Validate() != nil {
			t.Errorf("mode %s is %+v", modes[i].Name, o)
		}
	}
	for _, bad := range []string{"", "ar,", "beam", "ar,ar", "diffusion/", "diffusion/x", "diffusion/0", "diffusion/9"} {
		if _, err := ParseModes(bad, base); err == nil {
			t.Errorf("%q: no error", bad)
		}
	}
}

func goroot(t *testing.T) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// suitesOf makes all suites of holes with a selection.
func suitesOf(t *testing.T, of Selection) []*Suite {
	t.Helper()
	var suites []*Suite
	for _, make := range []func() (*Suite, error){
		func() (*Suite, error) { return HumanEvalX(of) },
		func() (*Suite, error) { return Infilling(of) },
		func() (*Suite, error) { return Holdout(goroot(t), of) },
		func() (*Suite, error) { return Repair(of) },
	} {
		s, err := make()
		if err != nil {
			t.Fatal(err)
		}
		suites = append(suites, s)
	}
	return suites
}

// TestHoles checks all holes of all suites: they are always the same, their names differ, and what was cut out of a
// file makes it whole.
func TestHoles(t *testing.T) {
	again := suitesOf(t, Selection{})
	for i, s := range suitesOf(t, Selection{}) {
		t.Logf("%s: %d holes %v", s.Name, len(s.Holes), kinds(s.Holes))
		if !reflect.DeepEqual(s.Holes, again[i].Holes) {
			t.Errorf("%s: other holes the second time", s.Name)
		}
		names := map[string]bool{}
		for _, h := range s.Holes {
			if names[h.ID] {
				t.Errorf("%s: two holes are %s", s.Name, h.ID)
			}
			names[h.ID] = true
			if h.Want == "" || h.Want != strings.TrimSpace(h.Want) || h.Kind == "" {
				t.Errorf("%s: hole %s of kind %q: %q", s.Name, h.ID, h.Kind, h.Want)
			}
			if s.parses != nil && !s.parses(h, h.Want) {
				t.Errorf("%s: hole %s: %q does not parse", s.Name, h.ID, h.Want)
			}
		}
	}
	for i, s := range suitesOf(t, Selection{Limit: 25}) {
		if len(s.Holes) != 25 {
			t.Errorf("%s: %d holes for a limit of 25", s.Name, len(s.Holes))
		}
		for _, h := range s.Holes {
			if !slices.ContainsFunc(again[i].Holes, func(all Hole) bool { return all == h }) {
				t.Errorf("%s: hole %s is not one of all", s.Name, h.ID)
			}
		}
	}
}

// TestSelection has holes chosen by seeds: the same for the same seed, mostly others for another, and for none those that
// EVAL.md is of.
func TestSelection(t *testing.T) {
	seeded := suitesOf(t, Selection{Limit: 50, Seed: 7})
	again := suitesOf(t, Selection{Limit: 50, Seed: 7})
	for i, s := range suitesOf(t, Selection{Limit: 50}) {
		if !reflect.DeepEqual(seeded[i].Holes, again[i].Holes) || seeded[i].Seed != 7 {
			t.Errorf("%s: other holes the second time", s.Name)
		}
		same := 0
		for _, h := range seeded[i].Holes {
			if slices.Contains(s.Holes, h) {
				same++
			}
		}
		if len(seeded[i].Holes) != 50 || same > 25 {
			t.Errorf("%s: of %d holes, %d are those of another seed", s.Name, len(seeded[i].Holes), same)
		}
	}
	s, err := HumanEvalX(Selection{Limit: 250})
	want := map[string]int{cutArgument: 52, cutLine: 124, cutRun: 42, cutBlock: 32}
	if err != nil || !reflect.DeepEqual(kinds(s.Holes), want) || s.Holes[0].ID != "Go/142 line 698-712" {
		t.Errorf("%v, %v, the first is %s", err, kinds(s.Holes), s.Holes[0].ID)
	}
}

// TestSolutionsPass runs what was cut out in its place, of every suite with programs and of every problem of HumanEval-X.
func TestSolutionsPass(t *testing.T) {
	runner, err := sandbox.New(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer runner.Close()
	for _, s := range suitesOf(t, Selection{}) {
		if s.program == nil {
			continue
		}
		seen := map[string]bool{} // all holes of a solution make the same program
		s.Holes = slices.DeleteFunc(s.Holes, func(h Hole) bool {
			program := h.Prefix + h.Want + h.Suffix
			again := seen[program]
			seen[program] = true
			return again
		})
		group, ctx := errgroup.WithContext(t.Context())
		var passed atomic.Int64
		for _, h := range s.Holes {
			group.Go(func() error {
				outcome, err := s.program(ctx, runner, h, h.Want)
				if !outcome.Passes || !outcome.Compiles || outcome.Vets != s.vets {
					t.Errorf("%s: hole %s: %+v", s.Name, h.ID, outcome)
				}
				passed.Add(1)
				return err
			})
		}
		if err := group.Wait(); err != nil || int(passed.Load()) != len(s.Holes) {
			t.Errorf("%s: %d of %d programs: %v", s.Name, passed.Load(), len(s.Holes), err)
		}
	}
}

func TestCutGo(t *testing.T) {
	const text = "package p\n\nfunc f(x int) int {\n\tif x > 0 {\n\t\tg(x, 1)\n\t}\n\n\treturn x\n}\n"
	cuts, err := cutGo(text, rand.New(rand.NewPCG(1, 1)))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range cuts {
		if c.kind != cutRun {
			got = append(got, c.kind+": "+text[c.start:c.end])
		} else if n := strings.Count(strings.ReplaceAll(text[c.start:c.end], "\n\n", "\n"), "\n"); n < 1 || n > 4 {
			t.Errorf("a run of %d lines", n+1)
		}
	}
	want := []string{
		"line: if x > 0 {", "line: g(x, 1)", "line: }", "line: return x",
		"statement: if x > 0 {\n\t\tg(x, 1)\n\t}", "argument: x", "argument: 1",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if _, err := cutGo("package", nil); err == nil {
		t.Error("a file that does not parse was cut")
	}
}

// TestDamage checks each kind of damage on a small file.
func TestDamage(t *testing.T) {
	const text = "package p\n\nfunc f(first int) int {\n\tx := g(first, 2)\n\treturn x + 1\n}\n"
	all, err := damages(text)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string][]string{}
	for _, d := range all {
		h := damaged(text, []damage{d})
		seen[d.kind] = append(seen[d.kind], h.Broken)
		if h.Prefix+h.Want+h.Suffix != text || h.Broken == h.Want {
			t.Errorf("%+v makes %+v", d, h)
		}
		if lines := strings.Split(h.Prefix+h.Broken+h.Suffix, "\n"); !strings.HasSuffix(strings.Join(lines[h.Line-1:h.LastLine], "\n"), h.Broken) {
			t.Errorf("%+v: lines %d to %d are not %q", d, h.Line, h.LastLine, h.Broken)
		}
	}
	for kind, want := range map[string][]string{
		"typo":              {"x := g(frist, 2)"},
		"missing bracket":   {"x := gfirst, 2)", "x := g(first, 2"},
		"wrong operator":    {"x = g(first, 2)", "return x - 1"},
		"dropped line":      {"func f(first int) int {", "x := g(first, 2)"},
		"swapped arguments": {"x := g(2, first)"},
	} {
		for _, broken := range want {
			if !slices.Contains(seen[kind], broken) {
				t.Errorf("%s: no %q in %q", kind, broken, seen[kind])
			}
		}
	}
	for n := 1; n <= 3; n++ {
		chosen := choose(all, text, n, rand.New(rand.NewPCG(1, uint64(n))))
		if len(chosen) != n {
			t.Fatalf("%d damages, want %d", len(chosen), n)
		}
		for i, d := range chosen[1:] {
			if d.start < chosen[i].end {
				t.Errorf("%+v overlap", chosen)
			}
		}
	}
}

// TestDamageIsDamage compiles nothing, and counts how much of the damage the parser sees: syntax is only a part of it.
func TestDamageIsDamage(t *testing.T) {
	s, err := Repair(Selection{})
	if err != nil {
		t.Fatal(err)
	}
	malformed := 0
	for _, h := range s.Holes {
		if _, err := parser.ParseFile(token.NewFileSet(), "", h.Prefix+h.Broken+h.Suffix, 0); err != nil {
			malformed++
		}
	}
	if malformed < len(s.Holes)/10 || malformed > len(s.Holes)*9/10 {
		t.Errorf("%d of %d do not parse", malformed, len(s.Holes))
	}
}

func TestRunIsCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s, err := Infilling(Selection{Limit: 3})
	if err != nil {
		t.Fatal(err)
	}
	modes, err := ParseModes(Diffusion, completion.DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Run(ctx, s, Subject{Completer: open(t), Modes: modes}); err == nil {
		t.Error("a cancelled run has a report")
	}
}
