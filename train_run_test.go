package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"seedls/engine/train/corpus"
)

// tinyRun writes the settings of a run of so many steps, which saves every 60 milliseconds or so, and its tokenizer.
func tinyRun(t *testing.T, steps int) (file, out string) {
	t.Helper()
	dir := t.TempDir()
	data, err := filepath.Abs("engine/train/trainer/testdata/corpus")
	if err != nil {
		t.Fatal(err)
	}
	tokens := filepath.Join(dir, "tokenizer.json")
	code, _, stderr := seedls(t, "", "train", "tokenizer", "--corpus", data, "--vocab", "640", "--superwords", "100", "--out", tokens)
	if code != 0 {
		t.Fatal(stderr)
	}
	file = filepath.Join(dir, "run.toml")
	text := fmt.Sprintf(`corpus = %q
[model]
hidden_size = 32
intermediate_size = 64
head_dim = 16
layers = 2
heads = 2
kv_heads = 1
max_positions = 128
canvas_sizes = [4, 8, 16]
max_prompt_tokens = 64
max_suffix_tokens = 16
max_path_tokens = 8
[steps]
total = %d
sequences = 8
warm_up = 5
decay = 10
evaluate = 10
held_out = 8
checkpoint_minutes = 0.001
[samples]
rows = 160
canvases = 8
`, data, steps)
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	return file, filepath.Join(dir, "run")
}

// commandLine has this program be seedls, with these arguments.
const commandLine = "SEEDLS_TEST_COMMAND_LINE"

// TestCommandLine is the whole program, for tests that start it.
func TestCommandLine(t *testing.T) {
	if args := os.Getenv(commandLine); args != "" {
		os.Args = append([]string{"seedls"}, strings.Split(args, "\n")...)
		main()
	}
}

// start runs a command line in a process of its own.
func start(t *testing.T, args ...string) (command *exec.Cmd, stderr *strings.Builder) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	stderr = new(strings.Builder)
	command = exec.Command(program, "-test.run=^TestCommandLine$")
	command.Env = append(os.Environ(), commandLine+"="+strings.Join(args, "\n"))
	command.Stderr = stderr
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	return command, stderr
}

// lastCheckpoint is the name of the last one of a run, "" before the first.
func lastCheckpoint(out string) (last string) {
	all, _ := filepath.Glob(filepath.Join(out, "step-*"))
	for _, path := range all {
		last = max(last, filepath.Base(path))
	}
	return last
}

// untilCheckpoint waits for another one than last.
func untilCheckpoint(t *testing.T, out, last string) string {
	t.Helper()
	for start := time.Now(); time.Since(start) < time.Minute; time.Sleep(time.Millisecond) {
		if now := lastCheckpoint(out); now != last {
			return now
		}
	}
	t.Fatalf("no checkpoint after %q in %s", last, out)
	return ""
}

// outcome is all that a run came to, but for what a clock says.
func outcome(t *testing.T, out string) string {
	t.Helper()
	var all strings.Builder
	losses, err := os.ReadFile(filepath.Join(out, "losses.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(losses)) {
		var record map[string]any
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Fatal(err)
		}
		delete(record, "seconds")
		fmt.Fprintln(&all, record)
	}
	for _, name := range []string{"config.json", "tokenizer.json", "model.safetensors"} {
		data, err := os.ReadFile(filepath.Join(out, "model", name))
		if err != nil {
			t.Fatal(err)
		}
		all.Write(data)
	}
	return all.String()
}

