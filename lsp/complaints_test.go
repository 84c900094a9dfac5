package lsp

import (
	"context"
	"errors"
	"strings"
	"testing"

	"seedls/engine/builtin"
	"seedls/engine/kernel"
	"seedls/lsp/completion"
)

// The tests here have the names of what users of such servers complain about, and do what they did.

// writes is a model that always writes the same, of which the server shows what fits.
type writes string

func (w writes) Complete(ctx context.Context, r completion.Request) (*completion.Result, error) {
	fitted, err := r.Tree.Fit(ctx, r.Tree.Hole(len(r.Prefix), len(r.Tree.Text())-len(r.Suffix)), string(w))
	if err != nil || !fitted.Verdict.OK() {
		return &completion.Result{}, err
	}
	return &completion.Result{Text: fitted.Text}, nil
}

// shown opens a Go text with the cursor marked, asks by hand, and returns the line as it would be with what is suggested.
func shown(t *testing.T, completer Completer, marked string) string {
	t.Helper()
	text, line, character := unmarked(t, marked)
	return ghost(t, opened(t, Options{Completer: completer}, text), line, character, 1)
}

// unmarked takes the mark out of a text, and returns where it was.
func unmarked(t *testing.T, marked string) (text string, line, character int) {
	t.Helper()
	before, after, ok := strings.Cut(marked, "‸")
	if !ok {
		t.Fatalf("no cursor in %q", marked)
	}
	return before + after, strings.Count(before, "\n"), len(before) - strings.LastIndexByte(before, '\n') - 1
}

// ghost asks for an inline completion and returns its text, "" if there is none.
func ghost(t *testing.T, e *editor, line, character, kind int) string {
	t.Helper()
	params := here(line, character)
	params["context"] = object{"triggerKind": kind}
	var list inlineList
	e.must(&list, "textDocument/inlineCompletion", params)
	if len(list.Items) == 0 {
		return ""
	}
	if got := list.Items[0].Range; got.Start.Line != line || got.Start.Character != 0 {
		t.Errorf("the item replaces %v, not the line up to the cursor", got)
	}
	return list.Items[0].InsertText
}

const (
	automatic = 2
	byHand    = 1
)

// "It suggests all the time; I cannot set a delay or ask by hand only; Tab inserted a stray bracket."
func TestComplaintTooEager(t *testing.T) {
	m := newModel()
	settings, warnings := DefaultSettings().With([]byte(`{"automatic":false}`))
	if warnings != nil {
		t.Fatal(warnings)
	}
	e := opened(t, Options{Completer: m, Settings: &settings}, "x")
	if got := ghost(t, e, 0, 1, automatic); got != "" || len(m.asked) != 0 {
		t.Errorf("suggested %q unasked; the model was asked %d times", got, len(m.asked))
	}
	p := e.begin("textDocument/inlineCompletion", object{
		"textDocument": object{"uri": docURI}, "position": at(0, 1), "context": object{"triggerKind": byHand},
	})
	receive(t, m.asked, "question").answer <- "y"
	var list inlineList
	if decodeReply(t, p.wait(), &list); len(list.Items) != 1 {
		t.Errorf("asked by hand: %d items", len(list.Items))
	}
	for _, stray := range []string{"})", "}", ")", "\n\t}\n"} {
		if got := shown(t, writes(stray), "package p\n\nfunc f() {\n\tg(func() {\n\t\tx()\n\t\t‸\n\t})\n}\n"); got != "" {
			t.Errorf("%q is suggested for %q", got, stray)
		}
	}
}

// "It doubles brackets, and what stands behind the cursor."
func TestComplaintDuplicatedBrackets(t *testing.T) {
	for _, test := range []struct{ marked, writes, want string }{
		{"package p\n\nfunc f() {\n\tg(‸)\n}\n", "a, b)", "\tg(a, b"},
		{"package p\n\nfunc f() {\n\tif x {\n\t\t‸\n\t}\n}\n", "return\n\t}\n}", "\t\treturn"},
		{"package p\n\nvar s = []string{\"‸\"}\n", "a\"}", "var s = []string{\"a"},
	} {
		if got := shown(t, writes(test.writes), test.marked); got != test.want {
			t.Errorf("%q with %q: %q, want %q", test.marked, test.writes, got, test.want)
		}
	}
}

func TestComplaintDuplicatedSuffix(t *testing.T) {
	for _, test := range []struct{ marked, writes, want string }{
		{"package p\n\nfunc f() {\n\t‸\n\tb()\n\n\tc()\n}\n", "a()\n\tb()\n\tc()", "\ta()"},
		{"package p\n\nfunc f() {\n\t‸\n\tb(1, 2)\n}\n", "b(1,2)", ""},
		{"package p\n\nfunc f() {\n\tg(‸, h(1))\n}\n", "a,h(1)", "\tg(a"},
		{"package p\n\nfunc f() {\n\t‸\n}\n", "a()\n\tb()\n\tb()\n\tb()\n\tb()", "\ta()\n\tb()"},
	} {
		if got := shown(t, writes(test.writes), test.marked); got != test.want {
			t.Errorf("%q with %q: %q, want %q", test.marked, test.writes, got, test.want)
		}
	}
}

