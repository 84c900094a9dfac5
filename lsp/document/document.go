// Package document keeps the text of the buffers that an editor has open, as the Language Server Protocol describes
// it: in versions, by edits, in positions of line and character.
//
// A [Store] follows the editor. Each change makes a new [Snapshot], and a snapshot never changes, so a request that
// took one works on the text it was about for as long as it likes while the user types on:
//
//	store := document.NewStore(document.Negotiate(offered))
//	store.Open(item)
//	store.Change(uri, version, changes)
//	snapshot, err := store.Snapshot(uri)
//	cursor := snapshot.Offset(position)
//
// An editor that sends what cannot be applied never stops the server: positions outside the text are taken as the
// nearest inside, as the protocol asks, and a document whose text is no longer known says so until the editor sends
// it whole again.
package document

import (
	"context"
	"slices"
	"strings"
	"sync"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"seedls/cache"
	"seedls/structure"
)

// Limits of a store.
const (
	// MaxBytes is the longest text kept, in bytes. A longer document counts as open but has no text.
	MaxBytes = 16 << 20
	// MaxTotalBytes bounds the texts of all documents of a store together. One that goes beyond it counts as open but has
	// no text.
	MaxTotalBytes = 256 << 20
	// MaxOpen is the number of documents that may be open at a time.
	MaxOpen = 4096
	// maxEdits is how many edits may lie between a syntax tree and the text that it is brought up to; after more, the
	// text is parsed from scratch.
	maxEdits = 256
	// maxRecent is how many edits a snapshot remembers with their texts, and maxRecentBytes the longest that is one of
	// somebody who types: a longer one is a new beginning.
	maxRecent      = 64
	maxRecentBytes = 4 << 10
)

// A Snapshot is the text of a document at one version. It must be considered immutable, and is safe for concurrent
// use.
type Snapshot struct {
	URI      uri.URI
	Language *structure.Language
	// LanguageID is what the editor calls the language, of which Language may know nothing.
	LanguageID string
	Version    int32
	Text       string
	// Recent are the edits that led to the text, as far as they are remembered, the newest last.
	Recent []Replacement

	encoding protocol.PositionEncodingKind
	trees    *cache.LRU[uri.URI, parse]
	// id tells snapshots apart where an editor repeats version numbers, and edits leads here from those before.
	id    int64
	edits []edit

	indexOnce sync.Once
	index     []int // byte offsets at which lines start
}

// A Replacement is an edit of a text with what it took away: at the byte Start, Old became New.
type Replacement struct {
	Start    int
	Old, New string
}

// An edit is what turned the snapshot with an id into the next.
type edit struct {
	from int64
	structure.Edit
}

// A parse is the syntax tree of the snapshot with an id.
type parse struct {
	id   int64
	tree *structure.Tree
}

// Tree returns the syntax tree of the text. It is derived from the tree of an earlier version where one is at hand, and
// made when first asked for: documents change without waiting for a parse. The error is ctx's.
func (s *Snapshot) Tree(ctx context.Context) (*structure.Tree, error) {
	tree, err := s.parse(ctx)
	if err != nil {
		return nil, err
	}
	s.trees.Put(s.URI, parse{s.id, tree}, tree.Bytes())
	return tree, nil
}

func (s *Snapshot) parse(ctx context.Context) (*structure.Tree, error) {
	if last, ok := s.trees.Get(s.URI); ok {
		if last.id == s.id {
			return last.tree, nil
		}
		if i := slices.IndexFunc(s.edits, func(e edit) bool { return e.from == last.id }); i >= 0 {
			var since []structure.Edit
			for _, e := range s.edits[i:] {
				since = append(since, e.Edit)
			}
			return last.tree.Reparse(ctx, s.Text, since)
		}
	}
	return structure.Parse(ctx, s.Language, s.Text)
}

// TreeAfter returns the syntax tree that the text would have with the bytes [start, end) replaced.
func (s *Snapshot) TreeAfter(ctx context.Context, start, end int, text string) (*structure.Tree, error) {
	tree, err := s.Tree(ctx)
	if err != nil || s.Text[start:end] == text {
		return tree, err
	}
	replaced := s.Text[:start] + text + s.Text[end:]
	return tree.Reparse(ctx, replaced, []structure.Edit{{Start: start, OldEnd: end, NewEnd: start + len(text)}})
}

// remember returns the edits up to the one that replaced the bytes [start, end) of the text. It keeps copies, so that
// neither texts nor messages stay in memory for a few words of theirs.
func (s *Snapshot) remember(start, end int, text string) []Replacement {
	if end-start > maxRecentBytes || len(text) > maxRecentBytes {
		return nil
	}
	recent := append(slices.Clip(s.Recent), Replacement{start, strings.Clone(s.Text[start:end]), strings.Clone(text)})
	return recent[max(0, len(recent)-maxRecent):]
}

// derive makes a later snapshot of the same document.
func (s *Snapshot) derive(id int64, version int32, text string, edits []edit) *Snapshot {
	return &Snapshot{
		URI:      s.URI,
		Language: s.Language,
		Version:  version,

		LanguageID: s.LanguageID,
		Text:       text,
		encoding:   s.encoding,
		trees:      s.trees,
		id:         id,
		edits:      edits,
	}
}
