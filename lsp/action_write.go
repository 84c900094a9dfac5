package lsp

import (
	"context"

	"seedls/lsp/completion"
	"seedls/structure"
)

// fillPlace is anywhere.
func fillPlace(_ context.Context, _ *session, at *site) (structure.Span, bool, error) {
	return at.Span, true, nil
}

// writeFill writes in place of what is there.
func writeFill(ctx context.Context, s *session, t *task) (string, error) {
	texts, err := s.suggest(ctx, t.config, hole{snapshot: t.snapshot, start: t.Start, end: t.End}, t.config.single())
	if err != nil || len(texts) == 0 {
		return "", err
	}
	return texts[0], nil
}

// finishPlace is a body that is empty or not closed, where nothing is selected.
func finishPlace(_ context.Context, _ *session, at *site) (structure.Span, bool, error) {
	if at.Start != at.End {
		return structure.Span{}, false, nil
	}
	body, ok := at.tree.Body(at.Start)
	return body.Span, ok, nil
}

// bodyBlocks is how many times as long as another a body may be.
const bodyBlocks = 2

// writeBody writes the whole of a body, on lines of its own.
func writeBody(ctx context.Context, s *session, t *task) (string, error) {
	tree, err := t.snapshot.Tree(ctx)
	if err != nil {
		return "", err
	}
	body, ok := tree.Body(t.Start)
	if !ok || body.Span != t.Span {
		return "", nil
	}
	before, after := withLineEnds(body.Before, t.snapshot.Text), withLineEnds(body.After, t.snapshot.Text)
	request, err := s.writing(ctx, t, before, after)
	if err != nil {
		return "", err
	}
	request.Options.Blocks = min(bodyBlocks*request.Options.Blocks, completion.MaxBlocks)
	text, err := s.fill(ctx, t, request)
	if err != nil || text == "" {
		return "", err
	}
	return before + text + after, nil
}

// rewritePlace is what is selected, if it is not too long.
func rewritePlace(_ context.Context, _ *session, at *site) (structure.Span, bool, error) {
	where := trimmed(at.snapshot.Text, at.Span)
	return where, where.Start < where.End && where.End-where.Start <= maxRepairBytes, nil
}

// rewriteShare is the share of the tokens of a selection that are written anew.
const rewriteShare = 0.3

// writeSelection has the model write anew what it finds the least likely, in the order of the code, and look at all of it
// again.
func writeSelection(ctx context.Context, s *session, t *task) (string, error) {
	request, err := s.revising(ctx, t)
	if err != nil {
		return "", err
	}
	request.Rewrite = rewriteShare
	request.Options.Order = true
	return s.fill(ctx, t, request)
}
