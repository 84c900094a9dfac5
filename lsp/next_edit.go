package lsp

import (
	"context"
	"strings"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"seedls/lsp/document"
	"seedls/lsp/nextedit"
	"seedls/structure"
)

// The methods by which Copilot's language server tells and is told more than the protocol has.
const (
	methodNextEdit        = "textDocument/copilotInlineEdit"
	methodDidFocus        = "textDocument/didFocus"
	methodDidShow         = "textDocument/didShowCompletion"
	methodDidAcceptPartly = "textDocument/didPartiallyAcceptCompletion"
	methodDidShowNextEdit = "textDocument/didShowInlineEdit"
)

// nextEditParams are those of textDocument/copilotInlineEdit.
type nextEditParams struct {
	TextDocument struct {
		URI     uri.URI `json:"uri"`
		Version *int32  `json:"version"`
	} `json:"textDocument"`
	Position protocol.Position `json:"position"`
}

// A nextEditItem is an edit that the client may show, and the command that says that it was accepted.
type nextEditItem struct {
	Text         string                                   `json:"text"`
	TextDocument protocol.VersionedTextDocumentIdentifier `json:"textDocument"`
	Range        protocol.Range                           `json:"range"`
	Command      protocol.Command                         `json:"command,omitzero"`
}

type nextEditList struct {
	Edits []nextEditItem `json:"edits"`
}

// nextEdit handles textDocument/copilotInlineEdit: the edit that follows from the last ones, or an empty list. A newer
// request for the same document cancels this one. The model runs only where something has to be thought of.
func (s *session) nextEdit(ctx context.Context, params *nextEditParams) (work, error) {
	snapshot, config := s.snapshot(params.TextDocument.URI), s.current.Load()
	list := &nextEditList{Edits: []nextEditItem{}}
	version := params.TextDocument.Version
	if snapshot == nil || !config.NextEdit || s.off(&config.Settings, snapshot) || version != nil && *version != snapshot.Version {
		return func() (any, error) { return list, nil }, nil
	}
	ctx = s.supersede(ctx, s.next, snapshot.URI)
	return func() (any, error) {
		next, err := nextedit.Next(ctx, snapshot, snapshot.Offset(params.Position))
		if err != nil || next == nil {
			return list, err
		}
		text := next.Text + next.After
		if next.Open {
			argument, err := s.argument(ctx, config, snapshot, next)
			if err != nil || argument == "" {
				return list, err
			}
			text = next.Text + argument + next.After
		}
		if !s.isNewest(snapshot) {
			return list, nil
		}
		list.Edits = append(list.Edits, nextEditItem{
			Text: text,
			TextDocument: protocol.VersionedTextDocumentIdentifier{
				TextDocumentIdentifier: protocol.TextDocumentIdentifier{URI: snapshot.URI}, Version: snapshot.Version,
			},
			Range:   snapshot.Range(next.Start, next.End),
			Command: s.accepting(nextSuggestion),
		})
		return list, nil
	}, nil
}

// argument has the model write the argument of a call that an edit leaves open; "" if what it writes is none.
func (s *session) argument(ctx context.Context, config *configuration, snapshot *document.Snapshot, e *nextedit.Edit) (string, error) {
	if s.Completer == nil {
		return "", nil
	}
	t := &task{snapshot: snapshot, Span: structure.Span{Start: e.Start, End: e.End}, config: config}
	request, err := s.writing(ctx, t, e.Text, e.After)
	if err != nil {
		return "", err
	}
	request.Options.Blocks = 1
	text, err := s.fill(ctx, t, request)
	if err != nil || !nextedit.IsArgument(text) {
		return "", err
	}
	return strings.TrimSpace(text), nil
}

// accepting is the command that counts a suggestion of a kind as accepted; none for clients that run no commands.
func (s *session) accepting(kind string) protocol.Command {
	if !s.client.executesCommands {
		return protocol.Command{}
	}
	return protocol.Command{Title: "Accepted", Command: commandAccepted, Arguments: []protocol.LSPAny{protocol.LSPAny(`"` + kind + `"`)}}
}

// didFocus handles textDocument/didFocus: what is under way for documents that the user has left is cancelled.
func (s *session) didFocus(req *jsonrpc2.Request) error {
	var params struct {
		TextDocument protocol.TextDocumentIdentifier `json:"textDocument"`
	}
	if err := decode(req, &params); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, working := range []map[uri.URI]context.CancelFunc{s.inline, s.next} {
		for name, cancel := range working {
			if name != params.TextDocument.URI {
				cancel()
				delete(working, name)
			}
		}
	}
	return nil
}
