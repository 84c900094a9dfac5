package trainer

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"seedls/engine/train/corpus"
	"seedls/engine/train/sample"
)

// TestSequencesAsRecorded compares a digest of what runs learn from with what it was: one that began with an earlier
// version goes on with the same sequences.
func TestSequencesAsRecorded(t *testing.T) {
	c := tiny(t)
	l, err := c.learner()
	require.NoError(t, err)
	documents, err := corpus.Open(c.Corpus)
	require.NoError(t, err)
	defer documents.Close()
	s, err := sample.New(documents, l.tokens, l.model, nil, c.samples(l))
	require.NoError(t, err)
	for stage, want := range map[sample.Stage]string{
		sample.Masks: "9c1421215c0dab100133f56edf72b1697838dc00b16eb7643c12450cd6e35f1a",
		sample.Edits: "ab9f41f9484ddf3db101165d1515ed334a9ed731c8ef063cb557e308fc2ef03c",
	} {
		sum := sha256.New()
		for number := range int64(300) {
			q, err := s.Sequence(number, sample.Phase{Stage: stage})
			require.NoError(t, err)
			require.NoError(t, json.NewEncoder(sum).Encode(q))
		}
		require.Equal(t, want, hex.EncodeToString(sum.Sum(nil)), stage)
	}
}
