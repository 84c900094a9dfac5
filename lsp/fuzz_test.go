package lsp

import (
	"bytes"
	"io"
	"net"
	"testing"
	"time"
)

// FuzzMessages sends messages, one on each line of the input, and checks that the server still answers after them.
func FuzzMessages(f *testing.F) {
	const document = `"textDocument":{"uri":"file:///project/a.go","languageId":"go","version":1,"text":"package a\n"}`
	const position = `"position":{"line":1,"character":0},"context":{"triggerKind":1}`
	for _, seed := range []string{
		`{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{` + document + `}}` + "\n" +
			`{"jsonrpc":"2.0","id":1,"method":"textDocument/inlineCompletion","params":{` + document + `,` + position + `}}` + "\n" +
			`{"jsonrpc":"2.0","method":"$/cancelRequest","params":{"id":1}}`,
		`{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{` + document + `}}` + "\n" +
			`{"jsonrpc":"2.0","method":"textDocument/didChange","params":{` + document + `,"contentChanges":[{"range":{"start":{"line":0,"character":3},"end":{"line":9,"character":9}},"text":"🙂\r"}]}}` + "\n" +
			`{"jsonrpc":"2.0","id":1,"method":"textDocument/completion","params":{` + document + `,` + position + `}}`,
		`{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{` + document + `}}` + "\n" +
			`{"jsonrpc":"2.0","id":"a","method":"textDocument/codeAction","params":{` + document + `,"range":{"start":{"line":0,"character":0},"end":{"line":1,"character":0}},"context":{"only":["refactor"]}}}` + "\n" +
			`{"jsonrpc":"2.0","id":"b","method":"codeAction/resolve","params":{"title":"","data":{"uri":"file:///project/a.go","version":1}}}`,
		`{"jsonrpc":"2.0","method":"workspace/didChangeConfiguration","params":{"settings":{"seedls":{"steps":1,"x":2}}}}` + "\n" +
			`{"jsonrpc":"2.0","method":"textDocument/didClose","params":{` + document + `}}` + "\n" +
			`{"jsonrpc":"2.0","id":1,"result":[{}]}` + "\n[]",
		`{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{` + document + `}}` + "\n" +
			`{"jsonrpc":"2.0","method":"textDocument/didChange","params":{` + document + `,"contentChanges":[{"range":{"start":{"line":0,"character":3},"end":{"line":0,"character":9}},"text":"b"}]}}` + "\n" +
			`{"jsonrpc":"2.0","id":1,"method":"textDocument/copilotInlineEdit","params":{"textDocument":{"uri":"file:///project/a.go"},` + position + `}}` + "\n" +
			`{"jsonrpc":"2.0","method":"textDocument/didFocus","params":{}}` + "\n" +
			`{"jsonrpc":"2.0","method":"textDocument/didShowInlineEdit"}`,
		`{"jsonrpc":"2.0","method":"textDocument/didOpen","params":{` + document + `}}` + "\n" +
			`{"jsonrpc":"2.0","id":1,"method":"workspace/executeCommand","params":{"command":"seedls.action","workDoneToken":7,"arguments":[{"action":"rewrite","uri":"file:///project/a.go","version":1,"range":{"start":{"line":0,"character":0},"end":{"line":9,"character":9}}}]}}` + "\n" +
			`{"jsonrpc":"2.0","id":2,"method":"workspace/textDocumentContent","params":{"uri":"seedls:/1/a.diff"}}` + "\n" +
			`{"jsonrpc":"2.0","method":"window/workDoneProgress/cancel","params":{"token":7}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, messages []byte) {
		if bytes.Contains(messages, []byte("exit")) || bytes.Contains(messages, []byte(`\u`)) {
			t.Skip("would end the session, by right")
		}
		ours, theirs := net.Pipe()
		served := make(chan struct{})
		go func() {
			defer close(served)
			Serve(t.Context(), theirs, Options{Completer: says("x")})
		}()
		answered := make(chan bool, 1)
		go func() {
			var all bytes.Buffer
			chunk := make([]byte, 4096)
			for {
				n, err := ours.Read(chunk)
				all.Write(chunk[:n])
				if bytes.Contains(all.Bytes(), []byte(`"id":"last"`)) || err != nil {
					answered <- err == nil
					io.Copy(io.Discard, ours)
					return
				}
			}
		}()
		send := func(body string) {
			if _, err := io.WriteString(ours, frame(body)); err != nil {
				t.Fatalf("the connection is gone: %v", err)
			}
		}
		send(`{"jsonrpc":"2.0","id":"first","method":"initialize","params":{"capabilities":{}}}`)
		send(`{"jsonrpc":"2.0","method":"initialized","params":{}}`)
		for line := range bytes.Lines(messages) {
			send(string(line))
		}
		send(`{"jsonrpc":"2.0","id":"last","method":"shutdown"}`)
		select {
		case ok := <-answered:
			if !ok {
				t.Fatal("the connection is gone")
			}
		case <-time.After(patience):
			t.Fatal("no answer")
		}
		ours.Close()
		<-served
	})
}
