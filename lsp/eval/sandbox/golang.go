package sandbox

import (
	"context"
	"crypto/rand"
	_ "embed"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The module that Go programs are compiled in. It requires testify, of the version that this project requires.
var (
	//go:embed module/go.mod.txt
	goMod string
	//go:embed module/go.sum.txt
	goSum string
	// readyTest is a test that imports what tests may import.
	//go:embed module/ready_test.go.txt
	readyTest string
)

const (
	solutionFile = "solution.go"
	testFile     = "solution_test.go"
	harnessFile  = "harness_test.go"
	binaryFile   = "solution.test"
)

// harness says that all tests were run, by a word that the program cannot know.
const harness = `package solution

import (
	"fmt"
	"os"
	"testing"
)

func TestMain(m *testing.M) {
	code := m.Run()
	fmt.Println(%q)
	os.Exit(code)
}
`

// Go compiles a Go source file, has go vet look at it, and runs a test file on it; both are of package solution. They may
// import the standard library and testify's assert, require and suite (without YAML), no cgo, and nothing is downloaded
// for them. An error says what keeps programs from being run at all, such as a missing go command or a test that is not
// one, or is ctx.Err(). The first program of a runner waits until testify is downloaded and compiled.
func (r *Runner) Go(ctx context.Context, program, test string) (Outcome, error) {
	if err := errors.Join(bounded("program", program), bounded("test", test), checkTest(test)); err != nil {
		return Outcome{}, err
	}
	if fault := malformed(program); fault != "" {
		return Outcome{Output: shown(fault, r.temp)}, nil
	}
	golang, err := r.golang.get(ctx, findGo)
	if err != nil {
		return Outcome{}, err
	}
	return r.remembered(ctx, []string{"go", golang.version, goMod, program, test}, func() (Outcome, error) {
		module, err := r.module.get(ctx, func(ctx context.Context) (string, error) { return r.makeModule(ctx, golang) })
		if err != nil {
			return Outcome{}, err
		}
		return r.runGo(ctx, golang, module, program, test)
	})
}

// findGo asks for the version outside of any module, so that no go.mod chooses another.
func findGo(ctx context.Context) (tool, error) {
	path, err := exec.LookPath("go")
	if err != nil {
		return tool{}, fmt.Errorf("sandbox: Go programs need the go command on PATH: install Go (https://go.dev/dl): %w", err)
	}
	cmd := exec.CommandContext(ctx, path, "version")
	cmd.Env = goEnv()
	said, err := cmd.Output()
	if ctx.Err() != nil {
		return tool{}, ctx.Err()
	}
	if err != nil {
		return tool{}, fmt.Errorf("sandbox: %s does not say its version: install Go anew: %w", path, err)
	}
	return tool{path, strings.TrimSpace(string(said))}, nil
}

// goEnv is the user's environment, with proxies and caches as they are, but for what would make outcomes depend on the
// user. Without its YAML functions testify needs no other module. An import that go.mod does not provide is an error
// (readonly): were it looked up, any name that a model makes up could be downloaded.
func goEnv() []string {
	return append(os.Environ(),
		"CGO_ENABLED=0", "GO111MODULE=on", "GOARCH="+runtime.GOARCH, "GOFLAGS=-mod=readonly -tags=testify_yaml_fail",
		"GOGC=400", "GOOS="+runtime.GOOS, "GOTOOLCHAIN=local", "GOWORK=off")
}

// makeModule writes the module that programs are put into and has a test compiled there, which downloads testify if need
// be. It returns the module's folder.
func (r *Runner) makeModule(ctx context.Context, golang tool) (string, error) {
	module, err := os.MkdirTemp(r.temp, "module-")
	if err != nil {
		return "", fmt.Errorf("sandbox: module for programs: %w", err)
	}
	for name, content := range map[string]string{"go.mod": goMod, "go.sum": goSum, "ready_test.go": readyTest} {
		if err := os.WriteFile(filepath.Join(module, name), []byte(content), 0o600); err != nil {
			return "", fmt.Errorf("sandbox: module for programs: %w", err)
		}
	}
	end, err := r.execute(ctx, command{
		args: append([]string{golang.path}, compileTest("-vet=all", os.DevNull)...), dir: module, env: goEnv(), limits: readyLimits(),
	})
	if err != nil {
		return "", err
	}
	if !end.ok {
		return "", fmt.Errorf("sandbox: a test with testify does not compile; Go 1.26 and, the first time, a Go module proxy are needed: %s",
			shown(end.output, module))
	}
	return module, nil
}

// runGo compiles, vets and runs a program. Most need one go command; only what it rejects is looked at step by step.
func (r *Runner) runGo(ctx context.Context, golang tool, module, program, test string) (Outcome, error) {
	dir, err := r.folder(module, program+test)
	if err != nil {
		return Outcome{}, err
	}
	defer remove(dir)
	through := rand.Text()
	for name, content := range map[string]string{
		solutionFile: program, testFile: test, harnessFile: fmt.Sprintf(harness, through),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			return Outcome{}, fmt.Errorf("sandbox: program: %w", err)
		}
	}
	build := func(args ...string) (ending, error) {
		end, err := r.execute(ctx, command{
			args: append([]string{golang.path}, args...), dir: dir, env: append(goEnv(), "GOPROXY=off"), limits: r.building,
		})
		end.output = shown(withoutHeadings(end.output), dir)
		return end, err
	}
	end, err := build(compileTest("-vet=all", binaryFile)...)
	if err != nil {
		return Outcome{}, err
	}
	outcome := Outcome{Compiles: end.ok, Vets: end.ok}
	if !end.ok {
		if end, err = build("build", "."); err != nil || !end.ok {
			return Outcome{Output: end.output, unsure: end.tooLong}, err
		}
		outcome.Compiles = true
		if end, err = build("vet", solutionFile); err != nil {
			return Outcome{}, err
		}
		outcome.Vets, outcome.Output, outcome.unsure = end.ok, end.output, end.tooLong
		if end, err = build(compileTest("-vet=off", binaryFile)...); err != nil {
			return Outcome{}, err
		}
		if outcome.unsure = outcome.unsure || end.tooLong; !end.ok {
			outcome.Output = end.output
			return outcome, nil
		}
	}
	end, err = r.run(ctx, dir, []string{filepath.Join(dir, binaryFile), "-test.paniconexit0"})
	if err != nil {
		return Outcome{}, err
	}
	// One that exits before the tests are through has no success to report.
	output, isThrough := without(end.output, through)
	outcome.Passes = end.ok && isThrough
	if !outcome.Passes {
		outcome.Output = output
	}
	return outcome, nil
}

