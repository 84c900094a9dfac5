package lsp

import (
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"seedls/lsp/completion"
)

// chooser is a completer of several candidates that notes how it was asked.
type chooser struct {
	texts []string
	asked []completion.Options
}

func (c *chooser) Complete(_ context.Context, r completion.Request) (*completion.Result, error) {
	c.asked = append(c.asked, r.Options)
	result := &completion.Result{Text: c.texts[0]}
	for _, text := range c.texts[:min(r.Options.Candidates, len(c.texts))] {
		result.Candidates = append(result.Candidates, completion.Candidate{Text: text})
	}
	return result, nil
}

// TestSeveralSuggestions asks by hand and gets all candidates in their order, from the model each time; the editor asks by
// itself and gets one, for which there is a least score.
func TestSeveralSuggestions(t *testing.T) {
	c := &chooser{texts: []string{"zip()", "zap()", "run()"}}
	e := opened(t, Options{Completer: c}, "package a\n\nfunc f() {\n\tx.\n}\n")
	shown := func(trigger int) (texts []string) {
		params := here(3, 3)
		params["context"] = object{"triggerKind": trigger}
		var list inlineList
		e.must(&list, "textDocument/inlineCompletion", params)
		for _, item := range list.Items {
			require.Equal(t, "3:0-3:3", item.Range.String())
			texts = append(texts, item.InsertText)
		}
		return texts
	}
	const byHand, automatic = 1, 2
	require.Equal(t, []string{"\tx.zip()"}, shown(automatic))
	require.Equal(t, []string{"\tx.zip()"}, shown(automatic))
	require.Len(t, c.asked, 1, "what was shown is asked for again")
	require.Equal(t, 1, c.asked[0].Candidates)
	require.Equal(t, DefaultSettings().MinScore, c.asked[0].MinScore)
	for n := range 2 {
		require.Equal(t, []string{"\tx.zip()", "\tx.zap()", "\tx.run()"}, shown(byHand))
		require.Len(t, c.asked, 2+n)
		require.Equal(t, DefaultSettings().Candidates, c.asked[1+n].Candidates)
		require.Zero(t, c.asked[1+n].MinScore)
	}

	// A list has what was shown; along it, those that go on as the user typed.
	var list completionList
	e.must(&list, "textDocument/completion", here(3, 3))
	require.Len(t, list.Items, 3)
	var sorted []string
	for i, item := range list.Items {
		require.Equal(t, c.texts[i], item.TextEdit.NewText)
		if i > 0 {
			sorted = append(sorted, item.SortText)
		}
	}
	require.True(t, slices.IsSorted(append([]string{list.Items[0].Label}, sorted...)), "%q", sorted)
	e.insert(2, 3, 3, "z")
	e.must(&list, "textDocument/completion", here(3, 4))
	require.Len(t, list.Items, 2)
	require.Len(t, c.asked, 3)
	e.insert(3, 3, 4, "z")
	e.must(&list, "textDocument/completion", here(3, 5))
	require.Len(t, c.asked, 4)
	require.Equal(t, c.asked[1], c.asked[3])
}
