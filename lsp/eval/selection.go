package eval

import (
	"bytes"
	"crypto/md5"
	"math/rand/v2"
	"slices"
	"strconv"
)

// A Selection says which of a suite's holes are measured: the same ones each time for the same selection.
type Selection struct {
	// Limit is the most holes, 0 for all that the suite has.
	Limit int
	// Seed chooses among the holes of a suite, and the places that are cut at random. 0 stands for the holes that
	// EVAL.md is of; any other for holes that were not looked at before, a few of which may be the same by chance. Of
	// holes that are not cut at random, such as those of humaneval-infilling, all are all for any seed.
	Seed uint64
}

// random is where random cuts of the n-th part of a suite come from, each suite having a stream of its own.
func (s Selection) random(stream, n uint64) *rand.Rand {
	const golden = 0x9e3779b97f4a7c15 // 2^64 over the golden ratio sets seeds far apart
	return rand.New(rand.NewPCG(stream, n^s.Seed*golden))
}

// sample returns n of the holes, or all for 0: those whose names have the lowest hashes.
func (s Selection) sample(holes []Hole, n int) []Hole {
	if n <= 0 || n >= len(holes) {
		return holes
	}
	salt := ""
	if s.Seed != 0 {
		salt = strconv.FormatUint(s.Seed, 10) + " "
	}
	hashes := make(map[string][md5.Size]byte, len(holes))
	for _, h := range holes {
		hashes[h.ID] = md5.Sum([]byte(salt + h.ID))
	}
	holes = slices.Clone(holes)
	slices.SortStableFunc(holes, func(a, b Hole) int {
		x, y := hashes[a.ID], hashes[b.ID]
		return bytes.Compare(x[:], y[:])
	})
	return holes[:n]
}
