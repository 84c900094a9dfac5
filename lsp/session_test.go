package lsp

import (
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"seedls/lsp/completion"
	"seedls/lsp/document"
)

func TestLifecycle(t *testing.T) {
	e := start(t, Options{Version: "1.2.3"})
	for _, method := range []string{"textDocument/completion", "shutdown", "unheardOf"} {
		if r := e.call(method, here(0, 0)); r.code() != -32002 {
			t.Errorf("%s before initialize: code %d", method, r.code())
		}
	}
	e.open("too early")
	if r := e.call("initialize", nil); r.code() != -32602 {
		t.Errorf("initialize without parameters: code %d", r.code())
	}
	var result struct {
		Capabilities struct {
			PositionEncoding string
			TextDocumentSync struct {
				OpenClose, Save bool
				Change          int
			}
			CompletionProvider       object
			InlineCompletionProvider bool
			CodeActionProvider       struct {
				CodeActionKinds []string
				ResolveProvider bool
			}
		}
		ServerInfo struct{ Name, Version string }
	}
	e.must(&result, "initialize", object{"processId": nil, "rootUri": nil, "capabilities": object{}})
	got := result.Capabilities
	if got.PositionEncoding != "utf-16" || !got.TextDocumentSync.OpenClose || !got.TextDocumentSync.Save || got.TextDocumentSync.Change != 2 ||
		got.CompletionProvider == nil || !got.InlineCompletionProvider || !got.CodeActionProvider.ResolveProvider ||
		!slices.Equal(got.CodeActionProvider.CodeActionKinds, []string{"quickfix", "refactor.rewrite"}) {
		t.Errorf("capabilities are %+v", got)
	}
	if result.ServerInfo.Name != "seedls" || result.ServerInfo.Version != "1.2.3" {
		t.Errorf("server info is %+v", result.ServerInfo)
	}
	if r := e.call("initialize", object{"capabilities": object{}}); r.code() != -32600 {
		t.Errorf("initialize again: code %d", r.code())
	}
	e.notify("initialized", object{})
	e.alive()
	e.shutdown()
	if r := e.call("textDocument/completion", here(0, 0)); r.code() != -32600 {
		t.Errorf("after shutdown: code %d", r.code())
	}
	e.open("too late")
	e.notify("exit", nil)
	served := receive(t, e.served, "end")
	e.served <- served
	if served.code != 0 {
		t.Errorf("exit code %d", served.code)
	}
}

func TestPositionEncodings(t *testing.T) {
	for _, test := range []struct {
		offered []string
		want    string
		cursor  int // after the astral character
	}{
		{[]string{"utf-32", "utf-8", "utf-16"}, "utf-32", 2},
		{[]string{"utf-8", "utf-16"}, "utf-8", 5},
		{[]string{"utf-16"}, "utf-16", 3},
		{nil, "utf-16", 3},
	} {
		m := newModel()
		e := start(t, Options{Completer: m})
		var result struct {
			Capabilities struct{ PositionEncoding string }
		}
		e.must(&result, "initialize", object{"capabilities": object{"general": object{"positionEncodings": test.offered}}})
		if result.Capabilities.PositionEncoding != test.want {
			t.Errorf("offered %v: encoding is %s", test.offered, result.Capabilities.PositionEncoding)
		}
		e.open("\r\nx🙂y")
		p := e.begin("textDocument/inlineCompletion", inline(1, test.cursor))
		q := receive(t, m.asked, "question")
		if q.Prefix != "\r\nx🙂" || q.Suffix != "y" {
			t.Errorf("%s: hole between %q and %q", test.want, q.Prefix, q.Suffix)
		}
		q.answer <- "z"
		var list inlineList
		decodeReply(t, p.wait(), &list)
		if got := list.Items[0]; got.InsertText != "x🙂z" || got.Range.Start.Character != 0 || got.Range.End.Character != test.cursor {
			t.Errorf("%s: item %+v", test.want, got)
		}
	}
}

