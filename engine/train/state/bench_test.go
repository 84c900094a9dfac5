package state

import (
	"testing"

	"github.com/stretchr/testify/require"

	"seedls/engine/checkpoint"
)

// BenchmarkCheckpoint takes a run of a model of 17 million parameters.
func BenchmarkCheckpoint(b *testing.B) {
	c := config
	c.VocabSize, c.HiddenSize, c.Layers, c.Heads, c.KVHeads, c.HeadDim, c.IntermediateSize = 16384, 320, 10, 5, 5, 64, 896
	r := newRun(b, c).to(1)
	dir := b.TempDir()
	saved := r.save(b, dir)
	f, err := checkpoint.OpenTensors(saved + "/" + tensorsFile)
	require.NoError(b, err)
	size := 0
	for _, t := range f.Tensors() {
		size += len(t.Data)
	}
	require.NoError(b, f.Close())
	for name, work := range map[string]func(){
		"save":    func() { r.save(b, dir) },
		"restore": func() { latest(b, dir) },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				work()
			}
			b.ReportMetric(float64(size)*float64(b.N)/1e6/b.Elapsed().Seconds(), "MB/s")
		})
	}
}
