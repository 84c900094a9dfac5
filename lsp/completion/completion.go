// Package completion turns a hole in a buffer into text fit to be shown: it lays out the prompt, keeps the KV cache of
// each document from one keystroke to the next, runs the sampler, and has package structure fit the text to its place.
// It knows no protocol: the language server, the command line and scripts all complete through it.
package completion

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"seedls/cache"
	"seedls/engine/checkpoint"
	"seedls/engine/diffusion"
	"seedls/engine/kernel"
	"seedls/engine/profile"
	"seedls/engine/prompt"
	"seedls/engine/tokenizer"
	"seedls/engine/transformer"
	"seedls/lsp/completion/turn"
	"seedls/structure"
)

// DefaultMemoryBytes bounds the KV caches of all documents of all clients together where nothing else is asked for; the
// least recently used go first.
const DefaultMemoryBytes = 128 << 20

// A Completer completes with one model. It is safe for concurrent use; the model works on one request at a time, and for
// the clients in turn.
type Completer struct {
	checkpoint *checkpoint.Checkpoint
	tokens     *tokenizer.Tokenizer
	layout     *prompt.Layout
	model      *transformer.Model
	kernel     kernel.Kernel
	pool       *kernel.Pool
	caches     *cache.LRU[buffer, *transformer.KVCache]
	blocks     *profile.Chooser
	packages   structure.Packages

	// turn is the right to use what follows.
	turn     turn.Queue
	runner   *transformer.Runner
	samplers [MaxCandidates]*diffusion.Sampler
}

// Compute says how forward passes are computed.
type Compute struct {
	Kernel    kernel.Kernel
	Precision kernel.Precision
	Threads   int
	// MemoryBytes bounds the KV caches of all documents together; 0 is [DefaultMemoryBytes].
	MemoryBytes int
	// Store keeps the packed weights of large models between runs; nil keeps nothing.
	Store *cache.Disk
}

// DefaultPrecision is the precision of a model that is not asked for in another one.
const DefaultPrecision = kernel.Int8

// PrecisionNames are the names of all precisions.
func PrecisionNames() []string {
	var names []string
	for _, p := range kernel.Precisions {
		names = append(names, p.String())
	}
	return names
}

// New loads the model of c, which may be closed afterwards.
func New(c *checkpoint.Checkpoint, how Compute) (*Completer, error) {
	if c.TokenizerJSON() == nil {
		return nil, fmt.Errorf("%s: no tokenizer.json: a model needs one to read text", c.Name)
	}
	tokens, err := tokenizer.Parse(c.TokenizerJSON(), c.Config.VocabSize)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	layout, err := prompt.New(c, tokens)
	if err != nil {
		return nil, err
	}
	model, err := loadModel(c, how.Precision, how.Store)
	if err != nil {
		return nil, err
	}
	pool := kernel.NewPool(how.Threads)
	d := c.Config.Diffusion
	completer := &Completer{
		checkpoint: c,
		tokens:     tokens,
		layout:     layout,
		model:      model,
		kernel:     how.Kernel,
		pool:       pool,
		caches:     cache.NewLRU[buffer, *transformer.KVCache](cmp.Or(how.MemoryBytes, DefaultMemoryBytes)),
		blocks:     profile.NewChooser(blockLengths(d), DefaultBlock),
		runner:     transformer.NewRunner(model, how.Kernel, pool),
	}
	vocabulary := diffusion.Vocabulary{Mask: d.MaskTokenID, End: d.EndTokenID, Never: notText(tokens, c.Config.VocabSize)}
	for i := range completer.samplers {
		completer.samplers[i] = diffusion.NewSampler(vocabulary, how.Kernel)
	}
	return completer, nil
}

// notText lists the tokens that stand for no text: the special ones, and those that only pad the model's vocabulary.
func notText(tokens *tokenizer.Tokenizer, vocabSize int) []int32 {
	ids := tokens.Specials()
	for id := tokens.Size(); id < vocabSize; id++ {
		ids = append(ids, int32(id))
	}
	return ids
}

// Close ends the workers, once the request under way is answered; later requests wait for their contexts to end.
func (c *Completer) Close() {
	_ = c.turn.Take(context.Background(), "") // fails only when its context ends
	c.pool.Close()
}

// take waits for the turn of a request, and returns the context under which it has it.
func (c *Completer) take(ctx context.Context, r Request) (context.Context, error) {
	if r.idle {
		return c.turn.TakeIdle(ctx)
	}
	return ctx, c.turn.Take(ctx, r.Client)
}

// A buffer is a document of a client, which has a KV cache of its own.
type buffer struct{ client, document string }

// Forget drops the KV caches of a client that is gone.
func (c *Completer) Forget(client string) {
	c.caches.Drop(func(b buffer) bool { return b.client == client })
}

