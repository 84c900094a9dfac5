package corpus

import (
	"math"
	"math/bits"
	"slices"
)

// Texts are compared by the sets of their shingles, runs of shingleTokens words and signs. A signature has the least
// hash of the set under each of bands*rows hash functions, so that two are equal in as many places, on average, as the
// Jaccard similarity of the sets says. Only those are compared that are equal in all rows of a band, which texts with a
// similarity of 0.75 are with a probability of 99.8 %.
const (
	shingleTokens  = 5
	bands, rows    = 24, 5
	nearSimilarity = 0.75
)

type signature [bands * rows]uint32

// multipliers of the hash functions, which are odd.
var multipliers = func() (m [bands * rows]uint64) {
	state := uint64(1)
	for i := range m {
		state += 0x9e3779b97f4a7c15
		m[i] = mix(state) | 1
	}
	return m
}()

// mix is the finaliser of splitmix64.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// sign computes the signature of a text. White space does not count.
func sign(text string) *signature {
	var s signature
	for i := range s {
		s[i] = math.MaxUint32
	}
	for _, shingle := range shingles(text) {
		for i := range s {
			s[i] = min(s[i], uint32((shingle*multipliers[i])>>32))
		}
	}
	return &s
}

// shingles returns the hashes of all shingles, each once; a text of fewer tokens is one shingle.
func shingles(text string) []uint64 {
	tokens := tokenHashes(text)
	width := min(shingleTokens, len(tokens))
	hashes := make([]uint64, 0, len(tokens))
	for i := 0; width > 0 && i+width <= len(tokens); i++ {
		h := uint64(0)
		for _, token := range tokens[i : i+width] {
			h = mix(bits.RotateLeft64(h, 5) ^ token)
		}
		hashes = append(hashes, h)
	}
	slices.Sort(hashes)
	return slices.Compact(hashes)
}

// tokenHashes hashes (FNV-1a) each word and each sign of a text.
func tokenHashes(text string) []uint64 {
	const offset, prime = 0xcbf29ce484222325, 0x100000001b3
	tokens := make([]uint64, 0, len(text)/3)
	for i := 0; i < len(text); {
		h := uint64(offset)
		if isWord(text[i]) {
			for ; i < len(text) && isWord(text[i]); i++ {
				h = (h ^ uint64(text[i])) * prime
			}
		} else {
			c := text[i]
			i++
			if c <= ' ' {
				continue
			}
			h = (h ^ uint64(c)) * prime
		}
		tokens = append(tokens, h)
	}
	return tokens
}

func isWord(c byte) bool {
	return c == '_' || c >= 0x80 || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z'
}

// similarity estimates the Jaccard similarity of two texts, 0 to 1.
func (s *signature) similarity(t *signature) float64 {
	equal := 0
	for i := range s {
		if s[i] == t[i] {
			equal++
		}
	}
	return float64(equal) / float64(len(s))
}

// nearIndex finds signatures that are nearly equal. It takes about a kilobyte each.
type nearIndex struct {
	nodes  []node
	latest [bands]map[uint32]int32 // of those with a key, by band
}

type node struct {
	signature *signature
	earlier   [bands]int32 // with the same key in the band; -1 for none
}

func newNearIndex() *nearIndex {
	x := &nearIndex{}
	for band := range x.latest {
		x.latest[band] = make(map[uint32]int32)
	}
	return x
}

// find returns the number of a signature that is near to s, the same for the same additions, or -1.
func (x *nearIndex) find(s *signature) int {
	for band := range x.latest {
		i, ok := x.latest[band][s.key(band)]
		for ; ok && i >= 0; i = x.nodes[i].earlier[band] {
			if x.nodes[i].signature.similarity(s) >= nearSimilarity {
				return int(i)
			}
		}
	}
	return -1
}

// add gives s the next number, from 0 on.
func (x *nearIndex) add(s *signature) {
	n := node{signature: s}
	for band := range x.latest {
		key := s.key(band)
		earlier, ok := x.latest[band][key]
		if !ok {
			earlier = -1
		}
		n.earlier[band] = earlier
		x.latest[band][key] = int32(len(x.nodes))
	}
	x.nodes = append(x.nodes, n)
}

func (s *signature) key(band int) uint32 {
	h := uint64(0)
	for _, v := range s[band*rows : (band+1)*rows] {
		h = mix(h ^ uint64(v))
	}
	return uint32(h)
}
