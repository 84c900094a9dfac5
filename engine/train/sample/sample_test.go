package sample

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"seedls/engine/builtin"
	"seedls/engine/checkpoint"
	"seedls/engine/tokenizer"
	"seedls/engine/train"
	"seedls/engine/train/corpus"
)

// model is the built-in one.
func model(t testing.TB) (checkpoint.Config, *tokenizer.Tokenizer) {
	t.Helper()
	c, err := builtin.Open()
	require.NoError(t, err)
	tokens, err := tokenizer.Parse(c.TokenizerJSON(), c.Config.VocabSize)
	require.NoError(t, err)
	return c.Config, tokens
}

// writeCorpus writes documents, given as path and text, and opens the corpus.
func writeCorpus(t testing.TB, documents ...[2]string) *corpus.Corpus {
	t.Helper()
	path := filepath.Join(t.TempDir(), "corpus")
	w, err := corpus.Create(path)
	require.NoError(t, err)
	defer w.Discard()
	for _, d := range documents {
		require.NoError(t, w.Add(corpus.Document{Repository: "r", Path: d[0], Language: "go", Text: d[1]}))
	}
	require.NoError(t, w.Commit())
	c, err := corpus.Open(path)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

// sources are this project's, and texts that are unlike them.
func sources(t testing.TB) [][2]string {
	t.Helper()
	documents := [][2]string{
		{"blank.go", "\n"},
		{"crlf.go", strings.Repeat("package p\r\n\r\nfunc f(a int) {\r\n\tif a > 0 {\r\n\t\tf(a - 1)\r\n\t}\r\n}\r\n", 40)},
		{"empty.go", ""},
		{"letter.go", "x"},
		{"line.go", strings.Repeat("x := append(xs, 1, 2, 3); ", 3000)},
		{"mask.go", strings.Repeat("// <|mask|> <|end|> <|prefix|>\n", 50)},
		{"unicode.go", strings.Repeat("// größer 漢字仮名 👍🏽 \u0301é\n", 200)},
	}
	for _, pattern := range []string{"../*.go", "../corpus/*.go", "../../tokenizer/*.go"} {
		paths, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, path := range paths {
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			documents = append(documents, [2]string{"some/" + filepath.Base(path), string(text)})
		}
	}
	return documents
}

func newSampler(t testing.TB, c *corpus.Corpus, change func(*Config)) *Sampler {
	t.Helper()
	m, tokens := model(t)
	config := DefaultConfig()
	if change != nil {
		change(&config)
	}
	s, err := New(c, tokens, m, brackets, config)
	require.NoError(t, err)
	return s
}

// brackets is a Cutter: parentheses hold arguments, braces blocks, and a line that begins and ends alike is a statement.
func brackets(_, text string) []Span {
	var spans []Span
	var open []int
	for i := range len(text) {
		switch c := text[i]; c {
		case '(', '{':
			open = append(open, i)
		case ')', '}':
			if len(open) == 0 {
				continue
			}
			start := open[len(open)-1] + 1
			open = open[:len(open)-1]
			inner := text[start:i]
			switch text[start-1:start] + text[i:i+1] {
			case "()":
				spans = append(spans, Span{Argument, start, i})
			case "{}":
				start = i - len(strings.TrimLeft(inner, space))
				spans = append(spans, Span{Block, start, start + len(strings.TrimSpace(inner))})
			}
		case '\n':
			start := lineStart(text, i)
			line := strings.TrimLeft(text[start:i], space)
			spans = append(spans, Span{Statement, i - len(line), i - len(line) + len(strings.TrimRight(line, space))})
		}
	}
	return spans
}

// count is of sequences that a test looks at.
const count = 1500

// sequences calls f with those of both stages.
func sequences(t *testing.T, s *Sampler, f func(b *builder, stage Stage)) {
	t.Helper()
	for number := range int64(count) {
		stage := Stage(number % 2)
		b, err := s.build(number, Phase{Stage: stage})
		require.NoError(t, err)
		f(b, stage)
	}
}

// parts are the tokens of a context after each of its markers, by the marker.
func parts(b *builder) (markers []int32, ids map[int32][]int32) {
	ids = map[int32][]int32{}
	for _, id := range b.out.IDs[:b.out.Context] {
		if b.tokens.IsSpecial(id) {
			markers = append(markers, id)
			ids[id] = []int32{}
			continue
		}
		last := markers[len(markers)-1]
		ids[last] = append(ids[last], id)
	}
	return markers, ids
}

func TestSequencesHoldTheirBounds(t *testing.T) {
	s := newSampler(t, writeCorpus(t, sources(t)...), nil)
	kinds := map[bool]int{}
	paths := 0
	sequences(t, s, func(b *builder, stage Stage) {
		q, p := &b.out, s.model.Diffusion.Prompt
		require.NoError(t, q.Check(s.model))
		require.LessOrEqual(t, len(q.IDs), s.config.Rows)
		require.LessOrEqual(t, len(q.Canvases), s.config.Canvases)
		require.NotEmpty(t, q.Canvases)
		row, atBeginning := q.Context, 0
		for _, c := range q.Canvases {
			require.Contains(t, s.model.Diffusion.CanvasSizes, c.Rows)
			require.GreaterOrEqual(t, c.Start, b.first)
			if !b.ends {
				require.LessOrEqual(t, c.Start+c.Rows, q.Context)
			}
			if c.Start == b.first {
				atBeginning++
			}
			for i := range c.Rows {
				require.EqualValues(t, c.Start+i, q.Positions[row+i])
			}
			row += c.Rows
		}
		for i := range q.Context {
			require.EqualValues(t, i, q.Positions[i])
		}
		markers, ids := parts(b)
		if _, ok := ids[p.FileID]; ok {
			paths++
			require.Equal(t, p.FileID, markers[0])
			markers = markers[1:]
		}
		if _, ok := ids[p.SuffixID]; ok {
			require.True(t, b.isHole)
			require.Equal(t, p.SuffixID, markers[0])
			markers = markers[1:]
		}
		require.Equal(t, []int32{p.PrefixID}, markers)
		if b.isHole {
			require.True(t, b.ends)
			require.LessOrEqual(t, q.Context-b.first, s.middle)
			most := max(2*s.smallest, int(s.config.HoleRows*float64(q.Context-b.first+1)))
			require.LessOrEqual(t, len(q.IDs)-q.Context, most)
			if stage == Masks {
				// A pair of which one has no masks is one canvas.
				require.GreaterOrEqual(t, 2*atBeginning, len(q.Canvases)/2)
			} else {
				require.Positive(t, atBeginning)
			}
		}
		kinds[b.isHole]++
	})
	require.InDelta(t, s.config.Holes, float64(kinds[true])/count, 0.05)
	require.InDelta(t, 0.8, float64(paths)/count, 0.05)
}

// TestContextsReadAsTheirDocuments puts prefix, middle and suffix together again.
func TestContextsReadAsTheirDocuments(t *testing.T) {
	documents := sources(t)
	s := newSampler(t, writeCorpus(t, documents...), nil)
	p := s.model.Diffusion.Prompt
	middles, endings := map[bool]int{}, 0
	sequences(t, s, func(b *builder, _ Stage) {
		_, ids := parts(b)
		middle := b.out.Context - b.first
		text := s.tokens.Decode(ids[p.PrefixID]) + s.tokens.Decode(ids[p.SuffixID])
		require.True(t, slices.ContainsFunc(documents, func(d [2]string) bool {
			path, ok := ids[p.FileID]
			_, rest, found := strings.Cut(d[1], text)
			return found && (!ok || strings.HasSuffix(d[0], s.tokens.Decode(path))) &&
				(b.isHole || b.ends && strings.HasSuffix(d[1], text) || !b.ends && !isBlank(rest))
		}), "%q is in no document", text)
		if b.isHole {
			middles[middle == 0]++
		} else if b.ends {
			endings++
		}
	})
	require.Positive(t, middles[true])
	require.Greater(t, middles[false], 5*middles[true])
	require.Positive(t, endings)
}

// TestPromptsAreThoseOfInference builds the prompts of holes again, of a document with what was left of it.
func TestPromptsAreThoseOfInference(t *testing.T) {
	text := strings.Repeat("func f(a, b int) int {\n\treturn a + b\n}\n\n", 8) // fits
	s := newSampler(t, writeCorpus(t, [2]string{"a/f.go", text}), func(c *Config) { c.Holes, c.Short, c.Path = 1, 0, 1 })
	sequences(t, s, func(b *builder, _ Stage) {
		_, ids := parts(b)
		p := s.model.Diffusion.Prompt
		suffix, middle := s.tokens.Decode(ids[p.SuffixID]), s.tokens.Decode(b.out.IDs[b.first:b.out.Context])
		prefix := strings.TrimSuffix(s.tokens.Decode(ids[p.PrefixID]), middle)
		rest := strings.TrimPrefix(text, prefix+middle)
		require.True(t, strings.HasPrefix(rest, suffix))
		require.Equal(t, s.layout.Build(nil, "a/f.go", prefix, rest), b.out.IDs[:b.first])
		require.Equal(t, s.tokens.EncodeText([]int32{}, middle), append([]int32{}, b.out.IDs[b.first:b.out.Context]...))
	})
}

func TestContextsPredictTheirText(t *testing.T) {
	s := newSampler(t, writeCorpus(t, sources(t)...), nil)
	p := s.model.Diffusion.Prompt
	sequences(t, s, func(b *builder, _ Stage) {
		var targets []int32
		var weights []float32
		markers, ids := parts(b)
		for i, marker := range markers {
			text, weight := ids[marker], float32(1)
			switch marker {
			case p.FileID:
				text, weight = slices.Repeat([]int32{-1}, len(text)), 0
			case p.SuffixID:
				weight = 0.5
			}
			targets = append(targets, text...)
			weights = append(weights, slices.Repeat([]float32{weight}, len(text))...)
			if i+1 == len(markers) && b.ends {
				targets, weights = append(targets, s.model.Diffusion.EndTokenID), append(weights, 1)
			} else {
				targets, weights = append(targets, -1), append(weights, 0)
			}
		}
		require.Equal(t, targets, b.out.Targets[:b.out.Context])
		require.Equal(t, weights, b.out.Weights[:b.out.Context])
	})
}

// TestALineBreakIsNotLeftOver has stretches that reach the end of a document's only line.
func TestALineBreakIsNotLeftOver(t *testing.T) {
	c := writeCorpus(t, [2]string{"a", "// " + strings.Repeat("one two three ", 50) + "\n"})
	s := newSampler(t, c, func(c *Config) { c.Holes, c.Short = 0, 1 })
	sequences(t, s, func(b *builder, _ Stage) { require.True(t, b.ends) })
}

// TestSequencesDependOnTheirNumberAlone draws them in other orders, from other samplers, and at the same time.
func TestSequencesDependOnTheirNumberAlone(t *testing.T) {
	c := writeCorpus(t, sources(t)...)
	const numbers = 60
	var want [numbers]*train.Sequence
	s := newSampler(t, c, nil)
	for number := range want {
		var err error
		want[number], err = s.Sequence(int64(number), Phase{Stage: Edits})
		require.NoError(t, err)
		if number > 0 {
			require.NotEqual(t, want[number-1], want[number])
		}
	}
	var group errgroup.Group
	for _, s := range []*Sampler{s, newSampler(t, c, nil)} {
		for number := range slices.Backward(want[:]) {
			group.Go(func() error {
				got, err := s.Sequence(int64(number), Phase{Stage: Edits})
				if err == nil && !reflect.DeepEqual(got, want[number]) {
					err = fmt.Errorf("sequence %d differs", number)
				}
				return err
			})
		}
	}
	require.NoError(t, group.Wait())
	other, err := newSampler(t, c, func(c *Config) { c.Seed = 1 }).Sequence(0, Phase{Stage: Edits})
	require.NoError(t, err)
	require.NotEqual(t, want[0], other)
}

// TestLongDocumentsAreNotDrawnMore has one 100 times as long as another, and both longer than what counts.
func TestLongDocumentsAreNotDrawnMore(t *testing.T) {
	line := "a := 1\n"
	c := writeCorpus(t,
		[2]string{"a", strings.Repeat(line, 30_000)}, [2]string{"b", strings.Repeat(line, 300)}, [2]string{"c", ""})
	s := newSampler(t, c, func(c *Config) { c.DocumentBytes, c.Path = 2000, 1 })
	drawn := map[string]int{}
	sequences(t, s, func(b *builder, _ Stage) {
		_, ids := parts(b)
		drawn[s.tokens.Decode(ids[s.model.Diffusion.Prompt.FileID])]++
	})
	require.InDelta(t, count/2, drawn["a"], 0.1*count)
	require.Equal(t, count, drawn["a"]+drawn["b"])
}

// TestAnyConfiguration draws configurations of models and samples: what New takes makes sequences of which models can
// learn.
func TestAnyConfiguration(t *testing.T) {
	c := writeCorpus(t, sources(t)...)
	m, tokens := model(t)
	r := rand.New(rand.NewPCG(5, 6))
	taken := 0
	for range 300 {
		m, layout := m, *m.Diffusion.Prompt
		m.Diffusion.CanvasSizes = nil
		for range 1 + r.IntN(4) {
			m.Diffusion.CanvasSizes = append(m.Diffusion.CanvasSizes, 1+r.IntN(40))
		}
		slices.Sort(m.Diffusion.CanvasSizes)
		m.Diffusion.CanvasSizes = slices.Compact(m.Diffusion.CanvasSizes)
		layout.MaxTokens = 8 + r.IntN(100)
		layout.MaxSuffixTokens, layout.MaxPathTokens = r.IntN(layout.MaxTokens/2), r.IntN(layout.MaxTokens/2-3)
		m.Diffusion.Prompt = &layout
		m.MaxPositions = layout.MaxTokens + m.Diffusion.CanvasSizes[0] + r.IntN(100)
		config := DefaultConfig()
		config.Rows, config.Canvases = r.IntN(400), r.IntN(20)
		for range m.Diffusion.CanvasSizes {
			config.CanvasShares = append(config.CanvasShares, float64(r.IntN(3)))
		}
		config.MaxEdits, config.Short, config.EndWeight = r.Float64(), r.Float64(), float64(r.IntN(2))
		config.Weighting = []Weighting{ELBO, Uniform}[r.IntN(2)]
		s, err := New(c, tokens, m, brackets, config)
		if err != nil {
			continue
		}
		taken++
		for number := range int64(20) {
			q, err := s.Sequence(number, Phase{Stage: Stage(number % 2)})
			require.NoError(t, err)
			require.NoError(t, q.Check(m))
			require.LessOrEqual(t, len(q.IDs), config.Rows)
			require.NotEmpty(t, q.Canvases)
		}
	}
	require.Greater(t, taken, 50)
}

func TestErrorsSayWhatToDo(t *testing.T) {
	for message, spoil := range map[string]func(*checkpoint.Config, *Config){
		"no diffusion.prompt":                       func(m *checkpoint.Config, _ *Config) { m.Diffusion.Prompt = nil },
		`only models of "context-causal"`:           func(m *checkpoint.Config, _ *Config) { m.Diffusion.Attention = checkpoint.Full },
		"the model's vocab_size is 4096":            func(m *checkpoint.Config, _ *Config) { m.VocabSize = 4096 },
		"diffusion.mask_token_id is 4711, which is": func(m *checkpoint.Config, _ *Config) { m.Diffusion.MaskTokenID = 4711 },
		"raise max_position_embeddings, 392":        func(m *checkpoint.Config, _ *Config) { m.MaxPositions = 392 },
		"leave it out":                              func(m *checkpoint.Config, _ *Config) { m.Diffusion.CanvasSizes = []int{1, 8} },
		"Rows is 400, must be at least 401":         func(_ *checkpoint.Config, c *Config) { c.Rows = 400 },
		"Canvases is 1":                             func(_ *checkpoint.Config, c *Config) { c.Canvases = 1 },
		"Holes is 1.5, must be a share":             func(_ *checkpoint.Config, c *Config) { c.Holes = 1.5 },
		"MaxEdits is NaN":                           func(_ *checkpoint.Config, c *Config) { c.MaxEdits = math.NaN() },
		"EndWeight is -1":                           func(_ *checkpoint.Config, c *Config) { c.EndWeight = -1 },
		`Weighting is "even", must be "elbo"`:       func(_ *checkpoint.Config, c *Config) { c.Weighting = "even" },
		"DocumentBytes is 0":                        func(_ *checkpoint.Config, c *Config) { c.DocumentBytes = 0 },
		"Cuts has the sum 0":                        func(_ *checkpoint.Config, c *Config) { c.Cuts = [Kinds]float64{} },
		"CanvasShares has 1 numbers, and the model": func(_ *checkpoint.Config, c *Config) { c.CanvasShares = []float64{1} },
		"CanvasShares has -1 in place 3":            func(_ *checkpoint.Config, c *Config) { c.CanvasShares = []float64{1, 1, -1, 1} },
	} {
		m, tokens := model(t)
		config := DefaultConfig()
		spoil(&m, &config)
		_, err := New(writeCorpus(t, sources(t)...), tokens, m, nil, config)
		require.ErrorContains(t, err, message)
	}
	m, tokens := model(t)
	for _, c := range []*corpus.Corpus{writeCorpus(t), writeCorpus(t, [2]string{"empty.go", ""})} {
		_, err := New(c, tokens, m, nil, DefaultConfig())
		require.ErrorContains(t, err, "no text")
	}
}

func TestPhaseAt(t *testing.T) {
	c := DefaultConfig()
	require.Equal(t, Phase{Stage: Masks}, c.PhaseAt(0, 1000))
	require.Equal(t, Phase{Stage: Masks}, c.PhaseAt(799, 1000))
	require.Equal(t, Phase{Stage: Edits}, c.PhaseAt(800, 1000))
	c.MaskSteps = 1
	require.Equal(t, Phase{Stage: Masks}, c.PhaseAt(999, 1000))
	c.MaskSteps = 0
	require.Equal(t, Phase{Stage: Edits}, c.PhaseAt(0, 1000))
	c.AnnealSteps = 4
	for step, left := range []float64{1, 0.75, 0.5, 0.25, 0, 0} {
		require.Equal(t, Phase{Edits, left}, c.PhaseAt(step, 1000))
	}
}

// BenchmarkSequence has a cutter that costs next to nothing; tree-sitter's is measured where it is, as BenchmarkCuts.
func BenchmarkSequence(b *testing.B) {
	s := newSampler(b, writeCorpus(b, sources(b)...), nil)
	rows := 0
	for number := int64(0); b.Loop(); number++ {
		q, err := s.Sequence(number, Phase{Stage: Stage(number % 2)})
		require.NoError(b, err)
		rows += len(q.IDs)
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "sequences/s")
	b.ReportMetric(float64(rows)/float64(b.N), "rows")
}
