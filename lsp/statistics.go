package lsp

import (
	"sync/atomic"

	"go.lsp.dev/jsonrpc2"
)

// What can be accepted, as the commands of suggestions say.
const (
	inlineSuggestion = "inlineCompletion"
	listSuggestion   = "completion"
	nextSuggestion   = "nextEdit"
)

// statistics count what became of suggestions, as far as clients report it. Nothing of them leaves the process. They are
// safe for concurrent use.
type statistics struct {
	// shown are inline completions, shownNext next edits that were shown.
	shown, shownNext atomic.Int64
	// accepted are inline completions, acceptedListed items of lists, acceptedNext next edits that were accepted.
	accepted, acceptedListed, acceptedNext atomic.Int64
	// partlyAccepted is how often a part of an inline completion was.
	partlyAccepted atomic.Int64
}

// accept counts a suggestion of a kind as accepted.
func (s *statistics) accept(kind string) error {
	switch kind {
	case inlineSuggestion:
		s.accepted.Add(1)
	case listSuggestion:
		s.acceptedListed.Add(1)
	case nextSuggestion:
		s.acceptedNext.Add(1)
	default:
		return jsonrpc2.Errorf(jsonrpc2.InvalidParams, "%s: %q: want %q, %q or %q",
			commandAccepted, kind, inlineSuggestion, listSuggestion, nextSuggestion)
	}
	return nil
}

// logCounts writes the counts at the end of a session.
func (s *session) logCounts() {
	c := &s.counts
	s.Logger.Info("suggestions", "shown", c.shown.Load(), "accepted", c.accepted.Load(), "partly", c.partlyAccepted.Load(),
		"listed and accepted", c.acceptedListed.Load(), "next edits shown", c.shownNext.Load(), "next edits accepted", c.acceptedNext.Load())
}
