package sandbox

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// maxOutput is how much of a failed stage's output an outcome keeps, in bytes.
const maxOutput = 2 << 10

// stragglers is how long, once a program has ended, its output is awaited from what it left running in the background.
const stragglers = time.Second

var (
	errTooLong = errors.New("ran too long")
	errTooMuch = errors.New("printed too much")
)

// A command is a process to be run.
type command struct {
	args []string
	dir  string
	env  []string
	limits
	// isolated commands are a model's programs; the tools that compile them are not isolated.
	isolated bool
}

// An ending is how a command ended.
type ending struct {
	// ok: its exit code was 0.
	ok bool
	// output is the end of what it printed, and in a line of its own why it was stopped.
	output string
	// tooLong: it was stopped for the time that it took.
	tooLong bool
}

// execute runs a command to its end, its limits' or that of ctx, and kills what it leaves behind. An error means that it
// could not be run, or ctx.Err().
func (r *Runner) execute(ctx context.Context, c command) (ending, error) {
	limited, tooMuch := context.WithCancelCause(ctx)
	defer tooMuch(nil)
	limited, stop := context.WithTimeoutCause(limited, c.wall, errTooLong)
	defer stop()

	printed := &tail{limit: c.outputBytes, overflow: func() { tooMuch(errTooMuch) }}
	cmd := exec.CommandContext(limited, r.shell, append([]string{"-c", c.script(), "sh"}, c.args...)...)
	cmd.Dir, cmd.Env = c.dir, c.env
	cmd.Stdout, cmd.Stderr = printed, printed
	cmd.SysProcAttr = ownGroup()
	if c.isolated {
		cmd.SysProcAttr = r.isolation.attributes()
	}
	cmd.Cancel = func() error { return killGroup(cmd.Process) }
	cmd.WaitDelay = stragglers

	// Linux kills the command when the thread that started it ends, which must not happen while this process lives.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	err := cmd.Run()
	if cmd.Process != nil {
		// The group lasts as long as its last process; an error says that there is none left.
		_ = killGroup(cmd.Process)
	}
	if ctx.Err() != nil {
		return ending{}, ctx.Err()
	}

	end := ending{output: string(printed.kept)}
	var exit *exec.ExitError
	switch cause := context.Cause(limited); {
	case err == nil || errors.Is(err, exec.ErrWaitDelay):
		end.ok = true
	case errors.Is(cause, errTooLong):
		end.tooLong = true
		end.stopped(fmt.Sprintf("stopped: it ran longer than %v", c.wall))
	case errors.Is(cause, errTooMuch):
		end.stopped(fmt.Sprintf("stopped: it printed more than %d bytes", c.outputBytes))
	case !errors.As(err, &exit):
		return ending{}, fmt.Errorf("sandbox: %s: %w", c.args[0], err)
	case exit.ExitCode() < 0 || end.output == "":
		end.stopped(exit.Error())
	}
	return end, nil
}

// run executes a program in the sandbox: in a folder "work" within dir, which is all that its environment knows of.
func (r *Runner) run(ctx context.Context, dir string, args []string) (ending, error) {
	work := filepath.Join(dir, "work")
	if err := os.Mkdir(work, 0o700); err != nil {
		return ending{}, fmt.Errorf("sandbox: working folder: %w", err)
	}
	env := []string{"PATH=" + work, "HOME=" + work, "TMPDIR=" + work}
	end, err := r.execute(ctx, command{args: args, dir: work, env: env, limits: r.programs, isolated: true})
	end.output = shown(end.output, dir)
	return end, err
}

// without takes a line out of output, and reports whether it was there.
func without(output, line string) (string, bool) {
	before, after, found := strings.Cut(output, line+"\n")
	return before + after, found
}

// stopped adds a line to the output.
func (e *ending) stopped(why string) {
	if e.output != "" && !strings.HasSuffix(e.output, "\n") {
		e.output += "\n"
	}
	e.output += "[" + why + "]\n"
}

// A tail keeps the end of what is written to it.
type tail struct {
	kept     []byte
	written  int64
	limit    int64
	overflow func()
}

// tailBytes is what a tail keeps at least, and half of what it keeps at most. It is more than maxOutput, since names in it
// are shortened afterwards.
const tailBytes = 4 * maxOutput

func (t *tail) Write(p []byte) (int, error) {
	if t.written += int64(len(p)); t.written > t.limit {
		t.overflow()
	}
	written := len(p)
	if written > tailBytes {
		t.kept, p = t.kept[:0], p[written-tailBytes:]
	}
	t.kept = append(t.kept, p...)
	if len(t.kept) > 2*tailBytes {
		t.kept = append(t.kept[:0], t.kept[len(t.kept)-tailBytes:]...)
	}
	return written, nil
}

// shown cuts output to what an outcome keeps, with whole characters. The folder of a program, and the Go package by that
// name, are taken out of it, for equal programs to have equal outcomes wherever they ran.
func shown(output, dir string) string {
	output = strings.NewReplacer(dir+"/", "", dir, ".", "solution/"+filepath.Base(dir), "solution").Replace(output)
	output = strings.ToValidUTF8(output, "?")
	if len(output) <= maxOutput {
		return output
	}
	return strings.ToValidUTF8(output[len(output)-maxOutput:], "")
}
