package nextedit

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"seedls/lsp/document"
	"seedls/structure"
)

// TestBurst makes edits by chance and takes them back: what a burst says was there was there.
func TestBurst(t *testing.T) {
	for seed := range uint64(2000) {
		random := rand.New(rand.NewPCG(seed, 0))
		text := strings.Repeat("ab ", 5)
		texts := []string{text}
		var edits []document.Replacement
		for range 12 {
			start := random.IntN(len(text) + 1)
			end := start + random.IntN(min(4, len(text)-start+1))
			e := document.Replacement{Start: start, Old: text[start:end], New: "xyz"[:random.IntN(4)]}
			text = text[:start] + e.New + text[end:]
			edits, texts = append(edits, e), append(texts, text)
		}
		b := &burst{text: text}
		for i, e := range slices.Backward(edits) {
			joined := b.before(e)
			undone, back := b.undone(b.changes)
			if undone != texts[i] {
				t.Fatalf("seed %d, before edit %d: %q, want %q", seed, i, undone, texts[i])
			}
			if !slices.Contains(b.changes, joined) || !slices.IsSortedFunc(b.changes, func(a, b change) int { return a.start - b.start }) {
				t.Fatalf("seed %d: changes are %v", seed, b.changes)
			}
			if i == len(edits)-1 && b.newest != 0 {
				t.Fatalf("seed %d: the newest is %d", seed, b.newest)
			}
			if newest := b.changes[b.newest]; !touches(newest, edits[len(edits)-1]) {
				t.Fatalf("seed %d: the newest change is %v, of %v", seed, newest, edits[len(edits)-1])
			}
			if length := len(text) + growth(back); length != len(undone) {
				t.Fatalf("seed %d: edits to %d bytes of %d", seed, length, len(undone))
			}
		}
	}
}

func touches(c change, e document.Replacement) bool {
	return c.start <= e.Start && e.Start+len(e.New) <= c.end
}

// growth is how much longer edits make a text.
func growth(edits []structure.Edit) (bytes int) {
	for _, e := range edits {
		bytes += e.NewEnd - e.OldEnd
	}
	return bytes
}
