package lsp

import (
	"context"
	"errors"
	"fmt"
	"net"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
)

// ErrServerGone is the end of a connection that was no end of a session.
var ErrServerGone = errors.New("the server at the other end is gone")

// Ask sends a request without parameters to the server at the other end of a connection, which it closes then, and decodes
// the result. Where the server ends before it answers the error is [ErrServerGone].
func Ask(ctx context.Context, server net.Conn, method string, result any) error {
	defer server.Close()
	answer, err := ask(ctx, server, &frameReader{source: server, max: maxFrame}, method)
	if err != nil {
		return err
	}
	return protocol.Unmarshal(answer, result)
}

// ask is a question to a server that has said nothing yet. After an error the connection is of no use.
func ask(ctx context.Context, server net.Conn, frames *frameReader, method string) (result jsonrpc2.RawMessage, err error) {
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	_, err = writeFrame(server, jsonrpc2.AppendMessage(nil, jsonrpc2.NewCall(jsonrpc2.NewNumberID(1), method, nil)))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrServerGone, err)
	}
	body, err := frames.next()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrServerGone, err)
	}
	message, err := jsonrpc2.DecodeMessage(body)
	if err != nil {
		return nil, err
	}
	answer, ok := message.(*jsonrpc2.Response)
	if !ok {
		return nil, fmt.Errorf("%s: the server says something else than was asked", method)
	}
	return answer.Result(), answer.Err()
}
