package bpe

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"seedls/engine/tokenizer"
)

// corpusOf is a corpus of texts in memory.
func corpusOf(texts ...string) Corpus {
	return func(yield func(string, error) bool) {
		for _, text := range texts {
			if !yield(text, nil) {
				return
			}
		}
	}
}

// source is the Go code of two packages.
func source(t testing.TB) []string {
	t.Helper()
	files, err := FindFiles([]string{".", "../../tokenizer"}, []string{".go"})
	require.NoError(t, err)
	var texts []string
	for text, err := range files.Texts {
		require.NoError(t, err)
		texts = append(texts, text)
	}
	return texts
}

func options(vocab, superwords int) Options {
	return Options{Vocab: vocab, Superwords: superwords, SampleBytes: 1 << 20, Threads: 2}
}

func train(t testing.TB, texts []string, o Options) *Vocabulary {
	t.Helper()
	v, _, err := Train(context.Background(), corpusOf(texts...), o)
	require.NoError(t, err)
	return v
}

// naive is the trainer by its definition: it counts all pairs again after each merge.
type naive struct {
	texts  []string
	merges [][2]int32
}

func newNaive() *naive {
	v := newVocabulary()
	return &naive{texts: v.texts}
}

func (n *naive) grow(units [][]int32, size int) bool {
	for len(n.texts) < size {
		counts := map[[2]int32]int{}
		for _, u := range units {
			for i := range len(u) - 1 {
				text := n.texts[u[i]] + n.texts[u[i+1]]
				if len(text) <= 24 && !slices.Contains(specials, text) {
					counts[[2]int32{u[i], u[i+1]}]++
				}
			}
		}
		var best [2]int32
		for p, c := range counts {
			if c > counts[best] || c == counts[best] && slices.Compare(p[:], best[:]) < 0 {
				best = p
			}
		}
		if counts[best] < 2 {
			return false
		}
		n.merges = append(n.merges, best)
		text := n.texts[best[0]] + n.texts[best[1]]
		token := slices.Index(n.texts, text)
		if token < 0 {
			token = len(n.texts)
			n.texts = append(n.texts, text)
		}
		for i, u := range units {
			units[i] = replace(u, best, int32(token))
		}
	}
	return true
}

func replace(u []int32, p [2]int32, token int32) []int32 {
	var merged []int32
	for i := 0; i < len(u); i++ {
		if i+1 < len(u) && u[i] == p[0] && u[i+1] == p[1] {
			merged = append(merged, token)
			i++
		} else {
			merged = append(merged, u[i])
		}
	}
	return merged
}

// train spells each line and word as often as it occurs. Between the stages it merges by rank.
func (n *naive) train(texts []string, o Options) bool {
	spell := newVocabulary().byteToID
	var wordUnits, lineUnits [][]int32
	for _, text := range texts {
		for line := range tokenizer.Lines(text) {
			var ids []int32
			for word := range words(line) {
				var unit []int32
				for i := range len(word) {
					unit = append(unit, spell[word[i]])
				}
				wordUnits = append(wordUnits, unit)
				ids = append(ids, unit...)
			}
			lineUnits = append(lineUnits, ids)
		}
	}
	if !n.grow(wordUnits, o.Vocab-o.Superwords) {
		return false
	}
	for i, u := range lineUnits {
		lineUnits[i] = n.encode(u)
	}
	return n.grow(lineUnits, o.Vocab)
}

// encode merges the pair of the lowest rank, the leftmost of several, until there is none.
func (n *naive) encode(u []int32) []int32 {
	for {
		at, rank := -1, len(n.merges)
		for i := range len(u) - 1 {
			if r := slices.Index(n.merges, [2]int32{u[i], u[i+1]}); r >= 0 && r < rank {
				at, rank = i, r
			}
		}
		if at < 0 {
			return u
		}
		m := n.merges[rank]
		token := slices.Index(n.texts, n.texts[m[0]]+n.texts[m[1]])
		u = slices.Replace(slices.Clone(u), at, at+2, int32(token))
	}
}

// randomText has few different characters, so that there are ties and overlaps.
func randomText(r *rand.Rand, n int) string {
	alphabet := []string{"a", "a", "a", "b", "b", "ab", " ", " ", "é", ".", "\n", "\r\n", "\t", "7", "<|pad|>"}
	var b strings.Builder
	for range n {
		b.WriteString(alphabet[r.IntN(len(alphabet))])
	}
	return b.String()
}

