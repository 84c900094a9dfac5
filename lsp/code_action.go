package lsp

import (
	"context"
	"slices"
	"strings"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"
)

// A fill is what a code action carries from the list to the moment when the user has chosen it.
type fill struct {
	URI     uri.URI        `json:"uri"`
	Version int32          `json:"version"`
	Range   protocol.Range `json:"range"`
}

// codeAction handles textDocument/codeAction: "Fill here" writes at the cursor, or in place of what is selected. It is
// a rewriting refactoring, the kind that clients offer at any place, not only where something is wrong.
//
// Clients ask for the list whenever the cursor rests, so the model does not run before codeAction/resolve. To a client
// that does not resolve edits nothing is offered that would come to nothing.
func (s *session) codeAction(_ context.Context, params *protocol.CodeActionParams) (work, error) {
	actions := []protocol.CommandOrCodeAction{}
	snapshot := s.snapshot(params.TextDocument.URI)
	if snapshot != nil && s.Completer != nil && s.client.resolvesCodeActions && wanted(params.Context.Only) {
		data, err := protocol.Marshal(fill{snapshot.URI, snapshot.Version, params.Range})
		if err != nil {
			return nil, err
		}
		actions = append(actions, &protocol.CodeAction{
			Title: "Fill here with seedls",
			Kind:  new(protocol.CodeActionKindRefactorRewrite),
			Data:  data,
		})
	}
	return func() (any, error) { return actions, nil }, nil
}

// wanted reports whether a client that wants only some kinds of actions, or those below them, wants ours.
func wanted(only []protocol.CodeActionKind) bool {
	return len(only) == 0 || slices.ContainsFunc(only, func(kind protocol.CodeActionKind) bool {
		return kind == "" || strings.HasPrefix(string(protocol.CodeActionKindRefactorRewrite)+".", string(kind)+".")
	})
}

// resolveCodeAction handles codeAction/resolve: it runs the model and returns the action with its edit.
func (s *session) resolveCodeAction(ctx context.Context, action *protocol.CodeAction) (work, error) {
	var f fill
	if err := protocol.Unmarshal(action.Data, &f); err != nil || f.URI == "" {
		return nil, jsonrpc2.NewError(jsonrpc2.InvalidParams, "codeAction/resolve: the action is not one of ours")
	}
	snapshot, config := s.snapshot(f.URI), s.current.Load()
	if snapshot == nil || snapshot.Version != f.Version {
		return nil, protocol.ErrContentModified
	}
	return func() (any, error) {
		start, end := snapshot.Offsets(f.Range)
		texts, err := s.suggest(ctx, config, hole{snapshot: snapshot, start: start, end: end}, config.single())
		if err != nil {
			return nil, err
		}
		if newest := s.snapshot(f.URI); newest == nil || newest.Version != f.Version {
			return nil, protocol.ErrContentModified
		}
		if len(texts) == 0 {
			return nil, jsonrpc2.NewError(codeRequestFailed, "seedls found nothing fit to fill in here")
		}
		action.Edit = s.workspaceEdit(f, protocol.TextEdit{Range: snapshot.Range(start, end), NewText: texts[0]})
		return action, nil
	}, nil
}

// workspaceEdit wraps an edit of a document, with its version where the client can check that.
func (s *session) workspaceEdit(f fill, edit protocol.TextEdit) *protocol.WorkspaceEdit {
	if !s.client.versionsEdits {
		return &protocol.WorkspaceEdit{Changes: map[uri.URI][]protocol.TextEdit{f.URI: {edit}}}
	}
	return &protocol.WorkspaceEdit{DocumentChanges: []protocol.DocumentChange{&protocol.TextDocumentEdit{
		TextDocument: protocol.OptionalVersionedTextDocumentIdentifier{
			TextDocumentIdentifier: protocol.TextDocumentIdentifier{URI: f.URI},
			Version:                &f.Version,
		},
		Edits: []protocol.TextDocumentEditElement{&edit},
	}}}
}
