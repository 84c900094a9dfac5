// Package bpe learns the vocabulary of a byte-level BPE tokenizer from text and writes it as the tokenizer.json that
// package tokenizer reads.
//
// Learning takes two stages, as in SuperBPE (arXiv 2503.13423). The first merges inside words; the second starts from
// lines encoded with what the first learned and merges on, across the borders of words. A token never crosses a line
// end, but may begin with line ends and the indentation after them, and has at most [MaxTokenBytes] bytes.
//
//	corpus.go   where text comes from: files, or whatever else yields documents; what is held out
//	count.go    documents become lines, and lines words, each counted once
//	words.go    what a word is
//	index.go    which pairs of tokens there are, how often and where; the merges, most frequent pair first
//	file.go     tokenizer.json
//
// Memory is bounded by [Options.SampleBytes]: of more text than that, documents are drawn by a hash of their contents.
// Drawing documents keeps the frequencies of lines as they are; keeping only frequent lines would lose the phrases that
// occur in many different ones. What is learned depends on the set of documents and on the options but for Threads:
// neither on the order of documents nor on timing.
package bpe

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"seedls/engine/tokenizer"
)

// MaxTokenBytes is the length of the longest token.
const MaxTokenBytes = 24

// MinVocab is the smallest vocabulary: special tokens and bytes.
var MinVocab = len(specials) + 256

// MaxVocab is the largest vocabulary.
const MaxVocab = 1 << 20

// Options of training.
type Options struct {
	Vocab       int   // tokens in all: special ones, bytes, words and superwords
	Superwords  int   // tokens of the second stage, part of Vocab
	SampleBytes int64 // how much text to learn from at most
	Threads     int   // at least 1; merging uses one
	// Observe, unless nil, is told how far a stage is; total is -1 where it is not known. It is called by one goroutine
	// at a time.
	Observe func(stage string, done, total int)
}

// Check says which option is out of its bounds.
func (o *Options) Check() error {
	switch {
	case o.Vocab < MinVocab || o.Vocab > MaxVocab:
		return fmt.Errorf("a vocabulary of %d tokens: want %d, for %d special tokens and the 256 bytes, to %d",
			o.Vocab, MinVocab, len(specials), MaxVocab)
	case o.Superwords < 0 || o.Superwords > o.Vocab-MinVocab:
		return fmt.Errorf("%d superwords in a vocabulary of %d tokens: want 0 to %d, for %d are special tokens and bytes",
			o.Superwords, o.Vocab, o.Vocab-MinVocab, MinVocab)
	case o.SampleBytes < 1 || o.SampleBytes > math.MaxUint32:
		return fmt.Errorf("a sample of %d bytes: want 1 to %d", o.SampleBytes, uint32(math.MaxUint32))
	case o.Threads < 1:
		return fmt.Errorf("%d threads: want at least 1", o.Threads)
	}
	return nil
}

// Stats say what was learned from.
type Stats struct {
	Documents    int   `json:"documents"`
	Bytes        int64 `json:"bytes"`
	SampledBytes int64 `json:"sampled_bytes"` // those that the sample drew
	Lines        int   `json:"lines"`         // different ones in the sample
	Words        int   `json:"words"`         // different ones in the sample
}

// Train learns a vocabulary from a corpus, which it reads twice.
func Train(ctx context.Context, corpus Corpus, o Options) (*Vocabulary, Stats, error) {
	var stats Stats
	if err := o.Check(); err != nil {
		return nil, stats, err
	}
	o.Observe = onChange(o.Observe)
	if err := stats.measure(ctx, corpus, &o); err != nil {
		return nil, stats, err
	}
	lines, err := countLines(ctx, corpus, &stats, &o)
	if err != nil {
		return nil, stats, err
	}
	words, err := countWords(ctx, lines, &o)
	if err != nil {
		return nil, stats, err
	}
	stats.Lines, stats.Words = len(lines), len(words)

	v := newVocabulary()
	units := v.spell(words)
	if err := v.grow(ctx, units, o.Vocab-o.Superwords, "word merges", o.Observe); err != nil {
		return nil, stats, err
	}
	if o.Superwords == 0 {
		return v, stats, nil
	}
	units, err = encode(ctx, v, lines, &o)
	if err != nil {
		return nil, stats, err
	}
	return v, stats, v.grow(ctx, units, o.Vocab, "superword merges", o.Observe)
}

