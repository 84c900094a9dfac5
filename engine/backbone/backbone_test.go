package backbone_test

import (
	"math"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"seedls/engine/backbone"
	"seedls/engine/builtin"
	"seedls/engine/checkpoint"
)

// tensors lists all tensors of a model.
func tensors(m *backbone.Model) []backbone.Tensor {
	list := []backbone.Tensor{m.Embedding, m.Norm}
	if !m.Tied {
		list = append(list, m.Output.Weights...)
	}
	for _, l := range m.Layers {
		list = append(list, l.InputNorm, l.PostNorm)
		for _, p := range []backbone.Product{l.QKV, l.Out, l.GateUp, l.Down} {
			list = append(append(list, p.Weights...), p.Biases...)
		}
		if l.QNorm != nil {
			list = append(list, *l.QNorm, *l.KNorm)
		}
	}
	return list
}

// TestNew compares models with checkpoints that differ in all switches: each has the tensors that the model has, and no
// other.
func TestNew(t *testing.T) {
	seed, err := builtin.Open()
	require.NoError(t, err)
	checkpoints := []*checkpoint.Checkpoint{seed}
	for _, name := range []string{"tiny-llama-block4", "tiny-qwen2-full-shift", "tiny-qwen3-block16"} {
		c, err := checkpoint.Open(filepath.Join("../../testdata/models/arch", name))
		require.NoError(t, err)
		defer c.Close()
		checkpoints = append(checkpoints, c)
	}
	for _, c := range checkpoints {
		t.Run(c.Name, func(t *testing.T) {
			m, err := backbone.New(c.Config)
			require.NoError(t, err)
			values, bytes := 0, 0
			for _, x := range tensors(m) {
				stored, err := c.Tensor(x.Name, x.Shape...)
				require.NoError(t, err)
				values += x.Size()
				bytes += len(stored.Data)
			}
			require.EqualValues(t, c.Bytes(), bytes)
			require.Equal(t, m.Parameters, values)
		})
	}
}

// TestProducts counts by hand what is multiplied together: 4 heads and 2 of keys and values of 16.
func TestProducts(t *testing.T) {
	config := checkpoint.Config{
		VocabSize: 100, HiddenSize: 48, IntermediateSize: 80, Layers: 1, Heads: 4, KVHeads: 2, HeadDim: 16, QKVBias: true,
	}
	m, err := backbone.New(config)
	require.NoError(t, err)
	l := m.Layers[0]
	for _, test := range []struct {
		name           string
		product        backbone.Product
		outputs, depth int
		biases         int
	}{
		{"queries, keys and values", l.QKV, 64 + 32 + 32, 48, 3},
		{"projection of attention", l.Out, 48, 64, 0},
		{"gates and ups", l.GateUp, 160, 48, 0},
		{"down", l.Down, 48, 80, 0},
		{"output", m.Output, 100, 48, 0},
	} {
		require.Equal(t, test.outputs, test.product.Outputs(), test.name)
		require.Equal(t, test.depth, test.product.Depth(), test.name)
		require.Len(t, test.product.Biases, test.biases, test.name)
	}
	require.Nil(t, l.QNorm)
	config.HeadDim = 24
	_, err = backbone.New(config)
	require.EqualError(t, err, "head_dim is 24: the kernels need a multiple of 16")
}

func TestRotary(t *testing.T) {
	r := backbone.NewRotary(checkpoint.Config{HeadDim: 4, RopeTheta: 100}) // 1 and 1/10 radians a position
	angles := make([]float32, 4)
	r.Angles(angles, 7)
	require.InDeltaSlice(t, []float64{math.Cos(7), math.Cos(0.7), math.Sin(7), math.Sin(0.7)}, angles, 1e-6)
	require.InDelta(t, 0.125, backbone.AttentionScale(64), 1e-9)
}