// KVBytes is what the KV caches take that no request is using, and the most that they may.
func (c *Completer) KVBytes() (used, budget int) { return c.caches.Bytes() }

// Runner is what the completer computes with, to be measured while it has no request and is not closed.
func (c *Completer) Runner() *transformer.Runner { return c.runner }

// Mask is the token that stands for what is not written yet.
func (c *Completer) Mask() int32 { return c.model.Config().Diffusion.MaskTokenID }

// CountTokens is the number of tokens that a text takes.
func (c *Completer) CountTokens(text string) int { return len(c.tokens.EncodeText(nil, text)) }

// TokenText is the text of a token; "" for special tokens, which are not text.
func (c *Completer) TokenText(token int32) string { return string(c.tokenText(token)) }

func (c *Completer) tokenText(token int32) []byte {
	if c.tokens.IsSpecial(token) {
		return nil
	}
	return c.tokens.Bytes(token)
}

// A Request is one hole: the text before it and the text after it.
type Request struct {
	// Path names the file to the model, relative to the workspace where there is one: "server/server.go".
	Path string
	// File is where the file is, or will be, on disk: for Go, what the files next to it declare can be named in it. "" reads
	// nothing.
	File string
	// Package is what the other files of its package declare, where that is known without File.
	Package *structure.Package
	// Recent are texts that the user edited or looked at, elsewhere or far from the hole, for the source "recent": what
	// matters most first.
	Recent []string
	// Language of the buffer; nil picks it by Path.
	Language *structure.Language
	// Prefix and Suffix are the text before and after the hole, all of it.
	Prefix, Suffix string
	// Repair, unless it is "", is text in the hole that is to be repaired rather than written anew; autoregression, which
	// cannot repair, takes no notice of it.
	Repair string
	// Rewrite, unless it is 0, has this share of the tokens of Repair written anew, those that the model is least sure of.
	Rewrite float64
	// Tree is the parse of the buffer: Prefix, the text to be replaced if any, Suffix. Nil has Prefix+Repair+Suffix parsed.
	Tree *structure.Tree
	// Client is who asks: the model works for the clients in turn, and each has KV caches of its own.
	Client string
	// Document keys the KV cache that a client's requests for one buffer share, such as its URI; "" shares nothing.
	Document string
	Options  Options
	// Limits bound what is shown; the zero value has none.
	Limits Limits
	// Observe, when set, is called after each step of the sampler and must not keep the step's slices.
	Observe func(diffusion.Step)

	idle bool // see CompleteIdle
}

// A Result is text for a hole and how it came about.
//
// With more than one candidate, or a score to be reached, texts are scored: by log p of the text and the <|end|> after it,
// one token after another under the same weights, in nats. It is that of the whole text: the mean over its tokens is
// highest where a text goes on repeating itself, and lowest of short ones, right or not. Weights whose attention is not
// context-causal predict no next token: there it is the sum of the logarithms of the confidences with which what the model
// wrote was committed.
type Result struct {
	// Text fills the hole; "" when what the model wrote is not fit to be shown. It is the likeliest of the candidates.
	Text string `json:"text"`
	// Candidates are the texts that were scored, each another one and fit to be shown, the likeliest first.
	Candidates []Candidate `json:"candidates,omitempty"`
	// Raw is what the model wrote, before it was fitted to the hole.
	Raw string `json:"raw"`
	// Verdict is "ok", or why Text is empty.
	Verdict string `json:"verdict"`
	Model   string `json:"model"`
	Mode    Mode   `json:"mode"`
	// Tokens generated, forward passes over canvases or single tokens, which candidates share, and blocks.
	Tokens   int `json:"tokens"`
	Forwards int `json:"forwards"`
	Blocks   int `json:"blocks"`
	// Violations is how many slots the order found wrong to the end.
	Violations int `json:"violations,omitempty"`
	// Ended says whether the model ended the text by itself. If not, Raw has no line that was only begun, unless it is
	// the only one.
	Ended bool `json:"ended"`
	// Block is the tokens of a block: the option's, the one chosen, or the length of the canvas that was repaired.
	Block int `json:"block"`
	// Tokens of the prompt, and how many of them the KV cache already had.
	ContextTokens int `json:"context_tokens"`
	ReusedTokens  int `json:"reused_tokens"`
	// ElapsedMS is the time from the request to the result, waiting for the model included.
	ElapsedMS float64 `json:"elapsed_ms"`
	Steps     []Step  `json:"steps"`
}

// Texts are those fit to be shown, the likeliest first.
func (r *Result) Texts() []string {
	if r.Text == "" {
		return nil
	}
	texts := []string{r.Text}
	for _, c := range r.Candidates[min(len(r.Candidates), 1):] {
		texts = append(texts, c.Text)
	}
	return texts
}

