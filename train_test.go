package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"seedls/engine/train/corpus"
	"seedls/structure"
)

// sourceTree writes files and returns their directory.
func sourceTree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "tree")
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestTrainCorpus(t *testing.T) {
	server := "// Package server answers.\npackage server\n\nimport \"net/http\"\n\nfunc Serve(addr string) error {\n\treturn http.ListenAndServe(addr, nil)\n}\n"
	dir := sourceTree(t, map[string]string{
		"server.go":          "// Copyright 2021 The Authors.\n// SPDX-License-Identifier: MIT\n\n" + server,
		"copy/server.go":     server,
		"vendor/x/x.go":      "package x\n",
		"tools/gen/names.py": "print('names')\n",
		"README.md":          "# A tree\n",
	})
	file := filepath.Join(t.TempDir(), "corpus")
	code, stdout, stderr := seedls(t, "", "train", "corpus", "--out", file, "--verbose", dir)
	for _, want := range []string{
		"tree/server.go: duplicate of tree/copy/server.go\n", "tree/vendor/x/x.go: vendored\n", "1 files  0.0 MB  " + file + ": go\n",
		"left out: duplicate\n",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in\n%s", want, stdout)
		}
	}
	if code != 0 || stderr != "" || strings.Contains(stdout, "README.md") || strings.Contains(stdout, "names.py") {
		t.Errorf("exit code %d, stdout %s, stderr %s", code, stdout, stderr)
	}

	code, stdout, stderr = seedls(t, "", "train", "corpus", "--out", file, "--languages", "go,python", "--json", "ours="+dir)
	var report struct {
		corpus.Report
		Seconds float64
	}
	if err := json.Unmarshal([]byte(stdout), &report); code != 0 || err != nil {
		t.Fatalf("exit code %d, %v, stderr %q", code, err, stderr)
	}
	if report.Train.Files != 2 || report.Train.Languages["python"] != (corpus.Count{Files: 1, Bytes: 15}) ||
		report.LeftOut[corpus.Vendored].Files != 1 || len(report.Files) != 2 || report.Seconds <= 0 {
		t.Errorf("%+v", report)
	}
	c, err := corpus.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	want := corpus.Document{Repository: "ours", Path: "copy/server.go", Language: "go", Text: server}
	if d, err := c.Document(0); err != nil || d != want || c.Len() != 2 {
		t.Errorf("%v, %v, want %v", d, err, want)
	}
	if entries, err := os.ReadDir(filepath.Dir(file)); err != nil || len(entries) != 3 {
		t.Errorf("beside the corpus: %v, %v", entries, err)
	}
}

func TestTrainCorpusErrors(t *testing.T) {
	dir := sourceTree(t, map[string]string{"a.py": "print()\n"})
	reserved := sourceTree(t, map[string]string{"go.mod": "module github.com/charmbracelet/glow/v2\n", "a.go": "package glow\n"})
	file := filepath.Join(t.TempDir(), "corpus")
	for want, c := range map[string]struct {
		code int
		args []string
	}{
		`"out" not set`:                       {2, []string{dir}},
		"requires at least 1 arg":             {2, []string{"--out", file}},
		`--languages: "cobol": use some of c`: {2, []string{"--out", file, "--languages", "go,cobol", dir}},
		dir + ": nothing to train on":         {1, []string{"--out", file, dir}},
		"none: no such file or directory":     {1, []string{"--out", file, filepath.Join(dir, "none")}},
		reserved + " is glow, which is kept":  {1, []string{"--out", file, reserved}},
		dir + " is no regular file":           {1, []string{"--out", dir, "--languages", "python", dir}},
	} {
		code, stdout, stderr := seedls(t, "", append([]string{"train", "corpus"}, c.args...)...)
		if code != c.code || stdout != "" || !strings.Contains(stderr, want) {
			t.Errorf("%q: exit code %d, stdout %q, stderr %q, want %q", c.args, code, stdout, stderr, want)
		}
	}
	if _, err := os.Stat(file); err == nil {
		t.Error("a corpus was written")
	}
	if _, stdout, _ := seedls(t, "", "__complete", "train", "corpus", "--languages", ""); !strings.Contains(stdout, "typescript\n") {
		t.Errorf("completion of --languages offers %q", stdout)
	}
}

// TestCorpusLanguages has a file of each language that --languages takes.
func TestCorpusLanguages(t *testing.T) {
	extensions := []string{".c", ".cpp", ".go", ".java", ".js", ".py", ".rs", ".tsx", ".ts"}
	for i, extension := range extensions {
		if got := structure.LanguageForPath("a" + extension).Name(); len(corpusLanguages) != len(extensions) || got != corpusLanguages[i] {
			t.Errorf("%s is %s, and not the language %d of %q", extension, got, i, corpusLanguages)
		}
	}
}
