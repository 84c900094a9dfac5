package lsp

import (
	"context"
	"fmt"
	"strings"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
)

// The commands of workspace/executeCommand. Clients send them for what carries them; they are not for users.
const (
	commandAction   = "seedls.action"   // [choice] does what a code action is for
	commandReview   = "seedls.review"   // [number] shows a large change before it is made
	commandAccepted = "seedls.accepted" // [what] says that a suggestion was accepted
	commandHelp     = "seedls.help"     // says what the code actions do
)

var commands = []string{commandAction, commandReview, commandAccepted, commandHelp}

// executeCommand handles workspace/executeCommand.
func (s *session) executeCommand(ctx context.Context, params *protocol.ExecuteCommandParams) (work, error) {
	switch params.Command {
	case commandAction:
		var c choice
		if err := argument(params, &c); err != nil {
			return nil, err
		}
		write, err := s.prepareAction(c)
		if err != nil {
			return nil, err
		}
		token := params.WorkDoneToken
		return func() (any, error) { return nil, s.act(ctx, write, token) }, nil
	case commandReview:
		var key int
		if err := argument(params, &key); err != nil {
			return nil, err
		}
		proposal := s.previews.get(key)
		if proposal == nil {
			return nil, jsonrpc2.Errorf(codeRequestFailed, "change %d is not kept any more: choose the action again", key)
		}
		return func() (any, error) { return nil, s.review(ctx, proposal, key) }, nil
	case commandAccepted:
		var what string
		if err := argument(params, &what); err != nil {
			return nil, err
		}
		return func() (any, error) { return nil, s.counts.accept(what) }, nil
	case commandHelp:
		return func() (any, error) { s.show(ctx, protocol.MessageTypeInfo, help()); return nil, nil }, nil
	}
	return nil, jsonrpc2.Errorf(jsonrpc2.InvalidParams, "there is no command %q", params.Command)
}

// argument decodes the only argument of a command.
func argument(params *protocol.ExecuteCommandParams, value any) error {
	if len(params.Arguments) != 1 {
		return jsonrpc2.Errorf(jsonrpc2.InvalidParams, "%s: %d arguments: want 1", params.Command, len(params.Arguments))
	}
	if err := protocol.Unmarshal(params.Arguments[0], value); err != nil {
		return jsonrpc2.Errorf(jsonrpc2.InvalidParams, "%s: %v", params.Command, err)
	}
	return nil
}

// act runs an action and has the client make the change, after a look at it if it is large.
func (s *session) act(ctx context.Context, write writer, token protocol.ProgressToken) error {
	if !s.client.appliesEdits {
		return jsonrpc2.NewError(codeRequestFailed, "the editor takes no edits from servers (workspace.applyEdit)")
	}
	proposal, err := write(ctx, token)
	if err != nil {
		return err
	}
	if s.previews.wants(s.client, proposal) {
		return s.review(ctx, proposal, s.previews.put(proposal))
	}
	return s.carryOut(ctx, proposal)
}

// help says what the actions do.
func help() string {
	var b strings.Builder
	b.WriteString("The code actions of seedls run the model on this machine when you choose them:")
	for _, a := range actions {
		fmt.Fprintf(&b, "\n%s: %s.", strings.TrimSuffix(a.title, " with seedls"), a.help)
	}
	return b.String()
}
