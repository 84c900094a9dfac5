package lsp

import (
	"context"
	"errors"
	"io"
	"net"
	"testing"
	"time"
)

// forwarding has an editor talk to the server at path through a forwarder, whose end is sent.
func forwarding(t *testing.T, ctx context.Context, path string) (*editor, <-chan exit) {
	t.Helper()
	forwarder, err := NewForwarder(ctx, dial(t, path))
	if err != nil {
		t.Fatal(err)
	}
	ours, theirs := net.Pipe()
	ended := make(chan exit, 1)
	go func() {
		code, err := forwarder.Run(ctx, theirs)
		ended <- exit{code, err}
	}()
	return attach(t, ours), ended
}

// TestForwarderEnds ends sessions in every way, with the exit codes that a server without forwarder has.
func TestForwarderEnds(t *testing.T) {
	path, stop := serveSocket(t, Options{Completer: says("done")})
	for _, test := range []struct {
		name string
		end  func(*editor)
		want int
	}{
		{"shutdown and exit", func(e *editor) { e.shutdown(); e.notify("exit", nil) }, 0},
		{"exit", func(e *editor) { e.notify("exit", nil) }, 1},
		{"shutdown and end of input", func(e *editor) { e.shutdown(); e.conn.Close() }, 0},
		{"end of input", func(e *editor) { e.conn.Close() }, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			e, ended := forwarding(t, t.Context(), path)
			e.must(new(object), "initialize", object{"capabilities": object{}})
			e.notify("initialized", object{})
			e.open("x")
			var list completionList
			if e.must(&list, "textDocument/completion", here(0, 1)); len(list.Items) != 1 {
				t.Errorf("items are %v", list.Items)
			}
			test.end(e)
			if got := receive(t, ended, "end"); got.code != test.want || got.err != nil {
				t.Errorf("exit code %d, error %v, want %d", got.code, got.err, test.want)
			}
		})
	}
	t.Run("interrupted", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		e, ended := forwarding(t, ctx, path)
		e.must(new(object), "initialize", object{"capabilities": object{}})
		cancel()
		if got := receive(t, ended, "end"); got.code != 1 || !errors.Is(got.err, context.Canceled) {
			t.Errorf("exit code %d, error %v", got.code, got.err)
		}
	})
	t.Run("server ended", func(t *testing.T) {
		e, ended := forwarding(t, t.Context(), path)
		e.must(new(object), "initialize", object{"capabilities": object{}})
		if err := stop(); err != nil {
			t.Error(err)
		}
		if got := receive(t, ended, "end"); got.code != 1 || !errors.Is(got.err, ErrServerGone) {
			t.Errorf("exit code %d, error %v", got.code, got.err)
		}
	})
}

// TestNoForwarder has other things at the end of the line than a server that forwards.
func TestNoForwarder(t *testing.T) {
	for name, says := range map[string]string{
		"nothing":      "",
		"noise":        frame("noise"),
		"a question":   frame(`{"jsonrpc":"2.0","id":1,"method":"who"}`),
		"another kind": frame(`{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"method not found"}}`),
	} {
		ours, theirs := net.Pipe()
		go func() {
			buffer := make([]byte, 4096)
			_, _ = ours.Read(buffer)
			_, _ = io.WriteString(ours, says)
			ours.Close()
		}()
		if _, err := NewForwarder(t.Context(), theirs); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	ours, theirs := net.Pipe()
	defer ours.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if _, err := NewForwarder(ctx, theirs); err == nil {
		t.Error("silence: no error")
	}
}
