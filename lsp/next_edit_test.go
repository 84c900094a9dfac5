package lsp

import (
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"seedls/structure"
)

type nextEdits struct {
	Edits []struct {
		Text         string
		TextDocument struct {
			URI     string
			Version int
		}
		Range   textRange
		Command object
	}
}

func asking(version, line, character int) object {
	params := here(line, character)
	params["textDocument"].(object)["version"] = version
	return params
}

// change replaces a range.
func (e *editor) change(version int, where object, text string) {
	e.t.Helper()
	e.notify("textDocument/didChange", object{
		"textDocument":   object{"uri": docURI, "version": version},
		"contentChanges": []object{{"range": where, "text": text}},
	})
}

// TestNextEdit renames a parameter, and accepts what follows from that as long as something does.
func TestNextEdit(t *testing.T) {
	if len(structure.Grammars()) == 0 {
		t.Skip("no grammars")
	}
	m := newModel()
	e := initializedWith(t, Options{Completer: m}, with(object{"executeCommand": object{}}, nil), "package a\n\nfunc f(n int) int {\n\treturn n + n\n}\n")
	var list nextEdits
	e.must(&list, "textDocument/copilotInlineEdit", asking(1, 2, 7))
	require.Equal(t, []int{0}, []int{len(list.Edits)}, "nothing was edited")
	e.change(2, span(2, 7, 2, 8), "count")
	version, got := 2, []string{}
	for range 5 {
		list = nextEdits{}
		e.must(&list, "textDocument/copilotInlineEdit", asking(version, 2, 12))
		if len(list.Edits) == 0 {
			break
		}
		next := list.Edits[0]
		require.Equal(t, docURI, next.TextDocument.URI)
		require.Equal(t, version, next.TextDocument.Version)
		require.Equal(t, "seedls.accepted", next.Command["command"])
		require.Zero(t, e.call("workspace/executeCommand", next.Command).code())
		got = append(got, next.Text+" "+next.Range.String())
		version++
		r := next.Range
		e.change(version, span(r.Start.Line, r.Start.Character, r.End.Line, r.End.Character), next.Text)
	}
	require.Equal(t, []string{"count 3:8-3:9", "count 3:16-3:17"}, got)
	require.Empty(t, m.asked, "the model was asked for what is certain")
}

// TestNextEditOfCalls gives a function a parameter: the model is asked for the argument of its call.
func TestNextEditOfCalls(t *testing.T) {
	if len(structure.Grammars()) == 0 {
		t.Skip("no grammars")
	}
	for answer, want := range map[string]string{"2": ", 2 5:4-5:4", "": "", "2, 3": "", "2)\n\tg(3": "", `h("a", 1)`: "", "h(1, 2)": ", h(1, 2) 5:4-5:4"} {
		m := newModel()
		e := opened(t, Options{Completer: m}, "package a\n\nfunc f(a int) {}\n\nfunc g() {\n\tf(1)\n}\n")
		e.change(2, span(2, 12, 2, 12), ", b int")
		p := e.begin("textDocument/copilotInlineEdit", asking(2, 2, 19))
		q := receive(t, m.asked, "question")
		require.True(t, strings.HasSuffix(q.Prefix, "\tf(1, ") && q.Suffix == ")\n}\n", "hole between %q and %q", q.Prefix, q.Suffix)
		q.answer <- answer
		var list nextEdits
		decodeReply(t, p.wait(), &list)
		got := ""
		for _, next := range list.Edits {
			require.Empty(t, next.Command, "the client runs no commands")
			got += next.Text + " " + next.Range.String()
		}
		require.Equal(t, want, got, "%q", answer)
	}
}

func TestNoNextEdit(t *testing.T) {
	const text = "package a\n\nfunc f(n int) int {\n\treturn n\n}\n"
	for name, params := range map[string]any{
		"another version":  asking(1, 2, 12),
		"unknown document": object{"textDocument": object{"uri": "file:///other", "version": 2}, "position": at(0, 0)},
		"no document":      object{},
		"no version":       nil,
		"switched off":     asking(2, 2, 12),
	} {
		t.Run(name, func(t *testing.T) {
			initialize := object{"capabilities": capabilities(), "initializationOptions": object{"nextEdit": name != "switched off"}}
			e := initializedWith(t, Options{Completer: says("x")}, initialize, text)
			e.change(2, span(2, 7, 2, 8), "count")
			if params == nil {
				params = here(2, 12)
			}
			r := e.call("textDocument/copilotInlineEdit", params)
			if name == "no version" && len(structure.Grammars()) > 0 {
				require.Contains(t, string(r.Result), `"text":"count"`)
				return
			}
			require.JSONEq(t, `{"edits":[]}`, string(r.Result))
		})
	}
	e := opened(t, Options{Completer: says("x")}, text)
	require.Equal(t, -32602, e.call("textDocument/copilotInlineEdit", nil).code())
	require.Equal(t, -32602, e.call("textDocument/copilotInlineEdit", object{"position": 1}).code())
}

// TestFocusCancels leaves a document while something is suggested for it.
func TestFocusCancels(t *testing.T) {
	m := newModel()
	e := opened(t, Options{Completer: m}, "package a\n")
	p := e.begin("textDocument/inlineCompletion", inline(1, 0))
	q := receive(t, m.asked, "question")
	e.notify("textDocument/didFocus", object{"textDocument": object{"uri": docURI}})
	e.alive()
	require.NoError(t, q.ctx.Err())
	e.notify("textDocument/didFocus", object{})
	require.Equal(t, -32800, p.wait().code())
}

// TestStatistics reports what became of suggestions, and reads the counts in the log.
func TestStatistics(t *testing.T) {
	var log lockedBuilder
	e := initializedWith(t, Options{Completer: says("x"), Logger: slog.New(slog.NewTextHandler(&log, nil))},
		with(object{"executeCommand": object{}}, nil), "package a\n")
	for i, method := range []string{"didShowCompletion", "didPartiallyAcceptCompletion", "didShowInlineEdit"} {
		for range i + 1 {
			e.notify("textDocument/"+method, object{"item": object{}})
		}
	}
	var list struct {
		Items []struct{ Command object }
	}
	for _, ask := range []func(){
		func() { e.must(&list, "textDocument/inlineCompletion", inline(1, 0)) },
		func() { e.must(&list, "textDocument/completion", here(1, 0)) },
	} {
		ask()
		require.Len(t, list.Items, 1)
		require.Zero(t, e.call("workspace/executeCommand", list.Items[0].Command).code())
	}
	e.shutdown()
	e.notify("exit", nil)
	served := receive(t, e.served, "end")
	e.served <- served
	want := `shown=1 accepted=1 partly=2 "listed and accepted"=1 "next edits shown"=3 "next edits accepted"=0`
	require.Contains(t, log.String(), want, fmt.Sprintf("log is %s", log.String()))
}

// A lockedBuilder is a log that may be written while it is read.
type lockedBuilder struct {
	mu sync.Mutex
	strings.Builder
}

func (b *lockedBuilder) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Builder.Write(p)
}
