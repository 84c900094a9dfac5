package document

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"seedls/cache"
	"seedls/structure"
)

// Why there is no snapshot of a document.
var (
	ErrNotOpen  = errors.New("document is not open")
	ErrTooLarge = fmt.Errorf("document is larger than %d MiB", MaxBytes>>20)
	ErrUnsynced = errors.New("document is out of step with the editor, until it is opened again")
	ErrTooMuch  = fmt.Errorf("the open documents together are larger than %d MiB: close some", MaxTotalBytes>>20)
	ErrTooMany  = fmt.Errorf("more than %d documents are open", MaxOpen)
)

// treeBudgetBytes bounds the syntax trees of all documents of a store together.
const treeBudgetBytes = 64 << 20

// A Store holds the documents that an editor has open. It is safe for concurrent use; changes take effect in the
// order of the calls.
type Store struct {
	encoding protocol.PositionEncodingKind
	trees    *cache.LRU[uri.URI, parse]

	mu     sync.Mutex
	open   map[uri.URI]state
	bytes  int // of the texts
	lastID int64
}

// NewStore makes an empty store for an editor that counts characters in the given encoding.
func NewStore(encoding protocol.PositionEncodingKind) *Store {
	return &Store{
		encoding: encoding,
		trees:    cache.NewLRU[uri.URI, parse](treeBudgetBytes),
		open:     make(map[uri.URI]state),
	}
}

// Open adds a document, or replaces it if it is open already. An error means that it has no snapshot.
func (s *Store) Open(item protocol.TextDocumentItem) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, open := s.open[item.URI]; !open && len(s.open) >= MaxOpen {
		return ErrTooMany
	}
	// The message that the names are part of must not live as long as the document.
	name, id := uri.URI(strings.Clone(string(item.URI))), strings.Clone(string(item.LanguageID))
	language := structure.LanguageForID(id)
	if language.Name() == "plain" {
		language = structure.LanguageForPath(name.Path())
	}
	next := state{snapshot: &Snapshot{URI: name, Language: language, LanguageID: id, encoding: s.encoding, trees: s.trees}}
	next.replace(s.nextID(), item.Version, item.Text)
	return s.keep(name, next)
}

// keep makes next the state of a document.
func (s *Store) keep(name uri.URI, next state) error {
	others := s.bytes - s.open[name].bytes()
	if others+next.bytes() > MaxTotalBytes {
		next.replace(s.nextID(), next.snapshot.Version, "")
		next.err = ErrTooMuch
	}
	s.bytes = others + next.bytes()
	s.open[name] = next
	return next.err
}

// A Change is an edit as the protocol has it: new text for a range, or for the whole document where there is no range.
//
// The protocol package has a union type for this, which takes an edit whose range it cannot decode for a new text.
type Change struct {
	Range *protocol.Range `json:"range"`
	Text  *string         `json:"text"`
}

// Change applies the edits of one notification in their order. An error means that the document has no snapshot until
// the editor sends its whole text again.
func (s *Store) Change(name uri.URI, version int32, changes []Change) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	next, open := s.open[name]
	if !open {
		return ErrNotOpen
	}
	for _, change := range changes {
		switch {
		case change.Text == nil:
			next.err = ErrUnsynced
		case change.Range == nil:
			next.replace(s.nextID(), version, *change.Text)
		default:
			next.splice(s.nextID(), version, *change.Range, *change.Text)
		}
	}
	return s.keep(name, next)
}

// Lose says that an edit of a document was lost, so that its text is not known until the editor sends it whole.
func (s *Store) Lose(name uri.URI) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if state, open := s.open[name]; open {
		state.err = ErrUnsynced
		s.open[name] = state
	}
}

// Close drops a document. Snapshots of it remain usable.
func (s *Store) Close(name uri.URI) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bytes -= s.open[name].bytes()
	delete(s.open, name)
	s.trees.Take(name)
}

// Snapshot returns the newest snapshot of a document, or why there is none.
func (s *Store) Snapshot(name uri.URI) (*Snapshot, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	state, open := s.open[name]
	switch {
	case !open:
		return nil, ErrNotOpen
	case state.err != nil:
		return nil, state.err
	}
	return state.snapshot, nil
}

// Size counts the documents that are open, and the bytes of their texts.
func (s *Store) Size() (open, bytes int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.open), s.bytes
}

func (s *Store) nextID() int64 {
	s.lastID++
	return s.lastID
}

// A state is what a store knows of an open document. The text of its snapshot holds only while err is nil.
type state struct {
	snapshot *Snapshot
	err      error
}

// bytes is what the text takes; 0 where nothing is known yet.
func (s state) bytes() int {
	if s.snapshot == nil {
		return 0
	}
	return len(s.snapshot.Text)
}

// replace makes text the whole text.
func (s *state) replace(id int64, version int32, text string) {
	s.err = nil
	if len(text) > MaxBytes {
		text, s.err = "", ErrTooLarge
	}
	s.snapshot = s.snapshot.derive(id, version, strings.ToValidUTF8(text, "\uFFFD"), nil)
}

// splice makes text the text of a range.
func (s *state) splice(id int64, version int32, r protocol.Range, text string) {
	if s.err != nil {
		return
	}
	old := s.snapshot
	start, end := old.Offsets(r)
	if len(old.Text)-(end-start)+len(text) > MaxBytes {
		s.replace(id, version, "")
		s.err = ErrTooLarge
		return
	}
	text = strings.ToValidUTF8(text, "\uFFFD")
	last := edit{old.id, structure.Edit{Start: start, OldEnd: end, NewEnd: start + len(text)}}
	edits := append(slices.Clip(old.edits), last)
	s.snapshot = old.derive(id, version, old.Text[:start]+text+old.Text[end:], edits[max(0, len(edits)-maxEdits):])
	s.snapshot.follow(old.lines(), last.Edit)
	s.snapshot.Recent = old.remember(start, end, text)
}
