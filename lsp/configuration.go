package lsp

import (
	"context"
	"reflect"
	"time"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"

	"seedls/cache"
)

const (
	// askTime is how long the client may take to answer a question.
	askTime = 30 * time.Second
	// shownBudgetBytes bounds the suggestions remembered to answer while the user types along, with the texts around them.
	shownBudgetBytes = 16 << 20
)

// A configuration is settings and what was suggested under them, which is of no use under others.
type configuration struct {
	Settings
	shown *cache.TypedThrough
}

func (s *session) configure(settings Settings) {
	if current := s.current.Load(); current == nil || !reflect.DeepEqual(current.Settings, settings) {
		s.current.Store(&configuration{settings, cache.NewTypedThrough(shownBudgetBytes)})
		s.conditionChanged()
	}
}

// apply returns the settings changed by what the client sent, and tells it what is wrong with that.
func (s *session) apply(ctx context.Context, settings Settings, sent []byte) Settings {
	if len(sent) == 0 {
		return settings
	}
	settings, warnings := settings.With(sent)
	for _, warning := range warnings {
		s.tell(ctx, protocol.MessageTypeWarning, warning)
	}
	return settings
}

// didChangeConfiguration handles workspace/didChangeConfiguration. A client that can be asked is asked: what it sends
// along may be anything, or nothing.
func (s *session) didChangeConfiguration(ctx context.Context, req *jsonrpc2.Request) error {
	if s.client.givesConfiguration {
		select {
		case s.changed <- struct{}{}:
		default: // it is about to be asked
		}
		return nil
	}
	var params protocol.DidChangeConfigurationParams
	if err := decode(req, &params); err != nil {
		return err
	}
	s.configure(s.apply(ctx, s.initial, params.Settings))
	return nil
}

// followConfiguration asks the client for the settings now and whenever they changed. It needs a goroutine of its own:
// the answers come through the one that reads.
func (s *session) followConfiguration(ctx context.Context) {
	if s.client.registersChanges {
		s.ask(ctx, protocol.MethodClientRegisterCapability, &protocol.RegistrationParams{
			Registrations: []protocol.Registration{{
				ID:              "configuration",
				Method:          protocol.MethodWorkspaceDidChangeConfiguration,
				RegisterOptions: protocol.LSPAny(`{"section":"seedls"}`),
			}},
		}, nil)
	}
	if !s.client.givesConfiguration {
		return
	}
	for {
		var sections []protocol.LSPAny
		s.ask(ctx, protocol.MethodWorkspaceConfiguration, &protocol.ConfigurationParams{
			Items: []protocol.ConfigurationItem{{Section: new("seedls")}},
		}, &sections)
		if len(sections) > 0 {
			s.configure(s.apply(ctx, s.initial, sections[0]))
		}
		select {
		case <-s.changed:
		case <-ctx.Done():
			return
		}
	}
}

// ask sends the client a request.
func (s *session) ask(ctx context.Context, method string, params, result any) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	if _, err := s.conn.Call(ctx, method, params, result); err != nil {
		s.Logger.Warn("question to the client", "method", method, "error", err)
	}
}
