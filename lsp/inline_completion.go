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
// What the editor asks for by itself is answered with one item at most, and only where the text is likely enough; the user
// gets several, written anew.
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
		var texts []string
		var err error
		if automatic {
			texts, err = s.suggest(ctx, config, h, config.automatically())
			texts = texts[:min(len(texts), 1)]
		} else {
			texts, err = s.write(ctx, config, h, config.several())
		}
		if err != nil || len(texts) == 0 {
			return empty, err
		}
		h, texts = s.rebase(h, texts)
		if len(texts) == 0 {
			return empty, nil
		}
		s.foresee(config, h, texts[0])
		start := h.start
		if h.given == "" {
			start = h.snapshot.LineStart(h.start)
		}
		where := h.snapshot.Range(start, h.end)
		if where.Start.Line != where.End.Line {
			return empty, nil
		}
		list := &protocol.InlineCompletionList{}
		for _, text := range texts {
			list.Items = append(list.Items, protocol.InlineCompletionItem{
				InsertText: protocol.String(h.snapshot.Text[start:h.start] + h.given + text),
				Range:      &where,
				Command:    s.accepting(inlineSuggestion),
			})
		}
		return list, nil
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
