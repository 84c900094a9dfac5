package sandbox

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// Python runs a Python program, tests included. It passes when it comes to its end and its exit code is 0. It runs without the user's packages
// and settings (-I -S), so it has the standard library only, and neither exit nor quit, which are not of the language.
// An error says what keeps programs from being run at all, such as a missing interpreter, or is ctx.Err().
func (r *Runner) Python(ctx context.Context, program string) (Outcome, error) {
	if err := bounded("program", program); err != nil {
		return Outcome{}, err
	}
	python, err := r.python.get(ctx, findPython)
	if err != nil {
		return Outcome{}, err
	}
	return r.remembered(ctx, []string{"python", python.version, program}, func() (Outcome, error) {
		return r.runPython(ctx, python, program)
	})
}

// findPython asks python3 for the interpreter itself: on PATH there may be a script that looks for it in files which a
// program in the sandbox cannot find.
func findPython(ctx context.Context) (tool, error) {
	path, err := exec.LookPath("python3")
	if err != nil {
		return tool{}, fmt.Errorf("sandbox: Python programs need python3 on PATH: install Python 3 (https://www.python.org/downloads): %w", err)
	}
	said, err := exec.CommandContext(ctx, path, "-I", "-S", "-c", "import sys; print(sys.executable); print(sys.version)").Output()
	if ctx.Err() != nil {
		return tool{}, ctx.Err()
	}
	if err != nil {
		return tool{}, fmt.Errorf("sandbox: %s does not say its version: install Python 3 anew: %w", path, err)
	}
	executable, version, _ := strings.Cut(string(said), "\n")
	return tool{executable, version}, nil
}

// compilePython is the program that compiles another one, without running it.
const compilePython = `import sys; compile(open(sys.argv[1], "rb").read(), "program.py", "exec")`

// runPython runs a program, and only if it fails asks whether it compiles.
func (r *Runner) runPython(ctx context.Context, python tool, program string) (Outcome, error) {
	// One that exits before its tests are through does not come to this word, which it cannot know.
	through := rand.Text()
	end, err := r.interpret(ctx, python, program+"\nprint("+strconv.Quote(through)+")\n")
	if err != nil {
		return Outcome{}, err
	}
	output, isThrough := without(end.output, through)
	if end.ok && isThrough {
		return Outcome{Compiles: true, Passes: true}, nil
	}
	compiled, err := r.interpret(ctx, python, program, "-c", compilePython)
	if err != nil {
		return Outcome{}, err
	}
	return Outcome{Compiles: compiled.ok, Output: output}, nil
}

// interpret runs the interpreter in the sandbox on a fresh copy of the program, after other arguments.
func (r *Runner) interpret(ctx context.Context, python tool, program string, before ...string) (ending, error) {
	dir, err := r.folder(r.temp, program)
	if err != nil {
		return ending{}, err
	}
	defer remove(dir)
	file := filepath.Join(dir, "program.py")
	if err := os.WriteFile(file, []byte(program), 0o600); err != nil {
		return ending{}, fmt.Errorf("sandbox: program: %w", err)
	}
	args := append([]string{python.path, "-I", "-S", "-B"}, append(before, file)...)
	return r.run(ctx, dir, args)
}
