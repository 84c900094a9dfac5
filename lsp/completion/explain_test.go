package completion_test

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"seedls/engine/diffusion"
	"seedls/lsp/completion"
	"seedls/structure"
)

// TestExplain explains a completion with the order: the same text as without an explanation, and every reason named.
func TestExplain(t *testing.T) {
	if len(structure.Grammars()) == 0 {
		t.Skip("built without cgo: nothing is known of the scope")
	}
	completer := open(t)
	r := closing()
	r.Options.Order = true
	r.Package = &structure.Package{}
	want, err := completer.Complete(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	e, err := completer.Explain(t.Context(), r, nil)
	if err != nil {
		t.Fatal(err)
	}
	if e.Result.Text != want.Text || e.Result.Raw != want.Raw || len(e.Steps) != want.Forwards || !e.Order {
		t.Errorf("explained %+v, completed %+v, %d steps", e.Result, want, len(e.Steps))
	}
	if h := e.Hole; h.Language != "go" || h.Place != "line tail" || h.Line != 5 || h.Column != 10 || h.Indent != "\t" || h.Open != "{" || h.Closers != "}" {
		t.Errorf("hole %+v", h)
	}
	receiver := slices.IndexFunc(e.Scope.Names, func(n completion.NamesOfKind) bool { return n.Kind == "receiver" })
	if receiver < 0 || !slices.Equal(e.Scope.Names[receiver].Names, []string{"s"}) || len(e.Scope.Owed) != 0 || !e.Scope.Certain {
		t.Errorf("scope %+v", e.Scope)
	}
	p := e.Prompt
	if p.Tokens != 23 || p.Tokens != 3+p.PathTokens+p.SuffixTokens+p.PrefixTokens || p.PathTokens == 0 ||
		p.SuffixBytes != len(r.Suffix) || p.PrefixBytes != len(r.Prefix) || p.OfPrefixBytes != len(r.Prefix) {
		t.Errorf("prompt %+v", p)
	}
	rules := map[string]bool{}
	for _, step := range e.Steps {
		for _, o := range append(step.Waiting, step.Vetoed...) {
			if rules[o.Rule] = true; o.For >= len(step.Slots) || o.Slot <= o.For && o.Rule != diffusion.SkeletonFirst {
				t.Errorf("step %d: %+v", step.Index, o)
			}
		}
	}
	if !rules[structure.EndLast] || rules[""] {
		t.Errorf("rules %v", rules)
	}
	assertFit(t, e)
	data, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{`"place":"line tail"`, `"owed":[]`, `"state":"end"`, `"rule":"end last"`, `"closers":"}"`, `"cuts":[`} {
		if !strings.Contains(string(data), key) {
			t.Errorf("no %s in %s", key, data)
		}
	}
}

// TestExplainRefusals explains texts that are cut off and that are not shown. What the model writes there is not what is
// tested, but that cuts, rest and verdict go together.
func TestExplainRefusals(t *testing.T) {
	completer := open(t)
	refused, cut := false, false
	for _, hole := range []struct{ path, prefix, suffix string }{
		{"a.go", "package a\n\nvar s = \"", "\""},
		{"a.go", "package a\n\nfunc f() {\n\tif x {\n\t\t", "\n\t}\n}\n"},
		{"a.go", "package a\n\nfunc f() {\n\tg(", ")\n}\n"},
		{"a.py", "def f(x):\n    return (", "\n"},
		{"a.rs", "fn f() {\n    ", "\n}\n"},
		{"notes.txt", "a {\n  b(", "\n}\n"},
	} {
		o := goldenOptions()
		o.Canvas = 16
		e, err := completer.Explain(t.Context(), completion.Request{Path: hole.path, Prefix: hole.prefix, Suffix: hole.suffix, Options: o}, nil)
		if err != nil {
			t.Fatal(err)
		}
		assertFit(t, e)
		for _, step := range e.Steps {
			if len(step.Waiting)+len(step.Vetoed)+len(step.Remasked) > 0 || e.Order {
				t.Errorf("%s: without an order, %+v", hole.path, step)
			}
		}
		refused, cut = refused || e.Result.Text == "", cut || len(e.Fit.Cuts) > 0
	}
	if !refused || !cut {
		t.Errorf("something is refused: %v; something is cut off: %v", refused, cut)
	}
}

// assertFit asserts that what was cut off and what is left are what was written, and that the verdict is the result's.
func assertFit(t *testing.T, e *completion.Explanation) {
	t.Helper()
	rest := e.Result.Raw
	for _, cut := range e.Fit.Cuts {
		var ok bool
		if rest, ok = strings.CutSuffix(rest, cut.Text); !ok || cut.Text == "" || cut.Reason == "ok" {
			t.Errorf("%q: cut off were %+v", e.Result.Raw, e.Fit.Cuts)
		}
	}
	if strings.TrimSpace(rest) != strings.TrimSpace(e.Fit.Left) || e.Fit.Verdict != e.Result.Verdict {
		t.Errorf("%q: %q is left, of which %+v", e.Result.Raw, rest, e.Fit)
	}
	if strings.HasPrefix(e.Fit.Verdict, "adds a parse error") != (e.Fit.ErrorLine > 0) {
		t.Errorf("verdict %q in line %d: %q", e.Fit.Verdict, e.Fit.ErrorLine, e.Fit.ErrorText)
	}
}

func TestExplainIsCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := open(t).Explain(ctx, closing(), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}
