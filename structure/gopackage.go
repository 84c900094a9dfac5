package structure

import (
	"context"
	"fmt"
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// maxPackageFiles and maxPackageBytes bound what is read of a package.
	maxPackageFiles = 500
	maxPackageBytes = 16 << 20
	// maxCachedFiles bounds how many files are remembered.
	maxCachedFiles = 4000
)

// A Package is what the other files of a Go file's package declare. It is
// immutable; a nil Package declares nothing.
type Package struct {
	names   map[string]bool // of the package level
	members map[string]bool // fields and methods
	// declarations are what they are, in the order of the files.
	declarations []Declaration
	// partial says that some of it was not read or not understood.
	partial bool
}

func (p *Package) declares(name string) bool { return p != nil && p.names[name] }

func (p *Package) member(name string) bool { return p != nil && p.members[name] }

// sorted returns the package-level names in their order.
func (p *Package) sorted() []string {
	if p == nil {
		return nil
	}
	return slices.Sorted(maps.Keys(p.names))
}

// Packages reads the packages of Go files, and remembers each file until its
// size or time changes. The zero value is ready to use, by any number of
// goroutines.
type Packages struct {
	mu    sync.Mutex
	files map[string]*goFile
	// last is what the last call returned, and of which files.
	last      *Package
	lastFiles []*goFile
}

// A goFile is what a file on disk declares.
type goFile struct {
	size           int64
	modified       time.Time
	pkg            string // its package clause; empty if it has none
	names, members []string
	declarations   []Declaration
	partial        bool // it has syntax errors outside of functions
}