// compileTest has the go command make a test binary. Symbols are left out, to link it faster; stack traces do not need
// them.
func compileTest(vet, binary string) []string {
	return []string{"test", "-c", "-ldflags=-s -w", vet, "-o", binary, "."}
}

// withoutHeadings leaves the lines out in which the go command names the package that messages are about.
func withoutHeadings(output string) string {
	var messages strings.Builder
	for line := range strings.Lines(output) {
		if !strings.HasPrefix(line, "# ") {
			messages.WriteString(line)
		}
	}
	return messages.String()
}

// malformed says why a program cannot compile, as far as its syntax and its package tell; "" if they do not.
func malformed(program string) string {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, solutionFile, program, parser.SkipObjectResolution)
	if err != nil {
		return err.Error() + "\n"
	}
	if file.Name.Name != "solution" {
		return fmt.Sprintf("%v: package %s; expected package solution\n", files.Position(file.Name.Pos()), file.Name.Name)
	}
	return ""
}

// checkTest reports a test that every program would fail, or pass.
func checkTest(test string) error {
	file, err := parser.ParseFile(token.NewFileSet(), testFile, test, parser.SkipObjectResolution)
	if err != nil {
		return fmt.Errorf("sandbox: the test is not Go: %w", err)
	}
	if file.Name.Name != "solution" {
		return fmt.Errorf("sandbox: the test is of package %s: make it package solution", file.Name.Name)
	}
	tests := false
	for _, declaration := range file.Decls {
		function, ok := declaration.(*ast.FuncDecl)
		if !ok || function.Recv != nil {
			continue
		}
		if function.Name.Name == "TestMain" {
			return errors.New("sandbox: the test has a TestMain, which is the runner's: leave it out")
		}
		if name, ok := strings.CutPrefix(function.Name.Name, "Test"); ok {
			if first, _ := utf8.DecodeRuneInString(name); !unicode.IsLower(first) {
				tests = true
			}
		}
	}
	if tests {
		return nil
	}
	return errors.New("sandbox: the test tests nothing: give it a function TestXxx(t *testing.T)")
}