// TestTrainRunKilled kills a run several times at some moment, and finds what one left that was not.
func TestTrainRunKilled(t *testing.T) {
	file, out := tinyRun(t, 60)
	if code, _, stderr := seedls(t, "", "train", "run", "--config", file, "--threads", "1", "--plot=false"); code != 0 {
		t.Fatal(stderr)
	}
	want := outcome(t, out)
	if strings.Count(want, "held_out") != 6 {
		t.Fatalf("held-out losses %d times", strings.Count(want, "held_out"))
	}
	if err := os.RemoveAll(out); err != nil {
		t.Fatal(err)
	}
	last, kills := "", 0
	for kills < 6 {
		command, stderr := start(t, "train", "run", "--config", file, "--threads", "2")
		last = untilCheckpoint(t, out, last)
		time.Sleep(rand.N(80 * time.Millisecond))
		_ = command.Process.Kill() // fails where the run is over
		if err := command.Wait(); err == nil {
			break
		}
		if strings.Contains(stderr.String(), "warning") || strings.Contains(stderr.String(), "seedls:") {
			t.Fatal(stderr)
		}
		last, kills = lastCheckpoint(out), kills+1
	}
	t.Logf("killed %d times, the last time after %s", kills, last)
	if kills < 2 {
		t.Fatal("the run is too short for this machine")
	}
	command, stderr := start(t, "train", "run", "--config", file)
	if err := command.Wait(); err != nil {
		t.Fatalf("%v: %s", err, stderr)
	}
	if got := outcome(t, out); got != want {
		t.Errorf("losses or the model are others than without interruption:\n%.2000s", got)
	}
}

// TestTrainRunStopped stops a run by signals, has a second one in its directory meanwhile, and goes on.
func TestTrainRunStopped(t *testing.T) {
	file, out := tinyRun(t, 100000)
	last := ""
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		command, stderr := start(t, "train", "run", "--config", file)
		last = untilCheckpoint(t, out, last)
		code, _, message := seedls(t, "", "train", "run", "--config", file)
		if code != 1 || !strings.Contains(message, out+": another run is under way there") {
			t.Errorf("a second run: exit code %d, %s", code, message)
		}
		if err := command.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		_ = command.Wait() // the exit code is looked at
		if code := command.ProcessState.ExitCode(); code != 1 || !strings.Contains(stderr.String(), "seedls: the run was stopped: the same command goes on with it\n") {
			t.Errorf("%v: exit code %d, %s", signal, code, stderr)
		}
		stopped := lastCheckpoint(out)
		if stopped <= last {
			t.Errorf("%v: the last checkpoint is %s, as before", signal, last)
		}
		losses, err := os.ReadFile(filepath.Join(out, "losses.jsonl"))
		if err != nil || fmt.Sprintf("step-%06d", strings.Count(string(losses), "\n")) != stopped {
			t.Errorf("%v: %v, %d losses after %s", signal, err, strings.Count(string(losses), "\n"), stopped)
		}
		last = stopped
	}
}

func TestTrainRun(t *testing.T) {
	file, out := tinyRun(t, 15)
	code, stdout, stderr := seedls(t, "", "train", "run", "--config", file, "--json")
	if lines := strings.Count(stdout, "\n"); code != 0 || lines != 15 || !strings.Contains(stderr, out+"/model: the model\n") {
		t.Fatalf("exit code %d, %d lines, %s", code, lines, stderr)
	}
	for _, name := range []string{"losses.svg", "noise.svg", "model/README.md"} {
		if _, err := os.Stat(filepath.Join(out, name)); err != nil {
			t.Error(err)
		}
	}
	model := filepath.Join(out, "model")
	if code, _, stderr := seedls(t, "", "complete", "--model", model, "--blocks", "1", demo); code != 0 && !strings.Contains(stderr, "nothing to show") {
		t.Errorf("exit code %d, %s", code, stderr)
	}
	code, stdout, stderr = seedls(t, "", "train", "run", "--config", file, "--init", filepath.Join(out, "step-000015"))
	if code != 0 {
		t.Errorf("a run that is over: exit code %d, %s%s", code, stdout, stderr)
	}

	data := "engine/train/trainer/testdata/corpus"
	code, stdout, stderr = seedls(t, "", "train", "measure", "--corpus", data, "--model", model, "--sequences", "9")
	if lines := strings.Split(stdout, "\n"); code != 0 || stderr != "" || len(lines) != 4 || !strings.Contains(lines[1], model+"  ") ||
		!strings.HasSuffix(lines[2], "on 9 sequences; t is the share of its canvas that is masked, from there on.") {
		t.Errorf("exit code %d, %s%s", code, stdout, stderr)
	}
	code, stdout, stderr = seedls(t, "", "train", "measure", "--corpus", data, "--model", model, "--sequences", "9", "--json")
	var measured []map[string]any
	if err := json.Unmarshal([]byte(stdout), &measured); code != 0 || err != nil || len(measured) != 1 || measured[0]["model"] != model ||
		measured[0]["context_byte"].(float64) < 1 || len(measured[0]["mean"].([]any)) != 10 {
		t.Errorf("exit code %d, %v, %s%s", code, err, stdout, stderr)
	}
	code, stdout, stderr = seedls(t, "", "train", "samples", "--config", file, "--stage", "edits", "--number", "30")
	if code != 0 || strings.Count(stdout, "\ncontext: ") != 29 || !strings.Contains(stdout, " 0 masks, 1 wrong\n") || strings.Contains(stdout, "\x1b") {
		t.Errorf("exit code %d, %s%s", code, stdout, stderr)
	}
}

