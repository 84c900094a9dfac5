package trainer

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"math"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"seedls/engine/kernel"
	"seedls/engine/train/bpe"
	"seedls/engine/train/corpus"
)

var update = flag.Bool("update", false, "write testdata/losses.json anew")

// The corpus of the tests: files of this project as they were once, so that losses stay as they are.
const testCorpus = "testdata/corpus"

// vocabulary is a tokenizer.json that is learned from the corpus.
var vocabulary = sync.OnceValues(func() ([]byte, error) {
	c, err := corpus.Open(testCorpus)
	if err != nil {
		return nil, err
	}
	texts := func(yield func(string, error) bool) {
		for i := range c.Len() {
			d, err := c.Document(i)
			if !yield(d.Text, err) {
				return
			}
		}
	}
	v, _, err := bpe.Train(context.Background(), texts, bpe.Options{Vocab: 640, Superwords: 100, SampleBytes: 1 << 20, Threads: 1})
	if err != nil {
		return nil, err
	}
	data, err := v.JSON()
	return data, errors.Join(err, c.Close())
})

// tiny is a run of some seconds, in a directory of its own.
func tiny(t testing.TB) Config {
	t.Helper()
	data, err := vocabulary()
	require.NoError(t, err)
	dir := t.TempDir()
	c := Default()
	c.Out, c.Corpus, c.Tokenizer = filepath.Join(dir, "run"), testCorpus, filepath.Join(dir, "tokenizer.json")
	require.NoError(t, os.WriteFile(c.Tokenizer, data, 0o666))
	c.Model = Model{
		HiddenSize: 32, IntermediateSize: 64, HeadDim: 16, Layers: 2, Heads: 2, KVHeads: 1, MaxPositions: 128,
		CanvasSizes: []int{4, 8, 16}, MaxTokens: 64, MaxSuffixTokens: 16, MaxPathTokens: 8,
	}
	c.Steps = Steps{
		Total: 200, Sequences: 4, Rate: 0.01, WarmUp: 20, Decay: 80, Final: 0.1, Masks: 0.8, Evaluate: 50, HeldOut: 16,
		Checkpoint: 1000,
	}
	c.Samples.Rows, c.Samples.Canvases = 160, 8
	return c
}

// options are those of a run on so many threads.
func options(t testing.TB, threads int) Options {
	t.Helper()
	k, err := kernel.FromEnv()
	require.NoError(t, err)
	pool := kernel.NewPool(threads)
	t.Cleanup(pool.Close)
	return Options{Kernel: k, Pool: pool}
}

// records reads the losses of a run, without what a clock says.
func records(t testing.TB, dir string) (all []Record) {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, historyFile))
	require.NoError(t, err)
	defer f.Close()
	for d := json.NewDecoder(f); d.More(); {
		var r Record
		require.NoError(t, d.Decode(&r))
		r.Seconds = 0
		all = append(all, r)
	}
	return all
}

// A window is the mean losses of some steps.
type window struct {
	From     int     `json:"from"`
	Steps    int     `json:"steps"`
	Context  float64 `json:"context"`
	Canvases float64 `json:"canvases"`
}

// tolerance is how far a loss may be from what was recorded, as a share: kernels round in different ways, and steps add
// that up.
const tolerance = 0.03

// TestLossesAsRecorded trains for 200 steps.
func TestLossesAsRecorded(t *testing.T) {
	c := tiny(t)
	require.NoError(t, Run(t.Context(), c, options(t, 2)))
	all := records(t, c.Out)
	require.Len(t, all, c.Steps.Total)
	var got []window
	for from := 0; from < len(all); from += 20 {
		w := window{From: from, Steps: 20}
		for i, r := range all[from : from+20] {
			w.Context += r.Context / 20
			w.Canvases += r.Canvases / 20
			schedule := c.schedule()
			require.Equal(t, from+i, r.Step)
			require.Equal(t, c.Steps.Rate*schedule.Share(r.Step), r.Rate)
			require.Equal(t, (r.Step+1)%50 == 0, r.HeldOut != nil)
			require.Equal(t, map[bool]string{true: "masks", false: "edits"}[r.Step < 160], r.Stage)
			require.Positive(t, r.Tokens)
			require.False(t, r.Skipped)
		}
		got = append(got, w)
	}
	const file = "testdata/losses.json"
	if *update {
		data, err := json.MarshalIndent(got, "", "  ")
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(file, append(data, '\n'), 0o666))
	}
	data, err := os.ReadFile(file)
	require.NoError(t, err)
	var want []window
	require.NoError(t, json.Unmarshal(data, &want))
	require.Len(t, got, len(want))
	worst := 0.0
	for i, w := range want {
		require.InEpsilon(t, w.Context, got[i].Context, tolerance, "steps from %d", w.From)
		require.InEpsilon(t, w.Canvases, got[i].Canvases, tolerance, "steps from %d", w.From)
		worst = max(worst, math.Abs(got[i].Context/w.Context-1), math.Abs(got[i].Canvases/w.Canvases-1))
	}
	t.Logf("at most %.2f %% from what was recorded", 100*worst)
	first, last := got[0], got[len(got)-1]
	require.Less(t, last.Context, 0.9*first.Context)
	require.Less(t, last.Canvases, 0.9*first.Canvases)
	require.Less(t, all[len(all)-1].HeldOut.Context, all[49].HeldOut.Context)
}
