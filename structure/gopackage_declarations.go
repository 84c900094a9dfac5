package structure

import (
	"go/ast"
	gotoken "go/token"
	"slices"
	"strings"
)

// A Declaration is what a file of a package declares, as another file needs to
// know it: a function without its body, a type that is not long as a whole.
type Declaration struct {
	// Name is a function's, method's, type's, constant's or variable's.
	Name string
	// Text is its source, of one or more whole lines.
	Text string
}

// maxDeclarationBytes is the longest text of a declaration. A type that is
// longer, and a value that has one, is left out or named alone.
const maxDeclarationBytes = 240

// Declarations returns what the files of the package declare, in the order of
// the files and of their texts. It must not be changed.
func (p *Package) Declarations() []Declaration {
	if p == nil {
		return nil
	}
	return p.declarations
}

// Named returns those of the declarations that text names, those that are named
// most often first.
func (p *Package) Named(text string) []Declaration {
	times := map[string]int{}
	for word := range names(text) {
		times[word]++
	}
	var named []Declaration
	for _, d := range p.Declarations() {
		if times[d.Name] > 0 {
			named = append(named, d)
		}
	}
	slices.SortStableFunc(named, func(a, b Declaration) int { return times[b.Name] - times[a.Name] })
	return named
}

// names yields the names in a text.
func names(text string) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for i := 0; i < len(text); i++ {
			if !isWord(text[i]) {
				continue
			}
			end := i + 1
			for end < len(text) && isWord(text[end]) {
				end++
			}
			if !yield(text[i:end]) {
				return
			}
			i = end
		}
	}
}

// declarationsOf returns the declarations of a file.
func declarationsOf(file *gotoken.File, decls []ast.Decl, text []byte) []Declaration {
	source := func(from, to gotoken.Pos) string { return string(text[file.Offset(from):file.Offset(to)]) }
	var all []Declaration
	add := func(name *ast.Ident, text string) {
		if text = strings.TrimSpace(text); name.Name != "_" && len(text) <= maxDeclarationBytes {
			all = append(all, Declaration{name.Name, text + "\n"})
		}
	}
	for _, decl := range decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			if d.Name.Name != "init" {
				add(d.Name, source(d.Pos(), d.Type.End()))
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					whole := source(s.Pos(), s.End())
					if first, _, more := strings.Cut(whole, "\n"); more && len(whole) > maxDeclarationBytes {
						whole = first + " … }"
					}
					add(s.Name, "type "+whole)
				case *ast.ValueSpec:
					for _, name := range s.Names {
						if s.Type != nil {
							add(name, d.Tok.String()+" "+name.Name+" "+source(s.Type.Pos(), s.Type.End()))
						}
					}
				}
			}
		}
	}
	return all
}
