package structure

import (
	"context"
	"iter"
	"slices"
)

// A Scope is what can be named at a hole. It is immutable, and safe for
// concurrent use. Lookups do not allocate.
type Scope struct {
	lang *Language
	pkg  *Package
	hole Span // its region, which declares nothing
	// locals are the names of the functions around the hole, each in the
	// innermost scope that has it, innermost first.
	locals []Symbol
	byName map[string]int32 // indices of locals
	// outline is nil where there is no syntax tree; changed is the part of it
	// that is not of its baseline.
	outline  *outline
	changed  []outlined
	function int  // where the innermost function around the hole begins, or -1
	members  bool // of any class are visible
	owed     []string
	complete bool
	section  *section // that was looked at, for whoever parses it with a text in the hole
}

// Scope returns what can be named at a hole of the tree, in the text that the
// hole's region is cut out of. pkg is what the other files of the package
// declare, or nil if that is not known.
//
// The work is bounded: it depends on the function around the hole, of which 48
// kB are read at most, and not on the size of the file, whose outline is read
// once and follows edits. The error is ctx's, or a fault of the language's
// queries.
func (t *Tree) Scope(ctx context.Context, h Hole, pkg *Package) (*Scope, error) {
	s := &Scope{lang: t.lang, pkg: pkg, hole: Span{h.Start, h.End}, function: -1}
	if t.parsed == nil {
		return s, ctx.Err()
	}
	around, err := t.section(ctx, h)
	if err != nil {
		return nil, err
	}
	if s.outline, err = t.outlineNow(ctx, around); err != nil {
		return nil, err
	}
	changed, incomplete, err := s.outline.changed(ctx, t, around)
	if err != nil {
		return nil, err
	}
	s.section = around
	s.changed = slices.DeleteFunc(changed, func(o outlined) bool { return s.hole.cuts(o.Start, o.end) })
	if around.tree.parsed == nil { // it took too long
		return s, nil
	}
	w := window{section: around}
	if err := w.read(ctx); err != nil {
		return nil, err
	}
	s.complete = !incomplete && !s.outline.base.incomplete && !w.names.incomplete && !w.cut &&
		s.outline.soundWith(around)
	s.function, s.members = w.function()
	s.locals, s.byName = w.visible()
	s.owed = w.owed(s)
	return s, nil
}

// Lookup returns what a name is at the hole; ok is false if it is not known
// there. Of names that the scope has more than once, the innermost counts.
// Keywords and members behind a dot are not looked up.
func (s *Scope) Lookup(name string) (symbol Symbol, ok bool) {
	if i, ok := s.byName[name]; ok {
		return s.locals[i], true
	}
	if symbol, ok := s.outlined(name, s.hole.Start); ok {
		return symbol, true
	}
	if s.pkg.declares(name) {
		return Symbol{name, KindPackageLevel, -1}, true
	}
	if s.lang.Builtin(name) {
		return Symbol{name, KindBuiltin, -1}, true
	}
	return Symbol{}, false
}

// outlined looks a name up in the outline, as seen from an offset.
func (s *Scope) outlined(name string, offset int) (symbol Symbol, ok bool) {
	if s.outline == nil {
		return Symbol{}, false
	}
	inner := -1
	// Of several, the innermost counts, and of those the last.
	consider := func(o *outlined) {
		in := o.container.start
		if (in > inner || in == inner && o.Start >= symbol.Start) && s.sees(o, offset) {
			symbol, inner, ok = o.Symbol, in, true
		}
	}
	for i := range s.changed {
		if s.changed[i].Name == name {
			consider(&s.changed[i])
		}
	}
	for _, i := range s.outline.base.names[name] {
		if o, there := s.unchanged(i); there {
			consider(&o)
		}
	}
	return symbol, ok
}

// unchanged returns a symbol of the outline's baseline as it is now; ok is
// false if it is no longer there, or in the hole.
func (s *Scope) unchanged(i int32) (o outlined, ok bool) {
	o, ok = s.outline.unchanged(i)
	return o, ok && !s.hole.cuts(o.Start, o.end)
}

// cuts says whether [start, end) is in the span or has it inside, in part at
// least.
func (s Span) cuts(start, end int) bool { return start < s.End && s.Start < end }

// sees says whether a name of the outline is visible at an offset.
func (s *Scope) sees(o *outlined, offset int) bool {
	if o.dotted {
		return false
	}
	if c := o.container; c.kind != markNone {
		inside := c.start <= offset && offset <= c.end && (c.kind != markBody || s.function <= c.start)
		if !inside && !(s.members && o.Kind == KindMember) {
			return false
		}
	}
	return o.hoisted || o.from <= offset || s.lang.lateBinding && s.function >= 0
}

// Visible returns the symbols that can be named at the hole: those of the
// functions around it, innermost first, then those of the file, and in the end
// those of the package. Names that an inner scope hides are left out.
func (s *Scope) Visible() iter.Seq[Symbol] {
	return func(yield func(Symbol) bool) {
		for _, symbol := range s.locals {
			if !yield(symbol) {
				return
			}
		}
		seen := map[string]bool{}
		once := func(name string) bool {
			if seen[name] {
				return true
			}
			seen[name] = true
			if _, local := s.byName[name]; local {
				return true
			}
			symbol, ok := s.Lookup(name)
			return !ok || symbol.Kind == KindBuiltin || yield(symbol)
		}
		for _, o := range s.changed {
			if !once(o.Name) {
				return
			}
		}
		if s.outline != nil {
			for _, o := range s.outline.base.symbols {
				if !once(o.Name) {
					return
				}
			}
		}
		for _, name := range s.pkg.sorted() {
			if !once(name) {
				return
			}
		}
	}
}

// Owed returns the names that are used after the hole, in the function around
// it or in what follows it on the top level, and that nothing declares: the
// hole should. They are in the order of their first use. Of a function that is
// too long to be read as a whole there are none.
func (s *Scope) Owed() []string { return slices.Clone(s.owed) }

// Member says whether a name is a field or method of a type that the file, or
// for Go the package, declares.
func (s *Scope) Member(name string) bool {
	if s.outline != nil {
		for i := range s.changed {
			if s.changed[i].Name == name && s.changed[i].Kind == KindMember {
				return true
			}
		}
		for _, i := range s.outline.base.names[name] {
			if o, there := s.unchanged(i); there && o.Kind == KindMember {
				return true
			}
		}
	}
	return s.pkg.member(name)
}

// Certain says whether all declarations are in sight: without that, no name is
// known to be undeclared.
func (s *Scope) Certain() bool {
	return s.complete && (s.lang != goLang || s.pkg != nil) && (s.pkg == nil || !s.pkg.partial)
}

// Undeclared says whether it is certain that nothing declares the name at the
// hole. It is not where declarations are out of sight: in a file without a
// syntax tree or with errors besides the hole, in a function that is too long,
// behind an import of everything, in a header, in other files of the package.
func (s *Scope) Undeclared(name string) bool {
	if !s.Certain() {
		return false
	}
	if s.lang.ambientTypes && isUpper(name) {
		return false
	}
	if _, ok := s.Lookup(name); ok {
		return false
	}
	return !s.lang.Keyword(name)
}
