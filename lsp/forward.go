package lsp

import (
	"context"
	"fmt"
	"io"
	"net"
	"time"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
)

// What a forwarder, a process that stands between an editor and a server that listens, has to do with that server.
const (
	// methodForward is the forwarder's request before the editor's first message. Its answer says that the server is there.
	methodForward = "seedls/forward"
	// methodExit is the server's last message to a forwarder: the session is over, and this the exit code.
	methodExit = "seedls/exit"
	// exitTime is how long that message may take.
	exitTime = time.Second
)

type exitParams struct {
	Code int `json:"code"`
}

// A Forwarder stands between an editor and a server that listens. It belongs to one goroutine.
type Forwarder struct {
	server net.Conn
	frames frameReader
}

// NewForwarder asks the server at the other end of a connection, which it owns, to talk to an editor through it. An error
// means that there is none: it is about to end, or another kind of server.
func NewForwarder(ctx context.Context, server net.Conn) (*Forwarder, error) {
	f := &Forwarder{server, frameReader{source: server, max: maxFrame}}
	if _, err := ask(ctx, server, &f.frames, methodForward); err != nil {
		server.Close()
		return nil, err
	}
	return f, nil
}

// Run passes on what each side says until the session ends, and returns what [Serve] would in place of the server. The
// error of a server that ended in mid-session says so. It closes both connections.
func (f *Forwarder) Run(ctx context.Context, editor io.ReadWriteCloser) (exitCode int, err error) {
	defer f.server.Close()
	defer editor.Close()
	stop := context.AfterFunc(ctx, func() { f.server.Close() })
	defer stop()
	go func() {
		_, _ = io.Copy(f.server, editor) // of its end the reader below hears
		if half, ok := f.server.(interface{ CloseWrite() error }); ok {
			_ = half.CloseWrite()
		}
	}()
	for {
		body, err := f.frames.next()
		if ctx.Err() != nil {
			return 1, ctx.Err()
		}
		if err != nil {
			return 1, fmt.Errorf("%w: %w", ErrServerGone, err)
		}
		if code, ok := sessionOver(body); ok {
			return code, nil
		}
		if _, err := writeFrame(editor, body); err != nil {
			return 1, err
		}
	}
}

// sessionOver reports whether a message is the server's last, and the exit code that it has.
func sessionOver(body []byte) (exitCode int, ok bool) {
	message, err := jsonrpc2.DecodeMessage(body)
	if err != nil {
		return 0, false
	}
	notice, ok := message.(*jsonrpc2.Notification)
	if !ok || notice.Method() != methodExit {
		return 0, false
	}
	var params exitParams
	if err := protocol.Unmarshal(notice.Params(), &params); err != nil {
		return 1, true
	}
	return params.Code, true
}

// leave ends the session. A forwarder, which cannot know otherwise, is told how it ended.
func (s *session) leave() {
	if s.forwarded.CompareAndSwap(true, false) {
		if c, ok := s.stream.connection.(net.Conn); ok {
			_ = c.SetWriteDeadline(time.Now().Add(exitTime)) // a client that does not read is left without
		}
		if params, err := protocol.Marshal(exitParams{s.exitCode()}); err == nil {
			_, _ = s.stream.Write(context.Background(), jsonrpc2.NewNotification(methodExit, params))
		}
	}
	s.end()
}
