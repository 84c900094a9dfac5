package lsp

import (
	"strings"
	"testing"
	"time"
)

func TestMalformedMessages(t *testing.T) {
	e := opened(t, Options{Completer: says("x")}, "package a")
	deep := strings.Repeat("[", 100_000)
	for _, test := range []struct {
		frame string
		code  int
	}{
		{"garbage\r\n\r\n" + frame(`{}`), -32700},
		{frame(`{`), -32700},
		{frame(`{"jsonrpc":"2.0","method":"x"} trailing`), -32700},
		{frame("\xff\xfe"), -32700},
		{frame(deep), -32600}, // looks like a batch, which the protocol has not
		{frame(`[{"jsonrpc":"2.0","id":1,"method":"alive"}]`), -32600},
		{frame(`{"jsonrpc":"1.0","id":1,"method":"alive"}`), -32600},
		{frame(`{"id":1,"method":"alive"}`), -32600},
		{frame(`{"jsonrpc":"2.0","id":1}`), -32600},
		{frame(`{"jsonrpc":"2.0","id":1,"method":7}`), -32600},
		{"Content-Length: 0\r\n\r\n", -32700},
	} {
		e.raw(test.frame)
		if r := receive(t, e.unnamed, "answer"); r.code() != test.code {
			t.Errorf("%.60q: code %d, want %d", test.frame, r.code(), test.code)
		}
		e.alive()
		for len(e.unnamed) > 0 {
			<-e.unnamed
		}
	}
	// Parameters are looked at by whom they are for.
	for _, params := range []string{
		deep, deep + strings.Repeat("]", 100_000), strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000),
		`{"textDocument":{"uri":"` + docURI + `"},"position":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`,
		`{"textDocument":{"uri":"` + docURI + `"},"position":{"line":1e999,"character":0}}`,
		"{\"textDocument\":{\"uri\":\"\xff\"},\"position\":{\"line\":0,\"character\":0},}",
	} {
		e.mu.Lock()
		answer := make(chan reply, 1)
		e.waiting["1000"] = answer
		e.mu.Unlock()
		e.raw(frame(`{"jsonrpc":"2.0","id":1000,"method":"textDocument/completion","params":` + params + `}`))
		select {
		case r := <-answer:
			if r.code() != -32602 {
				t.Errorf("%.60q: code %d", params, r.code())
			}
		case r := <-e.unnamed:
			if r.code() != -32700 {
				t.Errorf("%.60q: code %d", params, r.code())
			}
		case <-time.After(patience):
			t.Errorf("%.60q: no answer", params)
		}
	}
	// Answers to questions that nobody asked.
	e.send(object{"jsonrpc": "2.0", "id": 99, "result": 1})
	e.send(object{"jsonrpc": "2.0", "id": "x", "error": object{"code": 1, "message": "x"}})
	e.send(object{"jsonrpc": "2.0", "id": nil, "error": object{"code": 1, "message": "x"}})
	if got := e.text(); got != "package a" {
		t.Errorf("the text is %q", got)
	}
}

// Strange text is still text.
func TestStrangeDocuments(t *testing.T) {
	for name, text := range map[string]string{
		"NULs":     strings.Repeat("\x00", 1000),
		"brackets": strings.Repeat("([{", 50_000),
		"nesting":  "package a\nfunc f() " + strings.Repeat("{ if x ", 20_000),
		"one line": strings.Repeat("x", 1<<20),
		"lines":    strings.Repeat("\n", 200_000),
	} {
		t.Run(name, func(t *testing.T) {
			e := opened(t, Options{Completer: says("x")}, text)
			var list inlineList
			e.must(&list, "textDocument/inlineCompletion", inline(1_000_000, 0))
			if len(list.Items) != 1 {
				t.Errorf("%d items", len(list.Items))
			}
			e.notify("textDocument/didChange", object{
				"textDocument":   object{"uri": docURI, "version": 2},
				"contentChanges": []object{{"range": span(0, 0, 1_000_000, 0), "text": "package a"}},
			})
			if got := e.text(); got != "package a" {
				t.Errorf("the text is %q", got)
			}
		})
	}
	// Half a character in an escape becomes the character for what cannot be read.
	m := newModel()
	e := opened(t, Options{Completer: m}, "")
	e.raw(frame(`{"jsonrpc":"2.0","method":"textDocument/didChange","params":{"textDocument":{"uri":"` + docURI +
		`","version":2},"contentChanges":[{"text":"a\ud800b\udc00\ud83d\ude42"}]}}`))
	e.begin("textDocument/completion", here(0, 99))
	if q := receive(t, m.asked, "question"); q.Prefix != "a\uFFFDb\uFFFD🙂" {
		t.Errorf("the text is %q", q.Prefix)
	}
}
