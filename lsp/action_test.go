package lsp

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/aymanbagabas/go-udiff"
	"github.com/stretchr/testify/require"

	"seedls/engine/diffusion"
	"seedls/structure"
)

// A menu is what a client shows of textDocument/codeAction.
type menu []struct {
	Title, Kind string
	Tags        []int
	Diagnostics []object
	Edit        json.RawMessage
	Data        json.RawMessage
	Command     json.RawMessage
	Arguments   []json.RawMessage // of a command that is offered by itself
}

func (e *editor) menu(where object, diagnostics ...object) menu {
	e.t.Helper()
	if diagnostics == nil {
		diagnostics = []object{}
	}
	var m menu
	e.must(&m, "textDocument/codeAction", object{
		"textDocument": object{"uri": docURI}, "range": where, "context": object{"diagnostics": diagnostics},
	})
	return m
}

// choose returns the index of the action whose title begins so.
func (m menu) choose(t testing.TB, title string) int {
	t.Helper()
	var titles []string
	for i := range m {
		if strings.HasPrefix(m[i].Title, title) {
			return i
		}
		titles = append(titles, m[i].Title)
	}
	t.Fatalf("no action %q, but %q", title, titles)
	return -1
}

// resolve begins to resolve an action.
func (e *editor) resolve(where object, title string, diagnostics ...object) pending {
	e.t.Helper()
	m := e.menu(where, diagnostics...)
	return e.begin("codeAction/resolve", object{"title": title, "data": m[m.choose(e.t, title)].Data})
}

// answer answers a request of the server.
func (e *editor) answer(method string, result any) message {
	e.t.Helper()
	m := receive(e.t, e.requests, method)
	require.Equal(e.t, method, m.Method)
	e.send(object{"jsonrpc": "2.0", "id": m.ID, "result": result})
	return m
}

// with returns the capabilities of a client that can do everything, with changes to those of the workspace and others.
func with(workspace, others object) object {
	caps := capabilities()
	for key, value := range workspace {
		caps["workspace"].(object)[key] = value
	}
	for key, value := range others {
		caps[key] = value
	}
	return object{"capabilities": caps}
}

const (
	fillTitle    = "Fill here"
	finishTitle  = "Finish this body"
	repairTitle  = "Repair this region"
	declareTitle = "Complete the owed declarations"
	rewriteTitle = "Rewrite selection"
)

// TestActionsAreOffered where they have something to do, and nowhere else.
func TestActionsAreOffered(t *testing.T) {
	if len(structure.Grammars()) == 0 {
		t.Skip("no grammars")
	}
	wrong := object{"range": span(3, 1, 3, 4), "message": "wrong"}
	for _, test := range []struct {
		name, text  string
		where       object
		diagnostics []object
		want        []string
	}{
		{"nothing in particular", "package a\n\nvar x = 1\n", span(2, 0, 2, 0), nil, []string{fillTitle}},
		{"a selection", "package a\n\nvar x = 1\n", span(2, 0, 2, 9), nil, []string{rewriteTitle, fillTitle}},
		{"a selection of nothing", "package a\n\n\n\n", span(1, 0, 3, 0), nil, []string{fillTitle}},
		{"an empty body", "package a\n\nfunc f() {\n}\n", span(2, 3, 2, 3), nil, []string{finishTitle, fillTitle}},
		{"a body that is not closed", "package a\n\nfunc f() {\n\tg()\n\t", span(4, 1, 4, 1), nil, []string{finishTitle, fillTitle}},
		{"an error", "package a\n\nfunc f() {\n\tg(1,, 2)\n}\n", span(3, 2, 3, 2), nil, []string{repairTitle, fillTitle}},
		{"an error elsewhere", "package a\n\nfunc f() {\n\tg(1,, 2)\n}\n\nvar x = 1\n", span(6, 2, 6, 2), nil, []string{fillTitle}},
		{"a diagnostic", "package a\n\nfunc g(int) {\n\tg(1)\n}\n", span(3, 2, 3, 2), []object{wrong}, []string{repairTitle, fillTitle}},
		{"an owed name", "package a\n\nfunc f() {\n\t\n\tprintln(x)\n}\n", span(3, 1, 3, 1), nil, []string{declareTitle, fillTitle}},
		{"an owed name before its line", "package a\n\nfunc f() {\n\tprintln(x)\n}\n", span(3, 4, 3, 4), nil, []string{declareTitle, fillTitle}},
		{"a name that is declared", "package a\n\nfunc f(x int) {\n\t\n\tprintln(x)\n}\n", span(3, 1, 3, 1), nil, []string{fillTitle}},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := newModel()
			e := opened(t, Options{Completer: m}, test.text)
			var got []string
			for _, action := range e.menu(test.where, test.diagnostics...) {
				got = append(got, strings.TrimSuffix(action.Title, " with seedls"))
				require.Nil(t, action.Edit)
				require.Nil(t, action.Tags)
				want := 0
				if action.Title == repairTitle+" with seedls" {
					want = len(test.diagnostics)
				}
				require.Len(t, action.Diagnostics, want)
			}
			require.Equal(t, test.want, got)
			require.Empty(t, m.asked, "the model was asked while listing")
		})
	}
}

