package structure

import "context"

// An outline is what a file declares outside of functions: its top level,
// namespaces and classes. Versions of a buffer share the outline of an earlier
// one, and look only at what changed since. It is immutable.
type outline struct {
	base    *baseline
	changes changes // of the text since base
	edits   int     // how many made them
}

// maxFollowed is how many edits are followed, so that what they did to the
// declarations around them, which stay as they were, is seen in the end.
const maxFollowed = 200

// A baseline is the outline of one text.
type baseline struct {
	symbols    []outlined
	names      map[string][]int32 // indices of symbols
	clean      bool               // the text had no syntax errors
	errors     Span               // where they were, if it had some
	incomplete bool               // see nesting
}

// An outlined is a definition in an outline.
type outlined struct {
	definition
	// container is the class or namespace it is in; the zero region for the
	// file.
	container region
}

// at returns the definition with its offsets taken elsewhere by a function.
func (d outlined) at(moved func(int) int) outlined {
	d.Start, d.end, d.from = moved(d.Start), moved(d.end), moved(d.from)
	if d.container.kind != markNone {
		d.container.start, d.container.end = moved(d.container.start), moved(d.container.end)
	}
	return d
}

// after returns the outline of the text that an edit makes, or nil if that is
// better looked at as a whole.
func (o *outline) after(edits []Edit) *outline {
	if o == nil {
		return nil
	}
	next := &outline{o.base, o.changes, o.edits + len(edits)}
	for _, e := range edits {
		var ok bool
		if next.changes, ok = next.changes.after(e); !ok {
			return nil
		}
	}
	return next
}

// outlineNow returns the outline of the tree, which has a syntax tree. It reads
// the whole file if no outline is at hand, or if now there are no errors and the
// one at hand is of a text that had some, or has followed many edits. What is read then is the tree with the
// hole filled, if s is that.
func (t *Tree) outlineNow(ctx context.Context, s *section) (*outline, error) {
	tree, edits := t, []Edit(nil)
	if s.whole && s.tree != t && s.tree.parsed != nil {
		tree, edits = s.tree, []Edit{{s.hole.Start, s.fillEnd, s.hole.End}}
	}
	clean := !tree.parsed.hasError()
	if o := t.outline.Load(); o != nil && (!clean || o.base.clean && o.edits < maxFollowed) {
		return o, nil
	}
	found, err := tree.parsed.captures(ctx, outlineQuery, tree.text, 0, len(tree.text))
	if err != nil {
		return nil, err
	}
	n := newNesting(t.lang, tree.text, found)
	b := &baseline{names: map[string][]int32{}, clean: clean, incomplete: n.incomplete}
	n.eachOutlined(func(s outlined) {
		b.names[s.Name] = append(b.names[s.Name], int32(len(b.symbols)))
		b.symbols = append(b.symbols, s)
	})
	if errs := tree.parsed.errors(); len(errs) == maxErrors {
		b.errors = Span{0, len(tree.text)}
	} else if len(errs) > 0 {
		b.errors = errs[0]
		for _, e := range errs {
			b.errors = Span{min(b.errors.Start, e.Start), max(b.errors.End, e.End)}
		}
	}
	o := &outline{base: b}
	for _, e := range edits {
		o.changes, _ = o.changes.after(e)
	}
	t.outline.Store(o)
	return o, nil
}

// eachOutlined calls f for what is declared outside of functions, and for
// members wherever they are.
func (n *nesting) eachOutlined(f func(outlined)) {
	for _, d := range n.definitions {
		if !d.dotted && !n.outlined(d.scope) {
			continue
		}
		s := outlined{definition: d}
		if d.scope >= 0 {
			s.container = n.regions[d.scope]
		}
		f(s)
	}
}

// changed returns what is declared in the section, unless that is the whole
// text, and in the places of t's text that changed, and whether it is
// incomplete.
func (o *outline) changed(ctx context.Context, t *Tree, s *section) (symbols []outlined, incomplete bool, err error) {
	asItIs := func(captures []capture) *nesting { return newNesting(t.lang, t.text, captures) }
	add := func(tree *Tree, start, end int, nest func([]capture) *nesting, origin func(int) int) error {
		found, err := tree.parsed.captures(ctx, outlineQuery, tree.text, max(0, start-1), min(len(tree.text), end+1))
		if err != nil {
			return err
		}
		n := nest(found)
		incomplete = incomplete || n.incomplete
		n.eachOutlined(func(d outlined) {
			if start <= d.end && d.Start <= end {
				symbols = append(symbols, d.at(origin))
			}
		})
		return nil
	}
	known := s.tree.parsed != nil
	if known && !s.whole {
		if err := add(s.tree, 0, len(s.tree.text), s.nest, s.origin); err != nil {
			return nil, false, err
		}
	}
	for _, c := range o.changes {
		switch {
		case known && s.whole:
			err = add(s.tree, s.inside(c.start), s.inside(c.end), s.nest, s.origin)
		case !known || c.start < s.from || s.to < c.end:
			err = add(t, c.start, c.end, asItIs, func(offset int) int { return offset })
		}
		if err != nil {
			return nil, false, err
		}
	}
	return symbols, incomplete, nil
}

// soundWith says whether the outline and the section together miss nothing:
// errors that the baseline had are in the section, and it has none.
func (o *outline) soundWith(s *section) bool {
	errors := o.base.errors
	return !s.tree.parsed.hasError() &&
		(o.base.clean || s.from <= o.changes.moved(errors.Start) && o.changes.moved(errors.End) <= s.to)
}

// unchanged returns a symbol of the baseline as it is now; ok is false when it
// is no longer there.
func (o *outline) unchanged(i int32) (s outlined, ok bool) {
	s = o.base.symbols[i]
	if len(o.changes) == 0 {
		return s, true
	}
	if o.changes.touches(s.Start, s.end) {
		return s, false
	}
	if o.changes.touches(s.from, s.from) {
		s.from = s.end // where its declaration ends now is not known
	}
	return s.at(o.changes.moved), true
}
