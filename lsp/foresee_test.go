package lsp

import (
	"context"
	"testing"
	"testing/synctest"

	"seedls/lsp/completion"
)

// An idleModel is a completer that a test answers for, also when it has time.
type idleModel struct{ model, idle *model }

func (m idleModel) Complete(ctx context.Context, r completion.Request) (*completion.Result, error) {
	return m.model.Complete(ctx, r)
}

func (m idleModel) CompleteIdle(ctx context.Context, r completion.Request) (*completion.Result, error) {
	return m.idle.Complete(ctx, r)
}

func TestForesee(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := idleModel{newModel(), newModel()}
		e := opened(t, Options{Completer: m}, "package a\n\n")
		item := func(character int) string {
			t.Helper()
			var list inlineList
			if e.must(&list, "textDocument/inlineCompletion", inline(1, character)); len(list.Items) == 0 {
				return ""
			}
			return list.Items[0].InsertText
		}
		first := e.begin("textDocument/inlineCompletion", inline(1, 0))
		receive(t, m.model.asked, "question").answer <- "var x"
		first.wait()
		q := receive(t, m.idle.asked, "question in the background")
		if q.Prefix != "package a\nvar x" || q.Suffix != "\n" || q.Tree.Text() != q.Prefix+q.Suffix || q.Document != docURI {
			t.Errorf("it is for %q before %q, with a tree of %q", q.Prefix, q.Suffix, q.Tree.Text())
		}
		if e.alive(); q.ctx.Err() == nil {
			t.Error("a request did not end it")
		}
		// Typing along is answered, and has it begin again.
		e.insert(2, 1, 0, "v")
		if got := item(1); got != "var x" {
			t.Errorf("typed along: %q", got)
		}
		q = receive(t, m.idle.asked, "question in the background")
		q.answer <- " int"
		synctest.Wait()
		e.insert(3, 1, 1, "a")
		if got := item(2); got != "var x" {
			t.Errorf("typed along: %q", got)
		}
		synctest.Wait()
		if len(m.idle.asked) > 0 {
			t.Error("what is foreseen is worked out again")
		}
		e.insert(4, 1, 2, "r x")
		if got := item(5); got != "var x int" {
			t.Errorf("accepted: %q", got)
		}
		if len(m.model.asked) > 0 {
			t.Error("the model was asked although what follows is known")
		}
		// That nothing follows is an answer, too.
		receive(t, m.idle.asked, "question in the background").answer <- ""
		synctest.Wait()
		e.insert(5, 1, 5, " ")
		if got := item(6); got != "var x int" {
			t.Errorf("typed along: %q", got)
		}
		synctest.Wait()
		if len(m.idle.asked) > 0 {
			t.Error("that nothing follows is worked out again")
		}
		e.insert(6, 1, 6, "int")
		if got := item(9); got != "" || len(m.model.asked) > 0 {
			t.Errorf("accepted, with nothing to follow: %q, and the model was asked %d times", got, len(m.model.asked))
		}
		e.shutdown()
		e.notify("exit", nil)
	})
}

// TestForeseePanics has the model break where no request would catch it.
func TestForeseePanics(t *testing.T) {
	e := opened(t, Options{Completer: panicsIdly{"x"}}, "")
	for range 10 {
		e.must(new(inlineList), "textDocument/inlineCompletion", inline(0, 0))
	}
	e.alive()
}

type panicsIdly struct{ says }

func (panicsIdly) CompleteIdle(context.Context, completion.Request) (*completion.Result, error) {
	panic("oh no")
}