// A Step is what one forward pass committed: slots of the block, their tokens, and the confidence in each.
type Step struct {
	Committed  []int     `json:"committed"`
	Tokens     []int32   `json:"tokens"`
	Confidence []float32 `json:"confidence"`
	// Revised are the slots in which another token stood.
	Revised []Revision `json:"revised,omitempty"`
	TookMS  float64    `json:"took_ms"`
}

// A Revision is a token that took the place of another.
type Revision struct {
	Slot       int     `json:"slot"`
	Token      int32   `json:"token"`
	Confidence float32 `json:"confidence"`
}

// Complete fills the hole of r. When ctx is cancelled it returns ctx.Err() within one forward pass.
func (c *Completer) Complete(ctx context.Context, r Request) (*Result, error) {
	begun := time.Now()
	if err := r.Options.Validate(); err != nil {
		return nil, err
	}
	if attention := c.model.Config().Diffusion.Attention; r.Options.Mode == Autoregressive && attention != checkpoint.ContextCausal {
		return nil, fmt.Errorf("mode %q: the weights of %s have %s attention and predict no next token: use mode %q",
			Autoregressive, c.checkpoint.Name, attention, Diffusion)
	}
	hole, err := r.hole(ctx)
	if err != nil {
		return nil, err
	}
	var scope *structure.Scope
	if r.Options.Order {
		if scope, err = c.scope(ctx, r, hole); err != nil {
			return nil, err
		}
	}
	result := &Result{Model: c.checkpoint.Name, Mode: r.Options.Mode}
	if err := c.generate(ctx, r, hole, scope, result); err != nil {
		return nil, err
	}
	result.ElapsedMS = milliseconds(time.Since(begun))
	return result, nil
}

// CompleteIdle does what [Completer.Complete] does while nobody else wants the model. Once someone does, it returns
// [context.Canceled] within one forward pass.
func (c *Completer) CompleteIdle(ctx context.Context, r Request) (*Result, error) {
	r.idle = true
	return c.Complete(ctx, r)
}

// hole is the place of r in its tree.
func (r Request) hole(ctx context.Context) (structure.Hole, error) {
	tree := r.Tree
	if tree == nil {
		language := r.Language
		if language == nil {
			language = structure.LanguageForPath(r.Path)
		}
		var err error
		if tree, err = structure.Parse(ctx, language, r.Prefix+r.Repair+r.Suffix); err != nil {
			return structure.Hole{}, err
		}
	}
	return tree.Hole(len(r.Prefix), len(tree.Text())-len(r.Suffix)), nil
}

// Undeclared returns a name in a text for the hole of r that it is certain that nothing declares, or "".
func (c *Completer) Undeclared(ctx context.Context, r Request, text string) (string, error) {
	hole, err := r.hole(ctx)
	if err != nil {
		return "", err
	}
	scope, err := c.scope(ctx, r, hole)
	if err != nil {
		return "", err
	}
	return hole.Undeclared(scope, text), nil
}

// repairSlack is how many tokens a repair can be longer, at least, than what it repairs.
const repairSlack = 4

// ErrTooLong is the error of a repair of more text than fits a canvas.
var ErrTooLong = errors.New("too long to be repaired at a time: choose fewer lines")