func TestInlineCompletion(t *testing.T) {
	const text = "package a\n\nfunc f() {\n\tretur\n}\n"
	for _, test := range []struct {
		name, says string
		params     object
		want       string // the item's text and range
	}{
		{"from the start of the line", "n 1", inline(3, 6), "\treturn 1 3:0-3:6"},
		{"several lines", "n 1\n}\n\nvar x = 1", inline(3, 6), "\treturn 1\n}\n\nvar x = 1 3:0-3:6"},
		{"at the start of a line", "\tx()\n", inline(3, 0), "\tx()\n 3:0-3:0"},
		{"past the end of the line", "n 1", inline(3, 60), "\treturn 1 3:0-3:6"},
		{"nothing", "", inline(3, 6), ""},
		{"what is there already", "\n}", inline(3, 6), ""},
		{"unknown document", "x", object{"textDocument": object{"uri": "file:///other"}, "position": at(0, 0), "context": object{"triggerKind": 1}}, ""},
		{"no document", "x", object{"position": at(0, 0), "context": object{"triggerKind": 1}}, ""},
		{"with a selected completion", "(x)", selecting(inline(3, 6), span(3, 1, 3, 6), "returns"), "returns(x) 3:1-3:6"},
		{"with one of several lines", "(x)", selecting(inline(3, 6), span(2, 1, 3, 6), "returns"), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := opened(t, Options{Completer: says(test.says)}, text)
			r := e.call("textDocument/inlineCompletion", test.params)
			if !strings.HasPrefix(string(r.Result), `{"items":[`) {
				t.Fatalf("result is %s", r.Result)
			}
			var list inlineList
			decodeReply(t, r, &list)
			got := ""
			for _, item := range list.Items {
				got += item.InsertText + " " + item.Range.String()
			}
			if got != test.want {
				t.Errorf("items are %q, want %q", got, test.want)
			}
		})
	}
}

func selecting(params, where object, text string) object {
	params["context"] = object{"triggerKind": 2, "selectedCompletionInfo": object{"range": where, "text": text}}
	return params
}

func TestSelectedCompletionIsPartOfTheText(t *testing.T) {
	m := newModel()
	e := opened(t, Options{Completer: m}, "package a\nfunc f() { fmt.Pr }")
	e.begin("textDocument/inlineCompletion", selecting(inline(1, 17), span(1, 15, 1, 17), "Println"))
	q := receive(t, m.asked, "question")
	q.answer <- ""
	if q.Prefix != "package a\nfunc f() { fmt.Println" || q.Suffix != " }" || q.Tree.Text() != q.Prefix+q.Suffix {
		t.Errorf("hole between %q and %q, tree of %q", q.Prefix, q.Suffix, q.Tree.Text())
	}
}

func TestCompletion(t *testing.T) {
	const text = "package a\n\nfunc f() {\n\tx.retur\n\t\n}\n"
	for _, test := range []struct {
		name, says                           string
		line, character                      int
		label, newText, where, documentation string
	}{
		{"word", "n(1)", 3, 8, "return(1)", "return(1)", "3:3-3:8", ""},
		{"no word", "return", 3, 3, "return", "return", "3:3-3:3", ""},
		{"several lines", "if x {\n\t\treturn\n\t}", 4, 1, "if x { …", "if x {\n\t\treturn\n\t}", "4:1-4:1", "if x {\n\t\treturn\n\t}"},
		{"begins with a line end", "\n\treturn", 2, 10, "return", "\n\treturn", "2:10-2:10", "\n\treturn"},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := opened(t, Options{Completer: says(test.says)}, text)
			var list completionList
			e.must(&list, "textDocument/completion", here(test.line, test.character))
			if !list.IsIncomplete || len(list.Items) != 1 {
				t.Fatalf("list is %+v", list)
			}
			got := list.Items[0]
			if got.Label != test.label || got.TextEdit.NewText != test.newText || got.TextEdit.Range.String() != test.where ||
				got.FilterText != test.newText || got.Documentation != test.documentation || got.InsertTextMode != 1 {
				t.Errorf("item is %+v", got)
			}
		})
	}
	e := opened(t, Options{Completer: says("")}, text)
	if r := e.call("textDocument/completion", here(0, 0)); string(r.Result) != `{"isIncomplete":true,"items":[]}` {
		t.Errorf("nothing to show: %s", r.Result)
	}
}