// TestActions has a model answer what actions ask of it. A question is as a test sees it: what stands before the hole,
// what is in it to be repaired, and what stands behind it.
func TestActions(t *testing.T) {
	if len(structure.Grammars()) == 0 {
		t.Skip("no grammars")
	}
	for _, test := range []struct {
		name, title, text string
		where             object
		diagnostics       []object
		questions         []string // the hole between ‹ and ›, and after an arrow the answer
		want              string   // the text with the edits made, "" for an error
		edits             int
	}{
		{
			"finish", finishTitle, "package a\n\nfunc f() {}\n", span(2, 0, 2, 0), nil,
			[]string{"func f() {\n\t‹›\n} → g()"},
			"package a\n\nfunc f() {\n\tg()\n}\n", 1,
		},
		{
			"finish in CRLF", finishTitle, "package a\r\n\r\nfunc f() {}\r\n", span(2, 0, 2, 0), nil,
			[]string{"func f() {\r\n\t‹›\r\n} → g()\nh()"},
			"package a\r\n\r\nfunc f() {\r\n\tg()\r\nh()\r\n}\r\n", 1,
		},
		{
			"finish what is not closed", finishTitle, "package a\n\nfunc f() {\n\tg()\n\t", span(4, 1, 4, 1), nil,
			[]string{"\tg()\n\t‹›\n} → h()"},
			"package a\n\nfunc f() {\n\tg()\n\th()\n}", 1,
		},
		{"nothing to finish with", finishTitle, "package a\n\nfunc f() {}\n", span(2, 0, 2, 0), nil, []string{"func f() {\n\t‹›\n} → "}, "", 0},
		{
			"repair", repairTitle, "package a\n\nfunc f() {\n\tg(1,, 2)\n}\n", span(3, 0, 3, 0), nil,
			[]string{"\t‹g(1,, 2)› → g(1, 2)"},
			"package a\n\nfunc f() {\n\tg(1, 2)\n}\n", 1,
		},
		{
			"repair anew", repairTitle, "package a\n\nfunc f() {\n\tg(1,, 2)\n}\n", span(3, 0, 3, 0), nil,
			[]string{"\t‹g(1,, 2)› → g(1,,, 2)", "\t‹› → h()"},
			"package a\n\nfunc f() {\n\th()\n}\n", 1,
		},
		{
			"repair in vain", repairTitle, "package a\n\nfunc f() {\n\tg(1,, 2)\n}\n", span(3, 0, 3, 0), nil,
			[]string{"\t‹g(1,, 2)› → ", "\t‹› → g(1,, 2)"},
			"", 0,
		},
		{
			"repair what the editor complains of", repairTitle, "package a\n\nfunc f() {\n\tg(one)\n}\n", span(3, 0, 3, 0),
			[]object{{"range": span(3, 3, 3, 6), "message": "undefined: one"}},
			[]string{"\t‹g(one)› → g(1)"},
			"package a\n\nfunc f() {\n\tg(1)\n}\n", 1,
		},
		{
			"rewrite", rewriteTitle, "package a\n\nfunc f() {\n\tg(1)\n\th(é)\n\ti(1)\n}\n", span(3, 0, 6, 0), nil,
			[]string{"\t‹g(1)\n\th(é)\n\ti(1)›\n} → g(2)\n\th(é)\n\ti(3)"},
			"package a\n\nfunc f() {\n\tg(2)\n\th(é)\n\ti(3)\n}\n", 2,
		},
		{
			"declare on an empty line", declareTitle, "package a\n\nfunc f() {\n\t\n\tprintln(x, y)\n}\n", span(3, 1, 3, 1), nil,
			[]string{"\tx := ‹›\n → 1", "\tx := 1\n\ty := ‹›\n → 2"},
			"package a\n\nfunc f() {\n\tx := 1\n\ty := 2\n\tprintln(x, y)\n}\n", 1,
		},
		{
			"declare before a line", declareTitle, "package a\n\nfunc f() {\n\tprintln(x)\n}\n", span(3, 4, 3, 4), nil,
			[]string{"\tx := ‹›\n\tprintln(x) → 1"},
			"package a\n\nfunc f() {\n\tx := 1\n\tprintln(x)\n}\n", 1,
		},
		{
			"declare by itself", declareTitle, "package a\n\nfunc f() {\n\tprintln(x)\n}\n", span(3, 4, 3, 4), nil,
			[]string{"\tx := ‹›\n\tprintln(x → g(x)"},
			"", 0,
		},
		{
			"declare some", declareTitle, "package a\n\nfunc f() {\n\tprintln(x, y)\n}\n", span(3, 4, 3, 4), nil,
			[]string{"\tx := ‹›\n\tprintln(x → 1", "\tx := 1\n\ty := ‹›\n\tprintln(x → "},
			"package a\n\nfunc f() {\n\tx := 1\n\tprintln(x, y)\n}\n", 1,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := newModel()
			e := opened(t, Options{Completer: m}, test.text)
			p := e.resolve(test.where, test.title, test.diagnostics...)
			for _, question := range test.questions {
				asked, answer, _ := strings.Cut(question, " → ")
				before, rest, _ := strings.Cut(asked, "‹")
				repair, after, _ := strings.Cut(rest, "›")
				q := receive(t, m.asked, "question")
				if !strings.HasSuffix(q.Prefix, before) || q.Repair != repair || !strings.HasPrefix(q.Suffix, after) {
					t.Errorf("hole between %q and %q with %q", q.Prefix, q.Suffix, q.Repair)
				}
				if in := q.Tree.Text(); !strings.HasPrefix(in, q.Prefix) || !strings.HasSuffix(in, q.Suffix) {
					t.Errorf("tree of %q", in)
				}
				require.Equal(t, test.title == rewriteTitle, q.Rewrite > 0)
				require.NoError(t, q.Options.Validate())
				q.answer <- answer
			}
			r := p.wait()
			if test.want == "" {
				require.Equal(t, -32803, r.code())
				return
			}
			require.Zero(t, r.code(), "%+v", r.Error)
			var action struct{ Edit workspaceEditJSON }
			decodeReply(t, r, &action)
			require.Len(t, action.Edit.DocumentChanges[0].Edits, test.edits)
			require.Equal(t, test.want, action.Edit.apply(test.text))
		})
	}
}

