package synth_test

import (
	"context"
	"fmt"
	"maps"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"seedls/engine/checkpoint"
	"seedls/engine/kernel"
	"seedls/engine/synth"
	"seedls/engine/tokenizer"
	"seedls/engine/transformer"
)

// small is a shape with fewer weights.
func small(t *testing.T, name string) synth.Shape {
	t.Helper()
	s, err := synth.Find(name)
	require.NoError(t, err)
	s.Config.VocabSize, s.Config.Layers = 1001, 2
	s.Config.IntermediateSize = min(s.Config.IntermediateSize, 256)
	return s
}

func write(t *testing.T, s synth.Shape, o synth.Options) *checkpoint.Checkpoint {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "models", s.Name)
	require.NoError(t, s.Write(t.Context(), dir, o))
	c, err := checkpoint.Open(dir)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

func TestEveryShapeOpensAndComputes(t *testing.T) {
	pool := kernel.NewPool(1)
	defer pool.Close()
	k, err := kernel.FromEnv()
	require.NoError(t, err)
	for _, shape := range synth.Shapes() {
		t.Run(shape.Name, func(t *testing.T) {
			s := small(t, shape.Name)
			c := write(t, s, synth.Options{})
			require.Equal(t, s.Config, c.Config)
			tokens, err := tokenizer.Parse(c.TokenizerJSON(), s.Config.VocabSize)
			require.NoError(t, err)
			require.Equal(t, s.Config.VocabSize, tokens.Size())
			const text = "func add(a, b int) int {\n\treturn a + b // ä\n}"
			ids := tokens.EncodeText(nil, text)
			require.Equal(t, text, tokens.Decode(ids))
			require.Less(t, len(ids), len(text)-8, "words are tokens")

			m, err := transformer.Load(c, kernel.F32)
			require.NoError(t, err)
			r := transformer.NewRunner(m, k, pool)
			kv := m.NewKVCache(len(ids) + 8)
			r.Extend(kv, ids)
			logits := r.Canvas(kv, slices.Repeat([]int32{s.Config.Diffusion.MaskTokenID}, 8), []int{7})[0]
			variance := 0.0
			for _, v := range logits {
				variance += float64(v) * float64(v) / float64(len(logits))
			}
			require.InDelta(t, 1, variance, 0.5)
		})
	}
}

// TestGGUF compares both formats, tensor by tensor: no weight of one differs from the other's by more than half a step of
// its block.
func TestGGUF(t *testing.T) {
	for name, want := range map[string]struct {
		architecture string
		perLayer     int
		outside      int // of layers: 3 with an output that is not the embedding
	}{
		"smollm2-135m":       {"llama", 9, 3},
		"qwen2.5-coder-0.5b": {"qwen2", 12, 2},
		"qwen3-0.6b":         {"qwen3", 11, 2},
		"dream-0.5b":         {"dream", 12, 2},
	} {
		t.Run(name, func(t *testing.T) {
			s := small(t, name)
			s.Config.TieWordEmbeddings = want.outside == 2
			file := filepath.Join(t.TempDir(), "model.gguf")
			c := write(t, s, synth.Options{Seed: 7, GGUF: file})
			metadata, tensors := readGGUF(t, file)
			require.Len(t, tensors, want.outside+s.Config.Layers*want.perLayer)
			for name, got := range tensors {
				tensor, err := c.Tensor(safetensorsName(name), got.shape...)
				require.NoError(t, err)
				reference := tensor.Float32()
				if want.architecture == "llama" && (strings.Contains(name, "attn_q.") || strings.Contains(name, "attn_k.")) {
					reference = permuted(reference, s.Config.HeadDim, s.Config.HiddenSize)
				}
				for i, v := range got.values {
					// The scale itself was rounded to 11 bits, which moves the largest weights by up to a 2048th.
					off := math.Abs(float64(v - reference[i]))
					if off > 0.501*float64(got.steps[i])+math.Abs(float64(v))/2048 {
						t.Fatalf("%s: weight %d is %g in one file and %g in the other", name, i, v, reference[i])
					}
				}
			}
			arch := want.architecture
			require.Equal(t, arch, metadata["general.architecture"])
			require.EqualValues(t, s.Config.Layers, metadata[arch+".block_count"])
			require.EqualValues(t, s.Config.KVHeads, metadata[arch+".attention.head_count_kv"])
			require.EqualValues(t, s.Config.HeadDim, metadata[arch+".attention.key_length"])
			require.EqualValues(t, s.Config.RopeTheta, metadata[arch+".rope.freq_base"])
			require.Len(t, metadata["tokenizer.ggml.tokens"], s.Config.VocabSize)
			if arch == "dream" {
				require.Equal(t, false, metadata["dream.attention.causal"])
				require.Equal(t, true, metadata["diffusion.shift_logits"])
			}
			ids, err := tokenizer.Parse(c.TokenizerJSON(), s.Config.VocabSize)
			require.NoError(t, err)
			for id, control := range metadata["tokenizer.ggml.token_type"].([]any) {
				require.Equal(t, ids.IsSpecial(int32(id)), control == int32(3), id)
			}
		})
	}
}

