package lsp

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"seedls/engine/diffusion/trace"
	"seedls/lsp/completion"
)

// explains is a completer that explains each completion by these steps.
type explains struct {
	says
	steps []trace.Frame
	asked *completion.Request
}

func (c explains) Explain(_ context.Context, r completion.Request, each func(trace.Frame)) (*completion.Explanation, error) {
	*c.asked = r
	for _, step := range c.steps {
		if each != nil {
			each(step)
		}
	}
	return &completion.Explanation{Steps: c.steps, Result: &completion.Result{Text: string(c.says)}}, nil
}

func TestExplain(t *testing.T) {
	steps := []trace.Frame{
		{Index: 0, Slots: []trace.Slot{{State: trace.Masked}}, Waiting: []trace.Objection{{Text: "}", Rule: "open before close", For: 0}}},
		{Index: 1, Slots: []trace.Slot{{State: trace.Filled, Text: "ok", Confidence: 0.5, Fresh: true}}},
	}
	model := explains{"ok", steps, new(completion.Request)}
	e := opened(t, Options{Completer: model}, "package a\n\nvar x = \n")
	var got struct {
		Steps  []trace.Frame
		Result struct{ Text string }
	}
	e.must(&got, "seedls/explain", here(2, 8))
	require.Equal(t, steps, got.Steps)
	require.Equal(t, "ok", got.Result.Text)
	require.Equal(t, "package a\n\nvar x = ", model.asked.Prefix)
	require.Equal(t, "\n", model.asked.Suffix)

	t.Log("step by step")
	params := here(2, 8)
	params["partialResultToken"] = "live"
	e.must(&got, "seedls/explain", params)
	for _, want := range steps {
		notice := receive(t, e.notices, "step")
		require.Equal(t, "$/progress", notice.Method)
		var told struct {
			Token string
			Value trace.Frame
		}
		require.NoError(t, json.Unmarshal(notice.Params, &told))
		require.Equal(t, "live", told.Token)
		require.Equal(t, want, told.Value)
	}

	t.Log("what cannot be explained")
	r := e.call("seedls/explain", object{"textDocument": object{"uri": "file:///other"}, "position": at(0, 0)})
	require.Equal(t, -32803, r.code())
	require.Equal(t, -32803, e.call("seedls/explain", object{}).code())
	e = opened(t, Options{}, "")
	require.Equal(t, -32803, e.call("seedls/explain", here(0, 0)).code())
}
