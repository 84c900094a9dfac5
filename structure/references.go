package structure

import (
	"context"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxReferences is the longest text, in bytes, whose references are resolved: all of it is queried for them.
const maxReferences = 256 << 10

// References are the names of a text and what each of them refers to. They are immutable, and safe for concurrent use.
type References struct {
	names *nesting
	// uses are the names that stand where they refer to something, definitions among them, in the order of the text.
	uses []Span
}

// References resolves the names of the whole text. There are none without a grammar, and in a text of more than 256 kB.
// Members are left out, since what a name behind a dot refers to is not known without types. The error is ctx's, or a
// fault of the language's queries.
func (t *Tree) References(ctx context.Context) (*References, error) {
	r := &References{names: newNesting(t.lang, t.text, nil)}
	if t.parsed == nil || len(t.text) > maxReferences {
		return r, ctx.Err()
	}
	locals, err := t.parsed.captures(ctx, localsQuery, t.text, 0, len(t.text))
	if err != nil {
		return nil, err
	}
	used, err := t.parsed.captures(ctx, referencesQuery, t.text, 0, len(t.text))
	if err != nil {
		return nil, err
	}
	r.names = newNesting(t.lang, t.text, locals)
	keys := map[int]bool{} // offsets of names that refer to nothing
	for _, c := range used {
		keys[c.start] = keys[c.start] || c.kind == markKey
	}
	for _, d := range r.names.definitions {
		if t.text[d.Start:d.end] != d.Name { // the path of an import
			continue
		}
		keys[d.Start] = keys[d.Start] || d.dotted
		r.uses = append(r.uses, Span{d.Start, d.end})
	}
	for _, c := range used {
		if c.kind == markReference {
			r.uses = append(r.uses, Span{c.start, c.end})
		}
	}
	r.uses = slices.DeleteFunc(r.uses, func(s Span) bool { return keys[s.Start] })
	slices.SortFunc(r.uses, func(a, b Span) int { return a.Start - b.Start })
	r.uses = slices.Compact(r.uses)
	return r, nil
}

// Same returns where the thing is named, in the order of the text, that the name at an offset, at which it begins,
// refers to; nil if no name begins there, or nothing in the text declares it. Of names that are declared again in one
// scope, all declarations count as one, and in Rust, where each is another thing, there is no answer.
func (r *References) Same(offset int) []Span {
	i, found := slices.BinarySearchFunc(r.uses, offset, func(s Span, offset int) int { return s.Start - offset })
	if !found {
		return nil
	}
	name := r.text(r.uses[i])
	scope, declared := r.scope(name, r.uses[i])
	if !declared {
		return nil
	}
	var same []Span
	declarations := 0
	for _, s := range r.uses {
		if r.text(s) != name {
			continue
		}
		if other, declared := r.scope(name, s); declared && other == scope {
			same = append(same, s)
			if r.Declares(s.Start) {
				declarations++
			}
		}
	}
	if declarations > 1 && r.names.lang == rustLang {
		return nil
	}
	return same
}

// Declared reports whether something in the text declares a name that is visible at an offset.
func (r *References) Declared(name string, offset int) bool {
	_, declared := r.scope(name, Span{offset, offset})
	return declared
}

// Declares reports whether the name that begins at an offset is declared there.
func (r *References) Declares(offset int) bool {
	return slices.ContainsFunc(r.names.definitions, func(d definition) bool { return d.Start == offset && !d.dotted })
}

func (r *References) text(s Span) string { return r.names.text[s.Start:s.End] }

// scope returns the innermost scope that declares a name as seen from its use, -1 for the file; declared is false if none
// does.
func (r *References) scope(name string, use Span) (scope int, declared bool) {
	start := -2
	for _, d := range r.names.definitions {
		if d.dotted || d.Name != name || !r.names.sees(&d, use) {
			continue
		}
		in := -1
		if d.scope >= 0 {
			in = r.names.regions[d.scope].start
		}
		if in > start {
			scope, start, declared = d.scope, in, true
		}
	}
	return scope, declared
}

// Package returns what the other files of a Go file's package must declare for the text to be right: the names that it
// uses and nothing in it declares, and members of all names that it has anywhere.
func (r *References) Package() *Package {
	p := &Package{names: map[string]bool{}, members: map[string]bool{}}
	for _, use := range r.uses {
		name := r.text(use)
		if _, declared := r.scope(name, use); !declared {
			p.names[name] = true
		}
	}
	for _, name := range strings.FieldsFunc(r.names.text, func(c rune) bool { return c < utf8.RuneSelf && !isWord(byte(c)) }) {
		p.members[name] = true
	}
	return p
}
