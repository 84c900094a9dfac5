package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"seedls/lsp/completion"
)

const demo = "testdata/demo/server.go:36:10"

// seedls runs a command line in this process.
func seedls(t *testing.T, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	if os.Getenv("XDG_CACHE_HOME") == testCache { // a newcomer's, with no profile that an earlier test measured
		t.Setenv("XDG_CACHE_HOME", t.TempDir())
	}
	var out, errs bytes.Buffer
	code = run(t.Context(), args, strings.NewReader(stdin), &out, &errs)
	return code, out.String(), errs.String()
}

// TestREADME runs every command of the README's shell blocks but `make test`, which is what runs this test.
func TestREADME(t *testing.T) {
	wantsParsers(t)
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	var commands []string
	for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllSubmatch(readme, -1) {
		commands = append(commands, strings.Split(strings.TrimSpace(string(block[1])), "\n")...)
	}
	if !slices.Contains(commands, "make demo") || !slices.Contains(commands, "make test") {
		t.Fatalf("the README's commands are %q: make demo and make test are missing", commands)
	}
	if err := os.RemoveAll("bin/tiny"); err != nil { // else the run would go on with what it was when the sources were others
		t.Fatal(err)
	}
	for _, command := range commands {
		if command == "make test" {
			continue
		}
		t.Run(command, func(t *testing.T) {
			out, err := exec.CommandContext(t.Context(), "sh", "-c", command).CombinedOutput()
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if command == "make demo" && !bytes.Contains(out, []byte("mu.Unlock()")) {
				t.Errorf("no completion in\n%s", out)
			}
		})
	}
}

func TestMakeHelpListsEveryTarget(t *testing.T) {
	makefile, err := os.ReadFile("Makefile")
	if err != nil {
		t.Fatal(err)
	}
	help, err := exec.CommandContext(t.Context(), "make", "help").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, target := range regexp.MustCompile(`(?m)^([\w-]+):`).FindAllSubmatch(makefile, -1) {
		if !bytes.Contains(help, append([]byte("make "), target[1]...)) {
			t.Errorf("make help does not explain %s", target[1])
		}
	}
}

func TestCompletePlace(t *testing.T) {
	code, stdout, stderr := seedls(t, "", "complete", demo)
	if code != 0 || stdout != "mu.Unlock()\n" || stderr != "" {
		t.Errorf("exit code %d, stdout %q, stderr %q", code, stdout, stderr)
	}
}

func TestCompleteTrace(t *testing.T) {
	svg := filepath.Join(t.TempDir(), "steps.svg")
	code, stdout, _ := seedls(t, "", "complete", demo, "--trace", "--trace-svg", svg)
	if code != 0 || !strings.HasSuffix(stdout, "\n\nmu.Unlock()\n") || !strings.Contains(stdout, "[mu.Unlock()]…") ||
		strings.Contains(stdout, "\x1b") {
		t.Errorf("exit code %d, stdout %q", code, stdout)
	}
	if picture, err := os.ReadFile(svg); err != nil || !bytes.HasPrefix(picture, []byte("<svg")) {
		t.Errorf("%v: %.40q", err, picture)
	}
}

func TestCompleteJSON(t *testing.T) {
	code, stdout, stderr := seedls(t, "", "complete", demo, "--json", "--trace", "--block", "8", "--blocks", "1", "--policy", "fixed-steps", "--steps", "3")
	var got map[string]any
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != 0 {
		t.Fatalf("exit code %d, %v: %s", code, err, stdout)
	}
	keys := []string{
		"text", "raw", "verdict", "model", "mode", "tokens", "forwards", "blocks", "block", "context_tokens", "reused_tokens",
		"elapsed_ms", "ended", "steps",
	}
	for _, key := range keys {
		if _, ok := got[key]; !ok {
			t.Errorf("no %q", key)
		}
	}
	if len(got) != len(keys) || got["block"] != 8.0 || got["forwards"] != 3.0 || len(got["steps"].([]any)) != 3 {
		t.Errorf("got %s", stdout)
	}
	for _, key := range []string{"committed", "tokens", "confidence", "took_ms"} {
		if _, ok := got["steps"].([]any)[0].(map[string]any)[key]; !ok {
			t.Errorf("a step has no %q", key)
		}
	}
	if strings.Count(stderr, "\n") != 4 {
		t.Errorf("with --json the trace goes to standard error, which has %q", stderr)
	}
}

