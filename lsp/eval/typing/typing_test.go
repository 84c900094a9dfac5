package typing

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// passage makes a passage of a text with the passage in marks.
func passage(t testing.TB, path, marked string) Passage {
	t.Helper()
	parts := strings.Split(marked, "¦")
	if len(parts) != 3 {
		t.Fatalf("%q is no text with a passage", marked)
	}
	return Passage{path, strings.Join(parts, ""), len(parts[0]), len(parts[0]) + len(parts[1])}
}

// check fails the test unless a result adds up.
func check(t *testing.T, r *Result) {
	t.Helper()
	var sum Counts
	for i, c := range append(r.Passages, r.Counts) {
		if c.Keys != c.Characters-c.Accepted+c.Acceptances || c.Acceptances > c.Suggestions || c.Suggestions > c.Keys {
			t.Errorf("counts %d do not add up: %+v", i, c)
		}
	}
	for _, c := range r.Passages {
		sum.add(c)
	}
	if sum != r.Counts {
		t.Errorf("the passages have %+v, the result %+v", sum, r.Counts)
	}
	if len(r.LatenciesMS) != r.Keys {
		t.Errorf("%d latencies of %d keys", len(r.LatenciesMS), r.Keys)
	}
	for i, ms := range r.LatenciesMS {
		if ms <= 0 {
			t.Errorf("latency %d is %v", i, ms)
		}
	}
}

func TestCounts(t *testing.T) {
	const (
		plain   = "package a\n\nfunc f() {\n\t¦run(1)\n\n\t\tgo on()\n\t}¦\n}\n"
		unicode = "// 🙂 ü\r\nx := \"🙂¦🙂é\" + s\r\n\t\t// 👩‍💻 done\r\n¦\ty()\r\n"
		inside  = "f(¦a, bcd¦) // 🙂\n"
		loose   = "¦ab  \n  \nx\n¦"
	)
	all := func(keys, characters, accepted, suggestions, acceptances int) Counts {
		return Counts{Keys: keys, Characters: characters, Accepted: accepted, Suggestions: suggestions, Acceptances: acceptances}
	}
	for _, test := range []struct {
		text, does string
		want       Counts
	}{
		// r, un(1), \n, \n\t\t, go on(), \n\t, }
		{plain, "suggest the rest", all(7, 17, 12, 3, 2)},
		{plain, "suggest several lines", all(7, 17, 12, 7, 2)},
		{plain, "suggest at the cursor", all(7, 17, 12, 3, 2)},
		{plain, "suggest a list", all(7, 17, 12, 3, 2)},
		{plain, "suggest to the end of the line", all(7, 17, 12, 3, 2)},
		{plain, "suggest another text", all(17, 17, 0, 17, 0)},
		{plain, "suggest too much", all(17, 17, 0, 17, 0)},
		{plain, "suggest too little", all(17, 17, 0, 10, 0)},
		{plain, "suggest second", all(17, 17, 0, 17, 0)},
		{plain, "suggest other beginnings", all(17, 17, 0, 1, 0)}, // in the empty line
		{plain, "suggest in another line", all(17, 17, 0, 0, 0)},
		{plain, "suggest a snippet", all(17, 17, 0, 0, 0)},
		{plain, "suggest nothing", all(17, 17, 0, 0, 0)},
		{plain, "suggest null", all(17, 17, 0, 0, 0)},
		// 🙂, é" + s, \r\n\t\t, // 👩‍💻 done, \r\n: the woman at the computer is three code points.
		{unicode, "suggest the rest", all(5, 20, 17, 2, 2)},
		{unicode, "suggest several lines", all(5, 20, 17, 5, 2)},
		{unicode, "suggest to the end of the line", all(5, 20, 17, 2, 2)},
		{unicode, "suggest nothing", all(20, 20, 0, 0, 0)},
		// a, ", bcd"
		{inside, "suggest the rest", all(2, 6, 5, 1, 1)},
		{inside, "suggest to the end of the line", all(2, 6, 5, 1, 1)},
		// One character is not worth it, nor is white space: a, b, two spaces, \n with two spaces, \n, x, \n.
		{loose, "suggest the rest", all(8, 8, 0, 2, 0)},
	} {
		t.Run(test.does, func(t *testing.T) {
			got, err := play(t, t.Context(), script{Does: test.does, Passage: passage(t, "a b/f.go", test.text)}, Options{})
			if err != nil {
				t.Fatal(err)
			}
			check(t, got)
			if got.Counts != test.want {
				t.Errorf("%q: got %+v, want %+v", test.text, got.Counts, test.want)
			}
			if len(got.Warnings) > 0 {
				t.Errorf("warnings: %q", got.Warnings)
			}
		})
	}
}

func TestServersThatFail(t *testing.T) {
	for _, test := range []struct {
		does string
		want []string
		not  string
	}{
		{"die", []string{"a.go:2: textDocument/inlineCompletion: ", "exit status 3", "xx\nout of memory"}, strings.Repeat("x", maxStderr)},
		{"hang", []string{"a.go:2: textDocument/inlineCompletion: the server did not respond within 2s", "killed"}, "hung up"},
		{"fail", []string{"a.go:2: textDocument/inlineCompletion: no such luck", "exit status 3", "the client hung up"}, "killed"},
		{"talk nonsense", []string{"initialize: ", "exit status 3"}, "killed"},
		{"offer nothing", []string{"offers no inline completions"}, "killed"},
		{"want whole documents", []string{"no incremental changes"}, "killed"},
		{"count bytes", []string{`position encoding "utf-8"`}, "killed"},
		{"stay", []string{"shutdown: the server did not respond within 2s", "killed"}, "hung up"},
		{"fail at the end", []string{"failed when told to exit", "exit status 3", "cannot save the cache"}, "killed"},
	} {
		t.Run(test.does, func(t *testing.T) {
			s := script{Does: test.does, Passage: passage(t, "a.go", "package a\n¦// text¦\n"), PIDFile: filepath.Join(t.TempDir(), "pid")}
			_, err := play(t, t.Context(), s, Options{Patience: 2 * time.Second})
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %q, want %q in it", err, want)
				}
			}
			if strings.Contains(err.Error(), test.not) {
				t.Errorf("got %q, with %q in it", err, test.not)
			}
			gone(t, s.PIDFile)
		})
	}
}

