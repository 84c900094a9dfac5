// Package sample turns a corpus into training sequences.
//
// A sequence is one context and many canvases that attend to the context before them and to themselves (BD3-LM,
// arXiv 2503.09573). Contexts are what package prompt lays out when a hole is to be filled. There are two kinds:
//
//	hole    <|file|> path <|suffix|> suffix <|prefix|> prefix middle
//	plain   <|file|> path <|prefix|> prefix
//
// A hole has a suffix and ends: its canvases start in it, half of them at its beginning, and are filled up with <|end|>
// once its text, the middle, is over. What holes take out is drawn from several kinds, so that they look like those of an
// editor: characters, words, lines, statements, blocks, arguments. Plain canvases start anywhere in the prefix, and only
// where the document ends is it ended.
//
// Each row of the context predicts the next token, if that is text, and the last one that there is an end; so the same
// weights write one token after another.
//
// Canvases come in pairs with the same start and size. In the stage [Masks], each token of the first is masked with
// probability t, and the second has the complementary masks; but where that would leave one with no mask, there is only
// the other, with nothing but masks: it is what a completion begins with. The t are spread evenly over a sequence, and
// that of the second of a pair is 1-t. Masked rows predict their tokens. In the stage [Edits] a part of the pairs is
// edited instead, each canvas for itself, and every row predicts its token, be it visible or not.
//
// A model that was autoregressive has seen neither masks nor what is after a token. Over the first steps, the annealing,
// the greatest t rises from nearly nothing to 1, with all masked tokens of the same weight (Stable-DiffCoder, arXiv
// 2601.15892), and the rows of a canvas come to see what is after them, from one row to all (DiffuLLaMA, arXiv 2410.17891).
// Meanwhile masks have no complement: each canvas of a pair is masked for itself, one token at least.
package sample

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sort"

	"seedls/engine/checkpoint"
	"seedls/engine/prompt"
	"seedls/engine/tokenizer"
	"seedls/engine/train"
	"seedls/engine/train/corpus"
)

// A Sampler makes sequences. It is immutable and safe for concurrent use, as long as its corpus is open.
type Sampler struct {
	corpus *corpus.Corpus
	tokens *tokenizer.Tokenizer
	layout *prompt.Layout
	model  checkpoint.Config
	cutter Cutter
	config Config

	drawn        []int64   // how often documents are drawn: up to each, the sum of their lengths, as far as these count
	words        []int32   // the tokens of the vocabulary that are text
	canvasShares []float64 // one for each canvas size of the model
	smallest     int       // size of a canvas
	middle       int       // tokens of a hole at most
}

// New returns a sampler of a corpus, which stays the caller's, for models of a configuration. A nil cutter finds no
// statements, blocks and arguments; holes are then of the other kinds. An error that is of the configuration is a
// [SettingError].
func New(
	c *corpus.Corpus, tokens *tokenizer.Tokenizer, model checkpoint.Config, cutter Cutter, config Config,
) (*Sampler, error) {
	s := &Sampler{corpus: c, tokens: tokens, model: model, cutter: cutter, config: config}
	var err error
	if s.layout, err = prompt.New(&checkpoint.Checkpoint{Name: "the model", Config: model}, tokens); err != nil {
		return nil, err
	}
	if model.Diffusion.Attention != checkpoint.ContextCausal {
		return nil, fmt.Errorf("diffusion.attention is %q: only models of %q are trained",
			model.Diffusion.Attention, checkpoint.ContextCausal)
	}
	if err := config.check(model); err != nil {
		return nil, err
	}
	if err := s.checkVocabulary(); err != nil {
		return nil, err
	}
	if err := s.measure(); err != nil {
		return nil, err
	}
	total := int64(0)
	for i := range c.Len() {
		total += int64(min(c.TextBytes(i), config.DocumentBytes))
		s.drawn = append(s.drawn, total)
	}
	if total == 0 {
		return nil, fmt.Errorf("the corpus has %d documents and no text: make another with \"seedls train corpus\"",
			c.Len())
	}
	return s, nil
}

// measure sets what depends on how long prompts, canvases and sequences may be.
func (s *Sampler) measure() error {
	sizes, most := s.model.Diffusion.CanvasSizes, s.model.Diffusion.Prompt.MaxTokens
	if s.canvasShares = slices.Clone(s.config.CanvasShares); s.canvasShares == nil {
		for _, size := range sizes {
			s.canvasShares = append(s.canvasShares, 1/float64(size))
		}
	}
	s.smallest = sizes[slices.IndexFunc(s.canvasShares, func(share float64) bool { return share > 0 })]
	if s.smallest < 2 {
		return fmt.Errorf("diffusion.canvas_sizes has a 1: masks and their complement need 2 rows; " +
			"leave it out, or give it no share in CanvasShares")
	}
	positions := s.model.MaxPositions - most - s.smallest
	if positions < 1 {
		return fmt.Errorf("a prompt of %d tokens and a canvas of %d leave no position for the text of a hole: "+
			"lower diffusion.prompt.max_tokens, or raise max_position_embeddings, %d", most, s.smallest, s.model.MaxPositions)
	}
	rows := s.config.Rows - most - 2*s.smallest
	if rows < 1 {
		return wrong("Rows", "is %d, must be at least %d: a prompt, a token, and two canvases of %d",
			s.config.Rows, s.config.Rows-rows+1, s.smallest)
	}
	s.middle = min(positions, rows, s.config.MiddleCanvases*sizes[len(sizes)-1])
	return nil
}

