package lsp

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"seedls/lsp/completion"
)

// following are the capabilities of a client with a status bar.
func following() object {
	return object{"experimental": object{"seedls/didChangeStatus": true}}
}

// TestDidChangeStatus follows a client's condition through what can become of it.
func TestDidChangeStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newModel()
		var failure error
		e := initializedWith(t, Options{Completer: completerFunc(func(ctx context.Context, r completion.Request) (*completion.Result, error) {
			if failure != nil {
				return nil, failure
			}
			return m.Complete(ctx, r)
		})}, object{"capabilities": following()}, "x")
		told := func(what string, want ...Condition) {
			t.Helper()
			synctest.Wait()
			var got []Condition
			for len(e.notices) > 0 {
				notice := <-e.notices
				require.Equal(t, methodDidChangeStatus, notice.Method)
				var c Condition
				require.NoError(t, json.Unmarshal(notice.Params, &c))
				got = append(got, c)
			}
			require.Equal(t, want, got, what)
		}
		normal, busy := Condition{Kind: "Normal"}, Condition{Kind: "Normal", Busy: true}
		told("at first", normal)
		first, second := e.begin("textDocument/completion", here(0, 0)), e.begin("textDocument/completion", here(0, 1))
		told("two requests", busy)
		receive(t, m.asked, "question").answer <- "a"
		told("one of them answered")
		receive(t, m.asked, "question").answer <- "b"
		first.wait()
		second.wait()
		told("both answered", normal)
		e.call("textDocument/completion", here(0, 1))
		told("answered without the model")

		e.insert(2, 0, 1, "y")
		p := e.begin("textDocument/inlineCompletion", inline(0, 2))
		told("a request", busy)
		receive(t, m.asked, "question")
		e.notify("$/cancelRequest", object{"id": p.id})
		p.wait()
		told("cancelled", normal)

		failure = errors.New("out of ink")
		e.insert(3, 0, 0, "y")
		e.call("textDocument/completion", here(0, 1))
		warning := Condition{Kind: "Warning", Message: "out of ink"}
		synctest.Wait()
		var last message
		for len(e.notices) > 0 {
			last = <-e.notices
		}
		var c Condition
		require.NoError(t, json.Unmarshal(last.Params, &c))
		require.Equal(t, warning, c)
		failure = nil
		p = e.begin("textDocument/completion", here(0, 1))
		warning.Busy = true
		told("another try", warning)
		receive(t, m.asked, "question").answer <- "a"
		p.wait()
		told("that works", normal)

		e.notify("workspace/didChangeConfiguration", object{"settings": object{"automatic": false}})
		told("off", Condition{Kind: "Inactive", Message: "nothing is suggested unless it is asked for"})
		var s Status
		e.must(&s, "seedls/status", nil)
		require.Equal(t, "Inactive", s.Kind)
		time.Sleep(time.Hour)
		told("nothing happens")
	})
}

func TestStatusOfClients(t *testing.T) {
	e := start(t, Options{NoCompleter: errors.New("run this to get one"), Version: "1.2.3", Log: "/a/log"})
	var s Status
	e.must(&s, "seedls/status", nil) // before initialize
	require.Equal(t, "Error", s.Kind)
	require.Contains(t, s.Message, "run this to get one")
	require.Equal(t, "1.2.3", s.Version)
	require.Equal(t, "/a/log", s.Log)
	require.Nil(t, s.Model)
	require.Empty(t, s.Clients)
	if r := e.call("seedls/stop", nil); r.code() != -32803 {
		t.Errorf("stop of a server that does not listen: code %d", r.code())
	}
	require.Empty(t, e.notices)

	path, stop := serveSocket(t, Options{Completer: says("xyz")})
	first, second := attach(t, dial(t, path)), attach(t, dial(t, path))
	for i, e := range []*editor{first, second} {
		e.must(new(object), "initialize", object{"capabilities": object{}, "clientInfo": object{"name": "editor", "version": []string{"1", "2"}[i]}})
		e.notify("initialized", object{})
		e.open("a\n")
	}
	for range 3 {
		first.must(new(inlineList), "textDocument/inlineCompletion", inline(1, 0))
	}
	second.must(new(completionList), "textDocument/completion", here(1, 0))
	require.NoError(t, Ask(t.Context(), dial(t, path), MethodStatus, &s))
	require.Equal(t, "editor 1", s.Clients[0].Name)
	require.Equal(t, "editor 2", s.Clients[1].Name)
	require.Equal(t, 2, s.Clients[0].DocumentBytes)
	require.Equal(t, 4, s.TypedThrough.All)
	require.Equal(t, 2, s.TypedThrough.Hits)
	require.Len(t, s.Latencies, 2)
	require.Equal(t, 3, s.Latencies[1].Count)

	second.conn.Close()
	require.NoError(t, stop())
}

// TestStop has one client end the server of all.
func TestStop(t *testing.T) {
	path, stop := serveSocket(t, Options{Completer: says("x")})
	e, ended := forwarding(t, t.Context(), path)
	e.must(new(object), "initialize", object{"capabilities": object{}})
	if err := Ask(t.Context(), dial(t, path), MethodStop, new(any)); err != nil {
		require.ErrorIs(t, err, ErrServerGone) // it ended before it could answer
	}
	require.ErrorIs(t, receive(t, ended, "end").err, ErrServerGone)
	require.NoError(t, stop())
}
