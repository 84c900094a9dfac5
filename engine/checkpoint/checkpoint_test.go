package checkpoint_test

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"seedls/engine/builtin"
	"seedls/engine/checkpoint"
)

const archDir = "../../testdata/models/arch"

// required lists the tensors of a backbone with their shapes.
func required(c checkpoint.Config) map[string][]int {
	tensors := map[string][]int{
		"model.embed_tokens.weight": {c.VocabSize, c.HiddenSize},
		"model.norm.weight":         {c.HiddenSize},
	}
	if !c.TieWordEmbeddings {
		tensors["lm_head.weight"] = []int{c.VocabSize, c.HiddenSize}
	}
	queries, keys := c.Heads*c.HeadDim, c.KVHeads*c.HeadDim
	for i := range c.Layers {
		layer := map[string][]int{
			"input_layernorm.weight":          {c.HiddenSize},
			"post_attention_layernorm.weight": {c.HiddenSize},
			"self_attn.q_proj.weight":         {queries, c.HiddenSize},
			"self_attn.k_proj.weight":         {keys, c.HiddenSize},
			"self_attn.v_proj.weight":         {keys, c.HiddenSize},
			"self_attn.o_proj.weight":         {c.HiddenSize, queries},
			"mlp.gate_proj.weight":            {c.IntermediateSize, c.HiddenSize},
			"mlp.up_proj.weight":              {c.IntermediateSize, c.HiddenSize},
			"mlp.down_proj.weight":            {c.HiddenSize, c.IntermediateSize},
		}
		if c.QKVBias {
			layer["self_attn.q_proj.bias"] = []int{queries}
			layer["self_attn.k_proj.bias"] = []int{keys}
			layer["self_attn.v_proj.bias"] = []int{keys}
		}
		if c.QKNorm {
			layer["self_attn.q_norm.weight"] = []int{c.HeadDim}
			layer["self_attn.k_norm.weight"] = []int{c.HeadDim}
		}
		for name, shape := range layer {
			tensors[fmt.Sprintf("model.layers.%d.%s", i, name)] = shape
		}
	}
	return tensors
}

func openArch(name string) func() (*checkpoint.Checkpoint, error) {
	return func() (*checkpoint.Checkpoint, error) { return checkpoint.Open(filepath.Join(archDir, name)) }
}

