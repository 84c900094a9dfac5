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
	"strings"
	"sync"
	"testing"
	"time"

	"seedls/lsp/completion"
)

// testCache is the cache directory of tests that have none of their own.
var testCache string

// TestMain runs seedls itself where a test started it so. It gives the tests directories that are not the user's,
// but leaves that of Go, which is dear, where it is.
func TestMain(m *testing.M) {
	if os.Getenv(asSeedls) != "" {
		main()
	}
	os.Exit(func() int {
		dir, err := os.MkdirTemp("", "seedls-test-*")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(dir)
		for _, name := range []string{"GOCACHE", "GOMODCACHE", "GOENV"} {
			value, err := exec.Command("go", "env", name).Output()
			if err != nil {
				panic(err)
			}
			os.Setenv(name, strings.TrimSpace(string(value)))
		}
		os.Setenv("HOME", dir)
		testCache = dir
		os.Setenv("XDG_CACHE_HOME", dir)
		os.Setenv("XDG_CONFIG_HOME", filepath.Join(dir, "config"))
		os.Setenv("XDG_DATA_HOME", filepath.Join(dir, "data"))
		return m.Run()
	}())
}

// lines is a log that is read while it is written.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// serveUntil runs the server until its log has a text, and returns the log.
func serveUntil(t *testing.T, text string) string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	input, open := io.Pipe()
	defer open.Close()
	var log lines
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		run(ctx, []string{"serve"}, input, io.Discard, &log)
	}()
	for deadline := time.Now().Add(time.Minute); !strings.Contains(log.String(), text); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Errorf("no %q in the log: %s", text, &log)
			break
		}
	}
	cancel()
	<-ended
	return log.String()
}

// TestServeMeasuresOnce starts the server with an empty cache directory, again, and with what damage can be done to it.
func TestServeMeasuresOnce(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("HOME", dir)
	t.Setenv("XDG_CACHE_HOME", dir)
	info := func() (info completion.Info) {
		t.Helper()
		code, stdout, stderr := seedls(t, "", "model", "info", "--json")
		if err := json.Unmarshal([]byte(stdout), &info); err != nil || code != 0 {
			t.Fatalf("exit code %d, %v, stderr %q", code, err, stderr)
		}
		return info
	}
	if got := info(); got.Block != completion.DefaultBlock || got.Profile != nil {
		t.Errorf("nothing is measured, yet the block is %d and the profile %v", got.Block, got.Profile)
	}
	if _, stdout, _ := seedls(t, "", "model", "info"); !strings.Contains(stdout, "not measured yet") || !strings.Contains(stdout, "16 tokens\n") {
		t.Errorf("nothing is measured, and info says %s", stdout)
	}
	if files, _ := filepath.Glob(filepath.Join(dir, "*")); len(files) > 0 {
		t.Errorf("a command that does not serve made %q", files)
	}

	log := serveUntil(t, "profile=measured")
	user, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	entries, err := filepath.Glob(filepath.Join(user, "seedls", "*"))
	if err != nil || len(entries) != 1 || !strings.HasPrefix(user, dir) {
		t.Fatalf("%s has %q, %v", user, entries, err)
	}
	measured, err := os.ReadFile(entries[0])
	if err != nil {
		t.Fatal(err)
	}
	got := info()
	if got.Profile == nil || !strings.Contains(log, fmt.Sprintf("tokens=%d ", got.Block)) || !strings.Contains(log, got.Profile.String()) {
		t.Errorf("info says block %d, profile %v; the log says %s", got.Block, got.Profile, log)
	}
	if _, stdout, _ := seedls(t, "", "model", "info"); !strings.Contains(stdout, got.Profile.String()) {
		t.Errorf("no %v in %s", got.Profile, stdout)
	}
	var result completion.Result
	if _, stdout, _ := seedls(t, "", "complete", demo, "--json"); json.Unmarshal([]byte(stdout), &result) != nil || result.Block != got.Block {
		t.Errorf("complete does not use blocks of %d: %s", got.Block, stdout)
	}

	if log := serveUntil(t, "profile=stored"); strings.Contains(log, "measured") || !strings.Contains(log, got.Profile.String()) {
		t.Errorf("the second start says %s", log)
	}
	if again, err := os.ReadFile(entries[0]); err != nil || !bytes.Equal(again, measured) {
		t.Errorf("the second start changed the profile: %v", err)
	}

	if err := os.WriteFile(entries[0], measured[:len(measured)/2], 0o600); err != nil {
		t.Fatal(err)
	}
	serveUntil(t, "profile=measured")
	if info().Profile == nil {
		t.Error("a damaged profile was not replaced")
	}

	// A file where the directory would be.
	t.Setenv("HOME", entries[0])
	t.Setenv("XDG_CACHE_HOME", entries[0])
	if log := serveUntil(t, "profile=measured"); strings.Contains(log, "WARN") || strings.Contains(log, "ERROR") {
		t.Errorf("without a directory the log says %s", log)
	}
}
