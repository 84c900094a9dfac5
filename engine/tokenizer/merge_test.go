package tokenizer

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// naiveMerge is what merge must equal: the pair of the lowest rank, the leftmost of several, is merged until none is left.
func naiveMerge(dst []int32, piece string, b *bpe) []int32 {
	begin := len(dst)
	for i := range len(piece) {
		dst = append(dst, b.bytes[piece[i]])
	}
	for {
		best, at := noMerge, 0
		for i := begin; i+1 < len(dst); i++ {
			if m := b.lookup(dst[i], dst[i+1]); m.rank < best.rank {
				best, at = m, i
			}
		}
		if best == noMerge {
			return dst
		}
		dst[at] = best.token
		dst = slices.Delete(dst, at+1, at+2)
	}
}

// randomBPE merges random pairs of a few bytes, so that many merges compete.
func randomBPE(draw *rand.Rand) *bpe {
	b := &bpe{merges: map[uint64]pairMerge{}}
	for i := range b.bytes {
		b.bytes[i] = int32(i)
	}
	tokens := []int32{'a', 'b', 'c'}
	for range 40 {
		left, right := tokens[draw.IntN(len(tokens))], tokens[draw.IntN(len(tokens))]
		if _, ok := b.merges[pair(left, right)]; !ok {
			token := int32(256 + len(b.merges))
			b.merges[pair(left, right)] = pairMerge{int32(len(b.merges)), token}
			tokens = append(tokens, token)
		}
	}
	return b
}

func TestMergeOfRandomTables(t *testing.T) {
	draw := rand.New(rand.NewPCG(1, 2))
	var m merger
	for range 300 {
		b := randomBPE(draw)
		for range 20 {
			piece := make([]byte, 1+draw.IntN(200))
			for i := range piece {
				piece[i] = "aaabbc"[draw.IntN(6)]
			}
			got, want := m.merge(nil, string(piece), b), naiveMerge(nil, string(piece), b)
			if !slices.Equal(got, want) {
				t.Fatalf("%q with %v\nbecame %d\nwant   %d", piece, b.merges, got, want)
			}
		}
	}
}

func FuzzMerge(f *testing.F) {
	for _, text := range texts(f) {
		f.Add(text)
	}
	all := []*Tokenizer{open(f), openTrained(f, "gpt2")}
	f.Fuzz(func(t *testing.T, piece string) {
		if piece == "" || len(piece) > 4000 {
			return
		}
		var m merger
		for _, tokens := range all {
			got, want := m.merge(nil, piece, &tokens.bpe), naiveMerge(nil, piece, &tokens.bpe)
			if !slices.Equal(got, want) {
				t.Errorf("%q became %d, want %d", piece, got, want)
			}
		}
	})
}

func TestMergeDoesNotAllocate(t *testing.T) {
	b, piece := &open(t).bpe, sourceText(t)[:512]
	var m merger
	dst := m.merge(nil, piece, b)
	if n := testing.AllocsPerRun(10, func() { dst = m.merge(dst[:0], piece, b) }); n > 0 {
		t.Errorf("a merge allocates %v times", n)
	}
}

// BenchmarkEncode encodes a prompt of 2 KB. Cold, no piece has been seen before.
func BenchmarkEncode(b *testing.B) {
	tokens, prompt := open(b), sourceText(b)[:2048]
	var dst []int32
	run := func(b *testing.B, forget bool) {
		b.SetBytes(int64(len(prompt)))
		b.ReportAllocs()
		for b.Loop() {
			if forget {
				tokens.cache = cache{}
			}
			dst = tokens.EncodeText(dst[:0], prompt)
		}
		b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N), "µs/prompt")
	}
	b.Run("cold", func(b *testing.B) { run(b, true) })
	b.Run("warm", func(b *testing.B) { run(b, false) })
}

// BenchmarkMerge merges one piece, and says how many times longer the naive merge takes.
func BenchmarkMerge(b *testing.B) {
	tokens, text := open(b), strings.ReplaceAll(sourceText(b), "\n", " ")
	for _, size := range []int{16, 128, 512, 4096} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			piece := text[:size]
			var m merger
			var dst []int32
			b.SetBytes(int64(size))
			for b.Loop() {
				dst = m.merge(dst[:0], piece, &tokens.bpe)
			}
			fast := b.Elapsed().Seconds() / float64(b.N)
			repeats := 1 + 1<<16/size
			begin := time.Now()
			for range repeats {
				dst = naiveMerge(dst[:0], piece, &tokens.bpe)
			}
			b.ReportMetric(time.Since(begin).Seconds()/float64(repeats)/fast, "naive/fast")
		})
	}
}
