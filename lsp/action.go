package lsp

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aymanbagabas/go-udiff"
	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"seedls/engine/diffusion"
	"seedls/lsp/completion"
	"seedls/lsp/document"
	"seedls/structure"
)

// An action is something that the model does to a document when the user chooses it by its title.
type action struct {
	name, title, help string
	kind              protocol.CodeActionKind
	// place returns where the action would work; ok is false where it has nothing to do. It is asked whenever the cursor
	// rests, so it does not run the model.
	place func(context.Context, *session, *site) (where structure.Span, ok bool, err error)
	// write returns what the bytes of a place become, "" if nothing that the model wrote is fit.
	write func(context.Context, *session, *task) (string, error)
}

// actions are in the order in which they are offered.
var actions = []action{
	{
		"repair", "Repair this region with seedls", "mends lines with errors",
		protocol.CodeActionKindQuickFix, repairPlace, writeRepair,
	},
	{
		"declare", "Complete the owed declarations with seedls", "declares what is used below and declared nowhere",
		protocol.CodeActionKindQuickFix, declarePlace, writeDeclarations,
	},
	{
		"finish", "Finish this body with seedls", "writes a body that is empty or not closed",
		protocol.CodeActionKindRefactorRewrite, finishPlace, writeBody,
	},
	{
		"rewrite", "Rewrite selection with seedls", "writes anew what the model finds unlikely in the selection",
		protocol.CodeActionKindRefactorRewrite, rewritePlace, writeSelection,
	},
	{
		"fill", "Fill here with seedls", "writes at the cursor, or in place of what is selected",
		protocol.CodeActionKindRefactorRewrite, fillPlace, writeFill,
	},
}

// A site is where the user is: the bytes [Start, End) of a snapshot, and what the editor says is wrong there.
type site struct {
	snapshot *document.Snapshot
	tree     *structure.Tree
	structure.Span
	diagnostics []protocol.Diagnostic
}

// A choice is what a code action carries from the list to the moment when the user has chosen it.
type choice struct {
	Action  string         `json:"action"`
	URI     uri.URI        `json:"uri"`
	Version int32          `json:"version"`
	Range   protocol.Range `json:"range"`
}

// A task is an action at work on the bytes [Start, End) of a snapshot.
type task struct {
	snapshot *document.Snapshot
	structure.Span
	config  *configuration
	observe func(diffusion.Step)
}

// text is what stands in the place of the task.
func (t *task) text() string { return t.snapshot.Text[t.Start:t.End] }

// asking is a request for the hole in a tree between a prefix and a suffix.
func (s *session) asking(t *task, tree *structure.Tree, prefix, suffix string) completion.Request {
	return completion.Request{
		Path:     s.client.relative(t.snapshot.URI),
		File:     onDisk(t.snapshot.URI),
		Language: t.snapshot.Language,
		Tree:     tree,
		Prefix:   prefix,
		Suffix:   suffix,
		Client:   s.seat.Key,
		Document: string(t.snapshot.URI),
		Options:  t.config.single(),
		Observe:  t.observe,
	}
}

// writing is a request for the place of a task, in which text before and after the hole is given.
func (s *session) writing(ctx context.Context, t *task, before, after string) (completion.Request, error) {
	tree, err := t.snapshot.TreeAfter(ctx, t.Start, t.End, before+after)
	return s.asking(t, tree, t.snapshot.Text[:t.Start]+before, after+t.snapshot.Text[t.End:]), err
}

// revising is a request to revise what is in the place of a task, which only diffusion can.
func (s *session) revising(ctx context.Context, t *task) (completion.Request, error) {
	tree, err := t.snapshot.Tree(ctx)
	r := s.asking(t, tree, t.snapshot.Text[:t.Start], t.snapshot.Text[t.End:])
	r.Repair = t.text()
	r.Options.Mode = completion.Diffusion
	r.Options.Revisions = max(r.Options.Revisions, completion.FixOptions().Revisions)
	return r, err
}

// fill has the model fill the hole of a request.
func (s *session) fill(ctx context.Context, t *task, r completion.Request) (string, error) {
	result, err := s.complete(ctx, r)
	if err != nil {
		return "", err
	}
	return withLineEnds(result.Text, t.snapshot.Text), nil
}

// A writer runs the model for an action, with progress under a token that may be nil.
type writer func(context.Context, protocol.ProgressToken) (*proposal, error)

