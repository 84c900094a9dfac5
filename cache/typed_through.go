package cache

import (
	"strings"
	"sync"
)

// TypedThrough remembers the last completions shown in each document. While the user types what one of them says, the
// rest of it is the answer, and no model needs to run. It is safe for concurrent use.
type TypedThrough struct {
	mu    sync.Mutex
	shown *LRU[string, []Shown]
}

// Shown is the completions that were shown together, the best first, and the hole that they were for.
type Shown struct {
	Prefix, Suffix string
	Texts          []string
}

// shownPerDocument bounds the holes remembered for a document: enough to go back over an undone keystroke.
const shownPerDocument = 8

// NewTypedThrough makes a store that holds on to at most budgetBytes of documents and completions.
func NewTypedThrough(budgetBytes int) *TypedThrough {
	return &TypedThrough{shown: NewLRU[string, []Shown](budgetBytes)}
}

// Show remembers completions for a document. It keeps the slice.
func (t *TypedThrough) Show(document string, s Shown) {
	t.mu.Lock()
	defer t.mu.Unlock()
	old, _ := t.shown.Get(document)
	all := append([]Shown{s}, old[:min(len(old), shownPerDocument-1)]...)
	bytes := 0
	for _, s := range all {
		bytes += len(s.Prefix) + len(s.Suffix)
		for _, text := range s.Texts {
			bytes += len(text)
		}
	}
	t.shown.Put(document, all, bytes)
}

// Rests returns what is left of completions shown earlier, the best first, once the text between their hole and this
// one, typed since, is the beginning of them. The newest of which something is left answer.
func (t *TypedThrough) Rests(document, prefix, suffix string) (rests []string) {
	shown, _ := t.shown.Get(document)
	for _, s := range shown {
		typed, along := strings.CutPrefix(prefix, s.Prefix)
		if !along || suffix != s.Suffix {
			continue
		}
		for _, text := range s.Texts {
			if rest, ok := strings.CutPrefix(text, typed); ok && rest != "" {
				rests = append(rests, rest)
			}
		}
		if len(rests) > 0 {
			break
		}
	}
	return rests
}

// Forget drops what was shown in a document.
func (t *TypedThrough) Forget(document string) { t.shown.Take(document) }
