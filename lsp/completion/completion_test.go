package completion_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"seedls/engine/builtin"
	"seedls/engine/checkpoint"
	"seedls/engine/diffusion"
	"seedls/engine/kernel"
	"seedls/engine/transformer"
	"seedls/lsp/completion"
	"seedls/structure"
)

// open loads the built-in model in the precision of the golden states.
func open(t testing.TB) *completion.Completer {
	t.Helper()
	c, err := builtin.Open()
	if err != nil {
		t.Fatal(err)
	}
	k, err := kernel.FromEnv()
	if err != nil {
		t.Fatal(err)
	}
	completer, err := completion.New(c, completion.Compute{Kernel: k, Precision: kernel.F32, Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(completer.Close)
	return completer
}

// closing is a hole whose answer the golden states fix: mu.Unlock().
func closing() completion.Request {
	return completion.Request{
		Path:    "server/server.go",
		Prefix:  "package server\n\nfunc (s *Server) Close() error {\n\ts.mu.Lock()\n\tdefer s.",
		Suffix:  "\n\treturn s.conn.Close()\n}\n",
		Options: goldenOptions(),
	}
}

// goldenOptions are those of the golden states.
func goldenOptions() completion.Options {
	o := completion.DefaultOptions()
	o.Canvas, o.Blocks = 32, 1
	return o
}

func TestComplete(t *testing.T) {
	r := closing()
	observed := 0
	r.Observe = func(diffusion.Step) { observed++ }
	got, err := open(t).Complete(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if got.Text != "mu.Unlock()" || got.Raw != got.Text || got.Verdict != "ok" {
		t.Errorf("text %q, raw %q, verdict %q", got.Text, got.Raw, got.Verdict)
	}
	if got.Model != builtin.Name || got.Mode != completion.Diffusion || got.Tokens != 1 || got.Blocks != 1 ||
		got.ContextTokens != 23 || got.ReusedTokens != 0 || got.ElapsedMS <= 0 {
		t.Errorf("counts: %+v", got)
	}
	if got.Forwards != 21 || len(got.Steps) != got.Forwards || observed != got.Forwards {
		t.Errorf("%d forward passes, %d steps, %d observed; the reference takes 21", got.Forwards, len(got.Steps), observed)
	}
	committed := 0
	for _, s := range got.Steps {
		if len(s.Tokens) != len(s.Committed) || len(s.Confidence) != len(s.Committed) {
			t.Errorf("step %+v", s)
		}
		committed += len(s.Committed)
	}
	if committed < got.Tokens {
		t.Errorf("%d slots committed, %d tokens", committed, got.Tokens)
	}
}

func TestModesAndPolicies(t *testing.T) {
	completer := open(t)
	for name, change := range map[string]func(*completion.Options){
		"ar":              func(o *completion.Options) { o.Mode = completion.Autoregressive },
		"fixed steps":     func(o *completion.Options) { o.Policy = completion.FixedStepsPolicy; o.Steps = 4 },
		"entropy bounded": func(o *completion.Options) { o.Policy = completion.EntropyBoundedPolicy; o.EntropyBound = 0.5 },
		"order":           func(o *completion.Options) { o.Order = true },
		"revisions":       func(o *completion.Options) { o.Revisions = 2; o.EditThreshold = 0.99 },
		"one block":       func(o *completion.Options) { o.Canvas = 8; o.Blocks = 1 },
		"the longest":     func(o *completion.Options) { o.Canvas = completion.MaxCanvas; o.Blocks = completion.MaxBlocks },
	} {
		r := closing()
		r.Document = "file:///server.go" // its cache has to grow with the options
		change(&r.Options)
		got, err := completer.Complete(t.Context(), r)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if !strings.HasPrefix(got.Text, "mu.Unlock()") {
			t.Errorf("%s: %q (%s)", name, got.Raw, got.Verdict)
		}
		if r.Options.Policy == completion.FixedStepsPolicy && got.Forwards > 4*got.Blocks {
			t.Errorf("%s: %d forward passes for %d blocks of 4 steps", name, got.Forwards, got.Blocks)
		}
	}
}

// TestTypingReusesTheCache completes after every keystroke of a line with a document's cache and without one: the
// answers are the same, and all but the last tokens of the prompt come from the cache.
func TestTypingReusesTheCache(t *testing.T) {
	completer := open(t)
	for _, mode := range []completion.Mode{completion.Diffusion, completion.Autoregressive} {
		r := closing()
		r.Options.Mode, r.Options.Canvas, r.Options.Blocks = mode, 8, 1
		begin := strings.Index(r.Prefix, "\tdefer")
		prefix := r.Prefix
		for end := begin; end <= len(prefix); end++ {
			r.Prefix = prefix[:end]
			r.Document = ""
			fresh, err := completer.Complete(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			r.Document = "file:///server.go"
			cached, err := completer.Complete(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			if cached.Raw != fresh.Raw || cached.Forwards != fresh.Forwards {
				t.Errorf("%s %q: %q with the cache, %q without", mode, r.Prefix[begin:], cached.Raw, fresh.Raw)
			}
			if fresh.ReusedTokens != 0 {
				t.Errorf("no document, yet %d tokens reused", fresh.ReusedTokens)
			}
			if end > begin && cached.ReusedTokens < cached.ContextTokens-8 {
				t.Errorf("%s %q: %d of %d tokens reused", mode, r.Prefix[begin:], cached.ReusedTokens, cached.ContextTokens)
			}
		}
	}
}

// TestClientsHaveTheirOwnCaches has two clients type in documents of one name, in turns, and one of them leave.
func TestClientsHaveTheirOwnCaches(t *testing.T) {
	completer := open(t)
	reused := func(client, line string) int {
		t.Helper()
		r := closing()
		r.Client, r.Document, r.Prefix = client, "file:///server.go", line+r.Prefix
		got, err := completer.Complete(t.Context(), r)
		if err != nil {
			t.Fatal(err)
		}
		if got.Text != "mu.Unlock()" {
			t.Errorf("client %s: %q", client, got.Text)
		}
		return got.ReusedTokens * 100 / got.ContextTokens
	}
	for round := range 3 {
		for client, line := range map[string]string{"a": "// one\n", "b": "// two\n"} {
			if got := reused(client, line); (got == 100) != (round > 0) {
				t.Errorf("round %d: client %s had %d %% of the tokens in its cache", round, client, got)
			}
		}
	}
	before, _ := completer.KVBytes()
	completer.Forget("b")
	if after, _ := completer.KVBytes(); after != before/2 || reused("a", "// one\n") != 100 {
		t.Errorf("once b is gone, %d of %d bytes are left", after, before)
	}
}

// TestIdleYields has a request come while one is computed that nobody waits for.
func TestIdleYields(t *testing.T) {
	completer := open(t)
	r := closing()
	r.Client, r.Document = "a", "file:///server.go"
	asked := make(chan error, 1)
	steps := 0
	r.Observe = func(diffusion.Step) {
		if steps++; steps > 1 {
			return
		}
		taken := make(chan struct{})
		go func() {
			other := closing()
			other.Client = "b"
			close(taken)
			_, err := completer.Complete(t.Context(), other)
			asked <- err
		}()
		<-taken
	}
	for err := error(nil); err == nil; steps = 0 {
		// Whether the other is in the queue before the last step is up to the scheduler.
		if _, err = completer.CompleteIdle(t.Context(), r); err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if err := <-asked; err != nil {
			t.Fatal(err)
		}
	}
	r.Observe = nil
	if got, err := completer.CompleteIdle(t.Context(), r); err != nil || got.Text != "mu.Unlock()" {
		t.Errorf("undisturbed: %+v, %v", got, err)
	}
}

// TestRepair looks at a call that is right, which stays, and has one that is broken written anew.
func TestRepair(t *testing.T) {
	completer := open(t)
	r := closing()
	r.Options.Revisions = 4
	r.Repair = "mu.Unlock()"
	got, err := completer.Complete(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if got.Text != "mu.Unlock()" || got.Verdict != "ok" || got.Forwards != 1 {
		t.Errorf("%q becomes %q: %+v", r.Repair, got.Raw, got)
	}
	r.Repair = "mu.Unlock("
	r.Options.Mode = completion.Autoregressive
	if got, err := completer.Complete(t.Context(), r); err != nil || !strings.HasPrefix(got.Raw, "mu.Unlock()") {
		t.Errorf("%q is written anew as %+v, %v", r.Repair, got, err)
	}
	r.Options.Mode = completion.Diffusion
	r.Options.Revisions = 1
	r.Repair = strings.Repeat("a0 b1 c2 ", 100)
	if _, err := completer.Complete(t.Context(), r); err == nil || !strings.Contains(err.Error(), "choose fewer lines") {
		t.Errorf("a long text gives %v", err)
	}
	r.Repair, r.Options.Revisions = "x", 0
	if _, err := completer.Complete(t.Context(), r); err == nil || !strings.Contains(err.Error(), "revision") {
		t.Errorf("no revisions give %v", err)
	}
}

func TestCancellation(t *testing.T) {
	completer := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	r := closing()
	r.Document = "file:///server.go"
	steps := 0
	r.Observe = func(diffusion.Step) {
		if steps++; steps == 3 {
			cancel()
		}
	}
	if _, err := completer.Complete(ctx, r); !errors.Is(err, context.Canceled) || steps != 3 {
		t.Fatalf("%v after %d steps", err, steps)
	}
	r.Observe = nil
	got, err := completer.Complete(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if got.Text != "mu.Unlock()" || got.ReusedTokens != got.ContextTokens {
		t.Errorf("after a cancelled request: %q, %d of %d tokens reused", got.Text, got.ReusedTokens, got.ContextTokens)
	}
}

// A countdown is a context that is cancelled once it was asked a number of times whether it is.
type countdown struct {
	context.Context
	left int
}

func (c *countdown) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

// TestPrefillIsCancelled cancels after the first forward pass over a long prompt, which the next request goes on from.
func TestPrefillIsCancelled(t *testing.T) {
	completer := open(t)
	r := closing()
	r.Prefix = strings.Repeat("// a comment that takes some tokens, in its own line\n", 30) + r.Prefix
	r.Document = "file:///server.go"
	tree, err := structure.Parse(t.Context(), structure.LanguageForPath(r.Path), r.Prefix+r.Suffix)
	if err != nil {
		t.Fatal(err)
	}
	r.Tree = tree
	if _, err := completer.Complete(&countdown{t.Context(), 1}, r); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	got, err := completer.Complete(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	if got.ReusedTokens != transformer.PrefillRows || got.ContextTokens < 2*transformer.PrefillRows {
		t.Errorf("%d of %d tokens reused", got.ReusedTokens, got.ContextTokens)
	}
}

// TestWaitingIsCancelled holds the model in a step and cancels a second request that waits for it.
func TestWaitingIsCancelled(t *testing.T) {
	completer := open(t)
	working, release := make(chan struct{}), make(chan struct{})
	r := closing()
	var once sync.Once
	r.Observe = func(diffusion.Step) {
		once.Do(func() { close(working); <-release })
	}
	done := make(chan error)
	go func() {
		_, err := completer.Complete(t.Context(), r)
		done <- err
	}()
	<-working
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := completer.Complete(ctx, closing()); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled request that waits gives %v", err)
	}
	close(release)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestConcurrentRequests(t *testing.T) {
	completer := open(t)
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			r := closing()
			r.Document = string(rune('a' + i%3))
			r.Options.Canvas = 16
			if got, err := completer.Complete(t.Context(), r); err != nil || got.Text != "mu.Unlock()" {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
	wait.Wait()
}

// TestAnyBuffer completes in buffers that are not code at all.
func TestAnyBuffer(t *testing.T) {
	completer := open(t)
	for name, text := range map[string]string{
		"empty": "", "bytes": "\xff\x00\xfe", "deep": strings.Repeat("(", 20_000), "long line": strings.Repeat("x", 100_000),
		"tokens": "<|mask|><|end|><|prefix|>", "blank": strings.Repeat("\n", 10_000),
	} {
		for _, path := range []string{"", "a.go", "a.py", "a.unknown"} {
			r := completion.Request{Path: path, Prefix: text, Suffix: text, Options: completion.DefaultOptions()}
			r.Options.Canvas, r.Options.Blocks = 8, 1
			if _, err := completer.Complete(t.Context(), r); err != nil {
				t.Errorf("%s in %q: %v", name, path, err)
			}
		}
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for want, change := range map[string]func(*completion.Options){
		"mode":           func(o *completion.Options) { o.Mode = "greedy" },
		"policy":         func(o *completion.Options) { o.Policy = "all" },
		"threshold":      func(o *completion.Options) { o.Threshold = 0 },
		"entropy bound":  func(o *completion.Options) { o.EntropyBound = -1 },
		"steps":          func(o *completion.Options) { o.Steps = 0 },
		"block":          func(o *completion.Options) { o.Canvas = completion.MaxCanvas + 1 },
		"blocks":         func(o *completion.Options) { o.Blocks = -1 },
		"revisions":      func(o *completion.Options) { o.Revisions = completion.MaxRevisions + 1 },
		"edit threshold": func(o *completion.Options) { o.EditThreshold = 1.5 },
		"candidates":     func(o *completion.Options) { o.Candidates = completion.MaxCandidates + 1 },
		"least score":    func(o *completion.Options) { o.MinScore = 0.5 },
	} {
		o := completion.DefaultOptions()
		if err := o.Validate(); err != nil {
			t.Fatal(err)
		}
		change(&o)
		if err := o.Validate(); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("a wrong %s gives %v", want, err)
		}
	}
}

func TestModelWithoutTokenizer(t *testing.T) {
	c, err := checkpoint.Open("../../testdata/models/arch/tiny-llama-block4")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := completion.New(c, completion.Compute{Kernel: kernel.Best(), Threads: 1}); err == nil || !strings.Contains(err.Error(), "tokenizer.json") {
		t.Errorf("got %v", err)
	}
}
