package completion

import (
	"cmp"
	"context"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"seedls/engine/builtin"
	"seedls/engine/checkpoint"
	"seedls/engine/diffusion"
	"seedls/engine/kernel"
)

// unlock is a hole that the built-in model fills in many ways, several of which fit.
func unlock() Request {
	return Request{
		Path:    "server/server.go",
		Prefix:  "package server\n\nfunc (s *Server) Close() error {\n\ts.mu.Lock()\n\tdefer s.",
		Suffix:  "\n\treturn s.conn.Close()\n}\n",
		Options: DefaultOptions(),
	}
}

// TestCandidates writes several texts for a hole, with an order and without, of one block and of more: they are texts of
// their own, the likeliest first, one of them what a single candidate is; the same on every number of threads, and after
// another request for the document.
func TestCandidates(t *testing.T) {
	one, three := loaded(t, 1), loaded(t, 3)
	for order, blocks := range map[bool][]int{false: {8, 32}, true: {8}} {
		for _, block := range blocks {
			r := unlock()
			r.Document = "file:///a.go"
			r.Options.Order, r.Options.Canvas, r.Options.Blocks = order, block, 3
			single, err := one.Complete(t.Context(), r)
			require.NoError(t, err)
			require.Empty(t, single.Candidates)

			r.Options.Candidates = 6
			var observed []diffusion.Step
			r.Observe = func(s diffusion.Step) { observed = append(observed, s) }
			got, err := one.Complete(t.Context(), r)
			require.NoError(t, err)
			require.Equal(t, single.ContextTokens, got.ReusedTokens)
			require.Len(t, observed, single.Forwards, "the first candidate is not what it is alone")
			require.Greater(t, len(got.Candidates), 1)
			require.Equal(t, got.Text, got.Candidates[0].Text)
			require.Len(t, got.Steps, min(len(got.Steps), got.Forwards))
			texts := got.Texts()
			if single.Text != "" {
				require.Contains(t, texts, single.Text)
			}
			require.True(t, slices.IsSortedFunc(got.Candidates, func(a, b Candidate) int { return cmp.Compare(b.Score, a.Score) }))
			for i, c := range got.Candidates {
				require.NotContains(t, texts[:i], c.Text)
				require.Negative(t, c.Score)
			}

			again, err := three.Complete(t.Context(), r)
			require.NoError(t, err)
			require.Equal(t, got.Candidates, again.Candidates)
			again, err = one.Complete(t.Context(), r)
			require.NoError(t, err)
			require.Equal(t, got.Candidates, again.Candidates)
		}
	}
}

// TestMinScore shows a text down to its score, and not above.
func TestMinScore(t *testing.T) {
	c := loaded(t, 2)
	for _, mode := range []Mode{Diffusion, Autoregressive} {
		r := unlock()
		r.Options.Mode, r.Options.MinScore = mode, -1000
		all, err := c.Complete(t.Context(), r)
		require.NoError(t, err)
		require.Len(t, all.Candidates, 1)
		require.Equal(t, []string{all.Text}, all.Texts())
		score := all.Candidates[0].Score
		r.Options.MinScore = score
		got, err := c.Complete(t.Context(), r)
		require.NoError(t, err)
		require.Equal(t, all.Text, got.Text)
		r.Options.MinScore = score + 1e-3
		got, err = c.Complete(t.Context(), r)
		require.NoError(t, err)
		require.Empty(t, got.Text)
		require.Empty(t, got.Texts())
		require.Equal(t, Unlikely, got.Verdict)
		require.Equal(t, all.Raw, got.Raw)
	}
}

// TestCandidatesAreCancelled cancels during a step: the first candidate, which is observed, takes no other, and the next
// request finds the prompt in the cache.
func TestCandidatesAreCancelled(t *testing.T) {
	c := loaded(t, 2)
	r := unlock()
	r.Document = "file:///a.go"
	r.Options.Candidates = 4
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	steps := 0
	r.Observe = func(diffusion.Step) {
		if steps++; steps == 2 {
			cancel()
		}
	}
	_, err := c.Complete(ctx, r)
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, 2, steps)
	r.Observe = nil
	got, err := c.Complete(t.Context(), r)
	require.NoError(t, err)
	require.Equal(t, got.ContextTokens, got.ReusedTokens)
}

// TestScoreWithoutNextToken ranks by confidence where the context sees the canvas.
func TestScoreWithoutNextToken(t *testing.T) {
	full, err := builtin.Open()
	require.NoError(t, err)
	full.Config.Diffusion.Attention = checkpoint.Full
	c, err := New(full, Compute{Kernel: kernel.Best(), Precision: DefaultPrecision, Threads: 2})
	require.NoError(t, err)
	t.Cleanup(c.Close)
	drafts := []*draft{
		{written: diffusion.Result{Tokens: []int32{20, 21, 22}, Ended: true, LogConfidence: -2}},
		{written: diffusion.Result{Tokens: []int32{20, 21, 22, 23}, LogConfidence: -1}},
		{rejected: true},
	}
	require.NoError(t, c.score(t.Context(), nil, drafts))
	require.Equal(t, []float64{-2, -1, 0}, []float64{drafts[0].score, drafts[1].score, drafts[2].score})

	r := unlock()
	r.Options.Candidates = 3
	_, err = c.Complete(t.Context(), r)
	require.NoError(t, err)
}

// BenchmarkCandidates completes one hole with four candidates and with one, four times, and reports the time of the four
// over that of one, and over that of four.
func BenchmarkCandidates(b *testing.B) {
	c, err := builtin.Open()
	require.NoError(b, err)
	completer, err := New(c, Compute{Kernel: kernel.Best(), Precision: DefaultPrecision, Threads: 2})
	require.NoError(b, err)
	b.Cleanup(completer.Close)
	const n = 4
	r := unlock()
	r.Document = "file:///a.go"
	milliseconds := func(candidates int) float64 {
		r.Options.Candidates = candidates
		result, err := completer.Complete(context.Background(), r)
		require.NoError(b, err)
		return result.ElapsedMS
	}
	var several, single float64
	for b.Loop() {
		several += milliseconds(n)
		single += milliseconds(1)
	}
	b.ReportMetric(several/single, "x-one")
	b.ReportMetric(several/single/n, "x-alone")
}
