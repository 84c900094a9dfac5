package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"seedls/structure"
)

// wantsParsers skips a test that has errors found where nothing finds them.
func wantsParsers(t *testing.T) {
	t.Helper()
	if !structure.LanguageForPath("a.go").HasGrammar() {
		t.Skip("built without cgo: there is no grammar that finds errors")
	}
}

func TestFix(t *testing.T) {
	wantsParsers(t)
	data, err := os.ReadFile("testdata/demo/read.go")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "read.go")
	if err := os.WriteFile(file, data, 0o600); err != nil {
		t.Fatal(err)
	}

	code, stdout, stderr := seedls(t, "", "fix", file)
	if code != 0 || !strings.HasPrefix(stdout, "--- "+file+"\n+++ ") || !strings.Contains(stdout, "\n-	if \n") ||
		strings.Contains(stdout, "\x1b") || stderr != "" {
		t.Errorf("exit code %d, stdout %q, stderr %q", code, stdout, stderr)
	}
	if after, _ := os.ReadFile(file); string(after) != string(data) {
		t.Error("the file changed without --write")
	}

	code, stdout, _ = seedls(t, "", "fix", file, "--write", "--json")
	var report fixReport
	if err := json.Unmarshal([]byte(stdout), &report); err != nil || code != 0 || len(report.Fixes) != 1 || !report.Written || report.Left != 0 {
		t.Fatalf("exit code %d, %v: %s", code, err, stdout)
	}
	after, err := os.ReadFile(file)
	if err != nil || string(after) != report.Fixes[0].Apply(string(data)) {
		t.Errorf("%v: the file holds %q", err, after)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file has mode %v, %v", info.Mode(), err)
	}

	code, stdout, stderr = seedls(t, "", "fix", file)
	if code != 0 || stdout != "" || !strings.Contains(stderr, "no syntax errors") {
		t.Errorf("a mended file: exit code %d, stdout %q, stderr %q", code, stdout, stderr)
	}
}

// TestFixSeveralRegions has a file with an error that can be mended, one that is too long to be tried, and a link to it.
func TestFixSeveralRegions(t *testing.T) {
	wantsParsers(t)
	data, err := os.ReadFile("testdata/demo/read.go")
	if err != nil {
		t.Fatal(err)
	}
	long := "\nfunc long() {\n\tx := []int{" + strings.Repeat("(1 + 2), zeta(alpha[3]),\n\t\t", 80) + "\n"
	dir := t.TempDir()
	file, link := filepath.Join(dir, "a.go"), filepath.Join(dir, "link.go")
	if err := os.WriteFile(file, append(data, long...), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := seedls(t, "", "fix", link, "--json", "--write")
	var report fixReport
	if err := json.Unmarshal([]byte(stdout), &report); err != nil || report.Left == 0 || report.Fixes == nil {
		t.Fatalf("exit code %d, %v: %s%s", code, err, stdout, stderr)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode().IsRegular() {
		t.Errorf("the link is %v, %v", info.Mode(), err)
	}
	if code, _, stderr := seedls(t, "", "fix", file+":12-60"); code != 1 || !strings.Contains(stderr, "choose fewer lines") {
		t.Errorf("a long region: exit code %d, stderr %q", code, stderr)
	}
}

func TestFixErrors(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.go")
	if err := os.WriteFile(file, []byte("package a\n\nvar x = 1\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args string
		code int
		want string
	}{
		{"fix", 2, "arg"},
		{"fix " + file + ":x", 2, "FILE:LINE-LAST"},
		{"fix " + file + ":3-2", 2, "FILE:LINE-LAST"},
		{"fix " + file + ":4", 1, "has 3"},
		{"fix " + file + " --revisions 0", 2, "--revisions 0"},
		{"fix " + file + " --mode turbo", 2, `"turbo"`},
		{"fix " + filepath.Dir(file) + "/b.go", 1, "b.go"},
		{"fix " + filepath.Dir(file), 1, "not a regular file"},
		{"fix README.md", 1, "no grammar"},
	} {
		code, stdout, stderr := seedls(t, "", strings.Fields(test.args)...)
		if code != test.code || stdout != "" || !strings.Contains(stderr, test.want) {
			t.Errorf("%s: exit code %d, stdout %q, stderr %q; want code %d and %q", test.args, code, stdout, stderr, test.code, test.want)
		}
	}
}
