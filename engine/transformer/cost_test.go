package transformer

import (
	"path/filepath"
	"testing"

	"seedls/engine/checkpoint"
)

// TestCost counts by hand: hidden size 64, 4 heads and 2 of keys and values of 16, intermediate size 160, 3 layers, 512
// tokens.
func TestCost(t *testing.T) {
	c, err := checkpoint.Open(filepath.Join(models, "arch", "tiny-llama-block4"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	m := load(t, c)
	const qkv, out, gateUp, down, head = 64 * (4 + 2 + 2) * 16, 4 * 16 * 64, 64 * 2 * 160, 160 * 64, 64 * 512
	for _, test := range []struct {
		name      string
		got, want int
	}{
		{"head", m.HeadWeights(), head},
		{"row", m.RowWeights(), 3*(qkv+out+gateUp+down) + head},
		{"extend", m.ExtendWeights(), 2*(qkv+out+gateUp+down) + qkv},
		{"bytes", m.MatrixBytes(), 4 * (3*(qkv+out+gateUp+down) + head)},
	} {
		if test.got != test.want {
			t.Errorf("%s: %d, want %d", test.name, test.got, test.want)
		}
	}
}
