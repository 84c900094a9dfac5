package lsp

import (
	"context"
	"sync"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"

	"seedls/engine/diffusion/trace"
	"seedls/lsp/completion"
)

const (
	// methodExplain asks why a completion is what it is.
	methodExplain = "seedls/explain"
	// untoldSteps is how many steps may wait to be told. A client that is slower than the model misses some, and has all
	// in the answer.
	untoldSteps = 64
)

// An Explainer is a [Completer] that can say how a completion came about, and gives each step as it is done to a function
// that may be nil.
type Explainer interface {
	Explain(context.Context, completion.Request, func(trace.Frame)) (*completion.Explanation, error)
}

type explainParams struct {
	TextDocument       protocol.TextDocumentIdentifier `json:"textDocument"`
	Position           protocol.Position               `json:"position"`
	PartialResultToken protocol.LSPAny                 `json:"partialResultToken"`
}

// explain handles seedls/explain, of a document and a position in it: it completes there, anew and without showing
// anything, under the user's settings, and answers with what "seedls complete --explain --json" prints. Where nothing is
// completed, the error says why. With a partialResultToken, each step is also told as it is done, as the value of
// $/progress.
func (s *session) explain(ctx context.Context, params *explainParams) (work, error) {
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
		var each func(trace.Frame)
		if params.PartialResultToken != nil {
			steps := make(chan trace.Frame, untoldSteps)
			var telling sync.WaitGroup
			telling.Go(func() { s.tellSteps(ctx, params.PartialResultToken, steps) })
			defer telling.Wait()
			defer close(steps)
			each = func(step trace.Frame) {
				select {
				case steps <- step:
				default:
				}
			}
		}
		var explanation *completion.Explanation
		_, err = s.compute(ctx, func() (*completion.Result, error) {
			explained, err := explainer.Explain(ctx, request, each)
			if err != nil {
				return nil, err
			}
			explanation = explained
			return explained.Result, nil
		})
		return explanation, err
	}, nil
}

// tellSteps tells the client steps under its token, until there are no more.
func (s *session) tellSteps(ctx context.Context, token protocol.LSPAny, steps <-chan trace.Frame) {
	for step := range steps {
		err := s.conn.Notify(ctx, protocol.MethodProgress, struct {
			Token protocol.LSPAny `json:"token"`
			Value trace.Frame     `json:"value"`
		}{token, step})
		if err != nil {
			s.Logger.Warn("step for the client", "error", err)
		}
	}
}
