package lsp

import (
	"context"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"seedls/lsp/socket"
)

// serveSocket serves on a socket, until stop.
func serveSocket(t *testing.T, options Options) (path string, stop func() error) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "seedls.sock")
	listener, err := socket.Listen(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	done := make(chan error, 1)
	go func() { done <- ServeListener(ctx, listener, options) }()
	return path, func() error {
		cancel()
		return receive(t, done, "end")
	}
}

func dial(t *testing.T, path string) net.Conn {
	t.Helper()
	connection, err := socket.Dial(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { connection.Close() })
	return connection
}

func TestServeListener(t *testing.T) {
	path, stop := serveSocket(t, Options{})
	for range 2 {
		e := attach(t, dial(t, path))
		e.must(new(object), "initialize", object{"capabilities": object{}})
		e.shutdown()
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	if _, err := socket.Dial(t.Context(), path); err == nil {
		t.Error("the socket is still there")
	}
}

// A landlord is a completer that keeps something for each client.
type landlord struct {
	*model
	forgotten chan string
}

func (l landlord) Forget(client string) { l.forgotten <- client }

// TestClientsAreToldApart has clients of one server ask about documents of one name, and leave.
func TestClientsAreToldApart(t *testing.T) {
	l := landlord{newModel(), make(chan string, 1)}
	path, stop := serveSocket(t, Options{Completer: l})
	names := make(map[string]bool)
	for i := range 3 {
		e := attach(t, dial(t, path))
		e.must(new(object), "initialize", object{"capabilities": object{}})
		e.notify("initialized", object{})
		e.open(strings.Repeat("x", i))
		p := e.begin("textDocument/completion", here(0, i))
		q := receive(t, l.asked, "question")
		if q.Document != docURI || q.Prefix != strings.Repeat("x", i) || names[q.Client] || q.Client == "" {
			t.Errorf("client %q asks about %q in %s", q.Client, q.Prefix, q.Document)
		}
		names[q.Client] = true
		q.answer <- "y"
		p.wait()
		if i == 1 {
			e.conn.Close()
			if gone := receive(t, l.forgotten, "leave"); gone != q.Client {
				t.Errorf("client %s left, and %s is forgotten", q.Client, gone)
			}
		}
	}
	go func() {
		for range 2 {
			<-l.forgotten
		}
	}()
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// TestListenerFails takes the socket from a server that has a client.
func TestListenerFails(t *testing.T) {
	listener, err := socket.Listen(t.Context(), filepath.Join(t.TempDir(), "seedls.sock"))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		done <- ServeListener(t.Context(), listener, Options{Logger: slog.New(slog.DiscardHandler)})
	}()
	e := attach(t, dial(t, listener.Addr().String()))
	e.must(new(object), "initialize", object{"capabilities": object{}})
	listener.Close()
	if err := receive(t, done, "end"); err == nil {
		t.Error("no error")
	}
}

// TestAttendance has clients come and go, by a clock of its own.
func TestAttendance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		var ended []time.Duration
		a := attendance{patience: 10 * time.Minute, empty: func() { ended = append(ended, time.Since(begun)) }}
		a.change(0)
		for _, by := range []int{1, 1, -1, -1, 1, -1} {
			time.Sleep(9 * time.Minute)
			a.change(by)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if want := 6*9*time.Minute + 10*time.Minute; len(ended) != 1 || ended[0] != want {
			t.Errorf("it ended after %v, want once after %v", ended, want)
		}
	})
}
