package eval

import (
	"bufio"
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"maps"
	"slices"
	"strings"
)

// The public test sets; data/README.md says where they are from and under which licences.
var (
	//go:embed data/humaneval-x-go.jsonl.gz
	humanEvalXGo []byte
	//go:embed data/humaneval-single-line-infilling.jsonl.gz
	humanEvalInfilling []byte
)

// readLines decodes compressed lines of JSON.
func readLines[T any](data []byte) ([]T, error) {
	unzipped, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, err
	}
	var all []T
	lines := bufio.NewScanner(unzipped)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var one T
		if err := json.Unmarshal(lines.Bytes(), &one); err != nil {
			return nil, fmt.Errorf("line %d: %w", len(all)+1, err)
		}
		all = append(all, one)
	}
	return all, lines.Err()
}

// A goProblem is a problem of HumanEval-X as two files of one package.
type goProblem struct {
	id      string
	program string // the solution that its authors wrote, formatted
	test    string
}

// unsteady is the problem whose own solution, which goes by the order of a map, does not always pass its test.
const unsteady = "Go/95"

// goProblems reads HumanEval-X, but for one problem. Its problems are one file each, with imports of the solution and of
// the test that are not always those that are used: the two files import what they use.
func goProblems() ([]goProblem, error) {
	type record struct {
		ID       string `json:"task_id"`
		Prompt   string
		Solution string `json:"canonical_solution"`
		Setup    string `json:"test_setup"`
		Test     string
	}
	records, err := readLines[record](humanEvalXGo)
	if err != nil {
		return nil, fmt.Errorf("HumanEval-X: %w", err)
	}
	var problems []goProblem
	for _, r := range records {
		if r.ID == unsteady {
			continue
		}
		program, err := withImports("package solution\n\n" + r.Prompt + r.Solution)
		if err != nil {
			return nil, fmt.Errorf("HumanEval-X, %s: %w", r.ID, err)
		}
		test, err := withImports(strings.Replace(r.Setup, "package main", "package solution", 1) + r.Test)
		if err != nil {
			return nil, fmt.Errorf("HumanEval-X, test of %s: %w", r.ID, err)
		}
		problems = append(problems, goProblem{r.ID, program, test})
	}
	return problems, nil
}

// imports has the packages that HumanEval-X uses, by the names that they go by.
var imports = map[string]string{
	"assert": "github.com/stretchr/testify/assert",
	"bytes":  "bytes", "fmt": "fmt", "math": "math", "md5": "crypto/md5", "rand": "math/rand", "regexp": "regexp", "sort": "sort",
	"strconv": "strconv", "strings": "strings", "testing": "testing", "time": "time",
}

// withImports formats a file after making its imports those that it uses.
func withImports(text string) (string, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "", text, parser.ParseComments)
	if err != nil {
		return "", err
	}
	used := map[string]bool{}
	for _, name := range file.Unresolved {
		if path, ok := imports[name.Name]; ok {
			used[path] = true
		}
	}
	var block strings.Builder
	if len(used) > 0 {
		block.WriteString("\n\nimport (\n")
		for _, path := range slices.Sorted(maps.Keys(used)) {
			fmt.Fprintf(&block, "%q\n", path)
		}
		block.WriteString(")")
	}
	at := files.Position(file.Name.End()).Offset
	rest := at
	for _, d := range file.Decls {
		if g, ok := d.(*ast.GenDecl); ok && g.Tok == token.IMPORT {
			rest = files.Position(g.End()).Offset
		}
	}
	formatted, err := format.Source([]byte(text[:at] + block.String() + "\n\n" + text[rest:]))
	return string(formatted), err
}