// prepareAction takes what the work of a chosen action needs, or says why there is none.
func (s *session) prepareAction(c choice) (writer, error) {
	var chosen *action
	for i := range actions {
		if actions[i].name == c.Action {
			chosen = &actions[i]
		}
	}
	if chosen == nil || c.URI == "" {
		return nil, jsonrpc2.NewError(jsonrpc2.InvalidParams, "the action is not one of ours")
	}
	if s.Completer == nil {
		return nil, jsonrpc2.NewError(codeRequestFailed, "seedls has no model to do that with")
	}
	snapshot, config := s.snapshot(c.URI), s.current.Load()
	if snapshot == nil || snapshot.Version != c.Version {
		return nil, protocol.ErrContentModified
	}
	return func(ctx context.Context, token protocol.ProgressToken) (*proposal, error) {
		ctx, p := s.begun(ctx, chosen.title, token)
		defer p.end()
		start, end := snapshot.Offsets(c.Range)
		t := &task{snapshot, structure.Span{Start: start, End: end}, config, p.step}
		text, err := chosen.write(ctx, s, t)
		if errors.Is(err, completion.ErrTooLong) {
			return nil, jsonrpc2.Errorf(codeRequestFailed, "%s: %v", chosen.title, err)
		}
		if err != nil {
			return nil, err
		}
		if !s.isNewest(snapshot) {
			return nil, protocol.ErrContentModified
		}
		if text == "" || text == t.text() {
			return nil, jsonrpc2.Errorf(codeRequestFailed, "%s: the model wrote nothing fit for this place", chosen.title)
		}
		return &proposal{chosen.title, snapshot, smallest(t.text(), text, start)}, nil
	}, nil
}

// isNewest reports whether a document still has the text of a snapshot.
func (s *session) isNewest(snapshot *document.Snapshot) bool {
	newest := s.snapshot(snapshot.URI)
	return newest != nil && newest.Version == snapshot.Version && newest.Text == snapshot.Text
}

// A proposal is what an action would change in a snapshot, in the order of the text.
type proposal struct {
	title    string
	snapshot *document.Snapshot
	edits    []udiff.Edit
}

// smallest returns the edits that make text of old, which begins at an offset: of the lines that differ only what does.
func smallest(old, text string, offset int) []udiff.Edit {
	edits := udiff.Lines(old, text)
	for i := range edits {
		e := &edits[i]
		from := 0
		for from < min(e.End-e.Start, len(e.New)) && old[e.Start+from] == e.New[from] {
			from++
		}
		for from > 0 && !(isBoundary(e.New, from) && isBoundary(old, e.Start+from)) {
			from--
		}
		e.Start, e.New = e.Start+from, e.New[from:]
		to := 0
		for to < min(e.End-e.Start, len(e.New)) && old[e.End-1-to] == e.New[len(e.New)-1-to] {
			to++
		}
		for to > 0 && !(isBoundary(e.New, len(e.New)-to) && isBoundary(old, e.End-to)) {
			to--
		}
		e.End, e.New = e.End-to, e.New[:len(e.New)-to]
		e.Start, e.End = e.Start+offset, e.End+offset
	}
	return edits
}

// isBoundary reports whether no character, nor a line end of two, is cut at an offset.
func isBoundary(s string, offset int) bool {
	return offset == len(s) || s[offset]&0xc0 != 0x80 && !(offset > 0 && s[offset-1] == '\r' && s[offset] == '\n')
}

// lines is how many lines the proposal touches, before or after it.
func (p *proposal) lines() int {
	n := 0
	for _, e := range p.edits {
		n += 1 + max(strings.Count(p.snapshot.Text[e.Start:e.End], "\n"), strings.Count(e.New, "\n"))
	}
	return n
}

// workspaceEdit is the proposal as the client takes it, with the version of the document where it can check that.
func (s *session) workspaceEdit(p *proposal) *protocol.WorkspaceEdit {
	name, version := p.snapshot.URI, p.snapshot.Version
	var edits []protocol.TextEdit
	for _, e := range p.edits {
		edits = append(edits, protocol.TextEdit{Range: p.snapshot.Range(e.Start, e.End), NewText: e.New})
	}
	if !s.client.versionsEdits {
		return &protocol.WorkspaceEdit{Changes: map[uri.URI][]protocol.TextEdit{name: edits}}
	}
	document := &protocol.TextDocumentEdit{TextDocument: protocol.OptionalVersionedTextDocumentIdentifier{
		TextDocumentIdentifier: protocol.TextDocumentIdentifier{URI: name},
		Version:                &version,
	}}
	for i := range edits {
		document.Edits = append(document.Edits, &edits[i])
	}
	return &protocol.WorkspaceEdit{DocumentChanges: []protocol.DocumentChange{document}}
}

// carryOut has the client make the change of a proposal.
func (s *session) carryOut(ctx context.Context, p *proposal) error {
	if !s.isNewest(p.snapshot) {
		return protocol.ErrContentModified
	}
	var result protocol.ApplyWorkspaceEditResult
	_, err := s.conn.Call(ctx, protocol.MethodWorkspaceApplyEdit, &protocol.ApplyWorkspaceEditParams{
		Label: &p.title, Edit: *s.workspaceEdit(p),
	}, &result)
	if err == nil && !result.Applied {
		reason := "it gave no reason"
		if result.FailureReason != nil {
			reason = *result.FailureReason
		}
		err = jsonrpc2.NewError(codeRequestFailed, fmt.Sprintf("%s: the editor did not make the change: %s", p.title, reason))
	}
	return err
}
