package lsp

import (
	"context"
	"fmt"
	"path"
	"strconv"
	"strings"
	"sync"

	"github.com/aymanbagabas/go-udiff"
	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"
)

const (
	// previewScheme is that of the URIs of documents whose text the server gives: seedls:/KEY/NAME.diff.
	previewScheme = "seedls"
	// previewLines is how many lines a change touches that is shown before it is made.
	previewLines = 12
	// maxPreviews is how many proposals are kept; the oldest go.
	maxPreviews = 8
)

// previews are the proposals that the user is to look at before they are made. They are safe for concurrent use.
type previews struct {
	mu   sync.Mutex
	last int
	kept map[int]*proposal
}

// wants reports whether a client can show a proposal that is better looked at.
func (p *previews) wants(c client, change *proposal) bool {
	return c.readsDocuments && c.showsDocuments && c.appliesEdits && change.lines() >= previewLines
}

// put keeps a proposal, and returns its key.
func (p *previews) put(change *proposal) (key int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.kept == nil {
		p.kept = map[int]*proposal{}
	}
	p.last++
	p.kept[p.last] = change
	delete(p.kept, p.last-maxPreviews)
	return p.last
}

// get returns a proposal, nil if it is not kept.
func (p *previews) get(key int) *proposal {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.kept[key]
}

// previews says that the server gives the text of documents of its own, to a client that asks.
func (c *client) previews() *protocol.WorkspaceOptions {
	if !c.readsDocuments {
		return nil
	}
	return &protocol.WorkspaceOptions{TextDocumentContent: &protocol.TextDocumentContentOptions{Schemes: []string{previewScheme}}}
}

// review shows what a proposal changes, asks the user, and has the client make the change if they want it.
func (s *session) review(ctx context.Context, p *proposal, key int) error {
	var shown protocol.ShowDocumentResult
	name := uri.URI(fmt.Sprintf("%s:/%d/%s.diff", previewScheme, key, path.Base(p.snapshot.URI.Path())))
	if _, err := s.conn.Call(ctx, protocol.MethodWindowShowDocument, &protocol.ShowDocumentParams{URI: name}, &shown); err != nil {
		return err
	}
	if !shown.Success {
		return jsonrpc2.Errorf(codeRequestFailed, "%s: the editor did not show %s", p.title, name)
	}
	const yes = "Apply"
	var chosen *protocol.MessageActionItem
	_, err := s.conn.Call(ctx, protocol.MethodWindowShowMessageRequest, &protocol.ShowMessageRequestParams{
		Type:    protocol.MessageTypeInfo,
		Message: fmt.Sprintf("%s: change %d lines of %s?", p.title, p.lines(), path.Base(p.snapshot.URI.Path())),
		Actions: []protocol.MessageActionItem{{Title: yes}, {Title: "Discard"}},
	}, &chosen)
	if err != nil || chosen == nil || chosen.Title != yes {
		return err
	}
	return s.carryOut(ctx, p)
}

// textDocumentContent handles workspace/textDocumentContent: the text of a preview is what its proposal changes, as a
// unified diff.
func (s *session) textDocumentContent(_ context.Context, params *protocol.TextDocumentContentParams) (work, error) {
	rest, ours := strings.CutPrefix(string(params.URI), previewScheme+":/")
	number, _, _ := strings.Cut(rest, "/")
	key, err := strconv.Atoi(number)
	if !ours || err != nil {
		return nil, jsonrpc2.Errorf(jsonrpc2.InvalidParams, "%s is no preview of ours", params.URI)
	}
	proposal := s.previews.get(key)
	if proposal == nil {
		return nil, jsonrpc2.Errorf(codeRequestFailed, "change %d is not kept any more: choose the action again", key)
	}
	return func() (any, error) {
		name := s.client.relative(proposal.snapshot.URI)
		diff, err := udiff.ToUnified(name, name, proposal.snapshot.Text, proposal.edits, udiff.DefaultContextLines)
		return &protocol.TextDocumentContentResult{Text: diff}, err
	}, nil
}
