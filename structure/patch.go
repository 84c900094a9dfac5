package structure

import (
	"cmp"
	"context"
	"errors"
	"slices"
)

const (
	// minPatched is the length of texts, in bytes, from which on a small edit
	// has only its surroundings parsed again: the parser takes time for all
	// that is on the top level behind an edit.
	minPatched = 32 << 10
	// maxPatch bounds how many bytes around an edit are parsed then.
	maxPatch = 48 << 10
)

// A part of a text begins and ends with a node of the top level, its guards, or
// where the text does.
type part struct {
	from, to int
	// inner is what is between the guards. Where there is none, it is one byte
	// more than the text there.
	inner Span
}

// holds says whether edits are in the part and touch neither of its guards.
func (p part) holds(edits []Edit) bool {
	for _, e := range edits {
		if e.Start <= p.inner.Start || p.inner.End <= e.OldEnd {
			return false
		}
		p = p.after(e)
	}
	return true
}

// after returns the part in the text that an edit in it makes.
func (p part) after(e Edit) part {
	p.to += e.NewEnd - e.OldEnd
	p.inner.End += e.NewEnd - e.OldEnd
	return p
}

// A patched syntax is that of an earlier text, with what is now in a part of
// it. The last guard of the part is where the parser comes to agree with what
// it read in the earlier text, which goes on from there as it did.
type patched struct {
	base wholeSyntax
	text string // of base
	old  Span   // the part in that; it has no errors there
	part
	patch wholeSyntax // of the part's text
}

// reparse returns the syntax of the text that edits make of t's, which has one.
func (t *Tree) reparse(ctx context.Context, text string, edits []Edit) (syntax, error) {
	base, isWhole := t.parsed.(wholeSyntax)
	if !isWhole {
		p := t.parsed.(*patched)
		if p.holds(edits) {
			if next, err := p.follow(ctx, t.lang, text, edits); next != nil || err != nil {
				return next, err
			}
			return t.lang.grammar.parse(ctx, text, p.base, []Edit{p.edit(edits)})
		}
		var err error
		if base, err = t.lang.grammar.parse(ctx, t.text, p.base, []Edit{p.edit(nil)}); err != nil {
			return nil, err
		}
	}
	if p := patchOf(base, t.text, edits); p != nil && len(text) >= minPatched {
		if next, err := p.follow(ctx, t.lang, text, edits); next != nil || err != nil {
			return next, err
		}
	}
	return t.lang.grammar.parse(ctx, text, base, edits)
}

// patchOf returns the syntax of a text with a part around edits that is to be
// parsed, or nil if there is none that is short and sound.
func patchOf(base wholeSyntax, text string, edits []Edit) *patched {
	var all changes
	for _, e := range edits {
		var ok bool
		if all, ok = all.after(e); !ok {
			return nil
		}
	}
	if len(all) == 0 {
		return nil
	}
	around, ok := base.part(text, all[0].oldStart, all[len(all)-1].oldEnd)
	if !ok {
		return nil
	}
	return &patched{base: base, text: text, old: Span{around.from, around.to}, part: around}
}

// edit returns what made the text of base into the one that edits lead to.
func (p *patched) edit(edits []Edit) Edit {
	now := p.part
	for _, e := range edits {
		now = now.after(e)
	}
	return Edit{p.old.Start, p.old.End, now.to}
}

// follow returns the syntax after edits in the part; nil if what they make of
// it reaches beyond it, or is too much.
func (p *patched) follow(ctx context.Context, lang *Language, text string, edits []Edit) (syntax, error) {
	next := *p
	inPart := slices.Clone(edits)
	for i, e := range edits {
		next.part = next.after(e)
		inPart[i] = Edit{e.Start - p.from, e.OldEnd - p.from, e.NewEnd - p.from}
	}
	now := text[next.from:next.to]
	if len(now) > maxPatch || !parseable(lang, now) {
		return nil, nil
	}
	patch, err := lang.grammar.parse(ctx, now, p.patch, inPart)
	switch {
	case errors.Is(err, errParseLimit):
		return nil, nil
	case err != nil:
		return nil, err
	case next.inner.End <= len(text) && !patch.sound(next.inner.End-next.from):
		return nil, nil
	}
	next.patch = patch
	return &next, nil
}

