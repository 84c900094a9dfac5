package typing

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"

	"seedls/lsp/document"
)

// scriptVariable has the test binary be the server that its value, a script, describes.
const scriptVariable = "TYPING_TEST_SCRIPT"

func TestMain(m *testing.M) {
	if text := os.Getenv(scriptVariable); text != "" {
		var s script
		if err := json.Unmarshal([]byte(text), &s); err != nil {
			panic(err)
		}
		newFake(s).run()
	}
	os.Exit(m.Run())
}

// A script says how the fake server acts.
type script struct {
	Does     string
	Passage  Passage
	PIDFile  string
	Settings string // that it insists on
}

// play replays a passage against a fake server.
func play(t *testing.T, ctx context.Context, s script, o Options) (*Result, error) {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(scriptVariable, string(text))
	o.Command = []string{os.Args[0]}
	return Replay(ctx, []Passage{s.Passage}, o)
}

// A fake is a server without a model: it knows the file, looks at the document that it has, and suggests by the script.
type fake struct {
	script
	conn      jsonrpc2.Conn
	documents *document.Store
	answers   int
	asked     chan struct{} // closed once the client has answered
}

func newFake(s script) *fake {
	f := &fake{script: s, documents: document.NewStore(protocol.PositionEncodingKindUTF16), asked: make(chan struct{})}
	f.conn = jsonrpc2.NewConn(jsonrpc2.NewHeaderStream(pipes{os.Stdout, os.Stdin}), jsonrpc2.WithCodec(codec{}))
	return f
}

func (f *fake) run() {
	if f.PIDFile != "" {
		if err := os.WriteFile(f.PIDFile, []byte(strconv.Itoa(os.Getpid())), 0o666); err != nil {
			f.die("%v", err)
		}
	}
	if f.Does == "talk nonsense" {
		fmt.Print("Hello!\n\n")
	}
	f.conn.Go(context.Background(), f.handle)
	<-f.conn.Done()
	f.die("the client hung up")
}

// die ends the process as a crash does.
func (f *fake) die(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
	os.Exit(3)
}

func (f *fake) must(err error) {
	if err != nil {
		f.die("%v", err)
	}
}

func (f *fake) handle(ctx context.Context, req *jsonrpc2.Request) (any, error) {
	switch req.Method() {
	case protocol.MethodInitialize:
		var params protocol.InitializeParams
		f.must(protocol.Unmarshal(req.Params(), &params))
		if got := string(params.InitializationOptions); got != f.Settings {
			f.die("initialized with %q", got)
		}
		return f.initialize(), nil
	case protocol.MethodInitialized:
		if f.Does == "ask the client" {
			go f.ask()
		}
		if f.Does == "warn" {
			f.must(f.conn.Notify(ctx, protocol.MethodWindowShowMessage, &protocol.ShowMessageParams{Type: protocol.MessageTypeError, Message: "no model"}))
			f.must(f.conn.Notify(ctx, protocol.MethodWindowLogMessage, &protocol.LogMessageParams{Type: protocol.MessageTypeError, Message: "no model"}))
			f.must(f.conn.Notify(ctx, protocol.MethodWindowLogMessage, &protocol.LogMessageParams{Type: protocol.MessageTypeInfo, Message: "all is well"}))
		}
	case protocol.MethodTextDocumentDidOpen:
		var params protocol.DidOpenTextDocumentParams
		f.must(protocol.Unmarshal(req.Params(), &params))
		f.must(f.documents.Open(params.TextDocument))
	case protocol.MethodTextDocumentDidChange:
		var params struct {
			TextDocument   protocol.VersionedTextDocumentIdentifier `json:"textDocument"`
			ContentChanges []document.Change                        `json:"contentChanges"`
		}
		f.must(protocol.Unmarshal(req.Params(), &params))
		f.must(f.documents.Change(params.TextDocument.URI, params.TextDocument.Version, params.ContentChanges))
	case protocol.MethodTextDocumentDidClose:
		var params protocol.DidCloseTextDocumentParams
		f.must(protocol.Unmarshal(req.Params(), &params))
		snapshot, err := f.documents.Snapshot(params.TextDocument.URI)
		f.must(err)
		if path := snapshot.URI.Path(); path == root+"/"+f.Passage.Path && snapshot.Text != f.Passage.Text {
			f.die("%s has %q in the end", path, snapshot.Text)
		}
	case protocol.MethodTextDocumentInlineCompletion:
		var params protocol.InlineCompletionParams
		f.must(protocol.Unmarshal(req.Params(), &params))
		return f.inlineCompletion(&params)
	case protocol.MethodShutdown:
		switch f.Does {
		case "stay":
			time.Sleep(time.Minute)
		case "ask the client":
			jsonrpc2.Async(ctx)
			<-f.asked
		}
	case protocol.MethodExit:
		if f.Does == "fail at the end" {
			f.die("cannot save the cache")
		}
		os.Exit(0)
	default:
		f.die("unexpected %s", req.Method())
	}
	return nil, nil
}

