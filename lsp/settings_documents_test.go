package lsp

import (
	"strings"
	"testing"
)

// TestOffDocuments asks for everything in documents that are off, and in some that are not.
func TestOffDocuments(t *testing.T) {
	for settings, want := range map[string]bool{
		`{}`:                                         true,
		`{"languages":{"go":false}}`:                 false,
		`{"languages":["go"]}`:                       false,
		`{"languages":{"python":false}}`:             true,
		`{"languages":{"*":false}}`:                  false,
		`{"languages":{"*":false,"go":true}}`:        true,
		`{"disabledFor":["*.go"]}`:                   false,
		`{"disabledFor":["pkg/*"]}`:                  false,
		`{"disabledFor":["**/a.go"]}`:                false,
		`{"disabledFor":["/project/**"]}`:            false,
		`{"disabledFor":["/*"]}`:                     true,
		`{"disabledFor":["pkg"]}`:                    true,
		`{"disabledFor":["other/**","*.{env,pem}"]}`: true,
		`{"disabledFor":["*.{env,go}"]}`:             false,
	} {
		got, warnings := DefaultSettings().With([]byte(settings))
		if warnings != nil {
			t.Errorf("%s: %q", settings, warnings)
		}
		e := opened(t, Options{Completer: says("x"), Settings: &got}, "")
		var list completionList
		var ghosts inlineList
		var actions []object
		e.must(&list, "textDocument/completion", here(0, 0))
		e.must(&ghosts, "textDocument/inlineCompletion", inline(0, 0))
		e.must(&actions, "textDocument/codeAction", object{
			"textDocument": object{"uri": docURI}, "range": span(0, 0, 0, 0), "context": object{},
		})
		if n := len(list.Items) + len(ghosts.Items) + len(actions); n != 3 && want || n != 0 && !want {
			t.Errorf("%s: %d items, %d ghosts, %d actions; wanted: %v", settings, len(list.Items), len(ghosts.Items), len(actions), want)
		}
	}
}

// TestLanguageIDs turns off a language that seedls knows nothing of, by what editors call it, and one by its name here.
func TestLanguageIDs(t *testing.T) {
	got, _ := DefaultSettings().With([]byte(`{"languages":["markdown","tsx"]}`))
	e := start(t, Options{Completer: says("x"), Settings: &got})
	e.must(new(object), "initialize", object{"capabilities": object{}})
	for id, want := range map[string]int{"markdown": 0, "typescriptreact": 0, "plaintext": 1, "typescript": 1} {
		name := "file:///" + strings.ToUpper(id)
		e.notify("textDocument/didOpen", object{"textDocument": object{"uri": name, "languageId": id, "version": 1, "text": ""}})
		e.notify("textDocument/didChange", object{
			"textDocument": object{"uri": name, "version": 2}, "contentChanges": []object{{"range": span(0, 0, 0, 0), "text": "a"}},
		})
		var list completionList
		e.must(&list, "textDocument/completion", object{"textDocument": object{"uri": name}, "position": at(0, 0)})
		if len(list.Items) != want {
			t.Errorf("%s: %d items", id, len(list.Items))
		}
	}
}
