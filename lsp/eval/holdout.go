package eval

import (
	"bytes"
	"crypto/md5"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

// holdoutHoles is the number of holes of the whole suite.
const holdoutHoles = 2000

// Holdout is the suite holdout: holes of five kinds, as many of each as there can be, in files of Go's standard library
// that the built-in model was not trained on. goroot is the installation of Go to read; the holes change with its
// version. There are 2,000 in all.
func Holdout(goroot string, of Selection) (*Suite, error) {
	files, err := heldOut(goroot)
	if err != nil {
		return nil, err
	}
	byKind := map[string][]Hole{}
	for i, f := range files {
		cuts, err := cutGo(f.text, of.random(2, uint64(len(f.text))))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", f.path, err)
		}
		for _, c := range append(cuts, midWords(f.text, of.random(3, uint64(len(f.text))))...) {
			h := c.hole(f.path, f.path, f.text)
			h.task, h.File = i, filepath.Join(goroot, "src", filepath.FromSlash(f.path))
			byKind[c.kind] = append(byKind[c.kind], h)
		}
	}
	total := holdoutHoles
	if of.Limit > 0 {
		total = min(total, of.Limit)
	}
	var holes []Hole
	kinds := []string{cutLine, cutRun, cutBlock, cutArgument, cutMidWord}
	for i, kind := range kinds {
		if n := (total - len(holes)) / (len(kinds) - i); n > 0 {
			holes = append(holes, of.sample(byKind[kind], n)...)
		}
	}
	return &Suite{Name: "holdout", Seed: of.Seed, Holes: holes, parses: parsesAsGo, names: true}, nil
}

// A sourceFile is a file and its path below GOROOT/src.
type sourceFile struct{ path, text string }

// maxHoldoutBytes leaves out tables.
const maxHoldoutBytes = 200_000

// heldOut reads the files that the built-in model was not trained on: those where the MD5 of "go" and the path below
// GOROOT/src, as a number, is a multiple of 100. Tests are among them; test data, vendored and generated files are not.
func heldOut(goroot string) ([]sourceFile, error) {
	root := filepath.Join(goroot, "src")
	if _, err := os.Stat(root); err != nil {
		return nil, fmt.Errorf("the sources of Go are needed, from which holes are cut: %w", err)
	}
	var files []sourceFile
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if name := entry.Name(); entry.IsDir() && (name == "testdata" || name == "vendor") {
			return fs.SkipDir
		}
		relative, err := filepath.Rel(root, path)
		if err != nil || !entry.Type().IsRegular() || filepath.Ext(path) != ".go" {
			return err
		}
		relative = filepath.ToSlash(relative)
		sum := md5.Sum([]byte("go" + relative))
		remainder := 0
		for _, b := range sum {
			remainder = (remainder*256 + int(b)) % 100
		}
		if remainder != 0 {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil || len(text) > maxHoldoutBytes {
			return err
		}
		if file, err := parser.ParseFile(token.NewFileSet(), "", text, parser.SkipObjectResolution|parser.ParseComments); err != nil || ast.IsGenerated(file) {
			return nil
		}
		files = append(files, sourceFile{relative, string(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")))})
		return nil
	})
	if err == nil && len(files) == 0 {
		err = errors.New("no held-out file in " + root)
	}
	return files, err
}

// midWords cuts within words, from somewhere in a name to the end of its line.
func midWords(text string, random *rand.Rand) (cuts []cut) {
	start := 0
	for line := range strings.Lines(text) {
		body := strings.TrimRight(line, "\r\n")
		if code := strings.TrimSpace(body); len(code) > 8 && !strings.HasPrefix(code, "//") && strings.HasPrefix(body, "\t") {
			at := len(body) - len(strings.TrimLeft(body, "\t")) + 1 + random.IntN(len(code)/2)
			if isLetter(body[at-1]) && isLetter(body[at]) {
				cuts = append(cuts, cut{cutMidWord, start + at, start + len(body)})
			}
		}
		start += len(line)
	}
	return cuts
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