// inBase returns where an offset outside of the part is in the text of base.
func (p *patched) inBase(offset int) int {
	if offset <= p.from {
		return offset
	}
	return offset - p.to + p.old.End
}

// moved returns where an offset of the text of base is that is outside of the
// part.
func (p *patched) moved(offset int) int {
	if offset <= p.old.Start {
		return offset
	}
	return offset - p.old.End + p.to
}

func (p *patched) balancedBefore(line int) int {
	switch {
	case line < p.from:
		return p.base.balancedBefore(line)
	case line < p.to:
		// What is wrong before the part reaches into it.
		start := p.from + p.patch.balancedBefore(line-p.from)
		if p.base.hasError() {
			start = min(start, p.base.balancedBefore(p.old.Start))
		}
		return start
	}
	start := p.moved(p.base.balancedBefore(p.inBase(line)))
	if p.patch.hasError() && line-p.to < errorReach {
		start = min(start, p.from+p.patch.balancedBefore(p.to-p.from))
	}
	return start
}

func (p *patched) bracketKind(text string, offset int) bracketKind {
	if p.from <= offset && offset < p.to {
		return p.patch.bracketKind(text[p.from:p.to], offset-p.from)
	}
	return p.base.bracketKind(p.text, p.inBase(offset))
}

func (p *patched) around(text string, start, end, reach int) (from, to int, ok bool) {
	now, guard := text[p.from:p.to], p.inner.Start-p.from
	switch {
	case p.inner.End < start:
		from, to, ok = p.base.around(p.text, p.inBase(start), p.inBase(end), p.inBase(reach))
		return p.moved(from), p.moved(to), ok
	case p.inner.Start <= start && end <= p.inner.End:
		from, to, ok = p.patch.around(now, start-p.from, end-p.from, reach-p.from)
		from, to = p.from+from, p.from+to
	case end <= p.inner.Start:
		from, to, ok = p.base.around(p.text, start, end, min(reach, p.inner.Start))
		inGuard := p.from < start && end < p.inner.Start
		if ok && !inGuard && to == p.inner.Start && to < reach {
			_, to, ok = p.patch.around(now, guard, guard, reach-p.from)
			to += p.from
		}
	}
	if ok && to == p.to && to < reach && p.inner.End <= len(text) {
		_, to, ok = p.base.around(p.text, p.old.End, p.old.End, p.inBase(reach))
		to = p.moved(to)
	}
	return from, to, ok
}

func (p *patched) errors() []Span {
	errs := p.patch.errors()
	for i := range errs {
		errs[i] = Span{p.from + errs[i].Start, p.from + errs[i].End}
	}
	if p.base.hasError() {
		for _, e := range p.base.errors() {
			errs = append(errs, Span{p.moved(e.Start), p.moved(e.End)})
		}
		slices.SortStableFunc(errs, func(a, b Span) int { return cmp.Compare(a.Start, b.Start) })
	}
	return errs[:min(len(errs), maxErrors)]
}

func (p *patched) hasError() bool { return p.patch.hasError() || p.base.hasError() }

func (p *patched) captures(ctx context.Context, kind queryKind, text string, start, end int) (found []capture, err error) {
	fromBase := func(start, end int) error {
		captures, err := p.base.captures(ctx, kind, p.text, start, end)
		for _, c := range captures {
			if c.end <= p.old.Start || p.old.End <= c.start {
				found = append(found, capture{c.meaning, p.moved(c.start), p.moved(c.end)})
			}
		}
		return err
	}
	if start < p.from {
		if err := fromBase(start, min(end, p.from)); err != nil {
			return nil, err
		}
	}
	if start < p.to && p.from < end {
		captures, err := p.patch.captures(ctx, kind, text[p.from:p.to], max(start, p.from)-p.from, min(end, p.to)-p.from)
		if err != nil {
			return nil, err
		}
		for _, c := range captures {
			found = append(found, capture{c.meaning, p.from + c.start, p.from + c.end})
		}
	}
	if p.to < end {
		err = fromBase(p.inBase(max(start, p.to)), p.inBase(end))
	}
	return found, err
}