// "It indents by spaces where I have tabs, and the other way round."
func TestComplaintWrongIndentation(t *testing.T) {
	for _, test := range []struct{ marked, writes, want string }{
		{"package p\n\nfunc f() {\n\t‸\n}\n", "if x {\n        y()\n    }", "\tif x {\n\t\ty()\n\t}"},
		{"package p\n\nfunc f() {\n  ‸\n}\n", "if x {\n\t\ty()\n\t}", "  if x {\n    y()\n  }"},
		{"package p\n\nfunc f() {\n  ‸\n}\n", "if x {\n        y()\n    }", "  if x {\n    y()\n  }"},
	} {
		if got := shown(t, writes(test.writes), test.marked); got != test.want {
			t.Errorf("%q with %q: %q, want %q", test.marked, test.writes, got, test.want)
		}
	}
}

// "The ghost text flickers while I type along it."
func TestComplaintFlicker(t *testing.T) {
	m := newModel()
	e := opened(t, Options{Completer: m}, "re")
	p := e.begin("textDocument/inlineCompletion", inline(0, 2))
	receive(t, m.asked, "question").answer <- "turn nil"
	p.wait()
	for i, key := range strings.Split("turn", "") {
		e.insert(2+i, 0, 2+i, key)
		if got := ghost(t, e, 0, 3+i, automatic); got != "return nil" {
			t.Errorf("after %d keys: %q", i+1, got)
		}
	}
	if len(m.asked) != 0 {
		t.Errorf("the model was asked %d times more", len(m.asked))
	}
	if r := e.call("textDocument/inlineCompletion", inline(5, 0)); string(r.Result) == "null" {
		t.Error("null, which some clients take for what they show already")
	}
}

// "What is inserted belongs to what I had written a moment ago."
func TestComplaintStaleText(t *testing.T) {
	m := newModel()
	e := opened(t, Options{Completer: m}, "a\nre")
	p := e.begin("textDocument/inlineCompletion", inline(1, 2))
	q := receive(t, m.asked, "question")
	e.insert(2, 0, 1, "b")
	e.alive()
	q.answer <- "turn"
	var list inlineList
	if decodeReply(t, p.wait(), &list); len(list.Items) != 0 {
		t.Errorf("items are %+v", list.Items)
	}
	p = e.begin("textDocument/completion", here(1, 2))
	receive(t, m.asked, "question").answer <- "turn"
	var completions completionList
	if decodeReply(t, p.wait(), &completions); !completions.IsIncomplete || len(completions.Items) != 1 {
		t.Errorf("a list that clients may keep: %+v", completions)
	}
}

// "The fan runs while I type, for suggestions that nobody sees."
func TestComplaintHighCPU(t *testing.T) {
	m := newModel()
	e := opened(t, Options{Completer: m}, "x")
	var asked []question
	var pendings []pending
	for i := range 5 {
		e.insert(2+i, 0, 1+i, "x")
		pendings = append(pendings, e.begin("textDocument/inlineCompletion", inline(0, 2+i)))
		asked = append(asked, receive(t, m.asked, "question"))
	}
	for _, q := range asked[:4] {
		receive(t, q.ctx.Done(), "end of the work on a text that is no more")
	}
	asked[4].answer <- "y"
	for _, p := range pendings {
		p.wait()
	}
}

// "Nothing is suggested, and nothing tells why."
func TestComplaintSilentFailure(t *testing.T) {
	e := opened(t, Options{NoCompleter: errors.New("run seedls model pull")}, "x")
	for {
		if notice := receive(t, e.notices, "message"); notice.Method == "window/showMessage" {
			if !strings.Contains(string(notice.Params), "run seedls model pull") {
				t.Errorf("message %s", notice.Params)
			}
			break
		}
	}
	if r := e.call(methodExplain, here(0, 1)); r.Error == nil || !strings.Contains(r.Error.Message, "no model") {
		t.Errorf("explained without a model: %+v", r)
	}
	e = opened(t, Options{Completer: completerFunc(func(context.Context, completion.Request) (*completion.Result, error) {
		return nil, errors.New("out of ink")
	})}, "x")
	if r := e.call("textDocument/inlineCompletion", inline(0, 1)); r.Error == nil || !strings.Contains(r.Error.Message, "out of ink") {
		t.Errorf("answer is %+v", r)
	}
}

// "It covers what the list of completions is about to insert, and expands my dollars as snippets."
func TestComplaintIntelliSense(t *testing.T) {
	m := newModel()
	e := opened(t, Options{Completer: m}, "fmt.Pr")
	params := inline(0, 6)
	params["context"].(object)["selectedCompletionInfo"] = object{"text": "Printf", "range": span(0, 4, 0, 6)}
	p := e.begin("textDocument/inlineCompletion", params)
	q := receive(t, m.asked, "question")
	if q.Prefix != "fmt.Printf" {
		t.Errorf("the model saw %q", q.Prefix)
	}
	q.answer <- `("$1 ${2:x}")`
	var list inlineList // whose items have a text, not a snippet
	if decodeReply(t, p.wait(), &list); len(list.Items) != 1 || list.Items[0].InsertText != `Printf("$1 ${2:x}")` || list.Items[0].Range.String() != "0:4-0:6" {
		t.Errorf("items are %+v", list.Items)
	}
}

