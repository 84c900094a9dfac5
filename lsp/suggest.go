package lsp

import (
	"context"
	"path/filepath"
	"strings"
	"time"

	"go.lsp.dev/uri"

	"seedls/cache"
	"seedls/lsp/completion"
	"seedls/lsp/document"
)

// A hole is a place in a snapshot that wants text: the bytes [start, end), which are replaced, and what is given as the
// beginning of the text.
type hole struct {
	snapshot   *document.Snapshot
	start, end int
	given      string
}

// cursor is the hole at a position, with nothing in it.
func cursor(snapshot *document.Snapshot, offset int) hole {
	return hole{snapshot: snapshot, start: offset, end: offset}
}

func (h hole) prefix() string { return h.snapshot.Text[:h.start] + h.given }
func (h hole) suffix() string { return h.snapshot.Text[h.end:] }

// suggest returns text for a hole; "" when there is none worth showing.
func (s *session) suggest(ctx context.Context, config *configuration, h hole) (string, error) {
	if s.off(&config.Settings, h.snapshot) {
		return "", nil
	}
	if rest, ok := s.recall(config, h); ok {
		s.board.Suggested(true)
		return rest, nil
	}
	if s.Completer == nil {
		return "", nil
	}
	request, err := s.requestFor(ctx, config, h)
	if err != nil {
		return "", err
	}
	begun := time.Now()
	result, err := s.complete(ctx, request)
	if err != nil {
		return "", err
	}
	s.pace.answered(time.Since(begun))
	s.board.Suggested(false)
	return s.remember(config, h, result.Text), nil
}

// recall returns what is left of an earlier suggestion along which the user typed to this hole, or "" where it was
// foreseen that nothing follows.
func (s *session) recall(config *configuration, h hole) (rest string, ok bool) {
	if rest, ok := config.shown.Rest(string(h.snapshot.URI), h.prefix(), h.suffix()); ok {
		return rest, true
	}
	here := stateOf(config, h)
	s.mu.Lock()
	defer s.mu.Unlock()
	return "", s.nothingFollows && s.foreseen == here
}

// requestFor is what the model is asked for a hole.
func (s *session) requestFor(ctx context.Context, config *configuration, h hole) (completion.Request, error) {
	tree, err := h.snapshot.TreeAfter(ctx, h.start, h.end, h.given)
	if err != nil {
		return completion.Request{}, err
	}
	return completion.Request{
		Path:     s.client.relative(h.snapshot.URI),
		File:     onDisk(h.snapshot.URI),
		Language: h.snapshot.Language,
		Tree:     tree,
		Prefix:   h.prefix(),
		Suffix:   h.suffix(),
		Client:   s.seat.Key,
		Document: string(h.snapshot.URI),
		Options:  config.Options,
		Limits:   config.Limits,
	}, nil
}

// remember returns what the model wrote as it is to be shown, and keeps it for when the user types along.
func (s *session) remember(config *configuration, h hole, text string) string {
	text = withLineEnds(text, h.snapshot.Text)
	if strings.HasPrefix(h.suffix(), text) {
		return "" // nothing, or what is there already
	}
	config.shown.Show(string(h.snapshot.URI), cache.Shown{Prefix: h.prefix(), Suffix: h.suffix(), Text: text})
	return text
}

// onDisk is where a document is on disk, "" if it is elsewhere.
func onDisk(name uri.URI) string {
	if file := name.Path(); strings.HasPrefix(string(name), "file:") {
		return filepath.FromSlash(file)
	}
	return ""
}

// withLineEnds gives the lines of text the ends that the lines of the document have.
func withLineEnds(text, document string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	if strings.Contains(document, "\r\n") {
		text = strings.ReplaceAll(text, "\n", "\r\n")
	}
	return text
}

// rebase moves a suggestion for a hole to the newest text of the document. That is possible where the user did nothing
// since but type along the suggestion, and has not come to its end.
func (s *session) rebase(h hole, text string) (hole, string, bool) {
	newest := s.snapshot(h.snapshot.URI)
	if newest == nil {
		return hole{}, "", false
	}
	if newest.Text == h.snapshot.Text {
		return hole{newest, h.start, h.end, h.given}, text, true
	}
	typed, ok := strings.CutPrefix(newest.Text, h.prefix())
	if ok {
		typed, ok = strings.CutSuffix(typed, h.suffix())
	}
	if !ok || !strings.HasPrefix(text, typed) || len(typed) == len(text) {
		return hole{}, "", false
	}
	return cursor(newest, h.start+len(h.given)+len(typed)), text[len(typed):], true
}