// safetensorsName translates a name of llama.cpp's.
func safetensorsName(name string) string {
	if rest, ok := strings.CutPrefix(name, "blk."); ok {
		layer, rest, _ := strings.Cut(rest, ".")
		part, kind, _ := strings.Cut(rest, ".")
		return fmt.Sprintf("model.layers.%s.%s.%s", layer, map[string]string{
			"attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm",
			"attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
			"attn_q_norm": "self_attn.q_norm", "attn_k_norm": "self_attn.k_norm",
			"ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
		}[part], kind)
	}
	return map[string]string{
		"token_embd.weight": "model.embed_tokens.weight", "output_norm.weight": "model.norm.weight", "output.weight": "lm_head.weight",
	}[name]
}

// permuted are the rows of heads as the conversion scripts of llama.cpp order them: each head is two halves, and row i of
// the first half is followed by row i of the second.
func permuted(values []float32, headDim, columns int) []float32 {
	var out []float32
	for head := range len(values) / columns / headDim {
		for i := range headDim / 2 {
			for half := range 2 {
				row := head*headDim + half*headDim/2 + i
				out = append(out, values[row*columns:][:columns]...)
			}
		}
	}
	return out
}

func TestWeightsDependOnTheSeedAlone(t *testing.T) {
	s := small(t, "smollm2-135m")
	digest := func(seed uint64) string {
		digest, err := write(t, s, synth.Options{Seed: seed}).Digest()
		require.NoError(t, err)
		return digest
	}
	one := digest(1)
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(3))
	require.Equal(t, one, digest(1))
	require.NotEqual(t, one, digest(2))
}

func TestWeightsAreNormal(t *testing.T) {
	s := small(t, "qwen2.5-coder-0.5b")
	c := write(t, s, synth.Options{})
	tensor, err := c.Tensor("model.embed_tokens.weight", s.Config.VocabSize, s.Config.HiddenSize)
	require.NoError(t, err)
	weights := tensor.Float32()
	var mean, variance, beyond float64
	for _, w := range weights {
		v := float64(w) * math.Sqrt(float64(s.Config.HiddenSize))
		mean += v / float64(len(weights))
		variance += v * v / float64(len(weights))
		if math.Abs(v) > 2 {
			beyond += 1 / float64(len(weights))
		}
	}
	require.InDelta(t, 0, mean, 0.005)
	require.InDelta(t, 1, variance, 0.01)
	require.InDelta(t, math.Erfc(math.Sqrt2), beyond, 0.002)
}

// names lists what is in a directory.
func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	found := []string{}
	for _, e := range entries {
		found = append(found, e.Name())
	}
	return found
}

func TestWriteReplacesOnlyItsOwn(t *testing.T) {
	s := small(t, "smollm2-135m")
	model, file := filepath.Join(t.TempDir(), "model"), filepath.Join(t.TempDir(), "model.gguf")
	for seed := range uint64(2) {
		require.NoError(t, s.Write(t.Context(), model, synth.Options{Seed: seed, GGUF: file}))
		require.Equal(t, []string{"config.json", "model.safetensors", "tokenizer.json"}, names(t, model))
		require.Equal(t, []string{"model.gguf"}, names(t, filepath.Dir(file)))
	}

	foreign := map[string]string{"config.json": `{"model_type": "llama"}`, "model.gguf": "GGUF\x03\x00\x00\x00 of somebody's"}
	for name, content := range foreign {
		dir := t.TempDir()
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(content), 0o600))
		require.ErrorContains(t, s.Write(t.Context(), dir, synth.Options{}), dir+" is not empty")
		if name == "model.gguf" {
			out := filepath.Join(t.TempDir(), "out")
			require.ErrorContains(t, s.Write(t.Context(), out, synth.Options{GGUF: path}), path+" is there")
			require.NoDirExists(t, out)
		}
		kept, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, content, string(kept))
	}
}

func TestWriteLeavesNothingWhenItFails(t *testing.T) {
	s := small(t, "smollm2-135m")
	parent := t.TempDir()
	interrupted, interrupt := context.WithCancel(t.Context())
	for name, run := range map[string]func(dir string) error{
		"no folder": func(dir string) error {
			return s.Write(t.Context(), dir, synth.Options{GGUF: filepath.Join(parent, "none", "model.gguf")})
		},
		"interrupted": func(dir string) error {
			return s.Write(interrupted, dir, synth.Options{Observe: func(int, int) { interrupt() }})
		},
	} {
		require.Error(t, run(filepath.Join(parent, "model")), name)
		require.Empty(t, names(t, parent), name)
	}

	// A model that was there before stays as it was.
	dir := filepath.Join(parent, "model")
	require.NoError(t, s.Write(t.Context(), dir, synth.Options{Seed: 1}))
	require.Error(t, s.Write(interrupted, dir, synth.Options{Seed: 2}))
	require.Equal(t, []string{"config.json", "model.safetensors", "tokenizer.json"}, names(t, dir))
	config, err := os.ReadFile(filepath.Join(dir, "config.json"))
	require.NoError(t, err)
	require.Contains(t, string(config), `"seed": 1`)
}

func TestProgressEndsWithAllWeights(t *testing.T) {
	s := small(t, "smollm2-135m")
	seen := map[int]int{}
	last := 0
	c := write(t, s, synth.Options{Observe: func(done, total int) {
		require.Greater(t, done, last)
		last = done
		seen[total]++
	}})
	require.Equal(t, []int{last}, slices.Collect(maps.Keys(seen)))
	require.EqualValues(t, 2*last, c.Bytes())
}

func TestFindNamesTheShapes(t *testing.T) {
	_, err := synth.Find("gpt-5")
	require.ErrorContains(t, err, "use one of seed-8m, smollm2-135m, ")
}
