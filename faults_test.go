//go:build unix

package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestModelFileFaults truncates, replaces and removes the files of a model that is in use. The next server says what is wrong.
func TestModelFileFaults(t *testing.T) {
	for name, harm := range map[string]func(path string) error{
		"truncated": func(path string) error { return os.Truncate(path, 1000) },
		"replaced":  func(path string) error { return os.WriteFile(path, bytes.Repeat([]byte("x"), 5000), 0o600) },
		"removed":   os.Remove,
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			require.NoError(t, os.CopyFS(dir, os.DirFS(filepath.Join("engine", "builtin", "seed-go-8m"))))
			p := editing(t, "--model", dir)
			p.initialize("editor")
			want := p.complete(unfinished)
			require.NotEmpty(t, want)
			files, err := fs.Glob(os.DirFS(dir), "*.safetensors")
			require.NoError(t, err)
			require.NotEmpty(t, files)
			for _, file := range files {
				require.NoError(t, harm(filepath.Join(dir, file)))
			}
			p.complete("package other\n\nvar x = ")
			require.Equal(t, want, p.complete(unfinished))
			p.leave()

			after := editing(t, "--model", dir)
			after.initialize("editor")
			require.Empty(t, after.complete(unfinished))
			require.Contains(t, after.log.String(), dir)
			after.leave()
		})
	}
}

// TestCacheFaults serves with cache directories that cannot be had or hold nonsense.
func TestCacheFaults(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for name, dir := range map[string]string{"a file in its place": file, "a folder of the system": "/proc"} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("XDG_CACHE_HOME", dir)
			p := editing(t)
			p.initialize("editor")
			require.NotEmpty(t, p.complete(unfinished))
			p.leave()
		})
	}
}

// TestStopped has a server stand still for longer than anything waits, as when the machine sleeps.
func TestStopped(t *testing.T) {
	p := editing(t)
	p.initialize("editor")
	want := p.complete(unfinished)
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGSTOP))
	time.Sleep(3 * time.Second)
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGCONT))
	require.Equal(t, want, p.complete(unfinished))
	p.leave()
}

// TestLargeDocuments opens a document that no message may hold, and one of many lines.
func TestLargeDocuments(t *testing.T) {
	p := editing(t)
	p.initialize("editor")
	require.NotEmpty(t, p.complete(unfinished))
	require.Empty(t, p.complete(strings.Repeat("x", 100<<20)), "100 MB")
	require.NotEmpty(t, p.complete(strings.Repeat("// line\n", 100_000)+unfinished), "100,000 lines")
	require.NotEmpty(t, p.complete(unfinished))
	p.leave()
}

// TestRemoteCrashed has the daemon end as a fault in C code, such as a parser's, would have it, and comes back.
func TestRemoteCrashed(t *testing.T) {
	runtimeFolder(t)
	editor := editing(t, "--remote=auto")
	editor.initialize("first")
	want := editor.complete(unfinished)
	before := statusOf(t)
	require.NoError(t, syscall.Kill(before.PID, syscall.SIGSEGV))
	editor.exits(1)
	require.Contains(t, editor.log.String(), before.Log)
	log, err := os.ReadFile(before.Log)
	require.NoError(t, err)
	require.Contains(t, string(log), "SIGSEGV")
	again := editing(t, "--remote=auto")
	again.initialize("again")
	require.Equal(t, want, again.complete(unfinished))
	again.leave()
}
