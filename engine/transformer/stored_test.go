package transformer

import (
	"bytes"
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"seedls/engine/checkpoint"
	"seedls/engine/kernel"
)

// TestStored writes packed weights of backbones with all switches, in every precision, and reads them back: the logits are
// the same to the bit.
func TestStored(t *testing.T) {
	pool := kernel.NewPool(1)
	defer pool.Close()
	for _, name := range []string{"tiny-llama-block4", "tiny-qwen2-full-shift", "tiny-qwen3-block16"} {
		c, err := checkpoint.Open(filepath.Join(models, "arch", name))
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		for _, p := range kernel.Precisions {
			packed, err := Load(c, p)
			if err != nil {
				t.Fatal(err)
			}
			var file bytes.Buffer
			if n, err := packed.WriteTo(&file); err != nil || n != int64(file.Len()) {
				t.Fatalf("%s %v: wrote %d of %d bytes, %v", name, p, n, file.Len(), err)
			}
			stored, err := LoadStored(name, c.Config, p, file.Bytes())
			if err != nil {
				t.Fatalf("%s %v: %v", name, p, err)
			}
			var logits [2][]float32
			for i, m := range []*Model{packed, stored} {
				r := NewRunner(m, kernel.Best(), pool)
				for _, l := range r.Canvas(m.NewKVCache(32), []int32{3, 1, 1, 5}, indices(4)) {
					logits[i] = append(logits[i], l...)
				}
			}
			if !slices.Equal(logits[0], logits[1]) {
				t.Errorf("%s %v: stored weights give other logits", name, p)
			}
			for _, wrong := range [][]byte{nil, file.Bytes()[:64], file.Bytes()[:file.Len()-64], append(slices.Clone(file.Bytes()), 0), bytes.Repeat([]byte("x"), file.Len())} {
				if _, err := LoadStored(name, c.Config, p, wrong); !errors.Is(err, ErrNotStoredModel) {
					t.Errorf("%s %v: %d wrong bytes give %v", name, p, len(wrong), err)
				}
			}
		}
	}
}