// A workspaceEditJSON is a workspace edit of one document as it comes over the wire.
type workspaceEditJSON struct {
	Changes         map[string][]textEdit
	DocumentChanges []struct{ Edits []textEdit }
}

type textEdit struct {
	Range   textRange
	NewText string
}

// apply applies the edits, which are in the order of the text, of a document whose characters are of one unit.
func (w workspaceEditJSON) apply(text string) string {
	edits := w.Changes[docURI]
	for _, change := range w.DocumentChanges {
		edits = append(edits, change.Edits...)
	}
	lines := strings.SplitAfter(text, "\n")
	offset := func(line, character int) int {
		return len(strings.Join(lines[:line], "")) + len(string([]rune(lines[line])[:character]))
	}
	for _, e := range slices.Backward(edits) {
		r := e.Range
		text = text[:offset(r.Start.Line, r.Start.Character)] + e.NewText + text[offset(r.End.Line, r.End.Character):]
	}
	return text
}

// TestSmallest makes edits of texts in which characters and line ends are of several bytes, of which none is cut.
func TestSmallest(t *testing.T) {
	pieces := []string{"a", "é", "è", "🙂", "🙃", "\r\n", "\n", "\r", " ", "b"}
	for seed := range uint64(3000) {
		random := rand.New(rand.NewPCG(seed, 0))
		var old, text string
		for range random.IntN(12) {
			piece := pieces[random.IntN(len(pieces))]
			if random.IntN(3) > 0 {
				old += piece
			}
			if random.IntN(3) > 0 {
				text += piece
			}
		}
		const before = "é\n"
		edits := smallest(old, text, len(before))
		got, err := udiff.Apply(before+old, edits)
		require.NoError(t, err)
		require.Equal(t, before+text, got)
		for _, e := range edits {
			require.True(t, utf8.ValidString(e.New) && utf8.ValidString((before + old)[:e.Start]), "seed %d: %v of %q to %q", seed, edits, old, text)
			require.True(t, isBoundary(before+old, e.Start) && isBoundary(before+old, e.End), "seed %d: %v of %q", seed, edits, old)
		}
	}
	require.Equal(t, []udiff.Edit{{Start: 3, End: 4, New: "2"}, {Start: 12, End: 13, New: "3"}}, smallest("f(1)\ng()\nh(1)\n", "f(2)\ng()\nh(3)\n", 1))
}

