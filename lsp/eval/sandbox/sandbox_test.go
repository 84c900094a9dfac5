package sandbox

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// runner makes a runner for programs in the languages of the given tools. Without a tool the test is skipped, but not in
// continuous integration.
func runner(t testing.TB, cacheDir string, tools ...string) *Runner {
	t.Helper()
	for _, name := range tools {
		if _, err := exec.LookPath(name); err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatal(err)
			}
			t.Skip(err)
		}
	}
	r, err := New(cacheDir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(r.temp); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the temporary folder is still there: %v", err)
		}
	})
	return r
}

// python runs a program that no test expects to be unable to run.
func python(t testing.TB, r *Runner, program string) Outcome {
	t.Helper()
	got, err := r.Python(t.Context(), program)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// files lists a folder.
func files(t testing.TB, dir string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestCache(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made", "if", "need", "be")
	r := runner(t, dir, "python3")
	const program = "print('no'); raise SystemExit(1)"
	first := python(t, r, program)
	if first.Passes || !first.Compiles {
		t.Fatalf("%+v", first)
	}
	kept := files(t, dir)
	if len(kept) != 1 {
		t.Fatalf("kept in %v, want one file", kept)
	}

	// An outcome that no run has shows that none takes place.
	data, err := os.ReadFile(kept[0])
	if err != nil {
		t.Fatal(err)
	}
	replaced := strings.Replace(string(data), "no", "from the cache", 1)
	if err := os.WriteFile(kept[0], []byte(replaced), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, r := range map[string]*Runner{"same runner": r, "another runner": runner(t, dir)} {
		if got := python(t, r, program); !strings.Contains(got.Output, "from the cache") {
			t.Errorf("%s: ran again: %+v", name, got)
		}
	}
	if got := python(t, r, program+" "); got.Output != first.Output {
		t.Errorf("another program has the outcome %+v", got)
	}
	if got := python(t, runner(t, ""), program); got != first {
		t.Errorf("without a cache: %+v", got)
	}

	another := `{"key":"another","compiles":true,"passes":true}`
	for name, damaged := range map[string]string{
		"empty": "", "cut short": string(data[:len(data)/2]), "of nothing": "{}", "of another program": another, "not JSON": "\x00",
	} {
		if err := os.WriteFile(kept[0], []byte(damaged), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := python(t, r, program); got != first {
			t.Errorf("a file %s gives %+v", name, got)
		}
		if mended, err := os.ReadFile(kept[0]); err != nil || string(mended) != string(data) {
			t.Errorf("a file %s is not replaced: %q, %v", name, mended, err)
		}
	}
	if left := files(t, dir); len(left) != 2 {
		t.Errorf("two programs leave %v", left)
	}
}

func TestTimeoutIsKept(t *testing.T) {
	dir := t.TempDir()
	r := runner(t, dir, "python3")
	r.programs.wall /= 20
	for range 2 {
		if got := python(t, r, "while True: pass"); !got.Compiles || got.Passes || got.Output != "[stopped: it ran longer than 500ms]\n" {
			t.Errorf("%+v", got)
		}
	}
	if kept := files(t, dir); len(kept) != 1 {
		t.Errorf("kept in %v, want one file", kept)
	}
}

func TestCancelled(t *testing.T) {
	dir := t.TempDir()
	r := runner(t, dir, "python3")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	running := filepath.Join(t.TempDir(), "running")
	go func() {
		for ctx.Err() == nil {
			if _, err := os.Stat(running); err == nil {
				cancel()
			}
		}
	}()
	if got, err := r.Python(ctx, "open('"+running+"', 'w')\nwhile True: pass"); !errors.Is(err, context.Canceled) {
		t.Errorf("while it runs: %+v, %v", got, err)
	}
	if got, err := r.Python(ctx, "pass"); !errors.Is(err, context.Canceled) {
		t.Errorf("before it runs: %+v, %v", got, err)
	}
	if kept := files(t, dir); len(kept) != 0 {
		t.Errorf("kept %v", kept)
	}
}

// TestTurns gives all turns but one away; programs that cannot run side by side then run one after another.
func TestTurns(t *testing.T) {
	r := runner(t, "", "python3")
	for range cap(r.turns) - 1 {
		giveBack, err := r.take(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		defer giveBack()
	}
	lock := filepath.Join(t.TempDir(), "lock")
	program := "import os, time\nos.mkdir('" + lock + "'); time.sleep(0.1); os.rmdir('" + lock + "')"
	outcomes := make(chan Outcome)
	for range 4 {
		go func() {
			got, err := r.Python(t.Context(), program)
			if err != nil {
				t.Error(err)
			}
			outcomes <- got
		}()
	}
	for range 4 {
		if got := <-outcomes; !got.Passes {
			t.Errorf("two at a time: %+v", got)
		}
	}
}

func TestClosed(t *testing.T) {
	r := runner(t, "", "python3")
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := r.Python(t.Context(), "pass"); !errors.Is(err, errClosed) {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestMissingTools(t *testing.T) {
	r := runner(t, "")
	t.Setenv("PATH", t.TempDir())
	if _, err := r.Python(t.Context(), "pass"); err == nil || !strings.Contains(err.Error(), "install Python 3") {
		t.Error(err)
	}
	if _, err := r.Go(t.Context(), solution, solutionTest); err == nil || !strings.Contains(err.Error(), "install Go") {
		t.Error(err)
	}
	if _, err := New(""); err == nil || !strings.Contains(err.Error(), "put sh on PATH") {
		t.Error(err)
	}
}

func TestTooLarge(t *testing.T) {
	r := runner(t, "")
	large := strings.Repeat("#", maxSource+1)
	if _, err := r.Python(t.Context(), large); err == nil {
		t.Error("a large Python program is run")
	}
	if _, err := r.Go(t.Context(), large, solutionTest); err == nil {
		t.Error("a large Go program is run")
	}
}

func TestShown(t *testing.T) {
	for _, test := range []struct{ name, output, want string }{
		{"short", "as it is\n", "as it is\n"},
		{"paths", "/tmp/p/solution.go:3: and /tmp/other/solution.go:4:", "solution.go:3: and /tmp/other/solution.go:4:"},
		{"the folder and its package", "in /tmp/p: solution/p.Double()", "in .: solution.Double()"},
		{"not UTF-8", "a\xffb", "a?b"},
		{"long", "cut" + strings.Repeat("x", maxOutput), strings.Repeat("x", maxOutput)},
		{"long, cut within a character", "é" + strings.Repeat("x", maxOutput-1), strings.Repeat("x", maxOutput-1)},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := shown(test.output, "/tmp/p"); got != test.want {
				t.Errorf("got %q", got)
			}
		})
	}
}

// TestTail writes in pieces of every size around the bound.
func TestTail(t *testing.T) {
	var all strings.Builder
	overflows := 0
	printed := &tail{limit: 100 * tailBytes, overflow: func() { overflows++ }}
	for i := 0; all.Len() <= 100*tailBytes; i++ {
		if overflows != 0 {
			t.Fatalf("overflows at %d bytes", all.Len())
		}
		piece := strings.Repeat(string(rune('a'+i%26)), i*i%(3*tailBytes))
		all.WriteString(piece)
		if n, err := printed.Write([]byte(piece)); n != len(piece) || err != nil {
			t.Fatal(n, err)
		}
		kept := string(printed.kept)
		if !strings.HasSuffix(all.String(), kept) || len(kept) < min(all.Len(), tailBytes) || len(kept) > 2*tailBytes {
			t.Fatalf("of %d bytes %d are kept", all.Len(), len(kept))
		}
	}
	if overflows != 1 {
		t.Errorf("%d overflows", overflows)
	}
}
