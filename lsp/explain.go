package lsp

import (
	"context"
	"sync"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"

	"seedls/engine/diffusion/trace"
	"seedls/lsp/completion"
	"seedls/structure"
)

const (
	// methodExplain is the request for a [completion.Explanation] of what would be written at a position. With a
	// partialResultToken, each step is also told as it is done, as the value of $/progress.
	methodExplain = "seedls/explain"
	// untoldSteps is how many steps may wait to be told. A client that is slower than the model misses some, and has all
	// in the answer.
	untoldSteps = 64
)

type explainParams struct {
	TextDocument       protocol.TextDocumentIdentifier `json:"textDocument"`
	Position           protocol.Position               `json:"position"`
	PartialResultToken protocol.LSPAny                 `json:"partialResultToken"`
}

// An explainer is a [Completer] that can say how its completions come about.
type explainer interface {
	Explain(context.Context, completion.Request, func(trace.Frame)) (*completion.Explanation, error)
}

// explain handles seedls/explain: it runs the model, whatever was suggested before.
func (s *session) explain(ctx context.Context, params *explainParams) (work, error) {
	snapshot, config := s.snapshot(params.TextDocument.URI), s.current.Load()
	if snapshot == nil {
		return nil, jsonrpc2.Errorf(jsonrpc2.InvalidParams, "%s: %s is not open", methodExplain, params.TextDocument.URI)
	}
	model, ok := s.Completer.(explainer)
	if !ok {
		return nil, jsonrpc2.NewError(codeRequestFailed, methodExplain+": there is no model")
	}
	return func() (any, error) {
		at := snapshot.Offset(params.Position)
		request, err := s.writing(ctx, &task{snapshot: snapshot, Span: structure.Span{Start: at, End: at}, config: config}, "", "")
		if err != nil {
			return nil, err
		}
		request.Limits = config.Limits
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
			explained, err := model.Explain(ctx, request, each)
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