func TestLineEnds(t *testing.T) {
	e := opened(t, Options{Completer: says("a\nb\r\nc")}, "x\r\ny")
	var list inlineList
	e.must(&list, "textDocument/inlineCompletion", inline(1, 1))
	if got := list.Items[0].InsertText; got != "ya\r\nb\r\nc" {
		t.Errorf("text is %q", got)
	}
}

func TestCodeAction(t *testing.T) {
	const text = "package a\n\nvar x = old\n"
	list := func(e *editor, context object) []object {
		t.Helper()
		var actions []object
		e.must(&actions, "textDocument/codeAction", object{
			"textDocument": object{"uri": docURI}, "range": span(2, 8, 2, 11), "context": context,
		})
		if actions == nil {
			t.Fatal("the list is null")
		}
		return actions
	}
	t.Run("list", func(t *testing.T) {
		m := newModel()
		e := opened(t, Options{Completer: m}, text)
		for _, test := range []struct {
			only []string
			want int
		}{
			{nil, 2},
			{[]string{}, 2},
			{[]string{"refactor"}, 2},
			{[]string{"quickfix", "refactor.rewrite"}, 2},
			{[]string{"refactor.rewrite.more"}, 0},
			{[]string{"refactor.re"}, 0},
			{[]string{"quickfix"}, 0},
			{[]string{""}, 2},
		} {
			actions := list(e, object{"diagnostics": []int{}, "only": test.only})
			if len(actions) != test.want {
				t.Errorf("only %v: %d actions", test.only, len(actions))
			}
			for _, action := range actions {
				if title := action["title"]; title != "Fill here with seedls" && title != "Rewrite selection with seedls" || action["kind"] != "refactor.rewrite" || action["edit"] != nil {
					t.Errorf("action is %v", action)
				}
			}
		}
		if len(m.asked) != 0 {
			t.Error("the model was asked while listing")
		}
	})
	t.Run("resolve", func(t *testing.T) {
		for _, versioned := range []bool{true, false} {
			m := newModel()
			caps := capabilities()
			caps["workspace"] = object{"workspaceEdit": object{"documentChanges": versioned}}
			e := initializedWith(t, Options{Completer: m}, object{"capabilities": caps}, text)
			p := e.begin("codeAction/resolve", e.action(span(2, 11, 2, 8)))
			q := receive(t, m.asked, "question")
			if q.Prefix != "package a\n\nvar x = " || q.Suffix != "\n" || q.Tree.Text() != q.Prefix+q.Suffix {
				t.Errorf("hole between %q and %q, tree of %q", q.Prefix, q.Suffix, q.Tree.Text())
			}
			q.answer <- "new"
			const edits = `[{"range":{"start":{"line":2,"character":8},"end":{"line":2,"character":11}},"newText":"new"}]`
			want := `{"changes":{"` + docURI + `":` + edits + `}}`
			if versioned {
				want = `{"documentChanges":[{"textDocument":{"uri":"` + docURI + `","version":1},"edits":` + edits + `}]}`
			}
			var action struct {
				Title string
				Kind  string
				Edit  json.RawMessage
			}
			decodeReply(t, p.wait(), &action)
			if string(action.Edit) != want || action.Title == "" || action.Kind == "" {
				t.Errorf("action is %+v, want edit %s", action, want)
			}
		}
	})
	t.Run("foreign data", func(t *testing.T) {
		e := opened(t, Options{Completer: says("x")}, text)
		for _, data := range []any{nil, 1, "x", []int{}, object{"uri": 1}, object{"action": "dance", "uri": docURI}} {
			if r := e.call("codeAction/resolve", object{"title": "x", "data": data}); r.code() != -32602 {
				t.Errorf("data %v: code %d", data, r.code())
			}
		}
		if r := e.call("codeAction/resolve", object{"title": "x", "data": object{"action": "fill", "uri": "file:///other", "version": 1}}); r.code() != -32801 {
			t.Errorf("unknown document: code %d", r.code())
		}
	})
	t.Run("client that cannot resolve", func(t *testing.T) {
		e := initializedWith(t, Options{Completer: says("x")}, object{"capabilities": object{}}, text)
		if actions := list(e, object{"diagnostics": []int{}}); len(actions) != 0 {
			t.Errorf("%d actions", len(actions))
		}
	})
}

