package lsp

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/textproto"
	"strconv"
	"sync"
	"testing"
	"time"

	"seedls/lsp/completion"
)

const patience = 10 * time.Second

// An editor is the other side of a session in a test: it writes frames, well-formed or not, and sorts what comes back.
type editor struct {
	t      testing.TB
	conn   net.Conn
	served chan exit

	mu       sync.Mutex
	lastID   int
	waiting  map[string]chan reply
	requests chan message // from the server
	notices  chan message
	unnamed  chan reply // responses without an id
}

type exit struct {
	code int
	err  error
}

type message struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
	reply
}

type reply struct {
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	} `json:"error"`
}

func (r reply) code() int {
	if r.Error == nil {
		return 0
	}
	return r.Error.Code
}

// start serves an editor that has not said anything yet.
func start(t testing.TB, options Options) *editor {
	t.Helper()
	if options.Logger == nil {
		options.Logger = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	ours, theirs := net.Pipe()
	served := make(chan exit, 1)
	go func() {
		code, err := Serve(context.Background(), theirs, options)
		served <- exit{code, err}
	}()
	t.Cleanup(func() {
		ours.Close()
		select {
		case <-served:
		case <-time.After(patience):
			t.Error("the session did not end")
		}
	})
	e := attach(t, ours)
	e.served = served
	return e
}

// attach is an editor at a connection to a server.
func attach(t testing.TB, connection net.Conn) *editor {
	e := &editor{
		t: t, conn: connection, waiting: make(map[string]chan reply),
		requests: make(chan message, 100), notices: make(chan message, 100), unnamed: make(chan reply, 1000),
	}
	reading := make(chan struct{})
	go func() {
		defer close(reading)
		e.read()
	}()
	t.Cleanup(func() {
		connection.Close()
		<-reading
	})
	return e
}

func (e *editor) read() {
	in := textproto.NewReader(bufio.NewReader(e.conn))
	for {
		header, err := in.ReadMIMEHeader()
		if err != nil {
			return
		}
		length, err := strconv.Atoi(header.Get("Content-Length"))
		if err != nil {
			e.t.Errorf("frame with header %v: %v", header, err)
			return
		}
		body := make([]byte, length)
		if _, err := io.ReadFull(in.R, body); err != nil {
			return
		}
		var m message
		if err := json.Unmarshal(body, &m); err != nil {
			e.t.Errorf("frame with body %q: %v", body, err)
			return
		}
		switch {
		case m.Method != "" && m.ID != nil:
			e.requests <- m
		case m.Method != "":
			e.notices <- m
		case string(m.ID) == "null":
			e.unnamed <- m.reply
		default:
			e.mu.Lock()
			waiting := e.waiting[string(m.ID)]
			delete(e.waiting, string(m.ID))
			e.mu.Unlock()
			if waiting == nil {
				e.t.Errorf("an answer to no request: %s", body)
				continue
			}
			waiting <- m.reply
		}
	}
}

func (e *editor) raw(text string) {
	e.t.Helper()
	if _, err := io.WriteString(e.conn, text); err != nil {
		e.t.Fatalf("the connection is gone: %v", err)
	}
}

func frame(body string) string { return fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body) }

func (e *editor) send(value any) {
	e.t.Helper()
	body, err := json.Marshal(value)
	if err != nil {
		e.t.Fatal(err)
	}
	e.raw(frame(string(body)))
}

func (e *editor) notify(method string, params any) {
	e.t.Helper()
	e.send(map[string]any{"jsonrpc": "2.0", "method": method, "params": params})
}

// A pending is a request that was sent.
type pending struct {
	e     *editor
	id    int
	reply chan reply
}

func (e *editor) begin(method string, params any) pending {
	e.t.Helper()
	e.mu.Lock()
	e.lastID++
	p := pending{e, e.lastID, make(chan reply, 1)}
	e.waiting[strconv.Itoa(p.id)] = p.reply
	e.mu.Unlock()
	e.send(map[string]any{"jsonrpc": "2.0", "id": p.id, "method": method, "params": params})
	return p
}

func (p pending) wait() reply {
	p.e.t.Helper()
	return receive(p.e.t, p.reply, "answer")
}

func (e *editor) call(method string, params any) reply {
	e.t.Helper()
	return e.begin(method, params).wait()
}

