package lsp

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"seedls/lsp/completion"
)

// The tests in this file are named after what goes wrong with the protocol and jsonrpc2 packages, as they come, in a
// server that people leave running all day. Run them with -tags jsonrpc2poison too.

// Released requests have no order among each other or with later messages: each must see exactly the edits before it.
func TestPitfall1Ordering(t *testing.T) {
	const edits = 40
	m := newModel()
	e := opened(t, Options{Completer: m}, "")
	var asked []pending
	for i := range edits {
		// A request takes long to decode, and the edit after it does not.
		params := here(0, i)
		params["padding"] = strings.Repeat("x", 1<<17)
		asked = append(asked, e.begin("textDocument/completion", params))
		e.insert(i+2, 0, i, "x")
	}
	seen := make(map[int]bool)
	for range edits {
		q := receive(t, m.asked, "question")
		if q.Prefix != strings.Repeat("x", len(q.Prefix)) || q.Suffix != "" {
			t.Errorf("a request after %d edits saw %q before its cursor and %q after it", len(q.Prefix), q.Prefix, q.Suffix)
		}
		seen[len(q.Prefix)] = true
		q.answer <- "y"
	}
	if len(seen) != edits {
		t.Errorf("%d requests saw %d different texts", edits, len(seen))
	}
	for _, p := range asked {
		p.wait()
	}
}

// A question to the client from the goroutine that reads would wait for an answer that nobody reads.
func TestPitfall2QuestionsToTheClient(t *testing.T) {
	caps := capabilities()
	caps["workspace"] = object{"configuration": true, "didChangeConfiguration": object{"dynamicRegistration": true}}
	e := initializedWith(t, Options{Completer: says("done")}, object{"capabilities": caps}, "")
	registration := receive(t, e.requests, "client/registerCapability")
	// The client lets it wait, and goes on.
	for range 3 {
		e.notify("workspace/didChangeConfiguration", object{"settings": nil})
	}
	var list completionList
	e.must(&list, "textDocument/completion", here(0, 0))
	if len(list.Items) != 1 {
		t.Errorf("%d items while the server has a question open", len(list.Items))
	}
	e.send(object{"jsonrpc": "2.0", "id": registration.ID, "result": nil})
	if next := receive(t, e.requests, "workspace/configuration"); next.Method != "workspace/configuration" {
		t.Errorf("second question is %s", next.Method)
	}
}

// A panic in a handler is answered, and then closes the connection.
func TestPitfall3Panics(t *testing.T) {
	panics := completerFunc(func(context.Context, completion.Request) (*completion.Result, error) { panic("oh no") })
	e := opened(t, Options{Completer: panics}, "x")
	for range 3 {
		for _, method := range []string{"textDocument/completion", "textDocument/inlineCompletion"} {
			if r := e.call(method, inline(0, 1)); r.code() != -32603 {
				t.Errorf("%s: code %d, want that of an internal error", method, r.code())
			}
		}
	}
	e.alive()
}

// A notification whose handler fails closes the connection; parameters that are missing or malformed make it fail.
func TestPitfall4MalformedNotifications(t *testing.T) {
	e := opened(t, Options{Completer: says("x")}, "package a")
	for _, method := range []string{
		"initialized", "textDocument/didOpen", "textDocument/didChange", "textDocument/didClose",
		"textDocument/didSave", "workspace/didChangeConfiguration", "$/cancelRequest", "$/setTrace",
	} {
		e.send(object{"jsonrpc": "2.0", "method": method})
		for _, params := range []any{
			nil,
			object{},
			[]int{},
			[]object{{}},
			1, "text",
			object{"textDocument": 7},
			object{"textDocument": object{"uri": 7}},
			object{"textDocument": object{"uri": "file:///other.go"}},
			object{"textDocument": object{"uri": "file:///other.go", "version": "x"}, "contentChanges": object{}},
			object{"id": object{}},
			object{"settings": 7},
		} {
			e.notify(method, params)
		}
	}
	e.alive()
	if got := e.text(); got != "package a" {
		t.Errorf("the text is %q", got)
	}
}

// An unknown notification closes the connection.
func TestPitfall5UnknownMethods(t *testing.T) {
	e := opened(t, Options{}, "")
	e.notify("$/unheardOf", object{})
	e.notify("textDocument/unheardOf", object{"textDocument": object{"uri": docURI}})
	e.send(object{"jsonrpc": "2.0", "method": "unheardOf"})
	for _, method := range []string{"$/unheardOf", "textDocument/unheardOf", "textDocument/hover", ""} {
		if r := e.call(method, object{}); r.code() != -32601 {
			t.Errorf("%q: code %d, want that of a method not found", method, r.code())
		}
	}
	e.alive()
}