// Of returns what the files next to the one at path declare that belong to its
// package: those with the package clause of text, which is the file's content
// in the editor, and tests only if it is a test itself. A text without a
// package clause has none, and nil is returned.
//
// At most 500 files and 16 MB are read. The error is ctx's, or says that the
// directory cannot be read; of a file that cannot be, the package is partial.
func (c *Packages) Of(ctx context.Context, path, text string) (*Package, error) {
	parsed, _ := parser.ParseFile(gotoken.NewFileSet(), path, text, parser.PackageClauseOnly)
	if parsed == nil || parsed.Name == nil {
		return nil, nil
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return nil, fmt.Errorf("the package of %s: %w", path, err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var files []*goFile
	partial := false
	read, budget := 0, int64(maxPackageBytes)
	for _, entry := range entries {
		name := entry.Name()
		isTest := strings.HasSuffix(name, "_test.go")
		if !strings.HasSuffix(name, ".go") || isTest && !strings.HasSuffix(path, "_test.go") || name == filepath.Base(path) {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		info, err := entry.Info()
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		if read++; read > maxPackageFiles || info.Size() > budget {
			partial = true
			break
		}
		budget -= info.Size()
		f, err := c.file(filepath.Join(filepath.Dir(path), name), info)
		switch {
		case err != nil:
			partial = true
		case f.pkg == parsed.Name.Name:
			files = append(files, f)
		}
	}
	if !partial && c.last != nil && slices.Equal(files, c.lastFiles) {
		return c.last, nil
	}
	p := &Package{names: map[string]bool{}, members: map[string]bool{}, partial: partial}
	for _, f := range files {
		p.partial = p.partial || f.partial
		for _, name := range f.names {
			p.names[name] = true
		}
		for _, name := range f.members {
			p.members[name] = true
		}
		p.declarations = append(p.declarations, f.declarations...)
	}
	c.last, c.lastFiles = p, files
	return p, nil
}

// file returns what a file declares. The lock is held.
func (c *Packages) file(path string, info fs.FileInfo) (*goFile, error) {
	if f, ok := c.files[path]; ok && f.size == info.Size() && f.modified.Equal(info.ModTime()) {
		return f, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if c.files == nil || len(c.files) >= maxCachedFiles {
		c.files = map[string]*goFile{}
	}
	f := readGoFile(path, text)
	f.size, f.modified = info.Size(), info.ModTime()
	c.files[path] = f
	return f, nil
}

// readGoFile finds the package-level names and the members in a file's text.
func readGoFile(path string, text []byte) *goFile {
	files, read := gotoken.NewFileSet(), withoutBodies(text)
	parsed, err := parser.ParseFile(files, path, read, parser.SkipObjectResolution)
	if err != nil {
		read = text
		parsed, err = parser.ParseFile(files, path, read, parser.SkipObjectResolution)
	}
	f := declared(parsed, err)
	if err == nil {
		f.declarations = declarationsOf(files.File(parsed.Pos()), parsed.Decls, read)
	}
	return f
}

// declared returns what a parsed file declares; err is the parser's.
func declared(parsed *ast.File, err error) *goFile {
	f := &goFile{partial: err != nil}
	if parsed == nil || parsed.Name == nil {
		return f
	}
	f.pkg = parsed.Name.Name
	for _, decl := range parsed.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Recv != nil {
				f.members = append(f.members, d.Name.Name)
			} else if d.Name.Name != "init" && d.Name.Name != "_" {
				f.names = append(f.names, d.Name.Name)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				f.declare(spec)
			}
		}
	}
	return f
}

// declare adds what a spec declares.
func (f *goFile) declare(spec ast.Spec) {
	switch s := spec.(type) {
	case *ast.ValueSpec:
		for _, name := range s.Names {
			f.names = append(f.names, name.Name)
		}
		if s.Type != nil {
			f.addMembers(s.Type)
		}
	case *ast.TypeSpec:
		f.names = append(f.names, s.Name.Name)
		f.addMembers(s.Type)
	}
}

// addMembers adds the fields and methods that are written in a type.
func (f *goFile) addMembers(expr ast.Expr) {
	ast.Inspect(expr, func(n ast.Node) bool {
		var list *ast.FieldList
		switch t := n.(type) {
		case *ast.StructType:
			list = t.Fields
		case *ast.InterfaceType:
			list = t.Methods
		default:
			return true
		}
		for _, field := range list.List {
			for _, name := range field.Names {
				f.members = append(f.members, name.Name)
			}
			if len(field.Names) == 0 {
				if name := embedded(field.Type); name != "" {
					f.members = append(f.members, name)
				}
			}
		}
		return true
	})
}

// embedded returns the name that an embedded type has as a field, or "".
func embedded(expr ast.Expr) string {
	switch t := expr.(type) {
	case *ast.Ident:
		return t.Name
	case *ast.StarExpr:
		return embedded(t.X)
	case *ast.SelectorExpr:
		return t.Sel.Name
	case *ast.IndexExpr:
		return embedded(t.X)
	case *ast.IndexListExpr:
		return embedded(t.X)
	}
	return ""
}

// importName returns the name that an import has in its file unless it is
// given another: the last element of the quoted path, versions and what tells
// that it is Go aside.
func importName(quoted string) string {
	path := strings.Trim(quoted, "\"`")
	dir, name, ok := cutLast(path, "/")
	if ok && isVersion(name) {
		_, name, _ = cutLast(dir, "/")
	}
	if before, version, ok := cutLast(name, "."); ok && isVersion(version) {
		name = before
	}
	name = strings.TrimPrefix(name, "go-")
	name = strings.TrimSuffix(strings.TrimSuffix(name, "-go"), ".go")
	if _, last, ok := cutLast(name, "-"); ok {
		name = last
	}
	return name
}

// cutLast cuts s at the last separator; without one, all is after it.
func cutLast(s, separator string) (before, after string, ok bool) {
	if i := strings.LastIndex(s, separator); i >= 0 {
		return s[:i], s[i+len(separator):], true
	}
	return "", s, false
}

// isVersion says whether s is a major version such as v2.
func isVersion(s string) bool {
	digits, ok := strings.CutPrefix(s, "v")
	return ok && digits != "" && strings.Trim(digits, "0123456789") == ""
}
