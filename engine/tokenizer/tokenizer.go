// Package tokenizer turns text into the tokens of a model and back: byte-level BPE as described by a tokenizer.json,
// with the semantics of the Hugging Face library.
//
// Encoding goes through these steps:
//
//	added tokens    special tokens written out in the text become single tokens; only [Tokenizer.Encode] does this
//	normalizer      none, or NFC
//	pre-tokenizer   cuts the text into pieces; the patterns that matter have hand-written splitters (split.go), any
//	                other runs on a regular expression engine (pattern.go)
//	BPE             each piece, as bytes, is merged pair by pair, lowest rank first (merge.go); pieces are cached
//
// A language server encodes buffers with [Tokenizer.EncodeText]: text that looks like a control token stays text.
// Beginning- and end-of-text tokens are never added; whoever lays out a prompt adds its markers.
//
// Go strings need not be valid UTF-8. A byte that does not belong to a character counts as one character that is
// neither letter, digit nor space, and survives: unless there is a normalizer or add_prefix_space, which change text,
// decoding what was encoded gives the same bytes. Letters and digits are those of package unicode.
package tokenizer

import (
	"slices"
	"strings"
	"sync"

	"golang.org/x/text/unicode/norm"
)

// Tokenizer is immutable but for its cache, and safe for concurrent use.
type Tokenizer struct {
	bytes   [][]byte         // the text of each id, nil for ids without a token
	byText  map[string]int32 // the tokens that BPE can yield
	special []bool           // by id
	added   map[string]int32

	rawAdded        addedTokens // matched in the text as it came
	normalizedAdded addedTokens // matched in normalized text
	nfc             bool
	stages          []splitter
	bpe             bpe
	ignoreMerges    bool // a piece that is a token needs no merging

	cache   cache
	scratch sync.Pool // of *scratch
}

// scratch is the working memory of one call.
type scratch struct {
	pieces, cut []string
	merger      merger
}

// Encode appends the tokens of text to dst, added tokens in the text recognised, as the Hugging Face library does with
// add_special_tokens=False.
func (t *Tokenizer) Encode(dst []int32, text string) []int32 {
	s := t.getScratch()
	defer t.putScratch(s)
	for gap, token := range t.rawAdded.split(text) {
		for gap, token := range t.normalizedAdded.split(t.normalize(gap)) {
			dst = t.encodeGap(dst, gap, s)
			if token >= 0 {
				dst = append(dst, token)
			}
		}
		if token >= 0 {
			dst = append(dst, token)
		}
	}
	return dst
}

// EncodeText is Encode for text that nobody vouches for: it yields no special token, whatever the text contains.
func (t *Tokenizer) EncodeText(dst []int32, text string) []int32 {
	s := t.getScratch()
	defer t.putScratch(s)
	return t.encodeGap(dst, t.normalize(text), s)
}

// Decode returns the bytes of ids, one token after another. Special tokens, and ids that are not in the vocabulary,
// are left out.
func (t *Tokenizer) Decode(ids []int32) string {
	var text strings.Builder
	for _, id := range ids {
		if !t.IsSpecial(id) {
			text.Write(t.Bytes(id))
		}
	}
	return text.String()
}

// Bytes is the text of one token; of an added token, its name; nil when there is no such token. It is shared: do not
// change it.
func (t *Tokenizer) Bytes(id int32) []byte {
	if id < 0 || int(id) >= len(t.bytes) {
		return nil
	}
	return t.bytes[id]
}

// IsSpecial reports whether id is a control token rather than text.
func (t *Tokenizer) IsSpecial(id int32) bool {
	return id >= 0 && int(id) < len(t.special) && t.special[id]
}

// Specials lists the control tokens in ascending order.
func (t *Tokenizer) Specials() []int32 {
	var ids []int32
	for id, special := range t.special {
		if special {
			ids = append(ids, int32(id))
		}
	}
	return ids
}

// ID returns the token whose text, or name when it is an added one, is content.
func (t *Tokenizer) ID(content string) (int32, bool) {
	id, ok := t.added[content]
	if !ok {
		id, ok = t.byText[content]
	}
	return id, ok
}

// Size is one more than the highest id. A model's vocabulary may be larger, padded to a round number.
func (t *Tokenizer) Size() int { return len(t.bytes) }

func (t *Tokenizer) normalize(text string) string {
	if t.nfc {
		return norm.NFC.String(text)
	}
	return text
}

// encodeGap appends the tokens of normalized text without added tokens.
func (t *Tokenizer) encodeGap(dst []int32, text string, s *scratch) []int32 {
	if text == "" {
		return dst
	}
	s.pieces = append(s.pieces[:0], text)
	for _, split := range t.stages {
		s.cut = s.cut[:0]
		for _, piece := range s.pieces {
			s.cut = split(s.cut, piece)
		}
		s.pieces, s.cut = s.cut, s.pieces
	}
	for _, piece := range s.pieces {
		dst = t.encodePiece(dst, piece, &s.merger)
	}
	return dst
}

func (t *Tokenizer) encodePiece(dst []int32, piece string, m *merger) []int32 {
	if len(piece) == 1 {
		return append(dst, t.bpe.bytes[piece[0]])
	}
	if ids, ok := t.cache.get(piece); ok {
		return append(dst, ids...)
	}
	begin := len(dst)
	if id, ok := t.byText[piece]; ok && t.ignoreMerges {
		dst = append(dst, id)
	} else {
		dst = m.merge(dst, piece, &t.bpe)
	}
	t.cache.put(piece, dst[begin:])
	return dst
}

func (t *Tokenizer) getScratch() *scratch {
	if s, ok := t.scratch.Get().(*scratch); ok {
		return s
	}
	return &scratch{}
}

// putScratch forgets the text, which may be a whole document, before it keeps the memory.
func (t *Tokenizer) putScratch(s *scratch) {
	clear(s.pieces[:cap(s.pieces)])
	clear(s.cut[:cap(s.cut)])
	t.scratch.Put(s)
}

// addedTokens finds whole tokens in text: at each position the longest, from left to right.
type addedTokens struct {
	byFirst [256][]addedToken // by first byte, longest first
}

type addedToken struct {
	content string
	id      int32
}

// add takes a content that is not empty.
func (a *addedTokens) add(content string, id int32) {
	tokens := append(a.byFirst[content[0]], addedToken{content, id})
	slices.SortFunc(tokens, func(x, y addedToken) int { return len(y.content) - len(x.content) })
	a.byFirst[content[0]] = tokens
}

// split yields the text before each added token, with the token, and at last the text after all of them with -1.
func (a *addedTokens) split(text string) func(yield func(gap string, token int32) bool) {
	return func(yield func(string, int32) bool) {
		begin := 0
	scan:
		for i := 0; i < len(text); i++ {
			for _, token := range a.byFirst[text[i]] {
				if strings.HasPrefix(text[i:], token.content) {
					if !yield(text[begin:i], token.id) {
						return
					}
					begin = i + len(token.content)
					i = begin - 1
					continue scan
				}
			}
		}
		yield(text[begin:], -1)
	}
}
