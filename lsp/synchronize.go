package lsp

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"time"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"seedls/lsp/completion"
	"seedls/lsp/document"
)

// didOpen handles textDocument/didOpen.
func (s *session) didOpen(ctx context.Context, req *jsonrpc2.Request) error {
	var params protocol.DidOpenTextDocumentParams
	if err := decode(req, &params); err != nil {
		return err
	}
	if err := s.documents.Open(params.TextDocument); err != nil {
		s.tell(ctx, protocol.MessageTypeWarning, fmt.Sprintf("nothing is completed in %s: %v", params.TextDocument.URI, err))
	}
	s.visit(params.TextDocument.URI)
	return nil
}

// didChange handles textDocument/didChange. An edit that cannot be read leaves the document unknown: to guess what it
// was would be to suggest nonsense.
func (s *session) didChange(req *jsonrpc2.Request) error {
	var params struct {
		TextDocument   protocol.VersionedTextDocumentIdentifier `json:"textDocument"`
		ContentChanges []document.Change                        `json:"contentChanges"`
	}
	if err := decode(req, &params); err != nil {
		var which struct {
			TextDocument protocol.TextDocumentIdentifier `json:"textDocument"`
		}
		if decode(req, &which) == nil {
			s.documents.Lose(which.TextDocument.URI)
		}
		return err
	}
	s.pace.edited(time.Now())
	if err := s.documents.Change(params.TextDocument.URI, params.TextDocument.Version, params.ContentChanges); err != nil {
		return err
	}
	s.visit(params.TextDocument.URI)
	return nil
}

// documentChange finds at the beginning of a message which document it is about, if it is about the text of one.
var documentChange = regexp.MustCompile(`(?s)"method"\s*:\s*"textDocument/did(?:Open|Change)".*?"uri"\s*:\s*("(?:[^"\\]|\\.)*")`)

// tooLong takes note of a message that is too long to be read, of which the beginning is known: the text of the document
// that it is about is not.
func (s *session) tooLong(head []byte) {
	var name uri.URI
	found := documentChange.FindSubmatch(head)
	if found == nil || s.phase.Load() != initialized || protocol.Unmarshal(found[1], &name) != nil {
		return
	}
	s.documents.Lose(name)
	s.tell(s.lifetime, protocol.MessageTypeWarning,
		fmt.Sprintf("nothing is completed in %s until it is opened again: a message about it was longer than %d MiB", name, maxFrame>>20))
}

// visit remembers where a document was edited last, or where one that was opened begins, if prompts are to have that of
// documents in which anything is completed.
func (s *session) visit(name uri.URI) {
	config, snapshot := s.current.Load(), s.snapshot(name)
	if snapshot == nil || !slices.Contains(config.Context, completion.RecentSource) || s.off(&config.Settings, snapshot) {
		return
	}
	offset := 0
	if n := len(snapshot.Recent); n > 0 {
		offset = snapshot.Recent[n-1].Start
	}
	s.places.Visit(string(name), snapshot.Text, offset)
}

// didClose handles textDocument/didClose.
func (s *session) didClose(req *jsonrpc2.Request) error {
	var params protocol.DidCloseTextDocumentParams
	if err := decode(req, &params); err != nil {
		return err
	}
	name := params.TextDocument.URI
	s.documents.Close(name)
	s.current.Load().shown.Forget(string(name))
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, working := range []map[uri.URI]context.CancelFunc{s.inline, s.next} {
		if cancel, ok := working[name]; ok {
			cancel()
			delete(working, name)
		}
	}
	return nil
}

// snapshot returns the newest snapshot of a document; nil where there is none, for which requests have empty answers:
// an editor would show each error to its user.
func (s *session) snapshot(name uri.URI) *document.Snapshot {
	snapshot, err := s.documents.Snapshot(name)
	if err != nil {
		s.Logger.Debug("request for a document without text", "uri", name, "error", err)
		return nil
	}
	return snapshot
}
