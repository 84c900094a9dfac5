package typing

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"time"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
)

const (
	// exitTime is how long a server may take to exit.
	exitTime = 5 * time.Second
	// maxStderr is how much of what a server wrote to standard error last is kept, in bytes.
	maxStderr = 4 << 10
	// maxWarnings is how many of a server's messages are kept.
	maxWarnings = 100
)

// A server is a language server that runs as a child of this process.
type server struct {
	cmd      *exec.Cmd
	conn     jsonrpc2.Conn
	pipes    pipes
	stderr   tail
	kill     context.CancelCauseFunc // kills the process, for a reason
	patience time.Duration
	settings protocol.LSPAny
	warnings []string // the connection's; ours once it is done
}

// start starts the server of o, which is killed when ctx ends. The caller waits for it.
func start(ctx context.Context, kill context.CancelCauseFunc, o Options) (*server, error) {
	s := &server{
		cmd:      exec.CommandContext(ctx, o.Command[0], o.Command[1:]...),
		stderr:   tail{max: maxStderr},
		kill:     kill,
		patience: o.Patience,
	}
	var err error
	if o.Settings != nil {
		if s.settings, err = json.Marshal(o.Settings); err != nil {
			return nil, fmt.Errorf("settings for the server: %w", err)
		}
	}
	s.cmd.Stderr = &s.stderr
	s.cmd.WaitDelay = time.Second // for what a child of the server's may hold open
	if s.pipes.WriteCloser, err = s.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if s.pipes.Reader, err = s.cmd.StdoutPipe(); err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the server: %w", err)
	}
	s.conn = jsonrpc2.NewConn(announcing{jsonrpc2.NewHeaderStream(s.pipes)}, jsonrpc2.WithCodec(codec{}))
	s.conn.Go(ctx, s.handle)
	return s, nil
}

// call sends a request and waits for the answer.
func (s *server) call(ctx context.Context, method string, params, result any) error {
	defer s.limit(method, s.patience)()
	_, err := s.conn.Call(ctx, method, params, result)
	return because(ctx, method, err)
}

// begin sends a request, and returns its id once it is on its way. The answer is decoded into result before done has the
// error.
func (s *server) begin(ctx context.Context, method string, params, result any) (id jsonrpc2.ID, done <-chan error, err error) {
	sent, answered := make(chan jsonrpc2.ID, 1), make(chan error, 1)
	go func() { answered <- s.call(context.WithValue(ctx, announcement{}, sent), method, params, result) }()
	select {
	case id = <-sent:
		return id, answered, nil
	case err = <-answered:
	}
	select {
	case id = <-sent: // and answered already
		answered <- err
		return id, answered, nil
	default:
		return id, nil, err
	}
}

// announcement is the key under which the context of a call has the channel that is told its id.
type announcement struct{}

// An announcing stream tells who makes a call its id once the call is written.
type announcing struct{ jsonrpc2.Stream }

func (s announcing) Write(ctx context.Context, message jsonrpc2.Message) (int64, error) {
	n, err := s.Stream.Write(ctx, message)
	sent, asked := ctx.Value(announcement{}).(chan jsonrpc2.ID)
	if err != nil || !asked {
		return n, err
	}
	// What is written is of a type of jsonrpc2's own, which does not tell its id.
	if message, err := jsonrpc2.DecodeMessage(jsonrpc2.AppendMessage(nil, message)); err == nil {
		if call, ok := message.(*jsonrpc2.Call); ok {
			sent <- call.ID()
		}
	}
	return n, err
}

func (s *server) notify(ctx context.Context, method string, params any) error {
	defer s.limit(method, s.patience)()
	return because(ctx, method, s.conn.Notify(ctx, method, params))
}

// because returns why a message failed: where the server was killed, that is the reason for it.
func because(ctx context.Context, method string, err error) error {
	if err == nil {
		return nil
	}
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return fmt.Errorf("%s: %w", method, err)
}

// limit kills the server after a time, which ends whatever waits for it, unless the function returned is called before.
func (s *server) limit(what string, after time.Duration) (met func() bool) {
	return time.AfterFunc(after, func() { s.kill(fmt.Errorf("%s: the server did not respond within %v", what, after)) }).Stop
}

// shutdown asks the server to exit.
func (s *server) shutdown(ctx context.Context) error {
	defer s.limit(protocol.MethodShutdown, min(s.patience, exitTime))()
	if err := s.call(ctx, protocol.MethodShutdown, nil, nil); err != nil {
		return err
	}
	return s.notify(ctx, protocol.MethodExit, nil)
}

// wait lets the server come to its end, by itself if it does so soon.
func (s *server) wait() *os.ProcessState {
	defer s.limit(protocol.MethodExit, min(s.patience, exitTime))()
	s.pipes.Close()
	s.cmd.Wait() // the state has what there is to know
	<-s.conn.Done()
	return s.cmd.ProcessState
}

// explain adds to an error how the server ended and what it said.
func (s *server) explain(err error) error {
	if len(s.stderr.data) == 0 {
		return fmt.Errorf("%w (server: %v)", err, s.cmd.ProcessState)
	}
	return fmt.Errorf("%w (server: %v)\n%s", err, s.cmd.ProcessState, s.stderr.data)
}

// handle takes what the server says by itself.
func (s *server) handle(_ context.Context, req *jsonrpc2.Request) (any, error) {
	switch req.Method() {
	case protocol.MethodWorkspaceConfiguration:
		var params protocol.ConfigurationParams
		if err := protocol.Unmarshal(req.Params(), &params); err != nil {
			return nil, jsonrpc2.Errorf(jsonrpc2.InvalidParams, "%v", err)
		}
		sections := make([]protocol.LSPAny, len(params.Items))
		for i := range sections {
			sections[i] = s.settings
		}
		return sections, nil
	case protocol.MethodWindowShowMessage, protocol.MethodWindowLogMessage:
		var params protocol.ShowMessageParams // those of both are alike
		err := protocol.Unmarshal(req.Params(), &params)
		known := len(s.warnings) == maxWarnings || slices.Contains(s.warnings, params.Message)
		if err == nil && params.Type <= protocol.MessageTypeWarning && !known {
			s.warnings = append(s.warnings, params.Message)
		}
		return nil, nil
	case protocol.MethodClientRegisterCapability, protocol.MethodClientUnregisterCapability, protocol.MethodWindowWorkDoneProgressCreate:
		return nil, nil
	}
	if !req.IsCall() {
		return nil, nil
	}
	return nil, jsonrpc2.Errorf(jsonrpc2.MethodNotFound, "method not found: %q", req.Method())
}

// pipes are the server's standard input and output. Only the first is closed, which tells the server to exit: it may
// still have something to say.
type pipes struct {
	io.WriteCloser
	io.Reader
}

// A codec encodes what is in messages with the protocol's unions.
type codec struct{}

func (codec) Marshal(v any) ([]byte, error)      { return protocol.Marshal(v) }
func (codec) Unmarshal(data []byte, v any) error { return protocol.Unmarshal(data, v) }

// A tail keeps the last bytes written to it.
type tail struct {
	data []byte
	max  int
}

func (t *tail) Write(p []byte) (int, error) {
	t.data = append(t.data, p...)
	t.data = t.data[max(0, len(t.data)-t.max):]
	return len(p), nil
}