func TestSameMergesAsNaive(t *testing.T) {
	short := 0
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 1))
		var texts []string
		for range 1 + r.IntN(4) {
			texts = append(texts, randomText(r, 1+r.IntN(250)))
		}
		superwords := r.IntN(25)
		o := options(MinVocab+superwords+r.IntN(25), superwords)
		want := newNaive()
		enough := want.train(texts, o)
		got, _, err := Train(context.Background(), corpusOf(texts...), o)
		if !enough {
			short++
			require.ErrorContains(t, err, "the text gives only", "seed %d", seed)
			continue
		}
		require.NoError(t, err, "seed %d", seed)
		require.Equal(t, want.merges, got.merges, "seed %d", seed)
		require.Equal(t, want.texts, got.texts, "seed %d", seed)
	}
	assert.Less(t, short, 75, "texts too short to learn from")
}

func TestSourceSameMergesAsNaive(t *testing.T) {
	texts := source(t)[:3]
	o := options(420, 60)
	want := newNaive()
	require.True(t, want.train(texts, o))
	assert.Equal(t, want.merges, train(t, texts, o).merges)
}

func TestTokenizerReadsIt(t *testing.T) {
	texts := source(t)
	v := train(t, texts, options(1500, 600))
	data, err := v.JSON()
	require.NoError(t, err)
	tokens, err := tokenizer.Parse(data, 1500)
	require.NoError(t, err)
	assert.Equal(t, 1500, tokens.Size())
	assert.Len(t, tokens.Specials(), 16)
	assert.Len(t, v.merges, 1500-MinVocab)
	for id, name := range []string{
		"<|pad|>", "<|mask|>", "<|endoftext|>", "<|file|>", "<|suffix|>", "<|prefix|>", "<|end|>", "<|edit|>", "<|reserved_0|>",
	} {
		got, ok := tokens.ID(name)
		assert.True(t, ok && got == int32(id), "%s is %d", name, got)
	}

	r := rand.New(rand.NewPCG(1, 2))
	for _, text := range texts {
		from, to := r.IntN(len(text)), r.IntN(len(text))
		piece := text[min(from, to):max(from, to)] + randomText(r, 20) + "\xff"
		ids := tokens.EncodeText(nil, piece)
		assert.Equal(t, piece, tokens.Decode(ids))
	}
	words := train(t, texts, options(1500, 0))
	size, got, err := Measure(context.Background(), v, corpusOf(texts...))
	require.NoError(t, err)
	_, plain, err := Measure(context.Background(), words, corpusOf(texts...))
	require.NoError(t, err)
	assert.Equal(t, int64(len(strings.Join(texts, ""))), size)
	assert.Less(t, got, plain, "superwords make no text shorter")
}

// Tokens are as long as they may be, and cross the borders of words but not line ends.
func TestTokens(t *testing.T) {
	v := train(t, source(t), options(1500, 800))
	longest, crossing := 0, 0
	for id, text := range v.texts[MinVocab:] {
		longest = max(longest, len(text))
		lines := slices.Collect(tokenizer.Lines(text))
		if assert.Len(t, lines, 1, "%q holds several lines", text) && len(slices.Collect(words(lines[0]))) > 1 {
			crossing++
			assert.GreaterOrEqual(t, id, 1500-800-MinVocab, "%q is of several words, in the first stage", text)
		}
	}
	assert.LessOrEqual(t, longest, MaxTokenBytes)
	assert.Greater(t, longest, 16)
	assert.Greater(t, crossing, 300)
}

func TestSpecialTokensAreNotSpelled(t *testing.T) {
	text := strings.Repeat("<|pad|> <|pad|>x", 50)
	v := train(t, []string{text}, options(MinVocab+10, 5))
	data, err := v.JSON()
	require.NoError(t, err)
	tokens, err := tokenizer.Parse(data, v.Size())
	require.NoError(t, err)
	ids := tokens.EncodeText(nil, text)
	assert.Equal(t, text, tokens.Decode(ids))
}

func TestDeterminism(t *testing.T) {
	texts := source(t)
	var want []byte
	for _, threads := range []int{1, 2, 5} {
		o := options(900, 300)
		o.Threads, o.SampleBytes = threads, 40_000
		got, err := train(t, texts, o).JSON()
		require.NoError(t, err)
		if want == nil {
			want = got
		}
		assert.True(t, bytes.Equal(want, got), "%d threads learn something else", threads)
		slices.Reverse(texts)
	}
}

