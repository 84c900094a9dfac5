//go:build unix

package sandbox

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// cutOff is how a program whose network is cut off is told from one whose is not; the runner states it.
func cutOff(r *Runner) bool { return r.Network() == "cut off (network namespace)" }

func TestNetwork(t *testing.T) {
	r := runner(t, "", "go", "python3")
	t.Log(r.Network())
	if !cutOff(r) && !strings.HasPrefix(r.Network(), "not cut off: ") {
		t.Errorf("network: %q", r.Network())
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	port := listener.Addr().(*net.TCPAddr).Port
	dial := fmt.Sprintf("import socket\nsocket.create_connection(('127.0.0.1', %d), timeout=2)", port)
	if got := python(t, r, dial); got.Passes == cutOff(r) {
		t.Errorf("network %s, but Python ends with %+v", r.Network(), got)
	}
	program := "package solution\nimport \"net\"\nfunc Dial() error { _, err := net.Dial(\"tcp\", \"" + listener.Addr().String() + "\"); return err }"
	test := "package solution\nimport \"testing\"\nfunc TestDial(t *testing.T) { if err := Dial(); err != nil { t.Fatal(err) } }"
	got, err := r.Go(t.Context(), program, test)
	if err != nil || got.Passes == cutOff(r) || !got.Compiles {
		t.Errorf("network %s, but Go ends with %+v, %v", r.Network(), got, err)
	}
}

// TestLimits has a program at each limit, or well within it, and one beyond.
func TestLimits(t *testing.T) {
	r := runner(t, "", "python3")
	for _, test := range []struct {
		name, program string
		passes        bool
		output        string
	}{
		{"file at the bound", "open('f', 'wb').write(bytes(16 << 20))", true, ""},
		{"file beyond", "f = open('f', 'wb', buffering=0)\nf.write(bytes(16 << 20))\nf.write(b'x')", false, "File too large"},
		{"memory within", "import mmap\nall = mmap.mmap(-1, 3 << 30)", true, ""},
		{"memory beyond", "all = [bytearray(1 << 20)]\nimport mmap\nall.append(mmap.mmap(-1, 4 << 30))", false, "Cannot allocate memory"},
		{"files within", "all = [open('/dev/null') for i in range(50)]", true, ""},
		{"files beyond", "all = [open('/dev/null') for i in range(100)]", false, "Too many open files"},
		{"output within", "print('x' * (8 << 20))", true, ""},
		{"output beyond", "while True: print('x' * 1000)", false, "[stopped: it printed more than 16777216 bytes]"},
		{"output of a child beyond", "import os\nif os.fork(): os.wait()\nwhile True: os.write(1, b'x' * 1000)", false, "[stopped: it printed more"},
		{"no core", "import resource\nassert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)", true, ""},
		{"processor time", "import resource\nassert resource.getrlimit(resource.RLIMIT_CPU) == (20, 20)", true, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			got := python(t, r, test.program)
			if got.Passes != test.passes || !strings.Contains(got.Output, test.output) || len(got.Output) > maxOutput {
				t.Errorf("%+v", got)
			}
		})
	}
}

// TestProcessorTime lets the kernel end what the clock would not.
func TestProcessorTime(t *testing.T) {
	r := runner(t, "", "python3")
	r.programs.cpuSeconds = 1
	if got := python(t, r, "while True: pass"); got.Passes || !strings.HasPrefix(got.Output, "[signal: ") {
		t.Errorf("%+v", got)
	}
}

// TestProcesses needs a namespace that counts its processes alone, and a user for whom they are counted: root is exempt.
func TestProcesses(t *testing.T) {
	r := runner(t, "", "python3")
	if r.programs.processes == 0 || os.Getuid() == 0 {
		t.Skip("the number of processes is not limited here: root is exempt, and so is a machine without user namespaces")
	}
	const program = `import os, time
for i in range(%d):
    if os.fork() == 0:
        time.sleep(5)
        os._exit(0)
`
	if got := python(t, r, fmt.Sprintf(program, r.programs.processes/2)); !got.Passes {
		t.Errorf("within the bound: %+v", got)
	}
	if got := python(t, r, fmt.Sprintf(program, 2*r.programs.processes)); got.Passes || !strings.Contains(got.Output, "BlockingIOError") {
		t.Errorf("beyond the bound: %+v", got)
	}
}

