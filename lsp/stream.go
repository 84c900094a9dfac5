package lsp

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
)

// A stream is the connection as jsonrpc2 sees it: messages. It answers what is no message by itself, so that only the
// end of the input ends the connection.
type stream struct {
	connection io.ReadWriteCloser
	frames     frameReader
	ended      func() // called when nothing more can be read or written
	log        *slog.Logger

	writing sync.Mutex

	closing  sync.Once
	closeErr error
}

func newStream(connection io.ReadWriteCloser, log *slog.Logger, ended func()) *stream {
	return &stream{connection: connection, frames: frameReader{source: connection, max: maxFrame}, ended: ended, log: log}
}

// Read implements [jsonrpc2.Stream].
func (s *stream) Read(ctx context.Context) (jsonrpc2.Message, int64, error) {
	for {
		message, size, err := s.read(ctx)
		var malformed *jsonrpc2.Error
		if errors.As(err, &malformed) {
			s.log.Warn("malformed message", "error", err)
			// The answer names no request: which it was cannot be known.
			s.Write(ctx, jsonrpc2.NewResponse(jsonrpc2.ID{}, nil, malformed))
			continue
		}
		if err != nil {
			s.ended()
		}
		return message, size, err
	}
}

func (s *stream) read(ctx context.Context) (jsonrpc2.Message, int64, error) {
	if err := ctx.Err(); err != nil {
		return nil, 0, err
	}
	body, err := s.frames.next()
	var malformed *frameError
	switch {
	case errors.As(err, &malformed):
		return nil, 0, jsonrpc2.NewError(jsonrpc2.ParseError, malformed.message)
	case err != nil:
		return nil, 0, err
	}
	message, err := jsonrpc2.DecodeMessage(body)
	if errors.Is(err, jsonrpc2.ErrParse) {
		s.frames.resync(body)
	}
	return message, int64(len(body)), err
}

// Write implements [jsonrpc2.Stream]. It writes a message whole whatever becomes of the request that it answers.
func (s *stream) Write(_ context.Context, message jsonrpc2.Message) (int64, error) {
	body := jsonrpc2.AppendMessage(nil, message)
	s.writing.Lock()
	defer s.writing.Unlock()
	n, err := writeFrame(s.connection, body)
	if err != nil {
		s.ended()
	}
	return int64(n), err
}

// Close implements [jsonrpc2.Stream].
func (s *stream) Close() error {
	s.closing.Do(func() { s.closeErr = s.connection.Close() })
	return s.closeErr
}

// A codec encodes what is in messages with the protocol's unions.
type codec struct{}

func (codec) Marshal(v any) ([]byte, error)      { return protocol.Marshal(v) }
func (codec) Unmarshal(data []byte, v any) error { return protocol.Unmarshal(data, v) }