// gone fails the test if the process with the id in a file is there.
func gone(t *testing.T, pidFile string) {
	t.Helper()
	text, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(string(text))
	if err != nil {
		t.Fatal(err)
	}
	process, err := os.FindProcess(pid)
	if err != nil {
		return
	}
	if err := process.Signal(syscall.Signal(0)); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("process %d is still there: %v", pid, err)
	}
}

func TestCancellation(t *testing.T) {
	s := script{Does: "hang", Passage: passage(t, "a.go", "package a\n¦// text¦\n"), PIDFile: filepath.Join(t.TempDir(), "pid")}
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	begun := time.Now()
	if _, err := play(t, ctx, s, Options{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	if took := time.Since(begun); took > 2*time.Second {
		t.Errorf("it took %v to end", took)
	}
	gone(t, s.PIDFile)
}

func TestServerAsks(t *testing.T) {
	s := script{Does: "ask the client", Passage: passage(t, "a.py", "¦pass¦\n"), Settings: `{"seedls":{"block":8}}`}
	settings := map[string]any{"seedls": map[string]any{"block": 8}}
	observed := 0
	got, err := play(t, t.Context(), s, Options{Settings: settings, Observe: func(done, total int) {
		observed++
		if done != 1 || total != 1 {
			t.Errorf("%d of %d passages done", done, total)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	if observed != 1 || len(got.Warnings) != 1 || got.Warnings[0] != "asked" {
		t.Errorf("observed %d passages, warnings %q", observed, got.Warnings)
	}
}

func TestWarnings(t *testing.T) {
	got, err := play(t, t.Context(), script{Does: "warn", Passage: passage(t, "a.py", "¦pass¦\n")}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Warnings) != 1 || got.Warnings[0] != "no model" {
		t.Errorf("got %q", got.Warnings)
	}
}

func TestArgumentsAreChecked(t *testing.T) {
	good := Passage{"a.go", "a🙂\r\nb", 0, 8}
	for want, change := range map[string]func(*Passage){
		"below the workspace": func(p *Passage) { p.Path = "/a.go" },
		`no language`:         func(p *Passage) { p.Path = "a.c" },
		"do not lie":          func(p *Passage) { p.End = 9 },
		"bytes 2 to 1":        func(p *Passage) { p.Start, p.End = 2, 1 },
		"no UTF-8":            func(p *Passage) { p.Text = "a\xffbcdefg" },
		"cut a character":     func(p *Passage) { p.Start = 2 },
		"cut a line break":    func(p *Passage) { p.End = 6 },
		`\r without \n`:       func(p *Passage) { p.Text = "abc\rdefg" },
	} {
		p := good
		change(&p)
		if _, err := Replay(t.Context(), []Passage{good, p}, Options{Command: []string{"false"}}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
	if _, err := Replay(t.Context(), nil, Options{Command: []string{"false"}}); err == nil {
		t.Error("no passages, no error")
	}
	if _, err := Replay(t.Context(), []Passage{good}, Options{}); err == nil {
		t.Error("no command, no error")
	}
	missing := filepath.Join(t.TempDir(), "missing")
	if _, err := Replay(t.Context(), []Passage{good}, Options{Command: []string{missing}}); err == nil || !strings.Contains(err.Error(), missing) {
		t.Errorf("a command that is not there: %v", err)
	}
	unfit := map[string]any{"block": func() {}}
	if _, err := Replay(t.Context(), []Passage{good}, Options{Command: []string{"false"}, Settings: unfit}); err == nil || !strings.Contains(err.Error(), "settings") {
		t.Errorf("settings that are no JSON: %v", err)
	}
}

// TestRealServer types into a file that the built-in model has not seen.
func TestRealServer(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "seedls")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "seedls").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	const path = "../../../testdata/demo/server.go"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var passages []Passage
	for _, typed := range []string{
		"s.mu.Lock()\n\tdefer s.mu.Unlock()\n\ts.closed = true\n\tfor conn := range",
		"conn, err := s.listener.Accept()\n\t\tif err != nil {\n\t\t\treturn err\n",
	} {
		start := strings.Index(string(text), typed)
		if start < 0 {
			t.Fatalf("%s has no %q", path, typed)
		}
		passages = append(passages, Passage{"server/server.go", string(text), start, start + len(typed)})
	}
	cache := t.TempDir() // the server's own, not the user's
	t.Setenv("HOME", cache)
	t.Setenv("XDG_CACHE_HOME", cache)
	begun := time.Now()
	got, err := Replay(t.Context(), passages, Options{Command: []string{binary, "serve"}, Settings: map[string]any{"blocks": 1, "block": 8}})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v in %v, %.2f s of processor time", got.Counts, time.Since(begun), got.CPUSeconds)
	check(t, got)
	if got.Characters < 100 || len(got.Passages) != 2 || got.CPUSeconds <= 0 || len(got.Warnings) > 0 {
		t.Errorf("got %+v", got)
	}
	if got.Suggestions == 0 || got.Acceptances == 0 {
		t.Error("the model was of no use")
	}
}
