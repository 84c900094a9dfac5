// Package nextedit guesses the edit that a user makes next from those that they just made: a rename that was begun is
// carried to the other places that name the same thing, a parameter that a function gained or lost to its calls.
//
// It is pure, and runs no model. What it is certain of has its text; where something has to be thought of, it says
// where, and the model fills the hole:
//
//	next, err := nextedit.Next(ctx, snapshot, cursor)
//
// An edit that is accepted comes back as the newest edit of the document, so that the next call finds the next place.
package nextedit

import (
	"cmp"
	"context"
	"slices"

	"seedls/lsp/document"
	"seedls/structure"
)

// maxGuesses bounds how many renames the recent edits are taken for.
const maxGuesses = 4

// An Edit is proposed: Text and After in place of the bytes [Start, End) of the document.
type Edit struct {
	Start, End  int
	Text, After string
	// Open says that an argument of a call belongs between Text and After, and is not known.
	Open bool
}

// Next returns the edit that is the most likely after the recent edits of a document, of several the first after the
// cursor, and else the nearest before it; nil if there is none. The error is ctx's, or a fault of the language's queries.
func Next(ctx context.Context, s *document.Snapshot, cursor int) (*Edit, error) {
	if len(s.Recent) == 0 || !s.Language.HasGrammar() {
		return nil, nil
	}
	tree, err := s.Tree(ctx)
	if err != nil {
		return nil, err
	}
	edits, err := renames(ctx, tree, s.Recent)
	if err == nil && len(edits) == 0 {
		edits, err = calls(ctx, tree, s.Recent)
	}
	if err != nil || len(edits) == 0 {
		return nil, err
	}
	return slices.MinFunc(edits, func(a, b *Edit) int {
		return cmp.Compare(distance(a.Start, cursor, len(s.Text)), distance(b.Start, cursor, len(s.Text)))
	}), nil
}

// distance orders places: those after the cursor, and then, from the nearest on, those before it.
func distance(place, cursor, length int) int {
	if place >= cursor {
		return place - cursor
	}
	return length + cursor - place
}

// renames returns the changes that carry on the rename that the last edits were part of. What the user typed is the
// newest change, seen over ever more edits: the first that is from one name to another, of a thing with other places.
func renames(ctx context.Context, tree *structure.Tree, recent []document.Replacement) ([]*Edit, error) {
	type guess struct{ old, new string }
	bursts := map[guess]*burst{} // the longest of each
	var guesses []guess
	b := &burst{text: tree.Text()}
	for i, e := range slices.Backward(recent) {
		b.before(e)
		if i > 0 && continues(recent[i-1], e) {
			continue // a part of a word that is being typed
		}
		c := b.changes[b.newest]
		if b.text[c.start:c.end] == c.old {
			break // it was taken back
		}
		c, ok := b.words(c)
		g := guess{c.old, b.text[c.start:c.end]}
		if !ok || g.old == g.new || tree.Language().Keyword(g.new) || tree.Language().Keyword(g.old) ||
			!hasWord(b.text, g.old) {
			continue
		}
		if bursts[g] == nil {
			if len(guesses) == maxGuesses {
				break
			}
			guesses = append(guesses, g)
		}
		bursts[g] = &burst{b.text, slices.Clone(b.changes), b.newest}
	}
	for _, g := range guesses {
		edits, err := bursts[g].rename(ctx, tree, g.old, g.new)
		if err != nil || len(edits) > 0 {
			return edits, err
		}
	}
	return nil, nil
}

// continues reports whether an edit goes on typing, or deleting, where the one before it stopped.
func continues(before, e document.Replacement) bool {
	end := before.Start + len(before.New)
	return end == e.Start || end == e.Start+len(e.Old)
}

// rename returns the changes that complete the rename of what was old where the newest change is. What names the same
// thing is seen in the text before it; where something there is new already, that was no rename.
func (b *burst) rename(ctx context.Context, tree *structure.Tree, old, now string) ([]*Edit, error) {
	var done []change
	site := -1
	for i, c := range b.changes {
		c, ok := b.words(c)
		if !ok || c.old != old || b.text[c.start:c.end] != now {
			continue
		}
		if i == b.newest {
			site = c.start + len(done)*(len(old)-len(now))
		}
		done = append(done, c)
	}
	text, edits := b.undone(done)
	before, err := tree.Reparse(ctx, text, edits)
	if err != nil {
		return nil, err
	}
	references, err := before.References(ctx)
	if err != nil {
		return nil, err
	}
	if references.Declared(now, site) {
		return nil, nil
	}
	var left []*Edit
	shift := 0 // from the text before to the text now
	for _, s := range references.Same(site) {
		if len(done) > 0 && done[0].start == s.Start+shift {
			shift += len(now) - len(old)
			done = done[1:]
			continue
		}
		if !references.Declared(now, s.Start) {
			left = append(left, &Edit{Start: s.Start + shift, End: s.End + shift, Text: now})
		}
	}
	return left, nil
}
