package lsp

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
)

// codeAction handles textDocument/codeAction: it lists the actions that have something to do where the user is. Clients
// ask whenever the cursor rests, so the model does not run before the user has chosen.
//
// What a client gets depends on what it can do: an action whose edit is made in codeAction/resolve; one whose command has
// the server make the edit, or that command alone. To a client that can do nothing of the kind nothing is offered.
func (s *session) codeAction(ctx context.Context, params *protocol.CodeActionParams) (work, error) {
	snapshot := s.snapshot(params.TextDocument.URI)
	c := &s.client
	works := c.resolvesCodeActions || c.executesCommands && c.appliesEdits
	if snapshot == nil || s.Completer == nil || !works || s.off(&s.current.Load().Settings, snapshot) {
		return func() (any, error) { return []protocol.CommandOrCodeAction{}, nil }, nil
	}
	return func() (any, error) {
		tree, err := snapshot.Tree(ctx)
		if err != nil {
			return nil, err
		}
		at := &site{snapshot: snapshot, tree: tree, diagnostics: params.Context.Diagnostics}
		at.Start, at.End = snapshot.Offsets(params.Range)
		offered := []protocol.CommandOrCodeAction{}
		for i := range actions {
			a := &actions[i]
			if !wanted(params.Context.Only, a.kind) {
				continue
			}
			where, ok, err := a.place(ctx, s, at)
			if err != nil {
				return nil, err
			}
			if !ok {
				continue
			}
			item, err := s.offer(a, choice{a.name, snapshot.URI, snapshot.Version, snapshot.Range(where.Start, where.End)})
			if err != nil {
				return nil, err
			}
			if action, ok := item.(*protocol.CodeAction); ok && a.name == "repair" {
				action.Diagnostics = at.diagnostics
			}
			offered = append(offered, item)
		}
		return offered, nil
	}, nil
}

// offer is an action as the client takes it.
func (s *session) offer(a *action, c choice) (protocol.CommandOrCodeAction, error) {
	data, err := protocol.Marshal(c)
	if err != nil {
		return nil, err
	}
	command := protocol.Command{Title: a.title, Command: commandAction, Arguments: []protocol.LSPAny{data}}
	if !s.client.takesCodeActions {
		return &command, nil
	}
	item := &protocol.CodeAction{Title: a.title, Kind: new(a.kind)}
	if s.client.tagsCodeActions {
		item.Tags = []protocol.CodeActionTag{protocol.CodeActionTagLLMGenerated}
	}
	if s.client.resolvesCodeActions {
		item.Data = data
	} else {
		item.Command = command
	}
	return item, nil
}

// wanted reports whether a client that wants only some kinds of actions, or those below them, wants one of a kind.
func wanted(only []protocol.CodeActionKind, kind protocol.CodeActionKind) bool {
	return len(only) == 0 || slices.ContainsFunc(only, func(o protocol.CodeActionKind) bool {
		return o == "" || strings.HasPrefix(string(kind)+".", string(o)+".")
	})
}

// resolveCodeAction handles codeAction/resolve: it runs the model and returns the action with its edit, or, where that
// is large and the client can show it before, with the command that does so.
func (s *session) resolveCodeAction(ctx context.Context, action *protocol.CodeAction) (work, error) {
	var c choice
	if err := protocol.Unmarshal(action.Data, &c); err != nil {
		return nil, jsonrpc2.NewError(jsonrpc2.InvalidParams, "codeAction/resolve: the action is not one of ours")
	}
	write, err := s.prepareAction(c)
	if err != nil {
		return nil, err
	}
	return func() (any, error) {
		proposal, err := write(ctx, nil)
		if err != nil {
			return nil, err
		}
		if s.client.resolvesCommands && s.client.executesCommands && s.previews.wants(s.client, proposal) {
			key := protocol.LSPAny(strconv.Itoa(s.previews.put(proposal)))
			action.Command = protocol.Command{Title: "Preview", Command: commandReview, Arguments: []protocol.LSPAny{key}}
			return action, nil
		}
		action.Edit = s.workspaceEdit(proposal)
		return action, nil
	}, nil
}

// documentation is where the client's menu of actions says what they do.
func (c *client) documentation() []protocol.CodeActionKindDocumentation {
	if !c.documentsActions || !c.executesCommands {
		return nil
	}
	command := protocol.Command{Title: "What seedls can do", Command: commandHelp}
	return []protocol.CodeActionKindDocumentation{
		{Kind: protocol.CodeActionKindRefactorRewrite, Command: command},
		{Kind: protocol.CodeActionKindQuickFix, Command: command},
	}
}
