package lsp

import (
	"context"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestListenAndServe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "seedls.sock")
	options := Options{Logger: slog.New(slog.DiscardHandler)}
	start := func() (stop func() error) {
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- ListenAndServe(ctx, "unix:"+path, options) }()
		return func() error { cancel(); return <-done }
	}
	dial := func() net.Conn {
		for range 200 {
			if c, err := net.Dial("unix", path); err == nil {
				return c
			}
			time.Sleep(10 * time.Millisecond)
		}
		t.Fatal("nobody listens")
		return nil
	}

	stop := start()
	first, second := dial(), dial()
	for _, c := range []net.Conn{first, second} {
		const body = `{"jsonrpc":"2.0","id":1,"method":"shutdown"}`
		if _, err := c.Write([]byte("Content-Length: 44\r\n\r\n" + body)); err != nil {
			t.Fatal(err)
		}
		answer := make([]byte, 4096)
		n, err := c.Read(answer)
		if err != nil || !strings.Contains(string(answer[:n]), "Content-Length") {
			t.Errorf("answer %q, %v", answer[:n], err)
		}
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the socket has mode %v, %v; want 0600", info.Mode(), err)
	}
	if err := ListenAndServe(t.Context(), "unix:"+path, options); err == nil || !strings.Contains(err.Error(), "already") {
		t.Errorf("a second server on the socket gives %v", err)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}

	// A server that died leaves its socket behind.
	dead, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	dead.(*net.UnixListener).SetUnlinkOnClose(false)
	dead.Close()
	stop = start()
	dial().Close()
	if err := stop(); err != nil {
		t.Error(err)
	}

	if err := os.WriteFile(path, []byte("precious"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := ListenAndServe(t.Context(), "unix:"+path, options); err == nil || !strings.Contains(err.Error(), "no socket") {
		t.Errorf("a file in the way gives %v", err)
	}
	if err := ListenAndServe(t.Context(), "tcp:80", options); err == nil || !strings.Contains(err.Error(), "unix:PATH") {
		t.Errorf("another address gives %v", err)
	}
}

// TestListenerFails takes the socket from a server that has a client.
func TestListenerFails(t *testing.T) {
	listener, err := listenUnix(filepath.Join(t.TempDir(), "seedls.sock"))
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		done <- serveListener(t.Context(), listener, Options{Logger: slog.New(slog.DiscardHandler)})
	}()
	client, err := net.Dial("unix", listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	const message = "{}" // which is answered: the client is being served
	if _, err := client.Write([]byte(frame(message))); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	listener.Close()
	if err := receive(t, done, "end"); err == nil || !strings.Contains(err.Error(), "accept on") {
		t.Errorf("got %v", err)
	}
}
