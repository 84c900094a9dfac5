package lsp

import (
	"context"
	"runtime/debug"

	"go.lsp.dev/uri"

	"seedls/lsp/completion"
)

// An idler is a completer that can work while nobody asks it to, and yields to whoever does.
type idler interface {
	CompleteIdle(context.Context, completion.Request) (*completion.Result, error)
}

// foresee has the model find out, while nobody wants it, what follows once a suggestion for a hole is accepted, so that
// this is at hand then. The next request of this client, of whatever kind, ends it.
func (s *session) foresee(config *configuration, h hole, text string) {
	model, ok := s.Completer.(idler)
	accepted := hole{h.snapshot, h.start, h.end, h.given + text}
	there := stateOf(config, accepted)
	s.mu.Lock()
	defer s.mu.Unlock()
	if !ok || s.lifetime.Err() != nil || s.foreseen == there {
		return
	}
	s.endForesight()
	ctx, cancel := context.WithCancel(s.lifetime)
	s.endForesight = cancel
	s.background.Go(func() {
		defer cancel()
		defer func() {
			if p := recover(); p != nil {
				s.Logger.Error("panic", "while", "idle", "panic", p, "stack", string(debug.Stack()))
			}
		}()
		request, err := s.requestFor(ctx, config, accepted, config.automatically())
		if err != nil {
			return
		}
		result, err := model.CompleteIdle(ctx, request)
		switch {
		case ctx.Err() != nil:
		case err != nil:
			s.Logger.Debug("nothing foreseen", "error", err)
		default:
			texts := s.remember(config, accepted, result.Texts())
			s.mu.Lock()
			defer s.mu.Unlock()
			s.foreseen, s.nothingFollows = there, len(texts) == 0
		}
	})
}

// A state is all that the answer to a request depends on.
type state struct {
	config         *configuration
	document       uri.URI
	prefix, suffix string
}

func stateOf(config *configuration, h hole) state {
	return state{config, h.snapshot.URI, h.prefix(), h.suffix()}
}