// generate has the model write the text, or several, until they end or leave the hole, and chooses among them. scope is
// what can be named at the hole, nil without an order.
func (c *Completer) generate(ctx context.Context, r Request, hole structure.Hole, scope *structure.Scope, result *Result) error {
	ids := c.prompt(r, c.surroundings(ctx, r, hole))
	var broken []int32
	var length int // of the canvas to repair
	if r.Repair != "" && r.Options.Mode == Diffusion {
		broken = c.tokens.EncodeText(nil, r.Repair)
		most := min(MaxCanvas, c.model.Config().MaxPositions-len(ids))
		if len(broken)+repairSlack > most {
			return fmt.Errorf("%d tokens, of which %d fit: %w", len(broken), most-repairSlack, ErrTooLong)
		}
		length = min(c.repairLength(len(broken)), most)
	}
	ctx, err := c.take(ctx, r)
	if err != nil {
		return err
	}
	defer c.turn.GiveBack()

	canvas, blocks := length, 1
	if broken == nil {
		canvas, blocks = c.block(r.Options)
	}
	result.Block = canvas
	need := c.capacity(canvas * blocks)
	where := buffer{r.Client, r.Document}
	kv, known := c.caches.Take(where)
	if !known || kv.Capacity() < need {
		kv = c.model.NewKVCache(need)
	}
	healthy := true // what is in the cache
	defer func() {
		if r.Document != "" && healthy {
			kv.Truncate(min(kv.Len(), len(ids)))
			c.caches.Put(where, kv, kv.Bytes())
		}
	}()
	fed, last := ids, int32(0)
	if r.Options.Mode == Autoregressive {
		fed, last = ids[:len(ids)-1], ids[len(ids)-1]
	}
	kv.Truncate(common(kv.Tokens(), fed))
	result.ContextTokens, result.ReusedTokens = len(ids), kv.Len()
	for kv.Len() < len(fed) {
		if err := ctx.Err(); err != nil {
			return err
		}
		c.runner.Extend(kv, fed[kv.Len():min(len(fed), kv.Len()+transformer.PrefillRows)])
	}

	options := diffusion.Options{
		Canvas: canvas,
		Blocks: blocks,
		Policy: r.Options.policy(),

		Revisions:     r.Options.Revisions,
		EditThreshold: float32(r.Options.EditThreshold),
		Doubt:         float32(r.Rewrite),

		Stop: func(tokens []int32) bool {
			text := c.tokens.Decode(tokens)
			return r.Limits.exceeded(hole, text) || hole.Leaves(text)
		},
	}
	candidates := r.Options.Candidates
	if r.Options.Mode == Autoregressive || broken != nil {
		candidates = 1
	}
	drafts := variants(options, candidates)
	first := drafts[0]
	first.cache = kv
	first.observe(r.Observe)
	if r.Options.Order {
		for _, d := range drafts {
			// An order has the state of one canvas.
			d.options.Order, d.options.Remasks = c.order(scope, hole), r.Options.Remasks
		}
	}
	sequence := transformer.Sequence{Runner: c.runner, Cache: kv}
	switch {
	case r.Options.Mode == Autoregressive:
		first.written, err = c.samplers[0].Autoregress(ctx, sequence, last, first.options)
	case broken != nil:
		first.written, err = c.samplers[0].Repair(ctx, sequence, broken, length-len(broken), first.options)
	default:
		if err = c.diffuse(ctx, drafts); err == nil {
			c.observe(canvas, first.written)
		}
	}
	if err == nil {
		err = c.fit(ctx, r, hole, scope, drafts)
	}
	if err == nil && r.Options.scored() {
		err = c.score(ctx, ids, drafts)
	}
	if err != nil {
		healthy = ctx.Err() != nil
		return err
	}
	result.choose(drafts, r.Options)
	return nil
}

// order is the order of one canvas in a hole.
func (c *Completer) order(scope *structure.Scope, hole structure.Hole) *structure.Order {
	d := c.model.Config().Diffusion
	return hole.Order(scope, d.MaskTokenID, d.EndTokenID, c.tokenText)
}

// scope is what can be named at a hole. The names of the file's package are known where its files are on disk.
func (c *Completer) scope(ctx context.Context, r Request, hole structure.Hole) (*structure.Scope, error) {
	// Without its package, a scope is certain of nothing that may be declared there.
	return hole.Tree().Scope(ctx, hole, c.packageOf(ctx, r, hole))
}

// packageOf is what the other files of a hole's package declare; nil where that is not known.
func (c *Completer) packageOf(ctx context.Context, r Request, hole structure.Hole) *structure.Package {
	if r.Package != nil || r.File == "" || hole.Tree().Language().Name() != "go" {
		return r.Package
	}
	pkg, _ := c.packages.Of(ctx, r.File, hole.Tree().Text())
	return pkg
}

// whole cuts a text that did not end by itself, or that is longer than can be fitted, after its last whole line.
func whole(text string, ended bool) string {
	if len(text) > structure.MaxGenerated {
		text, ended = strings.ToValidUTF8(text[:structure.MaxGenerated], ""), false
	}
	if line := strings.LastIndexByte(text, '\n'); !ended && line >= 0 {
		return text[:line]
	}
	return text
}

// repairLength is the length of a canvas on which a text of some tokens is repaired: the smallest of those that the
// model was trained on, if it is not longer than all of them.
func (c *Completer) repairLength(tokens int) int {
	need := tokens + repairSlack
	for _, size := range c.model.Config().Diffusion.CanvasSizes {
		if size >= need {
			return size
		}
	}
	return need
}

// capacity is the number of tokens that a KV cache needs room for: the longest prompt and an answer of the given
// length, within the positions that the model knows.
func (c *Completer) capacity(length int) int {
	config := c.model.Config()
	return min(config.MaxPositions, config.Diffusion.Prompt.MaxTokens+length)
}

// common is the length of the common beginning of a and b.
func common(a, b []int32) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

func record(s diffusion.Step) Step {
	step := Step{Committed: []int{}, Tokens: []int32{}, Confidence: []float32{}, TookMS: milliseconds(s.Took)}
	for _, c := range s.Committed {
		step.Committed = append(step.Committed, c.Slot)
		step.Tokens = append(step.Tokens, c.Token)
		step.Confidence = append(step.Confidence, c.Confidence)
	}
	for _, c := range s.Revised {
		step.Revised = append(step.Revised, Revision{c.Slot, c.Token, c.Confidence})
	}
	return step
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