// A suggestion whose document changed meanwhile is moved along with what was typed of it, or dropped.
func TestStaleSuggestions(t *testing.T) {
	for _, test := range []struct {
		name      string
		line      int
		character int
		typed     string
		want      string // the inline item
		newText   string // the completion item's
	}{
		{"typed along", 1, 3, "foo", "x.foo(1)\n} 1:0-1:5", "foo(1)\n}"},
		{"typed along over a line end", 1, 3, "foo(1)\n", "} 2:0-2:0", "}"},
		{"typed to the end", 1, 3, "foo(1)\n}", "", ""},
		{"typed beyond the end", 1, 3, "foo(1)\n}\n", "", ""},
		{"typed something else", 1, 3, "fog", "", ""},
		{"typed elsewhere", 0, 0, "x", "", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := newModel()
			e := opened(t, Options{Completer: m}, "a\nx.\nb")
			inlining := e.begin("textDocument/inlineCompletion", inline(1, 2))
			completing := e.begin("textDocument/completion", here(1, 2))
			one, two := receive(t, m.asked, "question"), receive(t, m.asked, "question")
			e.insert(2, test.line, min(test.character, 2), test.typed)
			e.alive() // so the edit is in effect
			one.answer <- "foo(1)\n}"
			two.answer <- "foo(1)\n}"
			var list inlineList
			decodeReply(t, inlining.wait(), &list)
			got := ""
			for _, item := range list.Items {
				got = item.InsertText + " " + item.Range.String()
			}
			if got != test.want {
				t.Errorf("inline item is %q, want %q", got, test.want)
			}
			var items completionList
			decodeReply(t, completing.wait(), &items)
			got = ""
			for _, item := range items.Items {
				got = item.TextEdit.NewText
			}
			if got != test.newText {
				t.Errorf("completion item is %q, want %q", got, test.newText)
			}
		})
	}
}

func TestTypedThrough(t *testing.T) {
	m := newModel()
	e := opened(t, Options{Completer: m}, "package a\n")
	p := e.begin("textDocument/inlineCompletion", inline(1, 0))
	receive(t, m.asked, "question").answer <- "var x int"
	p.wait()
	for i, c := range "var x " {
		e.insert(i+2, 1, i, string(c))
		var list inlineList
		e.must(&list, "textDocument/inlineCompletion", inline(1, i+1))
		if len(list.Items) != 1 || list.Items[0].InsertText != "var x int" || list.Items[0].Range.End.Character != i+1 {
			t.Fatalf("after %q: %+v", "var x "[:i+1], list)
		}
	}
	if len(m.asked) != 0 {
		t.Error("the model was asked again")
	}
	// Another way from here, other settings, and a closed document are other questions.
	e.insert(10, 1, 6, "s")
	p = e.begin("textDocument/inlineCompletion", inline(1, 7))
	receive(t, m.asked, "question for what is typed otherwise").answer <- "tring"
	p.wait()
	e.notify("workspace/didChangeConfiguration", object{"settings": object{"seedls": object{"blocks": DefaultSettings().Blocks + 1}}})
	p = e.begin("textDocument/inlineCompletion", inline(1, 7))
	receive(t, m.asked, "question under other settings").answer <- "tring"
	p.wait()
	e.notify("textDocument/didClose", object{"textDocument": object{"uri": docURI}})
	e.open("package a\nvar x s")
	e.begin("textDocument/inlineCompletion", inline(1, 7))
	receive(t, m.asked, "question after closing").answer <- "tring"
}