// onChange calls observe, which may be nil, no more than once for the same place.
func onChange(observe func(string, int, int)) func(string, int, int) {
	lastStage, lastDone := "", 0
	return func(stage string, done, total int) {
		if observe == nil || stage == lastStage && done == lastDone {
			return
		}
		lastStage, lastDone = stage, done
		observe(stage, done, total)
	}
}

// measure reads the whole corpus once.
func (s *Stats) measure(ctx context.Context, corpus Corpus, o *Options) error {
	for text, err := range corpus {
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		s.Documents++
		s.Bytes += int64(len(text))
		o.Observe("MB read", int(s.Bytes/1e6), -1)
	}
	if s.Bytes == 0 {
		return errors.New("no text to learn from: name files with text in them")
	}
	return nil
}

// Measure encodes a corpus with a vocabulary and returns its bytes and its tokens.
func Measure(ctx context.Context, v *Vocabulary, corpus Corpus) (bytes, tokens int64, err error) {
	t, err := v.tokenizer()
	if err != nil {
		return 0, 0, err
	}
	var ids []int32
	for text, err := range corpus {
		if err = errors.Join(err, ctx.Err()); err != nil {
			return 0, 0, err
		}
		ids = t.EncodeText(ids[:0], text)
		bytes += int64(len(text))
		tokens += int64(len(ids))
	}
	return bytes, tokens, nil
}

// Vocabulary is special tokens, bytes, and the tokens that merges make of two others. It is immutable once trained.
type Vocabulary struct {
	texts    []string   // of each token
	merges   [][2]int32 // by rank; each makes the next token after the bytes
	byteToID [256]int32
}

// specials are the control tokens, by id; they are those of the built-in model.
var specials = []string{
	"<|pad|>", "<|mask|>", "<|endoftext|>", "<|file|>", "<|suffix|>", "<|prefix|>", "<|end|>", "<|edit|>",
	"<|reserved_0|>", "<|reserved_1|>", "<|reserved_2|>", "<|reserved_3|>",
	"<|reserved_4|>", "<|reserved_5|>", "<|reserved_6|>", "<|reserved_7|>",
}

// newVocabulary has the special tokens and the bytes, in the order of the characters that stand for them.
func newVocabulary() *Vocabulary {
	v := &Vocabulary{texts: slices.Clone(specials)}
	alphabet := tokenizer.ByteAlphabet()
	characters := make([]rune, 0, len(alphabet))
	for r := range alphabet {
		characters = append(characters, r)
	}
	slices.Sort(characters)
	for _, r := range characters {
		v.byteToID[alphabet[r]] = int32(len(v.texts))
		v.texts = append(v.texts, string([]byte{alphabet[r]}))
	}
	return v
}

// merge makes a token of two. Its text is new: what happens between two borders that no merge crosses does not depend on
// what is around them, so a text is never cut in two ways.
func (v *Vocabulary) merge(p pair) int32 {
	v.merges = append(v.merges, [2]int32{p.left(), p.right()})
	v.texts = append(v.texts, v.texts[p.left()]+v.texts[p.right()])
	return int32(len(v.texts) - 1)
}

// mergeable says whether a pair may become a token: one that is not too long, and that no special token is spelled like.
func (v *Vocabulary) mergeable(p pair) bool {
	left, right := v.texts[p.left()], v.texts[p.right()]
	if len(left)+len(right) > MaxTokenBytes {
		return false
	}
	return right[len(right)-1] != '>' || !slices.Contains(specials, left+right)
}

// Size is the number of tokens.
func (v *Vocabulary) Size() int { return len(v.texts) }
