package lsp

import (
	"context"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"

	"seedls/lsp/completion"
)

// methodExplain asks why a completion is what it is.
const methodExplain = "seedls/explain"

// An Explainer is a [Completer] that can say how a completion came about.
type Explainer interface {
	Explain(context.Context, completion.Request) (*completion.Explanation, error)
}

// explain handles seedls/explain, of a document and a position in it: it completes there, anew and without showing
// anything, under the user's settings, and answers with what "seedls complete --explain --json" prints. Where nothing is
// completed, the error says why.
func (s *session) explain(ctx context.Context, params *protocol.TextDocumentPositionParams) (work, error) {
	snapshot, config := s.snapshot(params.TextDocument.URI), s.current.Load()
	if snapshot == nil {
		return nil, jsonrpc2.Errorf(codeRequestFailed, "%s is not open, or its text is not known: open it anew", params.TextDocument.URI)
	}
	if s.off(&config.Settings, snapshot) {
		return nil, jsonrpc2.Errorf(codeRequestFailed, "the settings languages or disabledFor turn seedls off in %s", snapshot.URI)
	}
	explainer, ok := s.Completer.(Explainer)
	if !ok {
		return nil, jsonrpc2.Errorf(codeRequestFailed, "there is no model whose completions could be explained")
	}
	return func() (any, error) {
		request, err := s.requestFor(ctx, config, cursor(snapshot, snapshot.Offset(params.Position)), config.Options)
		if err != nil {
			return nil, err
		}
		return explainer.Explain(ctx, request)
	}, nil
}