func TestNewerInlineCompletionCancelsOlder(t *testing.T) {
	m := newModel()
	e := opened(t, Options{Completer: m}, "package a\n")
	first := e.begin("textDocument/inlineCompletion", inline(1, 0))
	receive(t, m.asked, "question")
	list := e.begin("textDocument/completion", here(1, 0))
	listed := receive(t, m.asked, "question")
	second := e.begin("textDocument/inlineCompletion", inline(1, 0))
	if r := first.wait(); r.code() != -32800 {
		t.Errorf("older: code %d", r.code())
	}
	receive(t, m.asked, "question").answer <- "x"
	if r := second.wait(); r.code() != 0 {
		t.Errorf("newer: code %d", r.code())
	}
	listed.answer <- "x"
	if r := list.wait(); r.code() != 0 {
		t.Errorf("completion between: code %d", r.code())
	}
	third := e.begin("textDocument/inlineCompletion", inline(0, 9))
	receive(t, m.asked, "question")
	e.notify("textDocument/didClose", object{"textDocument": object{"uri": docURI}})
	if r := third.wait(); r.code() != -32800 {
		t.Errorf("document closed: code %d", r.code())
	}
}

func TestRequestLimit(t *testing.T) {
	m := newModel()
	e := opened(t, Options{Completer: m}, "")
	var all []pending
	for range maxRequests {
		all = append(all, e.begin("textDocument/completion", here(0, 0)))
	}
	if r := e.call("textDocument/completion", here(0, 0)); r.code() != -32803 {
		t.Errorf("one too many: code %d", r.code())
	}
	var questions []question
	for range all {
		questions = append(questions, receive(t, m.asked, "question"))
	}
	for _, q := range questions {
		q.answer <- "x"
	}
	for _, p := range all {
		if r := p.wait(); r.code() != 0 {
			t.Errorf("code %d", r.code())
		}
	}
	e.alive()
}

func TestIDs(t *testing.T) {
	m := newModel()
	e := opened(t, Options{Completer: m}, "")
	ask := func(id string) chan reply {
		answer := make(chan reply, 1)
		e.mu.Lock()
		e.waiting[id] = answer
		e.mu.Unlock()
		e.send(object{"jsonrpc": "2.0", "id": json.RawMessage(id), "method": "textDocument/completion", "params": here(0, 0)})
		return answer
	}
	text := ask(`"one"`)
	question := receive(t, m.asked, "question")
	e.notify("$/cancelRequest", object{"id": "one"})
	if r := receive(t, text, "answer"); r.code() != -32800 || question.ctx.Err() == nil {
		t.Errorf("cancelled by a string: code %d", r.code())
	}
	number := ask(`7`)
	question = receive(t, m.asked, "question")
	again := ask(`7`)
	if r := receive(t, again, "answer"); r.code() != -32600 {
		t.Errorf("id that is taken: code %d", r.code())
	}
	e.mu.Lock()
	e.waiting["7"] = number
	e.mu.Unlock()
	question.answer <- "x"
	if r := receive(t, number, "answer"); r.code() != 0 {
		t.Errorf("its holder: code %d", r.code())
	}
	for _, id := range []any{1.5, object{}, []int{1}, true} {
		e.send(object{"jsonrpc": "2.0", "id": id, "method": "alive"})
		if r := receive(t, e.unnamed, "answer"); r.code() != -32600 {
			t.Errorf("id %v: code %d", id, r.code())
		}
	}
}

