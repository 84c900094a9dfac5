package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// hubOf serves the files of a folder as the model acme/coder.
func hubOf(t *testing.T, dir string) (endpoint string) {
	const repository, commit = "acme/coder", "0123456789012345678901234567890123456789"
	mux := http.NewServeMux()
	mux.HandleFunc("/api/models/"+repository+"/revision/main", func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"sha":%q}`, commit)
	})
	mux.HandleFunc("/api/models/"+repository+"/tree/"+commit, func(w http.ResponseWriter, _ *http.Request) {
		var list []map[string]any
		for _, name := range []string{"config.json", "tokenizer.json", "model.safetensors"} {
			content, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Error(err)
			}
			lfs := map[string]any{"oid": fmt.Sprintf("%x", sha256.Sum256(content)), "size": len(content)}
			list = append(list, map[string]any{"type": "file", "path": name, "size": len(content), "lfs": lfs})
		}
		if err := json.NewEncoder(w).Encode(list); err != nil {
			t.Error(err)
		}
	})
	resolve := "/" + repository + "/resolve/" + commit + "/"
	mux.Handle(resolve, http.StripPrefix(resolve, http.FileServer(http.Dir(dir))))
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

// TestPulledModels pulls a model, looks at it, uses it and removes it.
func TestPulledModels(t *testing.T) {
	file := config(t, "# mine\nthreads = 1\n")
	t.Setenv("XDG_DATA_HOME", t.TempDir())
	t.Setenv("HF_ENDPOINT", hubOf(t, "engine/builtin/seed-go-8m"))
	ok := func(args ...string) string {
		t.Helper()
		code, stdout, stderr := seedls(t, "", args...)
		require.Zero(t, code, stderr)
		require.Empty(t, stderr)
		return stdout
	}
	list := func() map[string]listedModel {
		t.Helper()
		var models []listedModel
		require.NoError(t, json.Unmarshal([]byte(ok("model", "list", "--json")), &models))
		byName := map[string]listedModel{}
		for _, m := range models {
			byName[m.Name] = m
		}
		return byName
	}
	require.Len(t, list(), 1)
	require.True(t, list()["builtin"].InUse)

	require.Contains(t, ok("model", "pull", "acme/coder"), "acme/coder, commit 012345678901, ")
	require.Contains(t, ok("model", "list"), "  acme/coder  ")
	require.Greater(t, list()["acme/coder"].Bytes, list()["builtin"].Bytes, "one has a tokenizer besides")
	require.Contains(t, ok("model", "info", "--model", "acme/coder"), "coder")
	for _, args := range [][]string{{"model", "use", ""}, {"model", "remove", ""}, {"complete", "x.go:1:1", "--model", ""}} {
		_, names, _ := seedls(t, "", append([]string{"__complete"}, args...)...)
		require.Contains(t, names, "acme/coder\n")
	}

	require.Contains(t, ok("model", "use", "acme/coder"), file)
	written, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, "model = \"acme/coder\"\n# mine\nthreads = 1\n", string(written))
	require.True(t, list()["acme/coder"].InUse)
	require.Contains(t, ok("model", "list"), "* acme/coder  ")
	var info struct{ Name string }
	require.NoError(t, json.Unmarshal([]byte(ok("model", "info", "--json")), &info))
	require.Equal(t, "coder", info.Name)
	code, _, stderr := seedls(t, "", "model", "remove", "acme/coder")
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "in use")

	ok("model", "use", "builtin")
	ok("model", "remove", "acme/coder")
	require.Len(t, list(), 1)
	code, _, stderr = seedls(t, "", "model", "use", "acme/coder")
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "seedls model pull")
}

// TestPullOfAnotherModel pulls one that is whole but cannot be used.
func TestPullOfAnotherModel(t *testing.T) {
	config(t, "")
	t.Setenv("XDG_DATA_HOME", t.TempDir())
	dir := t.TempDir()
	for _, name := range []string{"config.json", "tokenizer.json", "model.safetensors"} {
		content, err := os.ReadFile(filepath.Join("engine/builtin/seed-go-8m", name))
		require.NoError(t, err)
		content = []byte(strings.Replace(string(content), `"diffusion"`, `"confusion"`, 1))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), content, 0o600))
	}
	code, stdout, stderr := seedls(t, "", "model", "pull", "acme/coder", "--endpoint", hubOf(t, dir))
	if code != 1 || stdout != "" || !strings.Contains(stderr, "diffusion") || !strings.Contains(stderr, "seedls model remove acme/coder") {
		t.Errorf("exit code %d, stdout %q, stderr %q", code, stdout, stderr)
	}
	if code, _, stderr := seedls(t, "", "model", "remove", "acme/coder"); code != 0 {
		t.Errorf("exit code %d, stderr %q", code, stderr)
	}
}