func TestLongRegionIsNotRepaired(t *testing.T) {
	e := opened(t, Options{Completer: says("x")}, "package a\n\nvar x = \""+strings.Repeat("x", 2*maxRepairBytes)+"\n")
	for _, where := range []object{span(2, 0, 2, 0), span(2, 0, 3, 0)} {
		for _, action := range e.menu(where) {
			require.NotContains(t, action.Title, repairTitle)
			require.NotContains(t, action.Title, rewriteTitle)
		}
	}
}

// TestActionsOfClients has clients that can do less, or more, than the others of these tests.
func TestActionsOfClients(t *testing.T) {
	const text = "package a\n\nvar x = old\n"
	commands := object{"applyEdit": true, "executeCommand": object{}}
	selection := span(2, 8, 2, 11)
	t.Run("tags and documentation", func(t *testing.T) {
		caps := capabilities()
		codeAction := caps["textDocument"].(object)["codeAction"].(object)
		codeAction["tagSupport"] = object{"valueSet": []int{1}}
		codeAction["documentationSupport"] = true
		caps["workspace"].(object)["executeCommand"] = object{}
		e := start(t, Options{Completer: says("new")})
		var result struct {
			Capabilities struct {
				CodeActionProvider struct {
					Documentation []struct {
						Kind    string
						Command struct{ Command string }
					}
				}
				ExecuteCommandProvider struct{ Commands []string }
			}
		}
		e.must(&result, "initialize", object{"capabilities": caps})
		e.open(text)
		for _, action := range e.menu(selection) {
			require.Equal(t, []int{1}, action.Tags)
		}
		documentation := result.Capabilities.CodeActionProvider.Documentation
		require.Len(t, documentation, 2)
		require.Contains(t, result.Capabilities.ExecuteCommandProvider.Commands, documentation[0].Command.Command)
		require.Zero(t, e.call("workspace/executeCommand", object{"command": documentation[0].Command.Command}).code())
		require.Contains(t, string(receive(t, e.notices, "message").Params), "owed declarations")
	})
	// Those that cannot resolve edits run a command, which comes with the action or in its place.
	for name, literals := range map[string]bool{"a command in the action": true, "a command": false} {
		t.Run(name, func(t *testing.T) {
			caps := object{"workspace": commands}
			if literals {
				caps["textDocument"] = object{"codeAction": object{"codeActionLiteralSupport": object{"codeActionKind": object{"valueSet": []string{""}}}}}
			}
			m := newModel()
			e := initializedWith(t, Options{Completer: m}, object{"capabilities": caps}, text)
			menu := e.menu(selection)
			action := menu[menu.choose(t, fillTitle)]
			var command struct {
				Command   string
				Arguments []json.RawMessage
			}
			if literals {
				require.NoError(t, json.Unmarshal(action.Command, &command))
			} else {
				require.NoError(t, json.Unmarshal(action.Command, &command.Command))
				command.Arguments = action.Arguments
			}
			run := object{"command": command.Command, "arguments": command.Arguments}
			for _, applied := range []bool{true, false} {
				p := e.begin("workspace/executeCommand", run)
				receiveOr(t, m, applied)
				made := e.answer("workspace/applyEdit", object{"applied": applied, "failureReason": "read-only"})
				var params struct{ Edit workspaceEditJSON }
				require.NoError(t, json.Unmarshal(made.Params, &params))
				require.Equal(t, "package a\n\nvar x = new\n", params.Edit.apply(text))
				r := p.wait()
				if applied {
					require.Zero(t, r.code())
				} else {
					require.Equal(t, -32803, r.code())
					require.Contains(t, r.Error.Message, "read-only")
				}
			}
			e.insert(2, 0, 0, "x")
			require.Equal(t, -32801, e.call("workspace/executeCommand", run).code(), "the document has changed")
		})
	}
	t.Run("edits are not taken", func(t *testing.T) {
		e := initializedWith(t, Options{Completer: says("x")}, object{"capabilities": object{"workspace": object{"executeCommand": object{}}}}, text)
		require.Empty(t, e.menu(selection))
		r := e.call("workspace/executeCommand", object{"command": "seedls.action", "arguments": []object{
			{"action": "fill", "uri": docURI, "version": 1, "range": selection},
		}})
		require.Equal(t, -32803, r.code())
	})
	t.Run("commands that are none", func(t *testing.T) {
		e := initializedWith(t, Options{Completer: says("x")}, object{"capabilities": object{"workspace": commands}}, text)
		for _, params := range []any{
			object{},
			object{"command": "rm"},
			object{"command": "seedls.action"},
			object{"command": "seedls.action", "arguments": []int{1}},
			object{"command": "seedls.accepted", "arguments": []string{"everything"}},
			object{"command": "seedls.review", "arguments": []string{"x"}},
		} {
			require.Equal(t, -32602, e.call("workspace/executeCommand", params).code(), "%v", params)
		}
		require.Equal(t, -32803, e.call("workspace/executeCommand", object{"command": "seedls.review", "arguments": []int{7}}).code())
		e.alive()
	})
}