// Methods, parameters and the strings in them die, or are overwritten, when the handler returns.
func TestPitfall6BorrowedData(t *testing.T) {
	m := newModel()
	e := opened(t, Options{Completer: m}, "package a\n\n\n")
	action := e.action(span(1, 0, 1, 0))
	resolving := e.begin("codeAction/resolve", action)
	completing := e.begin("textDocument/completion", here(2, 0))
	first, second := receive(t, m.asked, "question"), receive(t, m.asked, "question")
	// While the two are at work, their frames are overwritten many times.
	for i := range 100 {
		e.notify("textDocument/didOpen", object{"textDocument": object{
			"uri": fmt.Sprintf("file:///other/%d", i), "languageId": "go", "version": 1, "text": strings.Repeat("#", 10*i),
		}})
	}
	runtime.GC()
	first.answer <- "one"
	second.answer <- "two"
	resolved := resolving.wait()
	var want object
	decodeReply(t, reply{Result: action}, &want)
	var got struct {
		Title string
		Edit  struct {
			DocumentChanges []struct {
				TextDocument struct{ URI string }
			}
		}
	}
	decodeReply(t, resolved, &got)
	if got.Title != want["title"] || got.Edit.DocumentChanges[0].TextDocument.URI != docURI {
		t.Errorf("resolved action is %s", resolved.Result)
	}
	var list completionList
	decodeReply(t, completing.wait(), &list)
	if len(list.Items) != 1 {
		t.Errorf("%d items", len(list.Items))
	}
	if first.Document != docURI || second.Document != docURI || first.Path != "pkg/a.go" {
		t.Errorf("requests are for %q and %q at %q", first.Document, second.Document, first.Path)
	}
}

// Frames of up to 1 GiB are taken, and room made for them at once.
func TestPitfall7LargeFrames(t *testing.T) {
	e := opened(t, Options{}, "package a")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	e.raw(fmt.Sprintf("Content-Length: %d\r\n\r\n", 1<<30))
	if r := receive(t, e.unnamed, "answer"); r.code() != -32700 {
		t.Errorf("code %d, want that of a parse error", r.code())
	}
	e.raw(fmt.Sprintf("Content-Length: %d\r\n\r\n{", maxFrame)) // not refused, but not there either
	time.Sleep(10 * time.Millisecond)
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 1<<20 {
		t.Errorf("%d bytes were allocated for a header", got)
	}

	e = opened(t, Options{Completer: says("x")}, "package a")
	body := `{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{"textDocument":{"text":"`
	e.raw(fmt.Sprintf("Content-Length: %d\r\n\r\n%s", maxFrame+1, body))
	for sent, chunk := 0, strings.Repeat("x", 1<<20); sent < maxFrame; sent += len(chunk) {
		e.raw(chunk)
	}
	e.alive()
	if got := e.text(); got != "package a" {
		t.Errorf("the text is %q", got)
	}

	// A change that was not read leaves the text unknown: there is no answer from the old one.
	body = fmt.Sprintf(`{"jsonrpc":"2.0","method":"textDocument/didChange","params":{"textDocument":{"uri":%q,"version":9},"contentChanges":[{"text":"`, docURI)
	e.raw(fmt.Sprintf("Content-Length: %d\r\n\r\n%s", maxFrame+1, body))
	for sent, chunk := 0, strings.Repeat("x", 1<<20); sent < maxFrame; sent += len(chunk) {
		e.raw(chunk)
	}
	var list completionList
	if e.must(&list, "textDocument/completion", here(0, 9)); len(list.Items) != 0 {
		t.Errorf("%d items for a text that is not known", len(list.Items))
	}
}

// A cancelled request is to be answered, by the handler, with a code of its own; so is one that came to nothing.
func TestPitfall8ErrorCodes(t *testing.T) {
	m := newModel()
	e := opened(t, Options{Completer: m}, "x")
	for _, method := range []string{"textDocument/completion", "textDocument/inlineCompletion", "codeAction/resolve"} {
		params := any(inline(0, 1))
		if method == "codeAction/resolve" {
			params = e.action(span(0, 1, 0, 1))
		}
		p := e.begin(method, params)
		receive(t, m.asked, "question")
		e.notify("$/cancelRequest", object{"id": p.id})
		if r := p.wait(); r.code() != -32800 {
			t.Errorf("%s, cancelled: code %d", method, r.code())
		}
	}
	e.notify("$/cancelRequest", object{"id": 12345})
	e.notify("$/cancelRequest", object{"id": "12345"})

	p := e.begin("codeAction/resolve", e.action(span(0, 1, 0, 1)))
	receive(t, m.asked, "question").answer <- ""
	if r := p.wait(); r.code() != -32803 {
		t.Errorf("nothing to fill in: code %d", r.code())
	}
	action := e.action(span(0, 1, 0, 1))
	p = e.begin("codeAction/resolve", action)
	q := receive(t, m.asked, "question")
	e.insert(2, 0, 1, "y")
	e.alive()
	q.answer <- "y"
	if r := p.wait(); r.code() != -32801 {
		t.Errorf("document changed meanwhile: code %d", r.code())
	}
	if r := e.call("codeAction/resolve", action); r.code() != -32801 {
		t.Errorf("document changed before: code %d", r.code())
	}
}

