//go:build unix

package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var messages = flag.Int("messages", 20_000, "how many random messages the server has to bear")

// A babbler makes messages that are nearly right. It never says exit or shutdown, which end a session by right.
type babbler struct{ *rand.Rand }

func pick[T any](b babbler, from ...T) T { return from[b.IntN(len(from))] }

// value is any JSON, of any type.
func (b babbler) value(depth int) any {
	switch b.IntN(9) {
	case 0:
		return nil
	case 1:
		return b.IntN(2) == 0
	case 2:
		return pick(b, -1, 0, 1, 7, 1<<31, 1<<53, -1<<62)
	case 3:
		return pick(b, 0.5, 1e300, -2.25)
	case 4:
		return pick(b, "", "x", "file:///project/a.go", "🙂\r\n", "\x00", strings.Repeat("y", 3000))
	case 5:
		return pick[any](b, []any{}, object{})
	}
	if depth == 0 {
		return nil
	}
	if b.IntN(2) == 0 {
		return []any{b.value(depth - 1), b.value(depth - 1)}
	}
	return object{pick(b, "uri", "text", "line", "textDocument", "seedls", "x"): b.value(depth - 1)}
}

// params are right but for a member here and there that is missing or of another type.
func (b babbler) params() any {
	spoilt := func(of object) any {
		for name := range of {
			switch b.IntN(12) {
			case 0:
				delete(of, name)
			case 1:
				of[name] = b.value(3)
			}
		}
		return of
	}
	position := func() any { return spoilt(object{"line": b.IntN(5), "character": b.IntN(40)}) }
	where := func() any { return spoilt(object{"start": position(), "end": position()}) }
	return spoilt(object{
		"textDocument": spoilt(object{
			"uri": pick(b, "file:///project/b.go", "file:///project/c.py", "untitled:1", "x"), "languageId": pick(b, "go", "python", "x"),
			"version": b.IntN(9), "text": pick(b, "", "package b\n\nfunc f() {\n\treturn \n}\n", "def f(:\n", strings.Repeat("({[", 99)),
		}),
		"position":       position(),
		"range":          where(),
		"context":        spoilt(object{"triggerKind": b.IntN(4), "diagnostics": []any{}, "only": []any{"refactor"}}),
		"contentChanges": []any{spoilt(object{"range": where(), "text": pick(b, "x", "\n", "", "}")})},
		"settings":       spoilt(object{"seedls": b.value(2)}),
		"id":             b.IntN(99),
		"command":        pick(b, "seedls.action", "seedls.accept", "x"),
		"arguments":      []any{b.value(2)},
		"data":           b.value(3),
		"token":          b.IntN(9),
	})
}

// frame is a message with its header; one in ten is broken.
func (b babbler) frame() []byte {
	message := object{"jsonrpc": "2.0", "params": b.params(), "method": pick(b,
		"textDocument/didOpen", "textDocument/didChange", "textDocument/didChange", "textDocument/didClose", "textDocument/completion",
		"textDocument/inlineCompletion", "textDocument/codeAction", "codeAction/resolve", "workspace/executeCommand", "initialize",
		"workspace/didChangeConfiguration", "workspace/textDocumentContent", "textDocument/copilotInlineEdit", "$/cancelRequest",
		"textDocument/didFocus", "window/workDoneProgress/cancel", "seedls/status", "initialized", "x")}
	if b.IntN(2) == 0 {
		message["id"] = pick[any](b, b.IntN(99), b.IntN(99), "a", nil, 0.5, []any{}) // of which many are taken
	}
	if b.IntN(20) == 0 {
		delete(message, pick(b, "jsonrpc", "method", "params"))
	}
	body, err := json.Marshal(message)
	if err != nil {
		panic(err)
	}
	length := len(body)
	switch b.IntN(100) {
	case 0:
		body[b.IntN(len(body))] = byte(b.IntN(256)) // invalid UTF-8 in most cases
	case 1:
		body = body[:b.IntN(len(body))] // and the next message is taken for the rest
	case 2:
		length += b.IntN(50) - 25
	case 3:
		length = pick(b, 0, 1<<30, -1)
	case 4:
		body = []byte(strings.Repeat(pick(b, "[", `{"a":`), 5000))
		length = len(body)
	case 5:
		return append(body, "\r\n"...) // no header
	case 6:
		return []byte(strings.Repeat("Content-Length: 3\r\n", b.IntN(4)) + "\r\n")
	case 7:
		from := b.IntN(len(body))
		body = append(body[:from:from], body[b.IntN(len(body)):]...)
		length = len(body)
	}
	return fmt.Appendf(nil, "Content-Length: %d\r\n\r\n%s", length, body)
}

// TestRandomMessages sends a server process random messages, split and merged at random. It neither ends nor hangs up, and
// between them it answers a request as it does without them.
func TestRandomMessages(t *testing.T) {
	p := editing(t)
	p.initialize("babbler")
	want := p.complete(unfinished)
	require.NotEmpty(t, want)
	const between = 5_000
	// More than a wrong length may swallow, so that the next request is read.
	quiet := strings.Repeat(" ", 64<<10)
	p.lastID = 1 << 20 // which no random message has
	b := babbler{rand.New(rand.NewPCG(1, 2))}
	for sent := 0; sent < *messages; {
		p.lastID++
		id := p.lastID
		go func() { // what comes back is read meanwhile
			var stream []byte
			for range between {
				stream = append(stream, b.frame()...)
				for b.IntN(3) == 0 {
					n := b.IntN(len(stream) + 1)
					_, _ = p.in.Write(stream[:n]) // if the server is gone, the reader says so
					stream = stream[n:]
				}
			}
			_, _ = p.in.Write(append(stream, quiet...))
			p.send("seedls/status", id, nil)
		}()
		p.await(new(object))
		sent += between
		p.send("workspace/didChangeConfiguration", nil, object{"settings": object{"seedls": object{}}})
		require.Equal(t, want, p.complete(unfinished), "after %d messages", sent)
	}
	p.leave()
}
