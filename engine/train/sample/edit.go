package sample

import (
	"math/rand/v2"
	"slices"
)

// corrupt returns a copy of text after a number of edits, one after another, each as often an insertion, a deletion or a
// substitution, at a random place: its Levenshtein distance from text is at most that number. New tokens are those that
// wrong returns. It puts in place of a token one that differs: of wrong's tokens, two at least must be different.
func corrupt(r *rand.Rand, text []int32, edits int, wrong func() int32) []int32 {
	text = slices.Clone(text)
	for range edits {
		operation := r.IntN(3)
		if operation == 0 || len(text) == 0 {
			text = slices.Insert(text, r.IntN(len(text)+1), wrong())
			continue
		}
		at := r.IntN(len(text))
		if operation == 1 {
			text = slices.Delete(text, at, at+1)
			continue
		}
		id := wrong()
		for id == text[at] {
			id = wrong()
		}
		text[at] = id
	}
	return text
}