func TestNoModel(t *testing.T) {
	e := opened(t, Options{NoCompleter: errors.New("run this to get one")}, "x")
	for _, method := range []string{"window/logMessage", "window/showMessage"} {
		notice := receive(t, e.notices, method)
		if notice.Method != method || !strings.Contains(string(notice.Params), "run this to get one") {
			t.Errorf("notice is %s %s", notice.Method, notice.Params)
		}
	}
	var list inlineList
	if e.must(&list, "textDocument/inlineCompletion", inline(0, 0)); len(list.Items) != 0 {
		t.Errorf("items are %v", list.Items)
	}
	var actions []object
	e.must(&actions, "textDocument/codeAction", object{"textDocument": object{"uri": docURI}, "range": span(0, 0, 0, 0), "context": object{"diagnostics": []int{}}})
	if len(actions) != 0 {
		t.Errorf("actions are %v", actions)
	}
}

func TestErrorsOfTheModel(t *testing.T) {
	e := opened(t, Options{Completer: completerFunc(func(ctx context.Context, _ completion.Request) (*completion.Result, error) {
		return nil, errors.New("out of ink")
	})}, "x")
	r := e.call("textDocument/completion", here(0, 0))
	if r.Error == nil || !strings.Contains(r.Error.Message, "out of ink") {
		t.Errorf("answer is %+v", r)
	}
}

func TestLargeDocumentIsReported(t *testing.T) {
	e := opened(t, Options{Completer: says("x")}, strings.Repeat("x", document.MaxBytes+1))
	if notice := receive(t, e.notices, "message"); !strings.Contains(string(notice.Params), "larger than 16 MiB") {
		t.Errorf("notice is %s", notice.Params)
	}
	var list inlineList
	if e.must(&list, "textDocument/inlineCompletion", inline(0, 0)); len(list.Items) != 0 {
		t.Errorf("items are %v", list.Items)
	}
}

// TestClientDies has this test, in a process of its own, be the client that dies.
func TestClientDies(t *testing.T) {
	const isClient = "SEEDLS_TEST_CLIENT"
	if os.Getenv(isClient) != "" {
		time.Sleep(time.Minute)
		return
	}
	client := exec.Command(os.Args[0], "-test.run=^TestClientDies$")
	client.Env = append(os.Environ(), isClient+"=1")
	if err := client.Start(); err != nil {
		t.Fatal(err)
	}
	e := start(t, Options{})
	e.must(new(object), "initialize", object{"processId": client.Process.Pid, "capabilities": object{}})
	time.Sleep(50 * time.Millisecond) // it is seen alive
	client.Process.Kill()
	client.Wait()
	served := receive(t, e.served, "end")
	e.served <- served
	if served.code != 1 {
		t.Errorf("exit code %d", served.code)
	}
}

// TestAwaitEnd waits for a process until nobody wants to know, and until it ends.
func TestAwaitEnd(t *testing.T) {
	client := exec.Command("sleep", "60")
	if err := client.Start(); err != nil {
		t.Skip(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan bool, 1)
	go func() { over <- awaitEnd(ctx, client.Process) }()
	cancel()
	if receive(t, over, "end of the wait") {
		t.Error("the process is alive")
	}
	go func() { over <- awaitEnd(t.Context(), client.Process) }()
	client.Process.Kill()
	go client.Wait()
	if !receive(t, over, "end of the process") {
		t.Error("the process has ended")
	}
}

// A client in another container has a process id that means nothing here.
func TestClientOutOfSight(t *testing.T) {
	client := exec.Command("true")
	if err := client.Run(); err != nil {
		t.Skip(err)
	}
	e := start(t, Options{})
	e.must(new(object), "initialize", object{"processId": client.Process.Pid, "capabilities": object{}})
	select {
	case <-e.served:
		t.Error("the session ended")
	case <-time.After(100 * time.Millisecond):
	}
	e.alive()
}

func TestContextEndsSession(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	ours, theirs := net.Pipe()
	defer ours.Close()
	served := make(chan exit)
	go func() {
		code, err := Serve(ctx, theirs, Options{})
		served <- exit{code, err}
	}()
	cancel()
	if got := receive(t, served, "end"); got.code != 1 || got.err != nil {
		t.Errorf("exit code %d, error %v", got.code, got.err)
	}
}
