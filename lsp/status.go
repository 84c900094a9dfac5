package lsp

import (
	"context"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"

	"seedls/lsp/completion"
	"seedls/lsp/status"
)

const (
	// MethodStatus is the request for a [Status]. It has no parameters, and need not wait for initialize.
	MethodStatus = "seedls/status"
	// MethodStop is the request to a server that listens to take leave of its clients and end.
	MethodStop = "seedls/stop"
	// methodDidChangeStatus is the notification, with a [Condition], that goes to clients that have the experimental
	// capability of this name.
	methodDidChangeStatus = "seedls/didChangeStatus"
)

// A Status is the answer to seedls/status: how it stands with the client that asks, and what the server did for all.
type Status struct {
	Condition
	Version string `json:"version"`
	// Log is the file that the server logs to; "" if it is the client's affair.
	Log string `json:"log,omitempty"`
	// Model is nil where there is none.
	Model *completion.Info `json:"model"`
	// KVBytes is what KV caches take, of the KVBudgetBytes that they may.
	KVBytes       int `json:"kv_bytes"`
	KVBudgetBytes int `json:"kv_budget_bytes"`
	status.Report
}

// A Condition is what an editor shows in its status bar.
type Condition struct {
	Busy    bool   `json:"busy"` // the model works for this client
	Message string `json:"message"`
	// Kind is "Normal", "Error" without a model, "Warning" while the model fails, or "Inactive" while nothing is
	// suggested by itself.
	Kind string `json:"kind"`
}

// condition is that of now.
func (s *session) condition() Condition {
	c := Condition{Busy: s.computing.Load() > 0, Kind: "Normal"}
	failure := s.failure.Load()
	switch {
	case s.Completer == nil:
		c.Kind, c.Message = "Error", s.withoutModel()
	case failure != nil:
		c.Kind, c.Message = "Warning", *failure
	case !s.current.Load().Automatic:
		c.Kind, c.Message = "Inactive", "nothing is suggested unless it is asked for"
	}
	return c
}

// withoutModel says why there is no model, and how to mend it.
func (s *session) withoutModel() string {
	message := "seedls has no model, so it completes nothing."
	if s.NoCompleter != nil {
		message += " " + s.NoCompleter.Error()
	}
	return message
}

// complete has the model fill a hole for this client.
func (s *session) complete(ctx context.Context, r completion.Request) (*completion.Result, error) {
	return s.compute(ctx, func() (*completion.Result, error) { return s.Completer.Complete(ctx, r) })
}

// compute has the model work for this client. Status bars show it.
func (s *session) compute(ctx context.Context, run func() (*completion.Result, error)) (*completion.Result, error) {
	s.computing.Add(1)
	s.conditionChanged()
	defer s.conditionChanged()
	defer s.computing.Add(-1)
	result, err := run()
	switch {
	case err == nil:
		s.failure.Store(nil)
		s.board.Prompted(result.ContextTokens, result.ReusedTokens)
	case ctx.Err() == nil:
		s.failure.Store(new(err.Error()))
	}
	return result, err
}

// conditionChanged has the client told of its condition, if it is another one. It does not wait.
func (s *session) conditionChanged() {
	select {
	case s.unsettled <- struct{}{}:
	default: // it is about to be told
	}
}

// followCondition tells the client its condition now and whenever it is another one. Changes that come faster than they
// can be sent are left out.
func (s *session) followCondition(ctx context.Context) {
	for told := (Condition{}); ; {
		if now := s.condition(); now != told {
			if err := s.conn.Notify(ctx, methodDidChangeStatus, now); err != nil {
				s.Logger.Warn("status for the client", "error", err)
			}
			told = now
		}
		select {
		case <-s.unsettled:
		case <-ctx.Done():
			return
		}
	}
}

// status answers seedls/status.
func (s *session) status() Status {
	r := Status{Condition: s.condition(), Version: s.Version, Log: s.Log, Report: s.board.Report()}
	if model, ok := s.Completer.(interface {
		Info() completion.Info
		KVBytes() (used, budget int)
	}); ok {
		r.Model = new(model.Info())
		r.KVBytes, r.KVBudgetBytes = model.KVBytes()
	}
	return r
}

// stopServer answers seedls/stop.
func (s *session) stopServer() (any, error) {
	if s.stop == nil {
		return nil, jsonrpc2.Errorf(codeRequestFailed, "%s: this server does not listen: shut it down", MethodStop)
	}
	s.Logger.Info("asked to end")
	s.stop()
	return nil, nil
}

// followsCondition reports whether a client wants to be told its condition.
func followsCondition(capabilities *protocol.ClientCapabilities) bool {
	var experimental map[string]protocol.LSPAny
	err := protocol.Unmarshal(capabilities.Experimental, &experimental)
	return err == nil && string(experimental[methodDidChangeStatus]) == "true"
}
