package tokenizer

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// golden is a golden.json, written by testdata/golden.py with the Hugging Face library.
type golden struct {
	VocabSize int `json:"vocab_size"`
	Cases     []struct {
		Text    string  `json:"text"`
		IDs     []int32 `json:"ids"`
		Decoded *string `json:"decoded"` // nil when it is the text
	} `json:"cases"`
}

func readGolden(t testing.TB, name string) golden {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name, "golden.json"))
	if err != nil {
		t.Fatal(err)
	}
	var g golden
	if err := json.Unmarshal(data, &g); err != nil {
		t.Fatal(err)
	}
	return g
}

// openTrained returns one of the tokenizers in testdata.
func openTrained(t testing.TB, name string) *Tokenizer {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name, "tokenizer.json"))
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := Parse(data, readGolden(t, name).VocabSize)
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}

func TestGolden(t *testing.T) {
	for name, tokens := range map[string]*Tokenizer{
		"lines":   open(t),
		"gpt2":    openTrained(t, "gpt2"),
		"llama3":  openTrained(t, "llama3"),
		"qwen2":   openTrained(t, "qwen2"),
		"general": openTrained(t, "general"),
	} {
		t.Run(name, func(t *testing.T) {
			g := readGolden(t, name)
			if tokens.Size() != g.VocabSize {
				t.Errorf("size is %d, want %d", tokens.Size(), g.VocabSize)
			}
			for _, c := range g.Cases {
				for _, cached := range []bool{false, true} {
					if got := tokens.Encode(nil, c.Text); !slices.Equal(got, c.IDs) {
						t.Errorf("%q, pieces cached %t:\ngot  %d\nwant %d", c.Text, cached, got, c.IDs)
					}
				}
				want := c.Text
				if c.Decoded != nil {
					want = *c.Decoded
				}
				if got := tokens.Decode(c.IDs); got != want {
					t.Errorf("%d decode to %q, want %q", c.IDs, got, want)
				}
			}
		})
	}
}
