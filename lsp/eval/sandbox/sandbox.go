// Package sandbox runs programs that a model wrote, and says how they ended: whether they compile, whether go vet finds
// fault with them, whether they pass their tests. That is what pass@1 is counted from.
//
// A program runs in a process group of its own, in an empty temporary folder, without input, with an environment of PATH,
// HOME and TMPDIR, which all point there, and what a shell adds. Limits hold from its first instruction: wall-clock
// time, processor time, address space, the size of a file, open files, output. What it started is killed when it ends.
// On Linux it also gets namespaces of its own, where the machine allows it: one without a network, not even a loopback
// device, one whose processes all die with it, and a user who has no rights outside; Network says whether that is so.
//
// That is enough for programs that go wrong, not for programs that mean harm: a program reads and writes the files that
// the user may read and write, unix sockets included, and where there are no namespaces it can leave its process group.
// Run what may be hostile in a virtual machine.
//
// An outcome is a function of the program, its test and the version of the tools, so it is remembered in a folder. A
// program that runs into a limit has an outcome too: it does not pass. Only one that took too long to compile is not
// remembered.
package sandbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
)

// maxSource bounds a program and a test, in bytes.
const maxSource = 1 << 20

// errClosed is the answer of a runner after Close.
var errClosed = errors.New("sandbox: the runner is closed: make another one")

// An Outcome is how a program ended.
type Outcome struct {
	// Compiles: the program is well-formed, by itself.
	Compiles bool `json:"compiles"`
	// Vets: go vet finds no fault with it. False for Python, which has no such tool.
	Vets bool `json:"vets"`
	// Passes: it compiles together with its test, ran to its end within the limits, and reported success.
	Passes bool `json:"passes"`
	// Output is the end, at most 2 KiB, of what the last stage that failed printed, and why it was stopped if it was;
	// "" when none failed.
	Output string `json:"output"`

	// unsure says that it may be another the next time: compiling took too long, for which others may be to blame.
	unsure bool
}

// A Runner runs programs, at most as many at a time as the machine has processors. It is safe for concurrent use.
type Runner struct {
	cacheDir string
	temp     string
	shell    string
	// turns holds a token for each program under way.
	turns  chan struct{}
	closed chan struct{}
	once   sync.Once

	isolation isolation
	network   string
	building  limits
	programs  limits

	golang lazy[tool]
	module lazy[string]
	python lazy[tool]
}

// New makes a runner that remembers outcomes in cacheDir, which is created if need be and may be shared by several
// runners and processes; "" remembers nothing. The caller closes the runner.
func New(cacheDir string) (*Runner, error) {
	shell, err := exec.LookPath("sh")
	if err != nil {
		return nil, fmt.Errorf("sandbox: limits are set by a POSIX shell: put sh on PATH: %w", err)
	}
	if cacheDir != "" {
		if err := os.MkdirAll(cacheDir, 0o755); err != nil {
			return nil, fmt.Errorf("sandbox: folder for outcomes: %w", err)
		}
	}
	temp, err := os.MkdirTemp("", "seedls-sandbox-")
	if err != nil {
		return nil, fmt.Errorf("sandbox: temporary folder: %w", err)
	}
	r := &Runner{
		cacheDir: cacheDir,
		temp:     temp,
		shell:    shell,
		turns:    make(chan struct{}, runtime.NumCPU()),
		closed:   make(chan struct{}),
		building: buildLimits(),
		programs: programLimits(),
		golang:   newLazy[tool](),
		module:   newLazy[string](),
		python:   newLazy[tool](),
	}
	r.isolate()
	return r, nil
}

// Network says whether programs can reach a network, in words for a report: "cut off (network namespace)", or "not cut
// off: " and why.
func (r *Runner) Network() string { return r.network }

// Close waits for the programs under way, cancel their contexts to hurry, and removes the runner's temporary folder. The
// outcomes stay.
func (r *Runner) Close() error {
	r.once.Do(func() {
		close(r.closed)
		for range cap(r.turns) {
			r.turns <- struct{}{}
		}
	})
	return remove(r.temp)
}

// take waits for a turn; the caller gives it back with what it got.
func (r *Runner) take(ctx context.Context) (giveBack func(), err error) {
	select {
	case <-r.closed:
		return nil, errClosed
	default:
	}
	select {
	case r.turns <- struct{}{}:
		return func() { <-r.turns }, nil
	case <-r.closed:
		return nil, errClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// folder makes a new folder in the runner's temporary one, named by what is put there.
func (r *Runner) folder(under, content string) (string, error) {
	sum := sha256.Sum256([]byte(content))
	dir, err := os.MkdirTemp(under, "p"+hex.EncodeToString(sum[:8])+"-")
	if err != nil {
		return "", fmt.Errorf("sandbox: folder of a program: %w", err)
	}
	return dir, nil
}

// remove removes a folder with all it holds, even if a program took its own rights to its folders away.
func remove(dir string) error {
	if os.RemoveAll(dir) == nil {
		return nil
	}
	// What cannot be opened up is for the second attempt to report.
	_ = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			err = os.Chmod(path, 0o700)
		}
		return err
	})
	return os.RemoveAll(dir)
}

// bounded reports a source that is too large to be run.
func bounded(what, source string) error {
	if len(source) > maxSource {
		return fmt.Errorf("sandbox: a %s of %d bytes: at most %d are run", what, len(source), maxSource)
	}
	return nil
}