// must calls and decodes the result.
func (e *editor) must(result any, method string, params any) {
	e.t.Helper()
	decodeReply(e.t, e.call(method, params), result)
}

func decodeReply(t testing.TB, r reply, result any) {
	t.Helper()
	if r.Error != nil {
		t.Fatalf("error %d: %s", r.Error.Code, r.Error.Message)
	}
	if err := json.Unmarshal(r.Result, result); err != nil {
		t.Fatalf("result %s: %v", r.Result, err)
	}
}

func receive[T any](t testing.TB, from <-chan T, what string) T {
	t.Helper()
	select {
	case value := <-from:
		return value
	case <-time.After(patience):
		t.Fatalf("no %s", what)
		panic("unreachable")
	}
}

type object = map[string]any

// capabilities are those of a client that can do everything, in UTF-16.
func capabilities() object {
	return object{
		"textDocument": object{
			"completion": object{"completionItem": object{"insertTextModeSupport": object{"valueSet": []int{1, 2}}}},
			"codeAction": object{
				"dataSupport":              true,
				"resolveSupport":           object{"properties": []string{"edit"}},
				"codeActionLiteralSupport": object{"codeActionKind": object{"valueSet": []string{"", "refactor"}}},
			},
		},
		"workspace": object{"workspaceEdit": object{"documentChanges": true}},
	}
}

// opened serves an editor that has initialized and opened a document.
func opened(t testing.TB, options Options, text string) *editor {
	t.Helper()
	return initializedWith(t, options, object{"capabilities": capabilities(), "rootUri": "file:///project"}, text)
}

func initializedWith(t testing.TB, options Options, params object, text string) *editor {
	t.Helper()
	e := start(t, options)
	var result struct{ ServerInfo struct{ Name string } }
	e.must(&result, "initialize", params)
	if result.ServerInfo.Name != "seedls" {
		t.Fatalf("server is %q", result.ServerInfo.Name)
	}
	e.notify("initialized", object{})
	e.open(text)
	return e
}

const docURI = "file:///project/pkg/a.go"

func (e *editor) open(text string) {
	e.t.Helper()
	e.notify("textDocument/didOpen", object{"textDocument": object{
		"uri": docURI, "languageId": "go", "version": 1, "text": text,
	}})
}

func at(line, character int) object { return object{"line": line, "character": character} }

func span(startLine, startCharacter, endLine, endCharacter int) object {
	return object{"start": at(startLine, startCharacter), "end": at(endLine, endCharacter)}
}

// insert types text at a position.
func (e *editor) insert(version, line, character int, text string) {
	e.t.Helper()
	e.notify("textDocument/didChange", object{
		"textDocument":   object{"uri": docURI, "version": version},
		"contentChanges": []object{{"range": span(line, character, line, character), "text": text}},
	})
}

func here(line, character int) object {
	return object{"textDocument": object{"uri": docURI}, "position": at(line, character)}
}

func inline(line, character int) object {
	params := here(line, character)
	params["context"] = object{"triggerKind": 2}
	return params
}

type inlineList struct {
	Items []struct {
		InsertText string
		Range      textRange
	}
}

type completionList struct {
	IsIncomplete bool
	Items        []struct {
		Label, FilterText, SortText, Documentation string
		InsertTextMode                             int
		TextEdit                                   struct {
			Range   textRange
			NewText string
		}
	}
}

type textRange struct{ Start, End struct{ Line, Character int } }

func (r textRange) String() string {
	return fmt.Sprintf("%d:%d-%d:%d", r.Start.Line, r.Start.Character, r.End.Line, r.End.Character)
}

// A model is a completer that a test answers for.
type model struct{ asked chan question }

type question struct {
	completion.Request
	ctx    context.Context
	answer chan string
}

func newModel() *model { return &model{make(chan question, 2*maxRequests)} }

func (m *model) Complete(ctx context.Context, r completion.Request) (*completion.Result, error) {
	q := question{r, ctx, make(chan string, 1)}
	m.asked <- q
	select {
	case text := <-q.answer:
		return &completion.Result{Text: text}, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// says is a completer that always says the same.
type says string

func (s says) Complete(context.Context, completion.Request) (*completion.Result, error) {
	return &completion.Result{Text: string(s)}, nil
}
