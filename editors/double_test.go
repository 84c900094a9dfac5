package editors

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/textproto"
	"strconv"
	"strings"

	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"

	"seedls/lsp/document"
)

// double is a server in the place of seedls for what a test has to decide: several candidates, a next edit at every "old",
// a status. It ends with its input. That of Neovim is in Lua, in the editor's own process.
func double(in io.Reader, out io.Writer) {
	var documents *document.Store
	reader := textproto.NewReader(bufio.NewReader(in))
	send := func(message map[string]any) {
		message["jsonrpc"] = "2.0"
		body, err := json.Marshal(message)
		if err != nil {
			panic(err)
		}
		fmt.Fprintf(out, "Content-Length: %d\r\n\r\n%s", len(body), body)
	}
	for {
		header, err := reader.ReadMIMEHeader()
		if err != nil {
			return
		}
		length, _ := strconv.Atoi(header.Get("Content-Length"))
		body := make([]byte, length)
		if _, err := io.ReadFull(reader.R, body); err != nil {
			return
		}
		var message struct {
			ID     any
			Method string
			Params struct {
				Capabilities struct {
					General struct {
						PositionEncodings []protocol.PositionEncodingKind
					}
				}
				TextDocument struct {
					URI, LanguageID, Text string
					Version               int32
				}
				Position       protocol.Position
				Context        struct{ TriggerKind int }
				ContentChanges []document.Change
			}
		}
		if err := json.Unmarshal(body, &message); err != nil {
			panic(err)
		}
		params := &message.Params
		name := uri.URI(params.TextDocument.URI)
		text := func() *document.Snapshot {
			snapshot, err := documents.Snapshot(name)
			if err != nil {
				panic(err)
			}
			return snapshot
		}
		var result any
		switch message.Method {
		case "initialize":
			encoding := document.Negotiate(params.Capabilities.General.PositionEncodings)
			documents = document.NewStore(encoding)
			result = map[string]any{
				"serverInfo":   map[string]any{"name": "double", "version": "1"},
				"capabilities": map[string]any{"positionEncoding": encoding, "inlineCompletionProvider": true},
			}
		case "textDocument/didOpen":
			_ = documents.Open(protocol.TextDocumentItem{URI: name, Version: params.TextDocument.Version, Text: params.TextDocument.Text})
			send(map[string]any{"method": "seedls/didChangeStatus", "params": map[string]any{
				"busy": false, "kind": "Warning", "message": "only a double",
			}})
		case "textDocument/didChange":
			_ = documents.Change(name, params.TextDocument.Version, params.ContentChanges)
		case "textDocument/didClose":
			documents.Close(name)
		case "textDocument/inlineCompletion":
			result = candidates(text(), params.Position, params.Context.TriggerKind)
		case "textDocument/copilotInlineEdit":
			edits := []any{}
			if at := strings.Index(text().Text, "old"); at >= 0 {
				edits = append(edits, map[string]any{
					"text": "new", "range": text().Range(at, at+len("old")),
					"textDocument": map[string]any{"uri": name, "version": params.TextDocument.Version},
				})
			}
			result = map[string]any{"edits": edits}
		case "double/text":
			result = text().Text
		default:
			if message.ID != nil {
				send(map[string]any{"id": message.ID, "error": map[string]any{"code": -32601, "message": "no " + message.Method}})
				continue
			}
		}
		if message.ID != nil {
			send(map[string]any{"id": message.ID, "result": result})
		}
	}
}

func candidates(snapshot *document.Snapshot, at protocol.Position, kind int) any {
	offset := snapshot.Offset(at)
	start := snapshot.LineStart(offset)
	items := []any{}
	for _, text := range []string{"first()", "second(\"𝄞\")", "third()"} {
		items = append(items, map[string]any{
			"insertText": snapshot.Text[start:offset] + text, "range": snapshot.Range(start, offset),
		})
	}
	if kind == int(protocol.InlineCompletionTriggerKindAutomatic) {
		items = items[:1]
	}
	return map[string]any{"items": items}
}
