package lsp

import (
	"context"
	"errors"
	"runtime/debug"
	"strings"
	"time"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
)

// codeRequestFailed is the protocol's code for a request that was right but could not be met.
const codeRequestFailed jsonrpc2.Code = -32803

// work is the part of a request that runs beside others. The part before it, which made it, ran in order with all
// other messages and has taken from the session what the work needs.
type work func() (any, error)

// handle is called for each message in order, and keeps the next from being read until it returns or releases itself.
// What goes wrong with one message stays with that message: an error for a notification, or a panic, would otherwise
// close the connection.
func (s *session) handle(ctx context.Context, req *jsonrpc2.Request) (result any, err error) {
	defer func() {
		if p := recover(); p != nil {
			s.Logger.Error("panic", "method", req.Method(), "panic", p, "stack", string(debug.Stack()))
			result, err = nil, jsonrpc2.Errorf(jsonrpc2.InternalError, "internal error in %s", req.Method())
		}
		if err != nil && !req.IsCall() {
			s.Logger.Warn("notification ignored", "method", req.Method(), "error", err)
			err = nil
		}
	}()
	if !req.IsCall() {
		return nil, s.notification(ctx, req)
	}
	switch phase := s.phase.Load(); {
	case req.Method() == methodForward:
		s.forwarded.Store(true)
		return nil, nil
	case req.Method() == MethodStatus:
		return s.status(), nil
	case req.Method() == MethodStop:
		return s.stopServer()
	case req.Method() == protocol.MethodInitialize:
		return s.initialize(ctx, req)
	case phase == uninitialized:
		return nil, jsonrpc2.Errorf(jsonrpc2.ServerNotInitialized, "%s before initialize", req.Method())
	case phase == shutDown:
		return nil, jsonrpc2.Errorf(jsonrpc2.InvalidRequest, "%s after shutdown", req.Method())
	case req.Method() == protocol.MethodShutdown:
		return s.shutdown()
	}
	return s.request(ctx, req)
}

// notification handles what has no answer. It runs in order, so it must be quick.
func (s *session) notification(ctx context.Context, req *jsonrpc2.Request) error {
	if req.Method() == protocol.MethodExit {
		s.leave()
		return nil
	}
	if s.phase.Load() != initialized {
		return errors.New("the server is not initialized, or shut down")
	}
	switch req.Method() {
	case protocol.MethodInitialized:
		return s.initialized(ctx)
	case protocol.MethodWorkspaceDidChangeConfiguration:
		return s.didChangeConfiguration(ctx, req)
	case protocol.MethodTextDocumentDidOpen:
		return s.didOpen(ctx, req)
	case protocol.MethodTextDocumentDidChange:
		return s.didChange(req)
	case protocol.MethodTextDocumentDidClose:
		return s.didClose(req)
	case protocol.MethodCancelRequest:
		return s.cancelRequest(req)
	case protocol.MethodWindowWorkDoneProgressCancel:
		return s.cancelProgress(req)
	case methodDidFocus:
		return s.didFocus(req)
	case methodDidShow:
		s.counts.shown.Add(1)
		return nil
	case methodDidAcceptPartly:
		s.counts.partlyAccepted.Add(1)
		return nil
	case methodDidShowNextEdit:
		s.counts.shownNext.Add(1)
		return nil
	case protocol.MethodTextDocumentDidSave, protocol.MethodSetTrace:
		return nil // nothing here depends on them
	default:
		s.Logger.Debug("unknown notification", "method", req.Method())
		return nil
	}
}

// request answers a request: it prepares the work in order and does it released.
//
// The context that jsonrpc2 makes for a request is reused for others once the request is answered, and anything derived
// from it may look at it after that. So the work has a context derived from the connection's.
func (s *session) request(borrowed context.Context, req *jsonrpc2.Request) (any, error) {
	ctx, finish, err := s.begin(jsonrpc2.DetachContext(borrowed), req.ID())
	if err != nil {
		return nil, err
	}
	defer finish()
	do, err := s.prepare(ctx, req)
	if err != nil {
		return nil, err
	}
	method, begun := strings.Clone(req.Method()), time.Now()
	jsonrpc2.Async(borrowed)
	result, err := do()
	var coded *jsonrpc2.Error
	switch {
	case err == nil:
		s.board.Answered(method, time.Since(begun))
	case errors.Is(err, context.Canceled):
		err = protocol.ErrRequestCancelled
	case !errors.As(err, &coded):
		err = jsonrpc2.Errorf(jsonrpc2.InternalError, "%s: %v", method, err)
	}
	return result, err
}

func (s *session) prepare(ctx context.Context, req *jsonrpc2.Request) (work, error) {
	switch req.Method() {
	case protocol.MethodTextDocumentCompletion:
		return prepare(ctx, req, s.completion)
	case protocol.MethodTextDocumentInlineCompletion:
		return prepare(ctx, req, s.inlineCompletion)
	case protocol.MethodTextDocumentCodeAction:
		return prepare(ctx, req, s.codeAction)
	case protocol.MethodCodeActionResolve:
		return prepare(ctx, req, s.resolveCodeAction)
	case protocol.MethodWorkspaceExecuteCommand:
		return prepare(ctx, req, s.executeCommand)
	case protocol.MethodWorkspaceTextDocumentContent:
		return prepare(ctx, req, s.textDocumentContent)
	case methodNextEdit:
		return prepare(ctx, req, s.nextEdit)
	case methodExplain:
		return prepare(ctx, req, s.explain)
	default:
		return nil, jsonrpc2.Errorf(jsonrpc2.MethodNotFound, "method not found: %q", req.Method())
	}
}

func prepare[P any](ctx context.Context, req *jsonrpc2.Request, of func(context.Context, *P) (work, error)) (work, error) {
	var params P
	if err := decode(req, &params); err != nil {
		return nil, err
	}
	return of(ctx, &params)
}

// decode decodes the parameters of a message, which are owned by the caller then.
func decode(req *jsonrpc2.Request, params any) error {
	if len(req.Params()) == 0 {
		return jsonrpc2.Errorf(jsonrpc2.InvalidParams, "%s: parameters are missing", req.Method())
	}
	if err := protocol.Unmarshal(req.Params(), params); err != nil {
		return jsonrpc2.Errorf(jsonrpc2.InvalidParams, "%s: %v", req.Method(), err)
	}
	return nil
}

// begin makes the context of a request, which $/cancelRequest can cancel until finish is called.
func (s *session) begin(ctx context.Context, id jsonrpc2.ID) (_ context.Context, finish func(), _ error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.running) >= maxRequests {
		return nil, nil, jsonrpc2.Errorf(codeRequestFailed, "more than %d requests at a time", maxRequests)
	}
	if _, taken := s.running[id]; taken {
		return nil, nil, jsonrpc2.Errorf(jsonrpc2.InvalidRequest, "a request with id %v is at work", id)
	}
	s.endForesight()
	ctx, cancel := context.WithCancel(ctx)
	s.running[id] = cancel
	return ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		cancel()
		delete(s.running, id)
	}, nil
}

// cancelRequest cancels a request, which answers that it was, unless it is done already.
func (s *session) cancelRequest(req *jsonrpc2.Request) error {
	var params protocol.CancelParams
	if err := decode(req, &params); err != nil {
		return err
	}
	var id jsonrpc2.ID
	switch token := params.ID.(type) {
	case protocol.Integer:
		id = jsonrpc2.NewNumberID(int64(token))
	case protocol.String:
		id = jsonrpc2.NewStringID(string(token))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if cancel, ok := s.running[id]; ok {
		cancel()
	}
	return nil
}