// checkVocabulary also lists the words.
func (s *Sampler) checkVocabulary() error {
	if s.tokens.Size() > s.model.VocabSize {
		return fmt.Errorf("the tokenizer has %d tokens, and the model's vocab_size is %d: they are not of one model",
			s.tokens.Size(), s.model.VocabSize)
	}
	d := s.model.Diffusion
	for _, token := range []struct {
		field string
		id    int32
	}{
		{"mask_token_id", d.MaskTokenID},
		{"end_token_id", d.EndTokenID},
		{"prompt.file_id", d.Prompt.FileID},
		{"prompt.suffix_id", d.Prompt.SuffixID},
		{"prompt.prefix_id", d.Prompt.PrefixID},
	} {
		if !s.tokens.IsSpecial(token.id) {
			return fmt.Errorf("diffusion.%s is %d, which is no special token of the tokenizer (those are %v): "+
				"they are not of one model", token.field, token.id, s.tokens.Specials())
		}
	}
	for id := range int32(s.tokens.Size()) {
		if len(s.tokens.Bytes(id)) > 0 && !s.tokens.IsSpecial(id) {
			s.words = append(s.words, id)
		}
	}
	if len(s.words) < 2 {
		return fmt.Errorf("the tokenizer has %d tokens of text: edits need 2 at least", len(s.words))
	}
	return nil
}

// Sequence makes the sequence of a number, with canvases of a phase; the caller owns it. It depends on the corpus, the
// tokenizer, the configurations, the number and the phase alone. The error is one of reading the corpus.
func (s *Sampler) Sequence(number int64, phase Phase) (*train.Sequence, error) {
	b, err := s.build(number, phase)
	if err != nil {
		return nil, err
	}
	return &b.out, nil
}

func (s *Sampler) build(number int64, phase Phase) (*builder, error) {
	r := rand.New(rand.NewPCG(s.config.Seed, uint64(number)))
	document, err := s.draw(r)
	if err != nil {
		return nil, err
	}
	if r.Float64() >= s.config.Path {
		document.Path = ""
	}
	b := &builder{Sampler: s, r: r, phase: phase}
	if r.Float64() < s.config.Holes {
		b.hole(document)
	} else {
		b.plain(document)
	}
	b.predictNext()
	b.canvases()
	return b, nil
}

// draw reads a document, longer ones more often.
func (s *Sampler) draw(r *rand.Rand) (corpus.Document, error) {
	at := r.Int64N(s.drawn[len(s.drawn)-1])
	return s.corpus.Document(sort.Search(len(s.drawn), func(i int) bool { return s.drawn[i] > at }))
}

// A builder makes one sequence.
type builder struct {
	*Sampler
	r     *rand.Rand
	phase Phase
	out   train.Sequence

	isHole bool
	ends   bool // the text ends where the context does
	first  int  // rows of context before the first place where a canvas may start
}

// hole lays out the context of a document with a hole.
func (b *builder) hole(d corpus.Document) {
	start, end, middle := b.cut(d)
	prefix, suffix := d.Text[:start], d.Text[end:]
	if b.r.Float64() < b.config.Short {
		prefix = prefix[lineStart(prefix, max(0, len(prefix)-b.shortBytes())):]
	}
	if b.r.Float64() < b.config.Short {
		suffix = suffix[:lineEnd(suffix, min(len(suffix), b.shortBytes()))]
	}
	b.isHole, b.ends = true, true
	b.context(b.layout.Build(nil, d.Path, prefix, suffix))
	b.first = b.out.Context
	b.context(middle)
}

// plain lays out the context of a stretch of a document.
func (b *builder) plain(d corpus.Document) {
	length := b.promptBytes()
	if b.r.Float64() < b.config.Short {
		length = b.shortBytes()
	}
	// A stretch that would begin before the text begins with it, so that beginnings and ends are seen as often as the rest.
	from := lineStart(d.Text, max(0, b.r.IntN(len(d.Text)+length)-length))
	for ; ; length *= 2 {
		to := lineEnd(d.Text, min(len(d.Text), from+length))
		if isBlank(d.Text[to:]) {
			to = len(d.Text)
		}
		b.out, b.ends = train.Sequence{}, to == len(d.Text)
		b.context(b.layout.Build(nil, d.Path, d.Text[from:to], ""))
		b.first = slices.Index(b.out.IDs, b.model.Diffusion.Prompt.PrefixID) + 1
		if b.ends || b.lastStart(b.smallest) >= b.first {
			return
		}
	}
}

// promptBytes is about as much text as a prompt has room for.
func (b *builder) promptBytes() int {
	const bytesPerToken = 4
	return bytesPerToken * b.model.Diffusion.Prompt.MaxTokens
}

// shortBytes is a length up to that, shorter ones as often as longer ones of the same ratio.
func (b *builder) shortBytes() int { return int(math.Pow(float64(b.promptBytes()), b.r.Float64())) }

// context appends rows to the context.
func (b *builder) context(ids []int32) {
	q := &b.out
	for _, id := range ids {
		q.IDs = append(q.IDs, id)
		q.Positions = append(q.Positions, int32(q.Context))
		q.Context++
	}
}

// predictNext sets the targets of the context.
func (b *builder) predictNext() {
	q, p := &b.out, b.model.Diffusion.Prompt
	q.Targets = make([]int32, q.Context)
	q.Weights = make([]float32, q.Context)
	part := int32(-1) // the special token that the row's part begins with
	for i, id := range q.IDs {
		if b.tokens.IsSpecial(id) {
			part = id
		}
		q.Targets[i] = -1
		switch last := i+1 == q.Context; {
		case last && b.ends:
			q.Targets[i], q.Weights[i] = b.model.Diffusion.EndTokenID, 1
		case last, part == p.FileID, b.tokens.IsSpecial(q.IDs[i+1]):
		default:
			q.Targets[i], q.Weights[i] = q.IDs[i+1], 1
			if part == p.SuffixID {
				q.Weights[i] = float32(b.config.SuffixWeight)
			}
		}
	}
}