// TestTrainRunAutoregressive goes on from a model that is not served.
func TestTrainRunAutoregressive(t *testing.T) {
	file, out := tinyRun(t, 20)
	if code, _, stderr := seedls(t, "", "train", "run", "--config", file, "--plot=false"); code != 0 {
		t.Fatal(stderr)
	}
	ordinary := filepath.Join(t.TempDir(), "ar")
	if err := os.Rename(filepath.Join(out, "model"), ordinary); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(out); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(ordinary, "config.json")
	data, err := os.ReadFile(config)
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(data, &fields); err != nil {
		t.Fatal(err)
	}
	delete(fields, "diffusion")
	if data, err = json.Marshal(fields); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(config, data, 0o666); err != nil {
		t.Fatal(err)
	}
	if code, _, stderr := seedls(t, "", "complete", "--model", ordinary, demo); code != 1 || !strings.Contains(stderr, "cannot be served") {
		t.Errorf("an autoregressive model: exit code %d, %s", code, stderr)
	}
	code, _, stderr := seedls(t, "", "train", "run", "--config", file, "--init", ordinary, "--plot=false")
	if code != 0 || !strings.Contains(stderr, ordinary+" is autoregressive: attention and masks are annealed over the first 2 of 20 steps") {
		t.Fatalf("exit code %d, %s", code, stderr)
	}
	code, _, stderr = seedls(t, "", "complete", "--model", filepath.Join(out, "model"), "--blocks", "1", demo)
	if code != 0 && !strings.Contains(stderr, "nothing to show") {
		t.Errorf("exit code %d, %s", code, stderr)
	}
}

func TestTrainRunErrors(t *testing.T) {
	file, _ := tinyRun(t, 15)
	wrong := filepath.Join(t.TempDir(), "wrong.toml")
	if err := os.WriteFile(wrong, []byte("[steps]\ntotla = 7\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(t.TempDir(), "corpus")
	if err := os.WriteFile(corpus.HeldOutFile(empty), []byte("seedls corpus 1\nend 0\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for want, c := range map[string]struct {
		code int
		args string
	}{
		`"config" not set`:                   {2, "run"},
		"--threads 0: want 1 to 1024":        {2, "run --threads 0 --config " + file},
		"wrong.toml: line 2: there is no se": {1, "run --config " + wrong},
		"none.toml: no such file":            {1, "samples --config none.toml"},
		"--number 0: want 1 or more":         {2, "samples --number 0 --config " + file},
		`--stage "x": use masks or edits`:    {2, "samples --stage x --config " + file},
		"--sequences 0: want 1 or more":      {2, "measure --sequences 0 --corpus " + empty},
		`"corpus" not set`:                   {2, "measure"},
		"nowhere.heldout: no such file":      {1, "measure --corpus nowhere"},
		"corpus.heldout has no text":         {1, "measure --corpus " + empty},
		"no config.json in lsp":              {1, "measure --corpus engine/train/trainer/testdata/corpus --model lsp"},
	} {
		code, stdout, stderr := seedls(t, "", append([]string{"train"}, strings.Fields(c.args)...)...)
		if code != c.code || stdout != "" || !strings.Contains(stderr, want) {
			t.Errorf("%q: exit code %d, stdout %q, stderr %q, want %q", c.args, code, stdout, stderr, want)
		}
	}
	if _, stdout, _ := seedls(t, "", "__complete", "train", "samples", "--stage", ""); !strings.Contains(stdout, "masks\nedits\n") {
		t.Errorf("completion of --stage offers %q", stdout)
	}
}