// TestCompleteExplain explains a completion as text and as data.
func TestCompleteExplain(t *testing.T) {
	wantsParsers(t)
	code, stdout, stderr := seedls(t, "", "complete", demo, "--explain", "--block", "16")
	for _, want := range []string{
		"hole      line tail at line 36, column 10, in go", "receiver: s\n", "of the path testdata/demo/server.go",
		"order     on", "\n 1.1 ", "waits for slot 1, end last: ■ in ", "\nwrote", "\nshown",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in\n%s", want, stdout)
		}
	}
	for line := range strings.Lines(stdout) {
		if utf8.RuneCountInString(line) > 101 {
			t.Errorf("a line of more than 100 columns: %q", line)
		}
	}
	if code != 0 || stderr != "" || strings.Contains(stdout, "\x1b") {
		t.Errorf("exit code %d, stderr %q", code, stderr)
	}
	if _, stdout, _ := seedls(t, "", "complete", demo, "--explain", "--order=false"); !strings.Contains(stdout, "order     off") || strings.Contains(stdout, "waits for") {
		t.Errorf("without the order:\n%s", stdout)
	}
	code, stdout, stderr = seedls(t, "", "complete", demo, "--explain", "--json", "--trace")
	var got completion.Explanation
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != 0 || got.Hole.Place != "line tail" || len(got.Steps) != got.Result.Forwards {
		t.Errorf("exit code %d, %v: %s", code, err, stdout)
	}
	if strings.Count(stderr, "waits for") == 0 {
		t.Errorf("with --json the trace goes to standard error, which has %q", stderr)
	}
}

// TestCompleteCandidates prints the candidates of the JSON, under their scores; a score that none reaches leaves nothing.
func TestCompleteCandidates(t *testing.T) {
	const place = "testdata/demo/read.go:5:5"
	code, stdout, _ := seedls(t, "", "complete", place, "--candidates", "8", "--block", "8", "--json")
	var got struct {
		Text       string
		Candidates []struct {
			Text  string
			Score float64
		}
	}
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != 0 || len(got.Candidates) < 2 || got.Text != got.Candidates[0].Text {
		t.Fatalf("exit code %d, %v: %s", code, err, stdout)
	}
	code, stdout, _ = seedls(t, "", "complete", place, "--candidates", "8", "--block", "8")
	for i, c := range got.Candidates {
		if !strings.Contains(stdout, fmt.Sprintf("%d. %.1f nats, temperature ", i+1, c.Score)) || !strings.Contains(stdout, ":\n"+c.Text+"\n") {
			t.Errorf("exit code %d, candidate %+v is not in\n%s", code, c, stdout)
		}
	}
	code, stdout, stderr := seedls(t, "", "complete", place, "--block", "8", "--min-score", "-0.001")
	if code != 1 || stdout != "" || !strings.Contains(stderr, completion.Unlikely) {
		t.Errorf("exit code %d, stdout %q, stderr %q", code, stdout, stderr)
	}
}