// "It writes ten lines where I want one", or one where ten were wanted.
func TestComplaintMultiLine(t *testing.T) {
	const marked = "package p\n\nfunc f() {\n\tx := g(‸) + 1\n}\n"
	c := realModel(t)
	for setting, marked := range map[string]string{`{"multiLine":"auto"}`: marked, `{"multiLine":"never"}`: "package p\n\nfunc f() {\n\t‸\n}\n"} {
		settings, _ := DefaultSettings().With([]byte(setting))
		text, line, character := unmarked(t, marked)
		e := opened(t, Options{Completer: c, Settings: &settings}, text)
		if got := ghost(t, e, line, character, byHand); strings.Contains(got, "\n") {
			t.Errorf("%s: %q has several lines", setting, got)
		}
		var why completion.Explanation
		e.must(&why, methodExplain, here(line, character))
		if lines := strings.Count(why.Result.Raw, "\n"); lines > 0 && (len(why.Fit.Cuts) == 0 || !strings.Contains(why.Fit.Cuts[0].Reason, "line 1")) {
			t.Errorf("%s: of %q, cut off were %+v", setting, why.Result.Raw, why.Fit.Cuts)
		}
	}
	if got := shown(t, writes("a()\n\tb()"), "package p\n\nfunc f() {\n\t‸\n}\n"); got != "\ta()\n\tb()" {
		t.Errorf("where lines are asked for: %q", got)
	}
}

// "The server has a method of its own, which my editor does not know."
func TestComplaintMissingStandardMethod(t *testing.T) {
	e := start(t, Options{Completer: says("y")})
	var result struct{ Capabilities object }
	e.must(&result, "initialize", object{"capabilities": object{}})
	if on := result.Capabilities["inlineCompletionProvider"]; on != true {
		t.Errorf("inlineCompletionProvider is %v", on)
	}
	e.open("x")
	if got := ghost(t, e, 0, 1, byHand); got != "xy" {
		t.Errorf("suggested %q", got)
	}
}

// "There is <|end|> in my file."
func TestComplaintSentinels(t *testing.T) {
	c := realModel(t)
	for _, marked := range []string{"‸", "package p\n\n‸", "package p\n\n// <|fim_suffix|>‸\n", "package p\n\nfunc f() {\n\t‸\n}\n", "<|prefix|>‸<|mask|>", "package p\n\nvar s = \"<|‸"} {
		text, line, character := unmarked(t, marked)
		e := opened(t, Options{Completer: c}, text)
		var got completion.Explanation
		e.must(&got, methodExplain, here(line, character))
		if strings.Contains(got.Result.Raw, "|>") || strings.Contains(got.Result.Text, "|>") {
			t.Errorf("%q: %q, shown %q", marked, got.Result.Raw, got.Result.Text)
		}
	}
}

// TestExplainRequest explains what is suggested at the same place, with the declarations of the package if they are asked
// for, and with what was edited elsewhere.
func TestExplainRequest(t *testing.T) {
	settings, warnings := DefaultSettings().With([]byte(`{"context":["recent"]}`))
	if warnings != nil {
		t.Fatal(warnings)
	}
	text, line, character := unmarked(t, "package p\n\nfunc f() {\n\t‸\n}\n")
	e := opened(t, Options{Completer: realModel(t), Settings: &settings}, text)
	e.notify("textDocument/didOpen", object{"textDocument": object{
		"uri": "file:///project/pkg/b.go", "languageId": "go", "version": 1, "text": "package p\n\nfunc elsewhere() int { return 1 }\n",
	}})
	var got completion.Explanation
	e.must(&got, methodExplain, here(line, character))
	p := got.Prompt
	if len(p.Context) != 1 || p.Context[0].Source != completion.RecentSource || !strings.Contains(p.Context[0].Text, "elsewhere()") ||
		p.PrefixBytes != strings.Index(text, "\n}") || p.ContextTokens == 0 || p.Path != "pkg/a.go" {
		t.Errorf("prompt %+v", p)
	}
	want := ghost(t, e, line, character, byHand)
	if want != "" {
		want = strings.TrimPrefix(want, "\t")
	}
	if got.Result.Text != want || got.Hole.Line != line+1 || len(got.Steps) == 0 {
		t.Errorf("explained %q, suggested %q", got.Result.Text, want)
	}
	if r := e.call(methodExplain, object{"textDocument": object{"uri": "file:///c.go"}, "position": at(0, 0)}); r.Error == nil || !strings.Contains(r.Error.Message, "not open") {
		t.Errorf("a document that is not open: %+v", r)
	}
}

// realModel loads the model in the binary.
func realModel(t *testing.T) *completion.Completer {
	t.Helper()
	checkpoint, err := builtin.Open()
	if err != nil {
		t.Fatal(err)
	}
	c, err := completion.New(checkpoint, completion.Compute{Kernel: kernel.Best(), Precision: completion.DefaultPrecision, Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}
