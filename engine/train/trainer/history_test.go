package trainer

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"seedls/engine/train/state"
)

// TestHistory writes records, and goes on after those of a checkpoint.
func TestHistory(t *testing.T) {
	dir := t.TempDir()
	h, err := openHistory(dir, state.History{File: historyFile})
	require.NoError(t, err)
	records := []Record{{Step: 0, Context: 1.5, Tokens: 100, Seconds: 2}, {Step: 1, HeldOut: &HeldOut{Context: 0.1, Sequences: 2}}, {Step: 2}}
	var at state.History
	for i := range records {
		require.NoError(t, h.add(&records[i]))
		if i == 1 {
			at, err = h.flush()
			require.NoError(t, err)
		}
	}
	require.InDelta(t, 50, h.rate(), 1e-9)
	_, err = h.flush()
	require.NoError(t, err)
	require.NoError(t, h.close())
	path := filepath.Join(dir, historyFile)
	whole, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, 3, strings.Count(string(whole), "\n"))

	h, err = openHistory(dir, at)
	require.NoError(t, err)
	require.Equal(t, records[:2], h.records)
	require.NoError(t, h.add(&Record{Step: 2, Context: 9}))
	require.NoError(t, h.close(), "what was not flushed is not written")
	cut, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, whole[:at.Bytes], cut)

	h, err = openHistory(dir, state.History{File: historyFile})
	require.NoError(t, err)
	require.NoError(t, h.close())
	cut, err = os.ReadFile(path)
	require.NoError(t, err)
	require.Empty(t, cut, "a run that was ended before its first checkpoint begins again")
}

func TestDamagedHistory(t *testing.T) {
	for text, want := range map[string]string{
		"{\"step\":0}\n{\"step\":1,\n": "line 2, of step 1, is damaged: ",
		"{\"step\":0}\nnot JSON\n":     "line 2, of step 1, is damaged: invalid character",
		"{\"step\":0}\n{\"step\":2}\n": "line 2, of step 1, is damaged: it is of step 2",
		"{\"step\":\"zero\"}\n":        "line 1, of step 0, is damaged: ",
	} {
		dir := t.TempDir()
		path := filepath.Join(dir, historyFile)
		require.NoError(t, os.WriteFile(path, []byte(text), 0o666))
		_, err := openHistory(dir, state.History{File: historyFile, Bytes: int64(len(text))})
		require.ErrorContains(t, err, path+": "+want)
		require.ErrorContains(t, err, "put it back as it was")
	}
}