// receiveOr answers the model's question, which is asked the first time only: what was suggested is remembered.
func receiveOr(t *testing.T, m *model, first bool) {
	t.Helper()
	if first {
		receive(t, m.asked, "question").answer <- "new"
	}
}

func TestActionProgress(t *testing.T) {
	const text = "package a\n\nvar x = old\n"
	m := newModel()
	e := initializedWith(t, Options{Completer: m}, with(nil, object{"window": object{"workDoneProgress": true}}), text)
	value := func() (kind string) {
		t.Helper()
		notice := receive(t, e.notices, "progress")
		require.Equal(t, "$/progress", notice.Method)
		var params struct {
			Token string
			Value struct{ Kind string }
		}
		require.NoError(t, json.Unmarshal(notice.Params, &params))
		return params.Value.Kind
	}
	p := e.resolve(span(2, 8, 2, 11), fillTitle)
	e.answer("window/workDoneProgress/create", nil)
	require.Equal(t, "begin", value())
	receive(t, m.asked, "question").answer <- "new"
	require.Zero(t, p.wait().code())
	require.Equal(t, "end", value())

	p = e.resolve(span(2, 8, 2, 11), rewriteTitle)
	created := e.answer("window/workDoneProgress/create", nil)
	require.Equal(t, "begin", value())
	q := receive(t, m.asked, "question")
	q.Observe(diffusion.Step{Committed: []diffusion.Candidate{{}}})
	require.Equal(t, "report", value())
	e.notify("window/workDoneProgress/cancel", json.RawMessage(created.Params))
	require.Equal(t, -32800, p.wait().code())
	require.Error(t, q.ctx.Err())
	require.Equal(t, "end", value())
	for _, params := range []any{nil, 1, object{}, object{"token": "other"}, object{"token": object{}}} {
		e.notify("window/workDoneProgress/cancel", params)
	}
	e.alive()
}