// Closing a connection waits for what is under way, and exit codes are nobody's business but ours.
func TestPitfall9Exit(t *testing.T) {
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
			m := newModel()
			e := opened(t, Options{Completer: m}, "x")
			e.begin("textDocument/completion", here(0, 1))
			q := receive(t, m.asked, "question")
			begun := time.Now()
			test.end(e)
			got := receive(t, e.served, "end")
			e.served <- got
			if got.code != test.want || got.err != nil {
				t.Errorf("exit code %d, error %v, want %d", got.code, got.err, test.want)
			}
			if took := time.Since(begun); took >= drainTime {
				t.Errorf("it took %v", took)
			}
			if q.ctx.Err() == nil {
				t.Error("the request under way was not cancelled")
			}
		})
	}
}

// The context of a request is reused, and what was derived from it crashes the process, when the request is answered on
// the goroutine that reads: as are those that are refused.
func TestPitfall10Contexts(t *testing.T) {
	e := opened(t, Options{}, "x")
	for range 200 {
		e.alive()
		if r := e.call("textDocument/completion", nil); r.code() != -32602 {
			t.Errorf("code %d, want that of invalid parameters", r.code())
		}
	}
}

// An edit whose range cannot be decoded is taken for the whole new text.
func TestPitfall11EditsOfUnknownRange(t *testing.T) {
	e := opened(t, Options{Completer: says("x")}, "package a")
	// An edit that cannot be read leaves the document unknown until it is sent whole.
	e.notify("textDocument/didChange", object{
		"textDocument":   object{"uri": docURI, "version": 2},
		"contentChanges": []object{{"range": span(-1, 0, 0, 0), "text": "y"}},
	})
	var list completionList
	if e.must(&list, "textDocument/completion", here(0, 0)); len(list.Items) != 0 {
		t.Errorf("%d items for a document that is not known", len(list.Items))
	}
	e.notify("textDocument/didChange", object{
		"textDocument":   object{"uri": docURI, "version": 3},
		"contentChanges": []object{{"text": "package b"}},
	})
	if got := e.text(); got != "package b" {
		t.Errorf("sent whole, the text is %q", got)
	}
}

type completerFunc func(context.Context, completion.Request) (*completion.Result, error)

func (f completerFunc) Complete(ctx context.Context, r completion.Request) (*completion.Result, error) {
	return f(ctx, r)
}

// alive fails unless the server still answers.
func (e *editor) alive() {
	e.t.Helper()
	if r := e.call("alive", object{}); r.code() != -32601 {
		e.t.Errorf("code %d", r.code())
	}
}

func (e *editor) shutdown() {
	e.t.Helper()
	if r := e.call("shutdown", nil); r.Error != nil || string(r.Result) != "null" {
		e.t.Errorf("shutdown: %+v", r)
	}
}

// action returns the code action that fills a range.
func (e *editor) action(where object) json.RawMessage {
	e.t.Helper()
	var actions []json.RawMessage
	e.must(&actions, "textDocument/codeAction", object{
		"textDocument": object{"uri": docURI}, "range": where, "context": object{"diagnostics": []int{}},
	})
	if len(actions) == 0 {
		e.t.Fatal("no code actions")
	}
	return actions[len(actions)-1]
}

// text is what the server takes for the text of a document of one line, of less than 100 characters, when what it
// completes with is "x": the edit of a completion replaces, and so shows, the word before the cursor.
func (e *editor) text() string {
	e.t.Helper()
	var words []string
	for character := 99; character >= 0; {
		var list completionList
		e.must(&list, "textDocument/completion", here(0, character))
		if len(list.Items) != 1 {
			e.t.Fatalf("%d items at character %d", len(list.Items), character)
		}
		edit := list.Items[0].TextEdit
		words = append([]string{strings.TrimSuffix(edit.NewText, "x")}, words...)
		character = edit.Range.Start.Character - 1
	}
	return strings.Join(words, " ")
}