func TestSample(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var texts []string
	for range 2000 {
		texts = append(texts, randomText(r, 100))
	}
	size := int64(len(strings.Join(texts, "")))
	o := options(300, 10)
	for _, share := range []int64{2, 10} {
		o.SampleBytes = size / share
		_, stats, err := Train(context.Background(), corpusOf(texts...), o)
		require.NoError(t, err)
		assert.Equal(t, size, stats.Bytes)
		assert.Equal(t, 2000, stats.Documents)
		assert.InEpsilon(t, o.SampleBytes, stats.SampledBytes, 0.25)
	}

	learned, heldOut := Split(corpusOf(texts...))
	in, out := collect(t, learned), collect(t, heldOut)
	assert.Len(t, append(in, out...), 2000)
	assert.InDelta(t, 20, len(out), 15)
	rest, err := Without(corpusOf(texts...), heldOut)
	require.NoError(t, err)
	assert.Equal(t, in, collect(t, rest))
}

func TestObserve(t *testing.T) {
	o := options(700, 200)
	var stages []string
	seen := map[string]int{}
	o.Observe = func(stage string, done, total int) {
		if !slices.Contains(stages, stage) {
			stages = append(stages, stage)
		}
		if last, ok := seen[stage]; ok {
			assert.Greater(t, done, last, stage)
		}
		seen[stage] = done
		assert.True(t, total == -1 || done <= total, "%s: %d of %d", stage, done, total)
	}
	train(t, source(t), o)
	assert.Equal(t, []string{
		"MB read", "MB counted", "lines cut into words", "word merges", "lines encoded", "superword merges",
	}, stages)
	assert.Equal(t, 700-200-MinVocab, seen["word merges"])
	assert.Equal(t, 200, seen["superword merges"])
}

func collect(t *testing.T, c Corpus) []string {
	t.Helper()
	var texts []string
	for text, err := range c {
		require.NoError(t, err)
		texts = append(texts, text)
	}
	return texts
}

func TestErrors(t *testing.T) {
	for want, o := range map[string]Options{
		"a vocabulary of 271 tokens: want 272":         options(271, 0),
		"300 superwords in a vocabulary of 500 tokens": options(500, 300),
		"-1 superwords":       options(500, -1),
		"a sample of 0 bytes": {Vocab: 300, Threads: 1},
		"0 threads":           {Vocab: 300, SampleBytes: 1},
		"the text gives only 2 tokens in word merges, not 28": options(300, 0),
	} {
		_, _, err := Train(context.Background(), corpusOf("aaaaaaaa"), o)
		assert.ErrorContains(t, err, want)
	}
	_, _, err := Train(context.Background(), corpusOf("", ""), options(300, 0))
	assert.ErrorContains(t, err, "no text")
	_, err = Without(corpusOf("a"), corpusOf())
	assert.ErrorContains(t, err, "no text is held out")

	broken := func(yield func(string, error) bool) {
		_ = yield("some text", nil) && yield("", errors.New("disk on fire"))
	}
	_, _, err = Train(context.Background(), broken, options(300, 0))
	assert.ErrorContains(t, err, "disk on fire")

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, _, err = Train(ctx, corpusOf("aaaa"), options(300, 0))
	assert.ErrorIs(t, err, context.Canceled)
}

func TestFindFiles(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"b.go": "package b\n", "a.go": "package a\n", "sub/c.go": "package c\n", "d.txt": "text", "bad.go": "\xff\xfe",
	} {
		path := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o777))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o666))
	}
	find := func(extensions []string, names ...string) string {
		var paths []string
		for _, name := range names {
			paths = append(paths, filepath.Join(dir, name))
		}
		files, err := FindFiles(paths, extensions)
		if err != nil {
			return err.Error()
		}
		return fmt.Sprintf("%q and %d left out", collect(t, files.Texts), files.LeftOut())
	}
	assert.Equal(t, `["package a\n" "package b\n" "package c\n"] and 1 left out`, find([]string{".go"}, ""))
	assert.Equal(t, `["package a\n" "text"] and 0 left out`, find([]string{".go"}, "d.txt", "a.go", "a.go"))
	assert.Equal(t, `["package a\n" "package b\n" "text" "package c\n"] and 1 left out`, find(nil, ""))
	assert.Contains(t, find([]string{".py"}, ""), "no file with the extension")
	assert.Contains(t, find(nil, "none"), "none")

	require.NoError(t, os.Symlink(filepath.Join(dir, "sub"), filepath.Join(dir, "link")))
	assert.Equal(t, `["package c\n"] and 0 left out`, find(nil, "link"))
	files, err := FindFiles([]string{dir}, []string{".txt"})
	require.NoError(t, err)
	require.NoError(t, os.Remove(filepath.Join(dir, "d.txt")))
	_, _, err = Train(context.Background(), files.Texts, options(300, 0))
	assert.ErrorContains(t, err, "d.txt")
}
