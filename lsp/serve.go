// Package lsp speaks the Language Server Protocol: it keeps the editor's documents, and answers requests for
// completions, inline completions and code actions with what a [Completer] makes of the hole at the cursor, and for the
// edit that comes next with what follows from the last ones.
//
// [Serve] talks to one client over one connection, which may be standard input and output or a socket. Several
// connections may share a completer.
//
// One goroutine reads, and what it reads takes effect in the order in which it was sent: notifications are handled on
// the spot, and a request takes the snapshot of the document that it is about before the next message is looked at.
// Then it runs beside the others, on a text that no longer changes. So every request sees exactly the edits that came
// before it, and typing never waits for the model. What a request finds when it is done is moved to the newest text if
// the user has meanwhile typed along what is suggested, and dropped otherwise.
//
// Each request has a file of its own. To follow one keystroke, begin with the dispatch in dispatch.go, see the edit
// arrive in synchronize.go and the request in inline_completion.go, and go from suggest.go to the model.
//
// Nothing that a client sends ends the connection, the end of its input and the exit notification aside.
package lsp

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"seedls/lsp/completion"
	"seedls/lsp/document"
	"seedls/lsp/recent"
	"seedls/lsp/status"
	"seedls/structure"
)

const (
	// maxRequests is how many requests of a client may be at work at a time; more are refused.
	maxRequests = 64
	// drainTime is how long the end of a connection waits for requests that are slow to notice that they are cancelled.
	drainTime = 2 * time.Second
)

// A Completer fills holes. It must return soon after its context is cancelled, and be safe for concurrent use.
type Completer interface {
	Complete(context.Context, completion.Request) (*completion.Result, error)
}

// Options say what to serve.
type Options struct {
	// Completer is nil where there is no model: then NoCompleter says why, and how to mend it. The user is told, and
	// requests have empty answers.
	Completer   Completer
	NoCompleter error
	// Settings are the user's before an editor has its say; nil for [DefaultSettings].
	Settings *Settings
	// Version is the server's, as it names itself to clients.
	Version string
	// Logger takes what happens; nil drops it. It must not write to the connection.
	Logger *slog.Logger
	// IdleExit is how long [ServeListener] goes on without clients; 0 is for ever.
	IdleExit time.Duration
	// Log is the file that Logger writes to, which clients are told; "" for none.
	Log string

	board *status.Board      // of all clients of a server
	stop  context.CancelFunc // ends a server that listens
}

func (o *Options) setDefaults() {
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.Settings == nil {
		o.Settings = new(DefaultSettings())
	}
	if o.board == nil {
		o.board = status.NewBoard()
	}
}

// Serve answers one client until it says exit, hangs up or dies, or ctx ends; then it closes the connection. The exit
// code is what the protocol wants of a process that serves one client: 0 if the client asked to shut down first. The
// error is that of a connection that broke.
func Serve(ctx context.Context, connection io.ReadWriteCloser, options Options) (exitCode int, err error) {
	options.setDefaults()
	ctx, end := context.WithCancel(ctx)
	defer end()
	s := &session{
		Options:      options,
		lifetime:     ctx,
		end:          end,
		changed:      make(chan struct{}, 1),
		endForesight: func() {},
		unsettled:    make(chan struct{}, 1),
		running:      make(map[jsonrpc2.ID]context.CancelFunc),
		inline:       make(map[uri.URI]context.CancelFunc),
		next:         make(map[uri.URI]context.CancelFunc),
		progresses:   make(map[protocol.ProgressToken]context.CancelFunc),
	}
	s.stream = newStream(connection, options.Logger, s.leave)
	s.stream.frames.tooLong = s.tooLong
	defer s.stream.Close()
	s.conn = jsonrpc2.NewConn(s.stream, jsonrpc2.WithCodec(codec{}))
	s.configure(*options.Settings)
	s.conn.Go(ctx, s.handle)
	select {
	case <-s.conn.Done():
	case <-ctx.Done():
		s.stream.Close() // also ends a read under way
		select {
		case <-s.conn.Done():
		case <-time.After(drainTime):
			s.Logger.Warn("requests did not end when cancelled")
		}
	}
	end()
	s.mu.Lock() // after this nothing is begun in the background
	s.endForesight()
	s.mu.Unlock()
	s.background.Wait()
	s.logCounts()
	s.depart()
	return s.exitCode(), s.conn.Err()
}

// A session is the state of one connection.
type session struct {
	Options
	stream   *stream
	conn     jsonrpc2.Conn
	lifetime context.Context    // ends with the session
	end      context.CancelFunc // cancels what is under way; see leave

	phase     atomic.Int32
	forwarded atomic.Bool // there is a forwarder that has not been told that the session is over

	// Set by initialize, before which nothing is admitted that uses them.
	client    client
	documents *document.Store
	seat      *status.Client

	current   atomic.Pointer[configuration]
	initial   Settings // those of initialize, which later ones go on top of
	changed   chan struct{}
	following sync.Once

	computing atomic.Int32           // requests that the model works for, or that wait for it
	failure   atomic.Pointer[string] // of the last of them, nil if it did not fail
	unsettled chan struct{}

	mu      sync.Mutex
	running map[jsonrpc2.ID]context.CancelFunc // requests at work
	inline  map[uri.URI]context.CancelFunc     // the newest inline completion of each document
	next    map[uri.URI]context.CancelFunc     // the newest next edit of each document

	progresses   map[protocol.ProgressToken]context.CancelFunc // that the user can cancel
	lastProgress atomic.Int64

	packages structure.Packages
	previews previews
	counts   statistics

	endForesight   context.CancelFunc // ends foresee
	foreseen       state              // of the last that came to its end
	nothingFollows bool               // in that state

	pace   pace
	places recent.Ring

	background sync.WaitGroup // goroutines that last as long as the session
}

// Phases of a session.
const (
	uninitialized int32 = iota
	initialized
	shutDown
)

func (s *session) exitCode() int {
	if s.phase.Load() != shutDown {
		return 1
	}
	return 0
}

// depart gives back what the server has for the client only.
func (s *session) depart() {
	if s.seat == nil {
		return
	}
	s.board.Leave(s.seat)
	if memory, ok := s.Completer.(interface{ Forget(client string) }); ok {
		memory.Forget(s.seat.Key)
	}
}

// tell has the client write a message to its log.
func (s *session) tell(ctx context.Context, kind protocol.MessageType, message string) {
	err := s.conn.Notify(ctx, protocol.MethodWindowLogMessage, &protocol.LogMessageParams{Type: kind, Message: message})
	if err != nil {
		s.Logger.Warn("message for the client's log", "message", message, "error", err)
	}
}

// show has the client show a message to the user.
func (s *session) show(ctx context.Context, kind protocol.MessageType, message string) {
	err := s.conn.Notify(ctx, protocol.MethodWindowShowMessage, &protocol.ShowMessageParams{Type: kind, Message: message})
	if err != nil {
		s.Logger.Warn("message for the user", "message", message, "error", err)
	}
}