func TestCompleteJSONL(t *testing.T) {
	code, stdout, stderr := seedls(t, strings.Join([]string{
		`{"id":"a","path":"server/server.go","prefix":"package server\n\nfunc (s *Server) Close() error {\n\ts.mu.Lock()\n\tdefer s.","suffix":"\n\treturn s.conn.Close()\n}\n"}`,
		``,
		`not JSON`,
		`{"id":[2],"path":"x.go","prefix":"","suffix":""}`,
		`{"id":3,"path":5}`,
	}, "\n"), "complete", "--jsonl")
	var answers []struct {
		ID    json.RawMessage
		Text  *string
		Error string
	}
	for line := range strings.Lines(stdout) {
		answers = append(answers, struct {
			ID    json.RawMessage
			Text  *string
			Error string
		}{})
		if err := json.Unmarshal([]byte(line), &answers[len(answers)-1]); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
	}
	if len(answers) != 4 || code != 1 || !strings.Contains(stderr, "2 lines") {
		t.Fatalf("exit code %d, stderr %q, stdout %s", code, stderr, stdout)
	}
	for i, want := range []struct {
		id     string
		failed bool
	}{{`"a"`, false}, {"null", true}, {"[2]", false}, {"null", true}} {
		a := answers[i]
		if string(a.ID) != want.id || (a.Error != "") != want.failed || (a.Text == nil) != want.failed {
			t.Errorf("answer %d is %+v", i, a)
		}
	}
	if *answers[0].Text != "mu.Unlock()" {
		t.Errorf("text %q", *answers[0].Text)
	}
}

// TestErrors checks that what is wrong is named, with exit code 1 for a failure and 2 for a wrong command line.
func TestErrors(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "a.go")
	if err := os.WriteFile(file, []byte("package a\r\n\r\nvar x = 1"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args string
		code int
		want string
	}{
		{"complete", 2, "FILE:LINE:COL"},
		{"complete " + file, 2, "FILE:LINE:COL"},
		{"complete " + file + ":0:1", 2, "FILE:LINE:COL"},
		{"complete " + file + ":4:1", 1, "has 3 lines"},
		{"complete " + file + ":1:11", 1, "last column is 10"},
		{"complete " + file + ":3:11", 1, "last column is 10"},
		{"complete " + dir + "/b.go:1:1", 1, "b.go"},
		{"complete /dev/zero:1:1", 1, "not a regular file"},
		{"complete " + demo + " --block 129", 2, "block 129: want 0 to 128"},
		{"complete " + demo + " --mode turbo", 2, `"turbo"`},
		{"complete " + demo + " --threads 0", 2, "--threads 0"},
		{"complete " + demo + " --model " + dir, 1, "config.json"},
		{"complete " + demo + " --jsonl", 2, "unknown command"},
		{"complete " + demo + " --speed", 2, "--speed"},
		{"serve --threads 0", 2, "--threads 0"},
		{"serve --memory 0", 2, "--memory 0"},
		{"complete " + demo + " --model acme/none", 1, `"seedls model pull acme/none"`},
		{"model pull acme", 2, "OWNER/NAME"},
		{"model pull acme/coder --endpoint http://example.com", 2, "https"},
		{"model use acme/coder", 1, "seedls model list"},
		{"model remove ../coder", 1, "seedls model list"},
		{"settings --json --markdown", 2, "json markdown"},
		{"serve --stdio --listen unix:/x", 2, "stdio listen"},
		{"serve --listen tcp:80", 2, "unix:PATH"},
		{"serve --remote=x", 2, "unix:PATH"},
		{"serve --remote=auto --threads 0", 2, "--threads 0"},
		{"serve --remote=auto --listen unix:/x", 2, "listen remote"},
		{"serve --idle-exit -1s", 2, "--idle-exit -1s"},
		{"status --remote auto", 2, "unix:PATH"},
		{"fill", 2, `"fill"`},
	} {
		code, stdout, stderr := seedls(t, "", strings.Fields(test.args)...)
		if code != test.code || stdout != "" || !strings.Contains(stderr, test.want) {
			t.Errorf("%s: exit code %d, stdout %q, stderr %q; want code %d and %q", test.args, code, stdout, stderr, test.code, test.want)
		}
	}
}

