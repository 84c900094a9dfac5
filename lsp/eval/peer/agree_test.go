package main

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"seedls/engine/checkpoint"
	"seedls/engine/kernel"
	"seedls/engine/synth"
	"seedls/engine/tokenizer"
	"seedls/engine/transformer"
)

// TestLlamaAgrees has llama.cpp compute the logits after a text, where it is there: it must cut the text into the tokens
// that we do, and come to our logits up to what 8 bits a weight lose.
func TestLlamaAgrees(t *testing.T) {
	models := t.TempDir()
	theirs, err := findLlama(models, "llama-debug")
	if err != nil {
		t.Skip(err)
	}
	const text = "func add(count int) int {\n\treturn count + fourteen\n}"
	for _, name := range []string{"smollm2-135m", "qwen2.5-coder-0.5b", "qwen3-0.6b", "dream-0.5b"} {
		t.Run(name, func(t *testing.T) {
			s, err := synth.Find(name)
			require.NoError(t, err)
			s.Config.Layers, s.Config.VocabSize = 3, 2000
			s.Config.Diffusion.ShiftLogits = false // the logits that are compared are of the last row
			dir := filepath.Join(models, name)
			require.NoError(t, s.Write(t.Context(), dir, synth.Options{Seed: 5, GGUF: dir + ".gguf"}))
			_, _, err = theirs.run(t.Context(), "llama-debug", "-m", name+".gguf", "-p", text, "-t", "1", "-c", "64",
				"--save-logits", "--logits-output-dir", ".")
			require.NoError(t, err)
			var tokens []int32
			var want []float32
			for _, word := range words(t, filepath.Join(models, "llamacpp-"+name+"-tokens.bin")) {
				tokens = append(tokens, int32(word))
			}
			for _, word := range words(t, filepath.Join(models, "llamacpp-"+name+".bin")) {
				want = append(want, math.Float32frombits(word))
			}
			gotTokens, got := ourLogits(t, dir, text)
			require.Equal(t, tokens, gotTokens)
			require.Len(t, want, len(got))
			var off, all float64
			for i := range got {
				off += math.Pow(float64(got[i]-want[i]), 2)
				all += math.Pow(float64(got[i]), 2)
			}
			relative := math.Sqrt(off / all)
			t.Logf("the logits differ by %.2f %%", 100*relative)
			require.Less(t, relative, 0.06)
		})
	}
}

// ourLogits computes the tokens of a text and the logits of the last of them.
func ourLogits(t *testing.T, dir, text string) (tokens []int32, logits []float32) {
	t.Helper()
	c, err := checkpoint.Open(dir)
	require.NoError(t, err)
	defer c.Close()
	tokenizer, err := tokenizer.Parse(c.TokenizerJSON(), c.Config.VocabSize)
	require.NoError(t, err)
	tokens = tokenizer.EncodeText(nil, text)
	m, err := transformer.Load(c, kernel.F32)
	require.NoError(t, err)
	k, err := kernel.FromEnv()
	require.NoError(t, err)
	pool := kernel.NewPool(1)
	defer pool.Close()
	r, kv, last := transformer.NewRunner(m, k, pool), m.NewKVCache(len(tokens)), len(tokens)-1
	if c.Config.Diffusion.Attention == checkpoint.Full {
		return tokens, r.Canvas(kv, tokens, []int{last})[0]
	}
	r.Extend(kv, tokens[:last])
	return tokens, r.Next(kv, tokens[last])
}

// words reads a file of numbers of 32 bits.
func words(t *testing.T, path string) []uint32 {
	t.Helper()
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	numbers := make([]uint32, len(data)/4)
	for i := range numbers {
		numbers[i] = binary.LittleEndian.Uint32(data[4*i:])
	}
	return numbers
}
