package completion

import (
	"cmp"
	"context"
	"slices"

	"seedls/engine/checkpoint"
	"seedls/engine/diffusion"
	"seedls/engine/transformer"
	"seedls/structure"
)

// MaxCandidates bounds the texts that are written for one hole.
const MaxCandidates = 8

// Unlikely is the verdict on a text whose score is below [Options.MinScore].
const Unlikely = "less likely than the score that is asked for"

// A Candidate is a text for a hole, fit to be shown.
type Candidate struct {
	Text string `json:"text"`
	// Score is how likely the text is, in nats, at most 0: see [Result].
	Score float64 `json:"score"`
	// Temperature at which its tokens were drawn; 0 took the most probable ones.
	Temperature float32 `json:"temperature"`
}

// A draft is what the model wrote in one of several ways, and what became of it.
type draft struct {
	options  diffusion.Options
	cache    *transformer.KVCache
	written  diffusion.Result
	steps    []Step
	raw      string
	text     string
	verdict  string
	score    float64
	rejected bool
}

// variants are the ways of n candidates: each differs from the first, which is as o says, in the temperature at which its
// tokens are drawn, and in its seed.
func variants(o diffusion.Options, n int) []*draft {
	drafts := make([]*draft, n)
	for i := range drafts {
		d := &draft{options: o, steps: []Step{}}
		d.observe(nil)
		d.options.Temperature, d.options.Seed = temperatures[i], uint64(i)
		drafts[i] = d
	}
	return drafts
}

// temperatures are those of candidates: near what the model holds for most probable first, then further away.
var temperatures = [MaxCandidates]float32{0, 0.3, 0.7, 1, 0.3, 0.7, 1, 1}

// observe has the steps of a draft recorded, and then told to another observer, which may be nil.
func (d *draft) observe(other func(diffusion.Step)) {
	d.options.Observe = func(s diffusion.Step) {
		d.steps = append(d.steps, record(s))
		if other != nil {
			other(s)
		}
	}
}

// diffuse writes the drafts together. Each has a context of its own, which all but the first copy: from the second block
// on contexts differ, and a copy takes less time than a step.
func (c *Completer) diffuse(ctx context.Context, drafts []*draft) error {
	batch := transformer.Batch{Runner: c.runner}
	var members []diffusion.Member
	for i, d := range drafts {
		if i > 0 {
			d.cache = drafts[0].cache.Clone()
		}
		batch.Caches = append(batch.Caches, d.cache)
		members = append(members, diffusion.Member{
			Sampler: c.samplers[i], Sequence: transformer.Sequence{Runner: c.runner, Cache: d.cache}, Options: d.options,
		})
	}
	results, err := diffusion.DiffuseTogether(ctx, batch, members)
	for i, d := range drafts {
		d.written = results[i]
	}
	return err
}

// fit fits the drafts to the hole, and rejects those that do not fit or say what another says.
func (c *Completer) fit(ctx context.Context, r Request, hole structure.Hole, scope *structure.Scope, drafts []*draft) (err error) {
	if r.Repair != "" {
		scope = nil // what is repaired may have had the name
	}
	for i, d := range drafts {
		d.raw = whole(c.tokens.Decode(d.written.Tokens), d.written.Ended)
		if d.text, d.verdict, err = r.Limits.fit(ctx, hole, scope, d.raw); err != nil {
			return err
		}
		d.rejected = d.text == "" || slices.ContainsFunc(drafts[:i], func(other *draft) bool {
			return !other.rejected && other.text == d.text
		})
	}
	return nil
}

// score scores the drafts that are not rejected, after the prompt, ids. What of a text does not fit the cache any more does
// not count.
func (c *Completer) score(ctx context.Context, ids []int32, drafts []*draft) error {
	drafts = slices.DeleteFunc(slices.Clone(drafts), func(d *draft) bool { return d.rejected })
	if c.model.Config().Diffusion.Attention != checkpoint.ContextCausal {
		for _, d := range drafts {
			d.score = d.written.LogConfidence
		}
		return nil
	}
	batch := transformer.Batch{Runner: c.runner}
	var texts [][]int32
	last := len(ids) - 1
	for _, d := range drafts {
		d.cache.Truncate(last)
		text := c.tokens.EncodeText(nil, d.text)
		texts = append(texts, text[:min(len(text), d.cache.Room()-1)])
		batch.Caches = append(batch.Caches, d.cache)
	}
	scores, err := c.samplers[0].LogLikelihoods(ctx, batch, ids[last], texts)
	if err != nil {
		return err
	}
	for i, d := range drafts {
		d.score = scores[i]
	}
	return nil
}

// choose ranks the drafts and puts them into the result: the best of those that are not rejected, the first where all are.
func (r *Result) choose(drafts []*draft, o Options) {
	for _, d := range drafts {
		if o.MinScore < 0 && !d.rejected && d.score < o.MinScore {
			d.rejected, d.verdict = true, Unlikely
		}
		r.Forwards = max(r.Forwards, d.written.Forwards)
	}
	best := drafts[0]
	shown := slices.DeleteFunc(slices.Clone(drafts), func(d *draft) bool { return d.rejected })
	slices.SortStableFunc(shown, func(a, b *draft) int { return cmp.Compare(b.score, a.score) })
	if len(shown) > 0 {
		best = shown[0]
		r.Text = best.text
	}
	if o.scored() {
		for _, d := range shown {
			r.Candidates = append(r.Candidates, Candidate{Text: d.text, Score: d.score, Temperature: d.options.Temperature})
		}
	}
	r.Raw, r.Verdict, r.Steps, r.Ended = best.raw, best.verdict, best.steps, best.written.Ended
	r.Tokens, r.Blocks, r.Violations = len(best.written.Tokens), best.written.Blocks, best.written.Violations
}