// TestEnvironment shows that a program sees its folder, and of the user's environment nothing.
func TestEnvironment(t *testing.T) {
	r := runner(t, "", "python3")
	t.Setenv("SEEDLS_TEST_SECRET", "secret")
	got := python(t, r, `import os
assert os.listdir() == [], os.listdir()
for name in "PATH", "HOME", "TMPDIR":
    assert os.environ.pop(name) == os.getcwd(), name
# The shell adds some, Python itself LC_CTYPE.
left = set(os.environ) - {"PWD", "OLDPWD", "SHLVL", "_", "LC_CTYPE"}
assert not left, left
`)
	if !got.Passes {
		t.Errorf("%+v", got)
	}
}

// sleepers is a program that leaves processes behind which hold a named pipe open for minutes. Each says so first.
const sleepers = `import os, sys, time
for i in range(4):
    if os.fork() == 0:
        if %[2]s and i == 0:
            os.setsid()
        os.write(os.open("%[1]s", os.O_WRONLY), b"x")
        time.sleep(300)
%[3]s
`

// pipe makes a named pipe. Its reader sees the end once nobody holds it open for writing any more.
func pipe(t *testing.T) (path string, reader *os.File) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	reader, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { reader.Close() })
	return path, reader
}

// allKilled reads the pipe of four sleepers to its end.
func allKilled(t *testing.T, reader *os.File) {
	t.Helper()
	if err := reader.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	said, err := io.ReadAll(reader)
	if len(said) != 4 || err != nil {
		t.Errorf("%d of 4 slept; then %v", len(said), err)
	}
}

func TestNothingIsLeftRunning(t *testing.T) {
	for _, test := range []struct {
		name, after   string
		alone, passes bool
	}{
		{"after its end", "time.sleep(0.3)", true, true},
		{"after its crash", "time.sleep(0.3); os.abort()", true, false},
		{"when it is stopped", "while True: pass", true, false},
		{"without namespaces, after its end", "time.sleep(0.3)", false, true},
		{"without namespaces, when it is stopped", "while True: pass", false, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			r := runner(t, "", "python3")
			r.programs.wall = time.Second
			escape := "True"
			if !test.alone || !cutOff(r) {
				var none isolation
				r.isolation, r.programs.processes, escape = none, 0, "False"
			}
			path, reader := pipe(t)
			if got := python(t, r, fmt.Sprintf(sleepers, path, escape, test.after)); got.Passes != test.passes || !got.Compiles {
				t.Errorf("%+v", got)
			}
			allKilled(t, reader)
		})
	}
}

// TestRunnerIsKilled kills a process that runs sleepers, which leaves it no time to kill them.
func TestRunnerIsKilled(t *testing.T) {
	const variable = "SEEDLS_TEST_PIPE"
	if path := os.Getenv(variable); path != "" {
		python(t, runner(t, "", "python3"), fmt.Sprintf(sleepers, path, "True", "while True: pass"))
		return
	}
	r := runner(t, "", "python3")
	if !cutOff(r) {
		t.Skip(r.Network())
	}
	path, reader := pipe(t)
	helper := exec.Command(os.Args[0], "-test.run=^TestRunnerIsKilled$")
	helper.Env = append(os.Environ(), variable+"="+path, "TMPDIR="+t.TempDir())
	if err := helper.Start(); err != nil {
		t.Fatal(err)
	}
	said := make([]byte, 1)
	for n := 0; n == 0; time.Sleep(10 * time.Millisecond) {
		var err error
		if n, err = reader.Read(said); err != nil && !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
	}
	if err := errors.Join(helper.Process.Kill(), reader.SetReadDeadline(time.Now().Add(5*time.Second))); err != nil {
		t.Fatal(err)
	}
	_ = helper.Wait()
	if _, err := io.ReadAll(reader); err != nil {
		t.Errorf("sleepers outlive their runner: %v", err)
	}
}
