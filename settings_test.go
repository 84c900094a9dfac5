package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"seedls/lsp"
)

func TestSettingsAreDocumented(t *testing.T) {
	page, err := os.ReadFile("editors/SETTINGS.md")
	require.NoError(t, err)
	code, stdout, _ := seedls(t, "", "settings", "--markdown")
	if code != 0 || stdout != string(page) {
		t.Error("editors/SETTINGS.md is not what the code says: run seedls settings --markdown > editors/SETTINGS.md")
	}
	code, text, _ := seedls(t, "", "settings")
	require.Zero(t, code)
	code, list, _ := seedls(t, "", "settings", "--json")
	require.Zero(t, code)
	var settings []map[string]any
	require.NoError(t, json.Unmarshal([]byte(list), &settings))
	require.Len(t, settings, len(lsp.Table()))
	for _, s := range settings {
		key := s["key"].(string)
		if !strings.Contains(text, "\n  "+key+" ") || !strings.Contains(stdout, "| `"+key+"` |") {
			t.Errorf("%s is not listed", key)
		}
	}
}

// TestFlagsOfTheProcess holds the settings of the process against the flags that they can be.
func TestFlagsOfTheProcess(t *testing.T) {
	serve := serveCommand()
	for _, s := range lsp.Table() {
		if s.Process && serve.Flag(s.Flag()) == nil {
			t.Errorf("seedls serve has no --%s", s.Flag())
		}
	}
}

// config makes a configuration file the user's for a test.
func config(t *testing.T, text string) (file string) {
	t.Helper()
	t.Setenv("HOME", t.TempDir())
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	file = configFile()
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return file
}

func TestConfigFile(t *testing.T) {
	models, err := filepath.Abs("engine/builtin")
	require.NoError(t, err)
	file := config(t, "threads = 1\nprecision = 'f32'\nmodel = 'seed'\nspeed = 9\n")
	require.NoError(t, os.Symlink(filepath.Join(models, "seed-go-8m"), filepath.Join(filepath.Dir(file), "seed")))
	info := func(args ...string) (name, precision string, threads int, stderr string) {
		t.Helper()
		code, stdout, stderr := seedls(t, "", append([]string{"model", "info", "--json"}, args...)...)
		require.Zero(t, code, stderr)
		var info struct {
			Name, Precision string
			Threads         int
		}
		require.NoError(t, json.Unmarshal([]byte(stdout), &info))
		return info.Name, info.Precision, info.Threads, stderr
	}
	name, precision, threads, stderr := info()
	if name != "seed" || precision != "f32" || threads != 1 || !strings.Contains(stderr, file+":4: speed: there is no such setting") {
		t.Errorf("by the file: %s, %s, %d threads, %q", name, precision, threads, stderr)
	}
	if name, precision, threads, _ = info("--model", "builtin", "--precision", "int8", "--threads", "2"); name != "seed-go-8m" || precision != "int8" || threads != 2 {
		t.Errorf("by flags: %s, %s, %d threads", name, precision, threads)
	}
	if name, precision, _, stderr = info("--config="); name != "seed-go-8m" || precision != "int8" || stderr != "" {
		t.Errorf("without a file: %s, %s, %q", name, precision, stderr)
	}
	code, _, stderr := seedls(t, "", "model", "info", "--config", file+".no")
	if code != 2 || !strings.Contains(stderr, "--config: ") {
		t.Errorf("exit code %d, %q", code, stderr)
	}
	require.NoError(t, os.WriteFile(file, []byte("model = 'nowhere'"), 0o600))
	code, _, stderr = seedls(t, "", "model", "info")
	if code != 1 || !strings.Contains(stderr, filepath.Join(filepath.Dir(file), "nowhere")) {
		t.Errorf("exit code %d, %q", code, stderr)
	}
	require.NoError(t, os.Remove(file))
	require.NoError(t, os.Mkdir(file, 0o700))
	if name, _, _, stderr = info(); name != "seed-go-8m" || !strings.Contains(stderr, file+": want a file") {
		t.Errorf("with a folder in its place: %s, %q", name, stderr)
	}
}

// TestServeByConfigFile has the server write its log to a file, with what is wrong in its configuration.
func TestServeByConfigFile(t *testing.T) {
	file := config(t, "\nlogFile = 'log'\nspeed = 1\nblocks = 17\n")
	log := filepath.Join(filepath.Dir(file), "log")
	require.NoError(t, os.WriteFile(log, make([]byte, maxLogBytes+1), 0o600))
	code, stdout, stderr := seedls(t, framed(
		`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":{},"initializationOptions":{"slow":1}}}`,
		`{"jsonrpc":"2.0","id":2,"method":"shutdown"}`,
		`{"jsonrpc":"2.0","method":"exit"}`,
	), "serve")
	if code != 0 || stderr != "" || !strings.Contains(stdout, "seedls.slow: there is no such setting") {
		t.Errorf("exit code %d, stdout %q, stderr %q", code, stdout, stderr)
	}
	written, err := os.ReadFile(log)
	require.NoError(t, err)
	for _, want := range []string{file + ":3: speed", file + ":4: blocks: 17: want an integer from 1 to 16; 4 is used", "initialize"} {
		if !strings.Contains(string(written), want) {
			t.Errorf("no %q in the log: %s", want, written)
		}
	}
	if old, err := os.Stat(log + ".old"); err != nil || old.Size() != maxLogBytes+1 {
		t.Errorf("the long log is not kept: %v", err)
	}
	code, _, stderr = seedls(t, "", "serve", "--config=", "--log-file", filepath.Join(log, "x"))
	if code != 1 || !strings.Contains(stderr, "no log file") || strings.Contains(stderr, "speed") {
		t.Errorf("exit code %d, stderr %q", code, stderr)
	}
}

// framed is messages as a client writes them.
func framed(messages ...string) string {
	var text strings.Builder
	for _, m := range messages {
		fmt.Fprintf(&text, "Content-Length: %d\r\n\r\n%s", len(m), m)
	}
	return text.String()
}
