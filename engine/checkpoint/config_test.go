package checkpoint

import (
	"encoding/json"
	"strings"
	"testing"
)

// configJSON is a valid configuration with some members, given as JSON, replaced; "-" removes one. A dot leads into
// the nested objects.
func configJSON(t testing.TB, replaced map[string]string) []byte {
	t.Helper()
	const valid = `{
		"architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3", "vocab_size": 256, "hidden_size": 64,
		"num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 32,
		"intermediate_size": 128, "max_position_embeddings": 512, "hidden_act": "silu", "rms_norm_eps": 1e-6,
		"rope_theta": 10000, "tie_word_embeddings": true, "torch_dtype": "bfloat16",
		"diffusion": {
			"attention": "context-causal", "block_size": 0, "shift_logits": false,
			"mask_token_id": 1, "end_token_id": 6, "canvas_sizes": [8, 16],
			"prompt": {
				"layout": "spm", "file_id": 3, "suffix_id": 4, "prefix_id": 5,
				"max_tokens": 384, "max_suffix_tokens": 112, "max_path_tokens": 16
			}
		}
	}`
	var config map[string]any
	if err := json.Unmarshal([]byte(valid), &config); err != nil {
		t.Fatal(err)
	}
	for path, value := range replaced {
		object := config
		names := strings.Split(path, ".")
		for _, name := range names[:len(names)-1] {
			object = object[name].(map[string]any)
		}
		last := names[len(names)-1]
		if value == "-" {
			delete(object, last)
		} else {
			object[last] = json.RawMessage(value)
		}
	}
	data, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestConfig(t *testing.T) {
	parsed := func(replaced map[string]string) Config {
		t.Helper()
		c, err := parseConfig(configJSON(t, replaced))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	c := parsed(nil)
	if c.HeadDim != 32 || c.KVHeads != 2 || !c.QKNorm || c.QKVBias || c.RopeTheta != 1e4 {
		t.Errorf("qwen3: got %+v", c)
	}
	if p := c.Diffusion.Prompt; p == nil || p.MaxTokens != 384 || c.Diffusion.Attention != ContextCausal {
		t.Errorf("diffusion: got %+v", c.Diffusion)
	}

	c = parsed(map[string]string{
		"model_type": `"qwen2"`, "architectures": "-", "head_dim": "-", "num_key_value_heads": "-",
		"sliding_window": "4096", "use_sliding_window": "false", "rope_scaling": "null", "rope_theta": "-",
		"rope_parameters":  `{"rope_type": "default", "rope_theta": 5000}`,
		"diffusion.prompt": "-", "diffusion.attention": `"block-causal"`, "diffusion.block_size": "4",
	})
	if c.HeadDim != 16 || c.KVHeads != 4 || c.QKNorm || !c.QKVBias || c.RopeTheta != 5000 {
		t.Errorf("qwen2 with defaults: got %+v", c)
	}
	if c.Diffusion.Prompt != nil || c.Diffusion.BlockSize != 4 {
		t.Errorf("diffusion without prompt: got %+v", c.Diffusion)
	}

	c = parsed(map[string]string{"model_type": `"llama"`, "architectures": `["LlamaForCausalLM"]`})
	if c.QKNorm || c.QKVBias {
		t.Errorf("llama: got %+v", c)
	}
}

func TestConfigRefused(t *testing.T) {
	for _, test := range []struct{ path, value, want string }{
		{"model_type", `"gpt2"`, `model_type "gpt2"`},
		{"model_type", "-", `model_type ""`},
		{"architectures", `["LlamaForCausalLM"]`, "architectures"},
		{"hidden_act", `"gelu"`, `hidden_act "gelu"`},
		{"attention_bias", "true", "attention_bias"},
		{"mlp_bias", "true", "mlp_bias"},
		{"rope_scaling", `{"type": "linear", "factor": 2}`, `rope_scaling of type "linear"`},
		{"rope_scaling", `{"rope_type": "llama3"}`, `rope_scaling of type "llama3"`},
		{"rope_parameters", `{"rope_type": "yarn"}`, `rope_parameters of type "yarn"`},
		{"partial_rotary_factor", "0.5", "partial_rotary_factor 0.5"},
		{"use_sliding_window", "true", "use_sliding_window"},
		{"layer_types", `["full_attention", "sliding_attention"]`, "layer_types[1]"},
		{"quantization_config", `{"bits": 4}`, "quantization_config"},
		{"vocab_size", "0", "vocab_size is 0"},
		{"vocab_size", "2000000000", "vocab_size is 2000000000"},
		{"vocab_size", "1e30", "vocab_size"},
		{"vocab_size", `"many"`, "vocab_size"},
		{"hidden_size", "-64", "hidden_size is -64"},
		{"hidden_size", "-", "hidden_size is 0"},
		{"num_hidden_layers", "1000000", "num_hidden_layers"},
		{"num_attention_heads", "3", "num_attention_heads 3 is not a multiple"},
		{"num_attention_heads", "0", "num_attention_heads is 0"},
		{"num_key_value_heads", "0", "num_key_value_heads is 0"},
		{"num_key_value_heads", "8", "num_key_value_heads is 8"},
		{"head_dim", "31", "head_dim 31 is odd"},
		{"head_dim", "0", "head_dim is 0"},
		{"head_dim", "4096", "head_dim is 4096"},
		{"intermediate_size", "9000000000", "intermediate_size"},
		{"max_position_embeddings", "0", "max_position_embeddings"},
		{"rms_norm_eps", "0", "rms_norm_eps"},
		{"rms_norm_eps", "-1e-6", "rms_norm_eps"},
		{"rope_theta", "-", "rope_theta"},
		{"rope_theta", "1e300", "rope_theta"},
		{"diffusion", "-", "no diffusion object"},
		{"diffusion", "null", "no diffusion object"},
		{"diffusion", "[]", "diffusion:"},
		{"diffusion.atention", `"full"`, `"atention"`},
		{"diffusion.attention", `"causal"`, `diffusion.attention "causal"`},
		{"diffusion.attention", `"block-causal"`, "diffusion.block_size is 0"},
		{"diffusion.block_size", "4", "diffusion.block_size is 4"},
		{"diffusion.mask_token_id", "256", "diffusion.mask_token_id is 256"},
		{"diffusion.mask_token_id", "-", "diffusion.mask_token_id is -1"},
		{"diffusion.mask_token_id", "6", "both token 6"},
		{"diffusion.end_token_id", "-", "diffusion.end_token_id is -1"},
		{"diffusion.canvas_sizes", "[]", "diffusion.canvas_sizes has 0 entries"},
		{"diffusion.canvas_sizes", "[0]", "diffusion.canvas_sizes[0] is 0"},
		{"diffusion.canvas_sizes", "[16, 8]", "diffusion.canvas_sizes[1] is 8"},
		{"diffusion.canvas_sizes", "[1024]", "diffusion.canvas_sizes[0] is 1024"},
		{"diffusion.prompt.layout", `"psm"`, `diffusion.prompt.layout "psm"`},
		{"diffusion.prompt.file_id", "-", "diffusion.prompt.file_id is -1"},
		{"diffusion.prompt.prefix_id", "4", "both token 4"},
		{"diffusion.prompt.max_tokens", "512", "diffusion.prompt.max_tokens is 512"},
		{"diffusion.prompt.max_suffix_tokens", "384", "max_suffix_tokens 384"},
		{"diffusion.prompt.max_path_tokens", "-1", "max_path_tokens -1"},
		{"diffusion.prompt.max_line_tokens", "1", `"max_line_tokens"`},
	} {
		_, err := parseConfig(configJSON(t, map[string]string{test.path: test.value}))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s %s: got error %v, want one with %q", test.path, test.value, err, test.want)
		}
	}
	for _, data := range []string{"", "{", "[]", "null"} {
		if _, err := parseConfig([]byte(data)); err == nil {
			t.Errorf("%q is accepted", data)
		}
	}
}
