package lsp

import (
	"context"
	"log/slog"
	"net"
	"path/filepath"
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
