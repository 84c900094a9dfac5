package train

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"seedls/engine/checkpoint"
)

// TestLoad compares the parameters of each kind of checkpoint with its tensors, all of them.
func TestLoad(t *testing.T) {
	for _, name := range []string{"tiny-llama-block4", "tiny-qwen2-full-shift", "tiny-qwen3-block16"} {
		t.Run(name, func(t *testing.T) {
			c, err := checkpoint.Open(filepath.Join(models, "arch", name))
			require.NoError(t, err)
			defer c.Close()
			p, err := Load(c)
			require.NoError(t, err)
			values, bytes := 0, 0
			for _, got := range p.Tensors() {
				want, err := c.Tensor(got.Name, got.Shape...)
				require.NoError(t, err)
				require.Equal(t, want.Float32(), got.Values, got.Name)
				values += len(got.Values)
				bytes += len(want.Data)
			}
			require.Len(t, p.values, values)
			require.EqualValues(t, c.Bytes(), bytes)
			require.Positive(t, p.Norm())
			p.Clear()
			require.Zero(t, p.Norm())
		})
	}
}

func TestLoadNamesWhatIsWrong(t *testing.T) {
	c, err := checkpoint.Open(filepath.Join(models, "arch", "tiny-llama-block4"))
	require.NoError(t, err)
	defer c.Close()
	odd, missing := *c, *c
	odd.Config.HiddenSize = 72
	_, err = Load(&odd)
	require.EqualError(t, err, "tiny-llama-block4: config.json: hidden_size is 72: the kernels need a multiple of 16")
	missing.Config.QKNorm = true
	_, err = Load(&missing)
	require.ErrorContains(t, err, "q_norm.weight")
}
