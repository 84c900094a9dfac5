package sandbox

import (
	"os"
	"strings"
	"testing"
	"time"

	_ "github.com/stretchr/testify/assert" // what the tests of programs import: kept in go.mod and downloaded with the rest
)

const (
	solution     = "package solution\n\nfunc Double(x int) int { return 2 * x }\n"
	solutionTest = `package solution

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestDouble(t *testing.T) { assert.Equal(t, 6, Double(3)) }
`
)

func TestGo(t *testing.T) {
	r := runner(t, "", "go")
	r.programs.wall = 2 * time.Second
	for _, test := range []struct {
		name, program          string
		compiles, vets, passes bool
		output                 string
	}{
		{"passes", solution, true, true, true, ""},
		{
			"passes and prints",
			"package solution\nimport \"fmt\"\nfunc Double(x int) int { fmt.Print(x); return 2 * x }",
			true, true, true, "",
		},
		{
			"fails", "package solution\nfunc Double(x int) int { return x }",
			true, true, false, "expected: 6",
		},
		{
			"panics", "package solution\nfunc Double(x int) int { var p *int; return *p }",
			true, true, false, "\nsolution.Double(",
		},
		{
			"leaves with success", "package solution\nimport \"os\"\nfunc Double(x int) int { os.Exit(0); return 0 }",
			true, true, false, "unexpected call to os.Exit(0)",
		},
		{
			"leaves with success at once", "package solution\nimport \"os\"\nfunc init() { os.Exit(0) }\nfunc Double(x int) int { return 0 }",
			true, true, false, "",
		},
		{
			"leaves with success that it claims",
			"package solution\nimport (\"fmt\"; \"os\")\nfunc init() { fmt.Println(\"PASS\"); os.Exit(0) }\nfunc Double(x int) int { return 0 }",
			true, true, false, "PASS",
		},
		{
			"does not parse", "package solution\nfunc Double(x int) int { return 2 * }",
			false, false, false, "solution.go:2:37: expected operand",
		},
		{
			"does not compile", "package solution\nfunc Double(x int) int { return y }",
			false, false, false, "./solution.go:2:33: undefined: y\n",
		},
		{
			"unused import", "package solution\nimport \"fmt\"\nfunc Double(x int) int { return 2 * x }",
			false, false, false, `"fmt" imported and not used`,
		},
		{
			"import of what is not there", "package solution\nimport _ \"example.com/made/up\"\nfunc Double(x int) int { return 2 * x }",
			false, false, false, "cannot find module providing package example.com/made/up",
		},
		{
			"cgo", "package solution\nimport \"C\"\nfunc Double(x int) int { return 2 * x }",
			false, false, false, "build constraints exclude all Go files",
		},
		{
			"another package", "package main\nfunc Double(x int) int { return 2 * x }\nfunc main() {}",
			false, false, false, "solution.go:1:9: package main; expected package solution\n",
		},
		{
			"not what is tested", "package solution\nfunc Treble(x int) int { return 3 * x }",
			true, true, false, "undefined: Double",
		},
		{
			"vet finds fault",
			"package solution\nimport \"fmt\"\nfunc Double(x int) int { fmt.Printf(\"%s\\n\", x); return 2 * x }",
			true, false, true, "format %s has arg x of wrong type int",
		},
		{
			"vet finds fault that go test does not look for",
			"package solution\nfunc Double(x int) int { x = x; return 2 * x }",
			true, false, true, "self-assignment",
		},
		{
			"vet finds fault and fails",
			"package solution\nfunc Double(x int) int { x = x; return x }",
			true, false, false, "expected: 6",
		},
		{
			"runs for ever", "package solution\nfunc Double(x int) int { for { x++ } }",
			true, true, false, "[stopped: it ran longer than 2s]\n",
		},
		{
			"deadlock", "package solution\nfunc Double(x int) int { select {} }",
			true, true, false, "all goroutines are asleep",
		},
		{
			"allocates for ever",
			"package solution\nvar all [][]byte\nfunc Double(x int) int { for { all = append(all, make([]byte, 64<<20)) } }",
			true, true, false, "",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got, err := r.Go(t.Context(), test.program, solutionTest)
			if err != nil {
				t.Fatal(err)
			}
			if got.Compiles != test.compiles || got.Vets != test.vets || got.Passes != test.passes {
				t.Errorf("%+v", got)
			}
			if !strings.Contains(got.Output, test.output) || got.Passes && got.Vets && got.Output != "" {
				t.Errorf("output %q, want %q in it", got.Output, test.output)
			}
			if strings.Contains(got.Output, r.temp) {
				t.Errorf("output names the temporary folder: %q", got.Output)
			}
		})
	}
}

func TestGoIsKept(t *testing.T) {
	dir := t.TempDir()
	r := runner(t, dir, "go")
	first, err := r.Go(t.Context(), solution, solutionTest)
	if err != nil || !first.Passes {
		t.Fatalf("%+v, %v", first, err)
	}
	if kept := files(t, dir); len(kept) != 1 {
		t.Fatalf("kept in %v, want one file", kept)
	}
	again := runner(t, dir)
	second, err := again.Go(t.Context(), solution, solutionTest)
	if err != nil || second != first {
		t.Errorf("%+v, %v", second, err)
	}
	if made := files(t, again.temp); len(made) != 0 {
		t.Errorf("a kept outcome needs no folder; made %v", made)
	}
}

func TestUselessTests(t *testing.T) {
	r := runner(t, "")
	for _, test := range []struct{ name, test, want string }{
		{"not Go", "package solution\nfunc TestDouble(", "not Go"},
		{"another package", "package solution_test\nimport \"testing\"\nfunc TestDouble(t *testing.T) {}", "make it package solution"},
		{"no test", "package solution\nfunc Testing() {}\n", "tests nothing"},
		{"only a main", "package solution\nimport \"testing\"\nfunc TestMain(m *testing.M) {}\n", "TestMain"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got, err := r.Go(t.Context(), solution, test.test); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
}

// TestModuleAgrees holds the module of programs to the versions and hashes of this project.
func TestModuleAgrees(t *testing.T) {
	read := func(name string) string {
		data, err := os.ReadFile("../../../" + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	lines := map[string]bool{}
	for line := range strings.Lines(read("go.mod") + read("go.sum")) {
		line, _, _ = strings.Cut(line, "//")
		lines[strings.TrimPrefix(strings.TrimSpace(line), "require ")] = true
	}
	checked := 0
	for line := range strings.Lines(goMod + goSum) {
		line = strings.TrimPrefix(strings.TrimSpace(line), "require ")
		if line == "" || line == "module solution" {
			continue
		}
		checked++
		if !lines[line] {
			t.Errorf("go.mod and go.sum do not have the line %q of lsp/eval/sandbox/module: copy it from there", line)
		}
	}
	if checked < 4 {
		t.Errorf("%d lines", checked)
	}
}

// BenchmarkGo is the time of one program after another, and of as many at a time as there are processors.
func BenchmarkGo(b *testing.B) {
	r := runner(b, "", "go")
	run := func(b *testing.B) {
		if got, err := r.Go(b.Context(), solution, solutionTest); err != nil || !got.Passes {
			b.Errorf("%+v, %v", got, err)
		}
	}
	b.Run("sequential", func(b *testing.B) {
		for b.Loop() {
			run(b)
		}
	})
	b.Run("parallel", func(b *testing.B) {
		b.RunParallel(func(p *testing.PB) {
			for p.Next() {
				run(b)
			}
		})
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "programs/s")
	})
}