func (f *fake) initialize() *protocol.InitializeResult {
	c := protocol.ServerCapabilities{
		TextDocumentSync:         protocol.TextDocumentSyncKindIncremental,
		InlineCompletionProvider: protocol.Boolean(true),
	}
	switch f.Does {
	case "offer nothing":
		c.InlineCompletionProvider = protocol.Boolean(false)
	case "want whole documents":
		c.TextDocumentSync = &protocol.TextDocumentSyncOptions{Change: new(protocol.TextDocumentSyncKindFull)}
	case "count bytes":
		c.PositionEncoding = protocol.PositionEncodingKindUTF8
	}
	return &protocol.InitializeResult{Capabilities: c}
}

// ask asks the client what servers ask, and something else.
func (f *fake) ask() {
	ctx := context.Background()
	_, err := f.conn.Call(ctx, protocol.MethodClientRegisterCapability, &protocol.RegistrationParams{}, nil)
	f.must(err)
	var sections []protocol.LSPAny
	_, err = f.conn.Call(ctx, protocol.MethodWorkspaceConfiguration, &protocol.ConfigurationParams{
		Items: []protocol.ConfigurationItem{{Section: new("seedls")}, {Section: new("other")}},
	}, &sections)
	f.must(err)
	if len(sections) != 2 || !bytes.Equal(sections[0], []byte(f.Settings)) {
		f.die("configuration is %s", sections)
	}
	if _, err := f.conn.Call(ctx, "workspace/unheardOf", nil, nil); err == nil {
		f.die("an unknown request is answered")
	}
	f.must(f.conn.Notify(ctx, protocol.MethodWindowShowMessage, &protocol.ShowMessageParams{Type: protocol.MessageTypeWarning, Message: "asked"}))
	close(f.asked)
}

// inlineCompletion suggests by the script; nothing in another document than the passage's.
func (f *fake) inlineCompletion(params *protocol.InlineCompletionParams) (any, error) {
	snapshot, err := f.documents.Snapshot(params.TextDocument.URI)
	f.must(err)
	if snapshot.URI.Path() != root+"/"+f.Passage.Path {
		return nil, nil
	}
	f.answers++
	if f.answers == 2 {
		switch f.Does {
		case "die":
			f.die("%s\nout of memory", strings.Repeat("x", 2*maxStderr))
		case "hang":
			time.Sleep(time.Minute)
		case "fail":
			return nil, jsonrpc2.Errorf(jsonrpc2.InternalError, "no such luck")
		}
	}
	cursor := snapshot.Offset(params.Position)
	if before := f.Passage.Text[:cursor]; !strings.HasPrefix(snapshot.Text, before) {
		f.die("the cursor is after %q in %q", before, snapshot.Text)
	}
	rest, _, _ := strings.Cut(f.Passage.Text[cursor:f.Passage.End], "\n")
	rest = strings.TrimSuffix(rest, "\r")
	start := snapshot.LineStart(cursor)
	where := snapshot.Range(start, cursor)
	typed := snapshot.Text[start:cursor]
	item := protocol.InlineCompletionItem{Range: &where, InsertText: protocol.String(typed + rest)}
	switch f.Does {
	case "suggest several lines":
		item.InsertText = protocol.String(typed + rest + " \r\n\tand()\r\n\tmore()")
	case "suggest at the cursor":
		item = protocol.InlineCompletionItem{InsertText: protocol.String(rest)}
	case "suggest a list":
		return protocol.InlineCompletionItemSlice{item, {InsertText: protocol.String("second")}}, nil
	case "suggest to the end of the line":
		after, _, _ := strings.Cut(snapshot.Text[cursor:], "\n")
		where.End.Character += 1000 // as far as there is
		item.InsertText = protocol.String(typed + rest + strings.TrimSuffix(after, "\r"))
	case "suggest another text":
		item.InsertText = protocol.String(typed + "another")
	case "suggest too much":
		item.InsertText = protocol.String(typed + rest + ";")
	case "suggest too little":
		item.InsertText = protocol.String(typed + rest[:len(rest)/2])
	case "suggest second":
		return &protocol.InlineCompletionList{Items: []protocol.InlineCompletionItem{{InsertText: protocol.String("first")}, item}}, nil
	case "suggest other beginnings":
		item.InsertText = protocol.String("?" + typed + rest)
	case "suggest in another line":
		where.Start.Line++
		where.End.Line++
	case "suggest a snippet":
		item.InsertText = &protocol.StringValue{Kind: "snippet", Value: typed + rest}
	case "suggest nothing":
		return &protocol.InlineCompletionList{Items: []protocol.InlineCompletionItem{}}, nil
	case "suggest null":
		return nil, nil
	}
	return &protocol.InlineCompletionList{Items: []protocol.InlineCompletionItem{item}}, nil
}