// TestInterrupted ends commands that are at work or wait for input.
func TestInterrupted(t *testing.T) {
	for _, args := range []string{"complete " + demo, "complete --jsonl", "serve", "bench"} {
		ctx, cancel := context.WithCancel(t.Context())
		input, open := io.Pipe()
		defer open.Close()
		var out, errs bytes.Buffer
		time.AfterFunc(20*time.Millisecond, cancel)
		if code := run(ctx, strings.Fields(args), input, &out, &errs); code != 1 || out.Len() > 0 {
			t.Errorf("%s: exit code %d, stdout %q, stderr %q", args, code, &out, &errs)
		}
	}
}

// TestNothingFits completes in a string that the built-in model leaves empty.
func TestNothingFits(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.go")
	if err := os.WriteFile(file, []byte("package a\n\nvar s = \"\""), 0o644); err != nil {
		t.Fatal(err)
	}
	place := file + ":3:10"
	code, stdout, stderr := seedls(t, "", "complete", place)
	if code != 1 || stdout != "" || !strings.Contains(stderr, "nothing to show") {
		t.Errorf("exit code %d, stdout %q, stderr %q", code, stdout, stderr)
	}
	code, stdout, _ = seedls(t, "", "complete", place, "--json")
	if code != 1 || !strings.Contains(stdout, `"text":""`) {
		t.Errorf("--json: exit code %d, stdout %q", code, stdout)
	}
	code, stdout, _ = seedls(t, "", "complete", place, "--explain", "--order=false")
	if code != 1 || !strings.Contains(stdout, "\nwrote     (nothing)\nrefused   empty\n") {
		t.Errorf("--explain: exit code %d, stdout %q", code, stdout)
	}
}

func TestModelInfo(t *testing.T) {
	if code, stdout, _ := seedls(t, "", "model", "info"); code != 0 || !strings.Contains(stdout, "8.5 million") {
		t.Errorf("exit code %d, stdout %q", code, stdout)
	}
	code, stdout, _ := seedls(t, "", "model", "info", "--json", "--model", "engine/builtin/seed-go-8m", "--threads", "1")
	var info struct {
		Name       string
		Parameters int
		Threads    int
	}
	if err := json.Unmarshal([]byte(stdout), &info); err != nil || code != 0 || info.Name != "seed-go-8m" || info.Parameters != 8_525_056 || info.Threads != 1 {
		t.Errorf("exit code %d, %v: %s", code, err, stdout)
	}
}

func TestVersionIsInTheChangelog(t *testing.T) {
	changelog, err := os.ReadFile("CHANGELOG.md")
	if err != nil {
		t.Fatal(err)
	}
	_, stdout, _ := seedls(t, "", "version")
	if !strings.HasPrefix(stdout, "seedls "+version+" ") || !bytes.Contains(changelog, fmt.Appendf(nil, "\n## %s", version)) {
		t.Errorf("version prints %q; the changelog has no section %s", stdout, version)
	}
}

func TestHelpAndShellCompletion(t *testing.T) {
	for _, args := range []string{
		"--help", "serve --help", "status --help", "complete --help", "model --help", "model info --help", "version --help", "fix --help", "eval --help", "bench --help",
		"settings --help", "model pull --help", "model list --help", "model use --help", "model remove --help",
	} {
		if code, stdout, _ := seedls(t, "", strings.Fields(args)...); code != 0 || !strings.Contains(stdout, "Usage:") {
			t.Errorf("%s: exit code %d, %q", args, code, stdout)
		}
	}
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if code, stdout, _ := seedls(t, "", "completion", shell); code != 0 || !strings.Contains(stdout, "seedls") {
			t.Errorf("completion %s: exit code %d", shell, code)
		}
	}
	if _, stdout, _ := seedls(t, "", "__complete", "complete", "x.go:1:1", "--policy", ""); !strings.Contains(stdout, "entropy-bounded") {
		t.Errorf("--policy completes to %q", stdout)
	}
}
