package trainer

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"seedls/engine/train/sample"
)

// TestModel looks at what a run leaves, and goes on from its model with another run.
func TestModel(t *testing.T) {
	c := short(t, 2)
	var err error
	c.Corpus, err = filepath.Abs(c.Corpus)
	require.NoError(t, err)
	o := options(t, 1)
	o.Plot = true
	require.NoError(t, Run(t.Context(), c, o))
	for _, name := range []string{lossesPlot, noisePlot} {
		picture, err := os.ReadFile(filepath.Join(c.Out, name))
		require.NoError(t, err)
		require.True(t, bytes.HasPrefix(picture, []byte("<svg")))
		require.Contains(t, string(picture), map[string]string{lossesPlot: "next token", noisePlot: "80-100 % masked"}[name])
	}
	next := short(t, 1)
	next.Init = filepath.Join(c.Out, "model")
	require.NoError(t, Run(t.Context(), next, options(t, 1)))
	require.Less(t, records(t, next.Out)[0].Context, records(t, c.Out)[0].Context)
	for _, dir := range []string{c.Out, next.Out} {
		card, err := os.ReadFile(filepath.Join(dir, "model", "README.md"))
		require.NoError(t, err)
		require.NotContains(t, string(card), filepath.Dir(c.Corpus), "what a machine's directories are called is nobody's business")
		require.NotContains(t, string(card), filepath.Dir(c.Out))
		require.NotContains(t, string(card), filepath.Dir(next.Out))
		for _, want := range []string{"2 layers of width 32", "38 documents, 0.2 MB", "seedls/t: 13 documents, 0.1 MB", "corpus = 'corpus'", "hidden_size = 32", "| next token |", "held-out"} {
			require.Contains(t, string(card), want)
		}
	}
}

func TestWriteSamples(t *testing.T) {
	c := short(t, 1)
	var one, two bytes.Buffer
	require.NoError(t, WriteSamples(&one, c, nil, 1, sample.Masks))
	require.NoError(t, WriteSamples(&two, c, nil, 2, sample.Masks))
	require.True(t, bytes.HasPrefix(two.Bytes(), one.Bytes()))
	require.Contains(t, one.String(), "predicts")
	c.Samples.Weighting = "even"
	require.ErrorContains(t, WriteSamples(&one, c, nil, 1, sample.Masks), `samples.weighting is "even"`)
}
