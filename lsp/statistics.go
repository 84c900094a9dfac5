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

// Statistics count what became of suggestions, as far as clients report it. Nothing of them leaves the process. They are
// safe for concurrent use.
type Statistics struct {
	// Shown are inline completions, ShownNext next edits that were shown.
	Shown, ShownNext atomic.Int64
	// Accepted are inline completions, AcceptedListed items of lists, AcceptedNext next edits that were accepted.
	Accepted, AcceptedListed, AcceptedNext atomic.Int64
	// PartlyAccepted is how often a part of an inline completion was.
	PartlyAccepted atomic.Int64
}

// accept counts a suggestion of a kind as accepted.
func (s *Statistics) accept(kind string) error {
	switch kind {
	case inlineSuggestion:
		s.Accepted.Add(1)
	case listSuggestion:
		s.AcceptedListed.Add(1)
	case nextSuggestion:
		s.AcceptedNext.Add(1)
	default:
		return jsonrpc2.Errorf(jsonrpc2.InvalidParams, "%s: %q: want %q, %q or %q",
			commandAccepted, kind, inlineSuggestion, listSuggestion, nextSuggestion)
	}
	return nil
}

// log writes the counts at the end of a session.
func (s *session) logCounts() {
	c := &s.counts
	s.Logger.Info("suggestions", "shown", c.Shown.Load(), "accepted", c.Accepted.Load(), "partly", c.PartlyAccepted.Load(),
		"listed and accepted", c.AcceptedListed.Load(), "next edits shown", c.ShownNext.Load(), "next edits accepted", c.AcceptedNext.Load())
}
