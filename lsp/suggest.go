package lsp

import (
	"context"
	"path/filepath"
	"slices"
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

// suggest returns texts for a hole, the best first; none when there is none worth showing. What is left of texts that
// were shown before is the answer where the user typed along them.
func (s *session) suggest(ctx context.Context, config *configuration, h hole, o completion.Options) ([]string, error) {
	if s.off(&config.Settings, h.snapshot) {
		return nil, nil
	}
	if rests, ok := s.recall(config, h); ok {
		s.board.Suggested(true)
		return rests, nil
	}
	return s.write(ctx, config, h, o)
}

// write has the model write texts for a hole.
func (s *session) write(ctx context.Context, config *configuration, h hole, o completion.Options) ([]string, error) {
	if s.Completer == nil || s.off(&config.Settings, h.snapshot) {
		return nil, nil
	}
	request, err := s.requestFor(ctx, config, h, o)
	if err != nil {
		return nil, err
	}
	begun := time.Now()
	result, err := s.complete(ctx, request)
	if err != nil {
		return nil, err
	}
	if o.Candidates == 1 {
		s.pace.answered(time.Since(begun))
	}
	s.board.Suggested(false)
	return s.remember(config, h, result.Texts()), nil
}

// recall returns what is left of earlier suggestions along which the user typed to this hole, or none where it was
// foreseen that nothing follows.
func (s *session) recall(config *configuration, h hole) (rests []string, ok bool) {
	if rests := config.shown.Rests(string(h.snapshot.URI), h.prefix(), h.suffix()); len(rests) > 0 {
		return rests, true
	}
	here := stateOf(config, h)
	s.mu.Lock()
	defer s.mu.Unlock()
	return nil, s.nothingFollows && s.foreseen == here
}

// requestFor is what the model is asked for a hole.
func (s *session) requestFor(ctx context.Context, config *configuration, h hole, o completion.Options) (completion.Request, error) {
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
		Recent:   s.elsewhere(config, h),
		Client:   s.seat.Key,
		Document: string(h.snapshot.URI),
		Options:  o,
		Limits:   config.Limits,
	}, nil
}

// elsewhere is what the user did lately at other places than a hole's, if the prompt is to have that.
func (s *session) elsewhere(config *configuration, h hole) []string {
	if !slices.Contains(config.Context, completion.RecentSource) {
		return nil
	}
	return s.places.Elsewhere(string(h.snapshot.URI), h.snapshot.Text, h.start)
}

// remember returns what the model wrote as it is to be shown, and keeps it for when the user types along.
func (s *session) remember(config *configuration, h hole, written []string) (texts []string) {
	for _, text := range written {
		text = withLineEnds(text, h.snapshot.Text)
		if !strings.HasPrefix(h.suffix(), text) { // what is there already
			texts = append(texts, text)
		}
	}
	if len(texts) > 0 {
		config.shown.Show(string(h.snapshot.URI), cache.Shown{Prefix: h.prefix(), Suffix: h.suffix(), Texts: texts})
	}
	return texts
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

// rebase moves suggestions for a hole to the newest text of the document. That is possible where the user did nothing
// since but type along them; those that the user did not type along, or came to the end of, are left out.
func (s *session) rebase(h hole, texts []string) (hole, []string) {
	newest := s.snapshot(h.snapshot.URI)
	if newest == nil {
		return hole{}, nil
	}
	if newest.Text == h.snapshot.Text {
		return hole{newest, h.start, h.end, h.given}, texts
	}
	typed, ok := strings.CutPrefix(newest.Text, h.prefix())
	if ok {
		typed, ok = strings.CutSuffix(typed, h.suffix())
	}
	if !ok {
		return hole{}, nil
	}
	var rests []string
	for _, text := range texts {
		if rest, ok := strings.CutPrefix(text, typed); ok && rest != "" {
			rests = append(rests, rest)
		}
	}
	return cursor(newest, h.start+len(h.given)+len(typed)), rests
}
