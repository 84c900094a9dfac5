// Package prompt lays out what surrounds a hole the way a model was trained to see it.
//
// The layout is suffix, prefix, middle:
//
//	<|file|> path <|suffix|> suffix <|prefix|> prefix | canvas
//
// The file part and the suffix part are left out when there is none. Suffix and path stay put while the user types,
// and the prefix only grows, so that a KV cache of the last prompt serves the next one. When the prefix no longer
// fits, about a quarter of it is dropped at once, at a line: see [Layout.Build].
package prompt

import (
	"fmt"
	"strings"

	"seedls/engine/checkpoint"
	"seedls/engine/tokenizer"
)

// bytesPerToken bounds how much text is looked at for a number of tokens: more than real code ever has in a token.
const bytesPerToken = 32

// A Layout builds prompts for one model. It is immutable and safe for concurrent use.
type Layout struct {
	config checkpoint.Prompt
	tokens *tokenizer.Tokenizer
}

// New returns the layout of a model; one that has none is an error.
func New(c *checkpoint.Checkpoint, t *tokenizer.Tokenizer) (*Layout, error) {
	p := c.Config.Diffusion.Prompt
	if p == nil {
		return nil, fmt.Errorf("%s: config.json: no diffusion.prompt: without it the model cannot be asked to fill a hole", c.Name)
	}
	return &Layout{config: *p, tokens: t}, nil
}

// Build appends to dst the prompt for a hole: at most MaxPathTokens of the end of the path, MaxSuffixTokens of the
// beginning of the suffix, and as much of the end of the prefix as fits MaxTokens with them. Text that looks like a
// special token stays text.
func (l *Layout) Build(dst []int32, path, prefix, suffix string) []int32 {
	return l.BuildIn(dst, "", path, prefix, suffix)
}

// contextShare is the part of a prompt that context from elsewhere may take.
const contextShare = 6

// Admit returns the first of some texts that may go before the prefix together, each whole: those that fit the budget,
// a sixth of the prompt.
func (l *Layout) Admit(texts []string) []string {
	budget := l.config.MaxTokens / contextShare
	var scratch []int32
	for i, text := range texts {
		if len(text) > budget*bytesPerToken {
			return texts[:i]
		}
		scratch = l.tokens.EncodeText(scratch[:0], text)
		if budget -= len(scratch); budget < 0 {
			return texts[:i]
		}
	}
	return texts
}

// BuildIn is Build with context, texts that [Layout.Admit] admitted one after another, before the prefix: the layout has
// no place of its own for what is not of the file. As long as the context stays the same, a cached prompt serves the
// next.
func (l *Layout) BuildIn(dst []int32, context, path, prefix, suffix string) []int32 {
	begin := len(dst)
	if path != "" {
		dst = append(dst, l.config.FileID)
		at := len(dst)
		dst = l.tokens.EncodeText(dst, path)
		dst = append(dst[:at], dst[max(at, len(dst)-l.config.MaxPathTokens):]...)
	}
	if suffix != "" {
		dst = append(dst, l.config.SuffixID)
		at := len(dst)
		dst = l.tokens.EncodeText(dst, suffix[:min(len(suffix), l.config.MaxSuffixTokens*bytesPerToken)])
		dst = dst[:min(len(dst), at+l.config.MaxSuffixTokens)]
	}
	dst = append(dst, l.config.PrefixID)
	dst = l.tokens.EncodeText(dst, context)
	at := len(dst)
	budget := l.config.MaxTokens - (at - begin)
	dst = l.tokens.EncodeText(dst, prefix[l.start(prefix, budget):])
	return append(dst[:at], dst[max(at, len(dst)-budget):]...)
}

// start is where the part of the prefix that goes into a prompt begins: 0, or a line from which on it fits the budget.
// Lines are left out up to the next multiple of budget bytes, some quarter of a full prompt at four bytes a token, so
// that the start moves seldom while the prefix grows and a cached prompt keeps being the beginning of the next; but
// never so far that more than half of what fits is lost, as a long line would have it.
func (l *Layout) start(prefix string, budget int) int {
	var scratch []int32
	fits := len(prefix) // the first line from which on the prefix fits
	for left := budget; fits > 0; {
		line := strings.LastIndexByte(prefix[:fits-1], '\n') + 1
		if fits-line > budget*bytesPerToken {
			break
		}
		scratch = l.tokens.EncodeText(scratch[:0], prefix[line:fits])
		if left -= len(scratch); left < 0 {
			break
		}
		fits = line
	}
	if fits == 0 {
		return 0
	}
	if boundary := (fits + budget - 1) / budget * budget; boundary < len(prefix) {
		if end := strings.IndexByte(prefix[boundary-1:], '\n'); end >= 0 && boundary+end <= (fits+len(prefix))/2 {
			return boundary + end
		}
	}
	if fits < len(prefix) {
		return fits
	}
	return max(0, len(prefix)-budget*bytesPerToken) // one line longer than the budget
}