func TestLoadEverything(t *testing.T) {
	for _, test := range []struct {
		name      string
		open      func() (*checkpoint.Checkpoint, error)
		attention checkpoint.Attention
		dtype     checkpoint.DType
		bytes     int64
		tokenizer bool
	}{
		{builtin.Name, builtin.Open, checkpoint.ContextCausal, checkpoint.BF16, 17050112, true},
		{"tiny-llama-block4", openArch("tiny-llama-block4"), checkpoint.BlockCausal, checkpoint.F16, 390016, false},
		{"tiny-qwen2-full-shift", openArch("tiny-qwen2-full-shift"), checkpoint.Full, checkpoint.BF16, 325248, false},
		{"tiny-qwen3-block16", openArch("tiny-qwen3-block16"), checkpoint.BlockCausal, checkpoint.F32, 928256, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, err := test.open()
			if err != nil {
				t.Fatal(err)
			}
			if c.Name != test.name || c.Config.Diffusion.Attention != test.attention || c.Bytes() != test.bytes {
				t.Errorf("got name %s, attention %s, %d bytes", c.Name, c.Config.Diffusion.Attention, c.Bytes())
			}
			if (c.TokenizerJSON() != nil) != test.tokenizer {
				t.Errorf("got a tokenizer of %d bytes", len(c.TokenizerJSON()))
			}
			for name, shape := range required(c.Config) {
				tensor, err := c.Tensor(name, shape...)
				if err != nil {
					t.Error(err)
					continue
				}
				if tensor.DType != test.dtype {
					t.Errorf("%s is %s, want %s", name, tensor.DType, test.dtype)
				}
				for i, w := range tensor.Float32() {
					if w != w || math.Abs(float64(w)) > 100 {
						t.Errorf("%s: weight %d is %g", name, i, w)
						break
					}
				}
			}
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// directory is a copy of the Llama model, with three shards, in which some files are replaced; nil removes one.
func directory(t *testing.T, replaced map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(archDir, "tiny-llama-block4"))); err != nil {
		t.Fatal(err)
	}
	for name, content := range replaced {
		path := filepath.Join(dir, name)
		err := os.Remove(path)
		if content != nil {
			err = os.WriteFile(path, content, 0o600)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
	return dir
}

func TestMalformedDirectories(t *testing.T) {
	const index = "model.safetensors.index.json"
	shard := func(n int) string { return fmt.Sprintf("model-%05d-of-00003.safetensors", n) }
	read := func(name string) []byte {
		data, err := os.ReadFile(filepath.Join(archDir, "tiny-llama-block4", name))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	edit := func(name, old, new string) []byte {
		data := string(read(name))
		if !strings.Contains(data, old) {
			t.Fatalf("%s has no %q", name, old)
		}
		return []byte(strings.Replace(data, old, new, 1))
	}
	for _, test := range []struct {
		name     string
		replaced map[string][]byte
		want     []string
	}{
		{"no config", map[string][]byte{"config.json": nil}, []string{"no config.json in", "a model is a directory"}},
		{"bad config", map[string][]byte{"config.json": []byte("{")}, []string{"config.json: not a model configuration"}},
		{"large config", map[string][]byte{"config.json": make([]byte, 1<<20+1)}, []string{"config.json: larger than"}},
		{"another architecture", map[string][]byte{"config.json": edit("config.json", `"llama"`, `"mamba"`)}, []string{`config.json: model_type "mamba"`}},
		{"no weights", map[string][]byte{index: nil}, []string{"no weights in", "model.safetensors"}},
		{"bad index", map[string][]byte{index: []byte(`{"weight_map": []}`)}, []string{index + ": not an index"}},
		{"empty index", map[string][]byte{index: []byte(`{}`)}, []string{index + ": weight_map names no tensor"}},
		{"missing shard", map[string][]byte{shard(2): nil}, []string{index, shard(2)}},
		{"empty shard", map[string][]byte{shard(2): {}}, []string{shard(2), "empty file"}},
		{"cut shard", map[string][]byte{shard(2): read(shard(2))[:2000]}, []string{shard(2) + `: tensor "model.layers.`, "beyond"}},
		{
			"shard that lacks a tensor",
			map[string][]byte{index: edit(index, "model.norm.weight", "model.other.weight")},
			[]string{index, `tensor "model.other.weight"`, shard(3)},
		},
		{
			"tensor in another shard",
			map[string][]byte{index: edit(index, `"lm_head.weight": "`+shard(1), `"lm_head.weight": "`+shard(2))},
			[]string{index, `tensor "lm_head.weight"`, shard(2)},
		},
		{"tensor in two shards", map[string][]byte{shard(2): read(shard(1))}, []string{shard(2), `tensor "lm_head.weight"`, shard(1)}},
		{
			"shard outside",
			map[string][]byte{index: []byte(`{"weight_map": {"a": "../secret.safetensors"}}`)},
			[]string{index, `"../secret.safetensors", which is not a file in the model's directory`},
		},
		{"bad single file", map[string][]byte{"model.safetensors": []byte("weights!")}, []string{"model.safetensors: not a safetensors file"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			c, err := checkpoint.Open(directory(t, test.replaced))
			if err == nil {
				t.Fatalf("%s is accepted", c.Name)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want %q in it", err, want)
				}
			}
		})
	}
}

// TestAutoregressive opens a model without a diffusion object, which only training may.
func TestAutoregressive(t *testing.T) {
	served, err := checkpoint.Open(filepath.Join(archDir, "tiny-qwen2-full-shift"))
	if err != nil {
		t.Fatal(err)
	}
	defer served.Close()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(filepath.Join(archDir, "tiny-qwen2-full-shift"))); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "config.json")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	backbone, _, _ := strings.Cut(string(text), ",\n  \"diffusion\"")
	if err := os.WriteFile(file, []byte(backbone+"}"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := checkpoint.Open(dir); err == nil || !strings.Contains(err.Error(), file+": no diffusion object: ") ||
		!strings.Contains(err.Error(), "an ordinary autoregressive model cannot be served") {
		t.Errorf("to be served: %v", err)
	}
	c, err := checkpoint.OpenForTraining(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	want := served.Config
	want.Diffusion = checkpoint.Diffusion{}
	if !c.Config.Autoregressive() || served.Config.Autoregressive() || !reflect.DeepEqual(c.Config, want) {
		t.Errorf("%+v", c.Config)
	}
	if err := os.WriteFile(file, []byte(backbone+`, "diffusion": {}}`), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := checkpoint.OpenForTraining(dir); err == nil || !strings.Contains(err.Error(), `diffusion.attention ""`) {
		t.Errorf("an empty object: %v", err)
	}
}

func TestNoDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "nothing")
	_, err := checkpoint.Open(dir)
	if err == nil || !strings.Contains(err.Error(), dir) || !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestTensorRefused(t *testing.T) {
	c, err := checkpoint.Open(filepath.Join(archDir, "tiny-llama-block4"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Tensor("lm_head.bias", 512); err == nil || !strings.Contains(err.Error(), `no tensor "lm_head.bias"`) {
		t.Errorf("missing: got %v", err)
	}
	_, err = c.Tensor("lm_head.weight", 64, 512)
	if err == nil || !strings.Contains(err.Error(), `model-00001-of-00003.safetensors: tensor "lm_head.weight" has shape [512 64], config.json asks for [64 512]`) {
		t.Errorf("transposed: got %v", err)
	}

	config, err := os.ReadFile(filepath.Join(archDir, "tiny-llama-block4", "config.json"))
	if err != nil {
		t.Fatal(err)
	}
	const header = `{"ids": {"dtype": "I64", "shape": [1], "data_offsets": [0, 8]}}`
	weights := append([]byte{byte(len(header)), 0, 0, 0, 0, 0, 0, 0}, header+"12345678"...)
	c, err = checkpoint.FromBytes("memory", config, nil, weights)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Tensor("ids", 1); err == nil || !strings.Contains(err.Error(), `memory/model.safetensors: tensor "ids" is I64`) {
		t.Errorf("integers: got %v", err)
	}
}

func TestFromMalformedBytes(t *testing.T) {
	if _, err := checkpoint.FromBytes("memory", nil, nil, nil); err == nil || !strings.Contains(err.Error(), "memory/config.json") {
		t.Errorf("no config: got %v", err)
	}
	config, err := os.ReadFile(filepath.Join(archDir, "tiny-llama-block4", "config.json"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := checkpoint.FromBytes("memory", config, nil, nil); err == nil || !strings.Contains(err.Error(), "memory/model.safetensors: truncated") {
		t.Errorf("no weights: got %v", err)
	}
}
