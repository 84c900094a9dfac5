package lsp

import (
	"context"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"
)

// inlineCompletion handles textDocument/inlineCompletion. A newer request for the same document cancels this one. The
// answer is never null, which some clients take as "keep what is shown". What is not at hand waits for a pause in typing:
// see [Wait].
//
// An item replaces the line up to the cursor by that beginning and what is suggested: clients that redraw the item as
// the user types along do not flicker then.
func (s *session) inlineCompletion(ctx context.Context, params *protocol.InlineCompletionParams) (work, error) {
	snapshot, config := s.snapshot(params.TextDocument.URI), s.current.Load()
	automatic := params.Context.TriggerKind == protocol.InlineCompletionTriggerKindAutomatic
	empty := &protocol.InlineCompletionList{Items: []protocol.InlineCompletionItem{}}
	if snapshot == nil || automatic && !config.Automatic {
		return func() (any, error) { return empty, nil }, nil
	}
	ctx = s.supersede(ctx, s.inline, snapshot.URI)
	return func() (any, error) {
		h := cursor(snapshot, snapshot.Offset(params.Position))
		if selected := params.Context.SelectedCompletionInfo; selected.Text != "" {
			// The item selected in the list of completions is as good as typed.
			h.start, h.end = snapshot.Offsets(selected.Range)
			h.given = selected.Text
		}
		if _, known := s.recall(config, h); automatic && !known {
			if err := s.pace.wait(ctx, config.Wait); err != nil {
				return nil, err
			}
		}
		text, err := s.suggest(ctx, config, h)
		if err != nil || text == "" {
			return empty, err
		}
		h, text, ok := s.rebase(h, text)
		if !ok {
			return empty, nil
		}
		s.foresee(config, h, text)
		start := h.start
		if h.given == "" {
			start = h.snapshot.LineStart(h.start)
		}
		where := h.snapshot.Range(start, h.end)
		if where.Start.Line != where.End.Line {
			return empty, nil
		}
		return &protocol.InlineCompletionList{Items: []protocol.InlineCompletionItem{{
			InsertText: protocol.String(h.snapshot.Text[start:h.start] + h.given + text),
			Range:      &where,
			Command:    s.accepting(inlineSuggestion),
		}}}, nil
	}, nil
}

// supersede cancels what is under way for a document among requests of a kind, and returns a context that the next
// cancels.
func (s *session) supersede(ctx context.Context, kind map[uri.URI]context.CancelFunc, name uri.URI) context.Context {
	ctx, cancel := context.WithCancel(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if previous, ok := kind[name]; ok {
		previous()
	}
	kind[name] = cancel
	return ctx
}
