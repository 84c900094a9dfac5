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
	// Name is a function's, type's, constant's or variable's, or with a dot
	// before it a method's.
	Name string
	// Text is its source, of one or more whole lines.
	Text string
}

// maxDeclarationBytes is the longest text of a declaration. Of a type that is
// longer there is the first line; anything else is left out, and values whose type
// is not written.
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
// most often first. A method is named after a dot, anything else without.
func (p *Package) Named(text string) []Declaration {
	times := map[string]int{}
	for i := 0; i < len(text); i++ {
		if !isWord(text[i]) {
			continue
		}
		start := i
		for i < len(text) && isWord(text[i]) {
			i++
		}
		if start > 0 && text[start-1] == '.' {
			start--
		}
		times[text[start:i]]++
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

// declarationsOf returns the declarations of a file.
func declarationsOf(file *gotoken.File, decls []ast.Decl, text []byte) []Declaration {
	source := func(from, to gotoken.Pos) string { return string(text[file.Offset(from):file.Offset(to)]) }
	var all []Declaration
	add := func(name, text string) {
		if text = strings.TrimSpace(text); name != "_" && len(text) <= maxDeclarationBytes {
			all = append(all, Declaration{name, text + "\n"})
		}
	}
	for _, decl := range decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			name := d.Name.Name
			if d.Recv != nil {
				name = "." + name
			}
			if name != "init" {
				add(name, source(d.Type.Pos(), d.Type.End()))
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				switch s := spec.(type) {
				case *ast.TypeSpec:
					whole := source(s.Pos(), s.End())
					if first, _, more := strings.Cut(whole, "\n"); more && len(whole) > maxDeclarationBytes {
						whole = first + " … }"
					}
					add(s.Name.Name, "type "+whole)
				case *ast.ValueSpec:
					for _, name := range s.Names {
						if s.Type != nil {
							add(name.Name, d.Tok.String()+" "+name.Name+" "+source(s.Type.Pos(), s.Type.End()))
						}
					}
				}
			}
		}
	}
	return all
}