// TestProgressOfCommand shows progress under the token that the client gave.
func TestProgressOfCommand(t *testing.T) {
	workspace := object{"applyEdit": true, "executeCommand": object{}}
	e := initializedWith(t, Options{Completer: says("new")}, object{"capabilities": object{"workspace": workspace}}, "package a\n\nvar x = old\n")
	p := e.begin("workspace/executeCommand", object{"command": "seedls.action", "workDoneToken": 7, "arguments": []object{
		{"action": "fill", "uri": docURI, "version": 1, "range": span(2, 8, 2, 11)},
	}})
	e.answer("workspace/applyEdit", object{"applied": true})
	require.Zero(t, p.wait().code())
	for _, kind := range []string{"begin", "end"} {
		params := string(receive(t, e.notices, "progress").Params)
		require.Contains(t, params, `"token":7`)
		require.Contains(t, params, `"kind":"`+kind+`"`)
	}
}

func TestStaleAction(t *testing.T) {
	m := newModel()
	e := opened(t, Options{Completer: m}, "package a\n\nvar x = old\n")
	p := e.resolve(span(2, 8, 2, 11), rewriteTitle)
	q := receive(t, m.asked, "question")
	e.insert(2, 0, 0, "x")
	e.alive()
	q.answer <- "new"
	require.Equal(t, -32801, p.wait().code())
}

// TestPreview has a client that shows a large change before it is made.
func TestPreview(t *testing.T) {
	const text = "package a\n\nvar x = old\n"
	large := strings.Repeat("1 +\n\t", previewLines) + "1"
	workspace := object{"applyEdit": true, "executeCommand": object{}, "textDocumentContent": object{}}
	params := with(workspace, object{"window": object{"showDocument": object{"support": true}}})
	codeAction := params["capabilities"].(object)["textDocument"].(object)["codeAction"].(object)
	codeAction["resolveSupport"] = object{"properties": []string{"edit", "command"}}
	e := start(t, Options{Completer: says(large)})
	var result struct {
		Capabilities struct {
			Workspace struct{ TextDocumentContent struct{ Schemes []string } }
		}
	}
	e.must(&result, "initialize", params)
	require.Equal(t, []string{"seedls"}, result.Capabilities.Workspace.TextDocumentContent.Schemes)
	e.open(text)

	var action struct {
		Edit    *object
		Command object
	}
	decodeReply(t, e.resolve(span(2, 8, 2, 11), fillTitle).wait(), &action)
	require.Nil(t, action.Edit)
	for _, choice := range []string{"Discard", "Apply"} {
		p := e.begin("workspace/executeCommand", action.Command)
		var document object
		require.NoError(t, json.Unmarshal(e.answer("window/showDocument", object{"success": true}).Params, &document))
		var content struct{ Text string }
		e.must(&content, "workspace/textDocumentContent", document)
		require.Contains(t, content.Text, "-var x = old\n+var x = 1 +\n")
		e.answer("window/showMessageRequest", object{"title": choice})
		if choice == "Apply" {
			e.answer("workspace/applyEdit", object{"applied": true})
		}
		require.Zero(t, p.wait().code())
	}
	for _, name := range []string{"seedls:/9/a.diff", "seedls:/x", "file:///a"} {
		require.NotZero(t, e.call("workspace/textDocumentContent", object{"uri": name}).code())
	}
	e.insert(2, 0, 0, "x")
	p := e.begin("workspace/executeCommand", action.Command)
	e.answer("window/showDocument", object{"success": true})
	e.answer("window/showMessageRequest", object{"title": "Apply"})
	require.Equal(t, -32801, p.wait().code(), "the document has changed")
}
