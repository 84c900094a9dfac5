//go:build cgo && !race && !jsonrpc2poison

package lsp

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"seedls/lsp/lsptest"
)

// TestRealClient has an editor's client, which shares no code with ours, use the binary. What it does is in
// testdata/client/session.mjs; most of what is shown to it has to parse.
func TestRealClient(t *testing.T) {
	dir := lsptest.NodeClient(t, filepath.Join("testdata", "client"))
	binary := filepath.Join(t.TempDir(), "seedls")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "..")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	root, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	// The client looks at edits with gofmt.
	path := filepath.Join(strings.TrimSpace(string(root)), "bin") + string(os.PathListSeparator) + os.Getenv("PATH")
	client := exec.CommandContext(t.Context(), "node", "session.mjs", filepath.Join("..", "runner.go.txt"), binary, "serve", "--stdio")
	client.Dir = dir
	cache := t.TempDir() // the server's, not the user's
	client.Env = append(os.Environ(), "PATH="+path, "HOME="+cache, "XDG_CACHE_HOME="+cache)
	out, err := client.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}
