package cache

import (
	"slices"
	"strings"
	"sync"
)

// TypedThrough remembers the last completions shown in each document. While the user types what a completion says,
// the rest of it is the answer, and no model needs to run. It is safe for concurrent use.
type TypedThrough struct {
	mu    sync.Mutex
	shown *LRU[string, []Shown]
}

// Shown is a completion and the hole that it was for.
type Shown struct {
	Prefix, Suffix string
	Text           string
}

// shownPerDocument bounds the completions remembered for a document: enough to go back over an undone keystroke.
const shownPerDocument = 8

// NewTypedThrough makes a store that holds on to at most budgetBytes of documents and completions.
func NewTypedThrough(budgetBytes int) *TypedThrough {
	return &TypedThrough{shown: NewLRU[string, []Shown](budgetBytes)}
}

// Show remembers a completion for a document.
func (t *TypedThrough) Show(document string, s Shown) {
	t.mu.Lock()
	defer t.mu.Unlock()
	old, _ := t.shown.Get(document)
	all := append([]Shown{s}, old[:min(len(old), shownPerDocument-1)]...)
	bytes := 0
	for _, s := range all {
		bytes += len(s.Prefix) + len(s.Suffix) + len(s.Text)
	}
	t.shown.Put(document, all, bytes)
}

// Rest returns what is left of a completion shown earlier, once the text between its hole and this one, typed since,
// is the beginning of it. The newest that fits and has something left answers.
func (t *TypedThrough) Rest(document, prefix, suffix string) (rest string, ok bool) {
	shown, _ := t.shown.Get(document)
	i := slices.IndexFunc(shown, func(s Shown) bool {
		typed, along := strings.CutPrefix(prefix, s.Prefix)
		return along && suffix == s.Suffix && strings.HasPrefix(s.Text, typed) && len(typed) < len(s.Text)
	})
	if i < 0 {
		return "", false
	}
	return shown[i].Text[len(prefix)-len(shown[i].Prefix):], true
}

// Forget drops what was shown in a document.
func (t *TypedThrough) Forget(document string) { t.shown.Take(document) }
