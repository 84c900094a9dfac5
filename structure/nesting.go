package structure

import (
	"cmp"
	"slices"
	"sort"
	"unicode"
	"unicode/utf8"
)

// A nesting holds the scopes that a query found, one in the other, and the
// names that are declared in them.
type nesting struct {
	lang        *Language
	text        string
	regions     []region // by start, outer ones first
	definitions []definition
	incomplete  bool // a name may be declared that is not seen
	globals     map[scoped]bool
}

// A scoped name is one that a scope says it has from the file.
type scoped struct {
	scope int
	name  string
}

// A region is a scope, or what a definition in it is.
type region struct {
	meaning
	start, end int
	parent     int // its index, -1 for the file
}

// isScope says whether names are declared in regions of the kind.
func (k markKind) isScope() bool { return markBlock <= k && k <= markSignature }

// isContainer says whether a scope is one of declarations, as opposed to
// statements.
func (k markKind) isContainer() bool { return markClass <= k && k <= markTemplate }

// A definition is a symbol and where it is visible.
type definition struct {
	Symbol
	end   int // of its name
	scope int // the region it is declared in, -1 for the file
	from  int // where it begins to be visible, unless it is hoisted
	// hoisted says that it is visible in all of its scope, also before it.
	hoisted bool
	// dotted says that it is only declared behind a dot.
	dotted bool
}

// newNesting sorts out what a query of scopes and definitions found.
func newNesting(lang *Language, text string, captures []capture) *nesting {
	n := &nesting{lang: lang, text: text}
	var names []capture
	for _, c := range captures {
		switch {
		case c.kind >= markBlock:
			n.regions = append(n.regions, region{meaning: c.meaning, start: c.start, end: c.end})
		case c.kind == markDefinition, c.kind == markMember:
			names = append(names, c)
		case c.kind == markIncomplete:
			n.incomplete = true
		}
	}
	// Of regions that begin and end together, scopes are outside, and of those
	// the containers; a block is then nothing of its own.
	slices.SortFunc(n.regions, func(a, b region) int {
		scopes := cmp.Compare(b.kind, a.kind)
		if a.kind.isScope() != b.kind.isScope() {
			scopes = -scopes
		}
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(b.end, a.end), scopes, cmp.Compare(b.flags, a.flags))
	})
	n.regions = slices.CompactFunc(n.regions, func(a, b region) bool {
		return a.start == b.start && a.end == b.end && (a.kind == b.kind || a.kind.isScope() && b.kind == markBlock)
	})
	open := -1
	for i := range n.regions {
		r := &n.regions[i]
		for open >= 0 && n.regions[open].end <= r.start {
			open = n.regions[open].parent
		}
		r.parent, open = open, i
		if r.kind == markSignature && r.parent >= 0 && n.regions[r.parent].kind == markFunction {
			r.kind = markParameters
		}
	}
	// Of several marks of one name, the one that says most comes first.
	slices.SortStableFunc(names, func(a, b capture) int {
		return cmp.Or(cmp.Compare(a.start, b.start), -cmp.Compare(a.symbol, b.symbol), -cmp.Compare(a.flags, b.flags))
	})
	for i, c := range names {
		if i == 0 || names[i-1].start != c.start {
			n.define(c)
		}
	}
	for i := range n.definitions {
		if d := &n.definitions[i]; n.globals[scoped{d.scope, d.Name}] {
			d.scope, d.Kind = -1, KindPackageLevel
		}
	}
	return n
}

// innermost returns the index of the innermost region that holds [start, end),
// or -1.
func (n *nesting) innermost(start, end int) int {
	i := sort.Search(len(n.regions), func(i int) bool { return n.regions[i].start > start }) - 1
	for i >= 0 && n.regions[i].end < end {
		i = n.regions[i].parent
	}
	return i
}

// scopeOf returns the innermost scope that is region i or around it, or -1.
func (n *nesting) scopeOf(i int) int {
	for i >= 0 && !n.regions[i].kind.isScope() {
		i = n.regions[i].parent
	}
	return i
}

// above returns the scope around a scope, or -1.
func (n *nesting) above(scope int) int {
	if scope < 0 {
		return -1
	}
	return n.scopeOf(n.regions[scope].parent)
}

// define adds the definition that c is the name of.
func (n *nesting) define(c capture) {
	name := n.text[c.start:c.end]
	if c.flags&flagPath != 0 {
		name = importName(name)
	}
	if name == "" || name == "_" || c.flags&flagPattern != 0 && isUpper(name) {
		return
	}
	d := definition{
		Symbol: Symbol{Name: name, Kind: c.symbol, Start: c.start},
		end:    c.end, from: c.start, hoisted: c.flags&flagHoisted != 0, dotted: c.kind == markMember,
	}
	i := n.innermost(c.start, c.end)
	for ; i >= 0 && !n.regions[i].kind.isScope(); i = n.regions[i].parent {
		switch n.regions[i].kind {
		case markParameters:
			d.Kind = cmp.Or(d.Kind, KindParameter)
			d.hoisted = true
		case markReceiver:
			d.Kind = KindReceiver
			d.hoisted = true
		case markImport:
			d.Kind = cmp.Or(d.Kind, KindImport)
		case markTypes:
			d.Kind = cmp.Or(d.Kind, KindTypeParameter)
			d.hoisted = true
		case markAfter:
			if d.from == c.start {
				d.from = n.regions[i].end
			}
		}
	}
	switch {
	case c.flags&flagGlobal != 0:
		if n.globals == nil {
			n.globals = map[scoped]bool{}
		}
		n.globals[scoped{i, name}] = true
		i = -1
	case c.flags&flagFunction != 0:
		for i >= 0 && n.regions[i].kind == markBlock {
			i = n.above(i)
		}
	case c.flags&flagOuter != 0:
		i = n.above(i)
	}
	for i >= 0 && n.regions[i].kind == markTemplate && d.Kind != KindTypeParameter {
		i = n.above(i)
	}
	d.scope = i
	switch {
	case d.Kind != 0:
	case i < 0 || n.regions[i].kind == markNamespace:
		d.Kind = KindPackageLevel
	case n.regions[i].kind.isContainer():
		d.Kind = KindMember
	default:
		d.Kind = KindLocal
	}
	switch {
	case i >= 0 && n.regions[i].kind == markClass:
		d.hoisted = true
	case i < 0 || n.regions[i].kind == markNamespace:
		d.hoisted = d.hoisted || n.lang.hoists
	}
	n.definitions = append(n.definitions, d)
}

// outlined says whether a scope is one of the file's outline: itself and all
// around it are outside of functions.
func (n *nesting) outlined(scope int) bool {
	for ; scope >= 0; scope = n.above(scope) {
		if !n.regions[scope].kind.isContainer() {
			return false
		}
	}
	return true
}

// sees says whether the use of a name can be one of a definition of that name. A definition is a use of itself.
func (n *nesting) sees(d *definition, use Span) bool {
	if !d.hoisted && !n.lang.lateBinding && d.from > use.Start && d.Start != use.Start {
		return false
	}
	if d.scope < 0 {
		return true
	}
	scope := n.regions[d.scope]
	return scope.start <= use.Start && use.End <= scope.end
}

// isUpper says whether a name begins in upper case.
func isUpper(name string) bool {
	first, _ := utf8.DecodeRuneInString(name)
	return unicode.IsUpper(first)
}
