// Package lsptest runs the language client that the tests compare seedls with: the one that Visual Studio Code is
// built on, in Node.
package lsptest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// NodeClient installs the packages that dir, which has a package-lock.json, asks for, unless they are there, and
// returns dir. Without Node the test is skipped; in CI it fails.
func NodeClient(t testing.TB, dir string) string {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("this test needs node: %v", err)
		}
		t.Skipf("this test needs node: %v", err)
	}
	modules := filepath.Join(dir, "node_modules")
	if _, err := os.Stat(modules); err == nil {
		return dir
	}
	// Several test binaries may be here at once: each installs for itself, and the first to finish wins.
	own, err := os.MkdirTemp(dir, "install-*")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(own)
	for _, name := range []string{"package.json", "package-lock.json", ".npmrc"} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(own, name), data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	install := exec.CommandContext(t.Context(), "npm", "ci", "--ignore-scripts")
	install.Dir = own
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("npm ci in %s, which needs the network once: %v\n%s", dir, err, out)
	}
	if err := os.Rename(filepath.Join(own, "node_modules"), modules); err != nil {
		if _, there := os.Stat(modules); there != nil {
			t.Fatal(err)
		}
	}
	return dir
}
