package structure

import (
	"cmp"
	"context"
	"slices"
)

const (
	// windowBefore and windowAfter bound how much of a function is read around
	// a hole, in bytes; windowHeader is what is read of the beginning of a
	// longer one, and of each block of it.
	windowBefore = 32 << 10
	windowAfter  = 16 << 10
	windowHeader = 2 << 10
	// maxHeaders bounds how many beginnings are read.
	maxHeaders = 16
	// maxOwed bounds how many names a hole can owe.
	maxOwed = 256
)

// A window is the part of a section that is read around its hole. Offsets are
// the section's.
type window struct {
	*section
	cut        bool // the function begins before it
	names      *nesting
	chain      []int // the scopes around the hole, innermost first
	references []capture
}

// read finds the names and scopes of the outermost function around the hole,
// and the references after the hole there. Outside of functions, what follows
// the hole takes the function's place.
func (w *window) read(ctx context.Context) error {
	text, parsed := w.tree.text, w.tree.parsed
	around, err := parsed.captures(ctx, localsQuery, text, w.start, min(w.end+1, len(text)))
	if err != nil {
		return err
	}
	w.nest(around)
	from, to := w.start, min(w.end+windowAfter, len(text))
	var headers []int
	for _, i := range w.chain {
		if r := w.names.regions[i]; !r.kind.isContainer() {
			from = max(r.start, w.start-windowBefore)
			to = min(r.end, w.end+windowAfter)
			w.cut = r.start < from
			if w.cut && len(headers) < maxHeaders {
				headers = append(headers, r.start)
			}
		}
	}
	for _, start := range headers {
		header, err := parsed.captures(ctx, localsQuery, text, start, min(start+windowHeader, from))
		if err != nil {
			return err
		}
		around = append(around, header...)
	}
	inside, err := parsed.captures(ctx, localsQuery, text, from, to)
	if err != nil {
		return err
	}
	w.nest(append(around, inside...))
	if w.end < to {
		w.references, err = parsed.captures(ctx, referencesQuery, text, w.end, to)
	}
	return err
}

// nest sorts out what was found so far.
func (w *window) nest(captures []capture) {
	w.names = w.section.nest(captures)
	w.chain = w.chain[:0]
	for i := w.names.scopeOf(w.names.innermost(w.start, w.end)); i >= 0; i = w.names.above(i) {
		// A cursor at either end of a scope is outside.
		if r := w.names.regions[i]; w.start < w.end || r.start < w.start && w.end < r.end {
			w.chain = append(w.chain, i)
		}
	}
}

// function returns where the innermost function around the hole begins, or -1,
// and whether it sees the members of any class.
func (w *window) function() (start int, members bool) {
	start = -1
	for _, i := range w.chain {
		if r := w.names.regions[i]; r.kind == markFunction {
			if start < 0 {
				start = w.origin(r.start)
			}
			members = members || r.flags&flagMembers != 0
		}
	}
	return start, members
}

// visible returns the names of functions and blocks that can be named at the
// hole, innermost first, and their indices.
func (w *window) visible() ([]Symbol, map[string]int32) {
	type ranked struct {
		Symbol
		rank int // of its scope in the chain
	}
	var found []ranked
	inner := slices.IndexFunc(w.chain, func(i int) bool { return w.names.regions[i].kind == markFunction })
	for _, d := range w.names.definitions {
		rank := slices.Index(w.chain, d.scope)
		if d.Kind == KindLabel && d.scope < 0 {
			rank = len(w.chain)
		}
		late := w.tree.lang.lateBinding && 0 <= inner && inner < rank
		if rank < 0 || d.dotted || d.Kind != KindLabel && w.names.outlined(d.scope) ||
			!d.hoisted && !late && d.from > w.start {
			continue
		}
		found = append(found, ranked{d.Symbol, rank})
	}
	slices.SortStableFunc(found, func(a, b ranked) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), compareLabels(a.Kind, b.Kind), cmp.Compare(b.Start, a.Start))
	})
	var locals []Symbol
	byName := map[string]int32{}
	for _, r := range found {
		if _, hidden := byName[r.Name]; !hidden {
			byName[r.Name] = int32(len(locals))
			r.Start = w.origin(r.Start)
			locals = append(locals, r.Symbol)
		}
	}
	return locals, byName
}

// compareLabels puts labels last: no other name is hidden by one.
func compareLabels(a, b SymbolKind) int {
	switch {
	case a != KindLabel && b == KindLabel:
		return -1
	case a == KindLabel && b != KindLabel:
		return 1
	}
	return 0
}

// owed returns the names that are used after the hole and that neither the
// window nor s declares: none if the window does not have all declarations.
func (w *window) owed(s *Scope) []string {
	if w.cut {
		return nil
	}
	declared := map[string][]*definition{}
	names := map[int]bool{} // offsets of what is no reference
	for i := range w.names.definitions {
		d := &w.names.definitions[i]
		names[d.Start] = true
		if !d.dotted {
			declared[d.Name] = append(declared[d.Name], d)
		}
	}
	flags := map[int]markFlag{} // of the references that begin at an offset
	for _, c := range w.references {
		names[c.start] = names[c.start] || c.kind == markKey
		flags[c.start] |= c.flags
	}
	var owed []string
	seen := map[string]bool{}
	for _, c := range w.references {
		name := w.tree.text[c.start:c.end]
		if c.kind != markReference || c.start < w.fillEnd || names[c.start] || seen[name] || name == "_" {
			continue
		}
		is := flags[c.start]
		outOfSight := !s.complete && is&(flagCall|flagType) != 0 ||
			s.lang.ambientTypes && is&flagElement == 0 && (is&flagType != 0 || isUpper(name))
		if outOfSight || is&flagElement != 0 && !isUpper(name) {
			continue
		}
		if slices.ContainsFunc(declared[name], func(d *definition) bool { return w.names.sees(d, Span{c.start, c.end}) }) {
			continue
		}
		if s.pkg.declares(name) || s.lang.Builtin(name) || s.lang.Keyword(name) {
			continue
		}
		if _, ok := s.outlined(name, w.origin(c.start)); ok {
			continue
		}
		seen[name] = true
		if owed = append(owed, name); len(owed) == maxOwed {
			break
		}
	}
	return owed
}
