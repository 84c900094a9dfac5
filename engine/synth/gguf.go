package synth

import (
	"strings"

	"seedls/engine/checkpoint"
	"seedls/engine/synth/gguf"
)

// ggufNames are what llama.cpp calls the weights, outside of layers and in them.
var ggufNames = map[string]string{
	"model.embed_tokens":       "token_embd",
	"model.norm":               "output_norm",
	"lm_head":                  "output",
	"input_layernorm":          "attn_norm",
	"self_attn.q_proj":         "attn_q",
	"self_attn.k_proj":         "attn_k",
	"self_attn.v_proj":         "attn_v",
	"self_attn.q_norm":         "attn_q_norm",
	"self_attn.k_norm":         "attn_k_norm",
	"self_attn.o_proj":         "attn_output",
	"post_attention_layernorm": "ffn_norm",
	"mlp.gate_proj":            "ffn_gate",
	"mlp.up_proj":              "ffn_up",
	"mlp.down_proj":            "ffn_down",
}

// ggufName translates the name of a tensor of ours.
func ggufName(name string) string {
	prefix := ""
	if rest, ok := strings.CutPrefix(name, "model.layers."); ok {
		var layer string
		layer, name, _ = strings.Cut(rest, ".")
		prefix = "blk." + layer + "."
	}
	dot := strings.LastIndexByte(name, '.')
	return prefix + ggufNames[name[:dot]] + name[dot:]
}

func (t *tensor) ggufType() gguf.Type {
	if len(t.Shape) == 1 {
		return gguf.F32
	}
	return gguf.Q8_0
}

// architecture is what llama.cpp calls a model of this configuration.
func architecture(c *checkpoint.Config) string {
	if c.Diffusion.Attention == checkpoint.Full {
		return "dream"
	}
	return c.ModelType
}

// ggufMark is in the head of every GGUF that this package writes, and tells it from one that is worth something.
const ggufMark = "random weights by seedls"

// ggufFile is the metadata and the tensors of a model.
func (s *Shape) ggufFile(v *vocabulary, list []tensor) *gguf.File {
	c := &s.Config
	var f gguf.File
	arch := architecture(c)
	f.Set("general.architecture", arch)
	f.Set("general.description", ggufMark)
	f.Set("general.name", s.Name)
	f.Set("general.file_type", uint32(7)) // mostly Q8_0
	f.Set("general.quantization_version", uint32(2))
	for _, size := range []struct {
		key   string
		value int
	}{
		{"context_length", c.MaxPositions},
		{"vocab_size", c.VocabSize},
		{"embedding_length", c.HiddenSize},
		{"feed_forward_length", c.IntermediateSize},
		{"block_count", c.Layers},
		{"attention.head_count", c.Heads},
		{"attention.head_count_kv", c.KVHeads},
		{"attention.key_length", c.HeadDim},
		{"attention.value_length", c.HeadDim},
		{"rope.dimension_count", c.HeadDim},
	} {
		f.Set(arch+"."+size.key, uint32(size.value))
	}
	f.Set(arch+".attention.layer_norm_rms_epsilon", c.RMSNormEps)
	f.Set(arch+".rope.freq_base", float32(c.RopeTheta))
	if arch == "dream" {
		f.Set(arch+".attention.causal", false)
		f.Set("diffusion.shift_logits", c.Diffusion.ShiftLogits)
	}
	setVocabulary(&f, v)
	for _, t := range list {
		f.Add(ggufName(t.Name), t.ggufType(), t.Shape...)
	}
	return &f
}

func setVocabulary(f *gguf.File, v *vocabulary) {
	const normal, control = 1, 3
	types := make([]int32, len(v.tokens))
	for id := range types {
		types[id] = normal
		if id < len(specials) {
			types[id] = control
		}
	}
	merges := make([]string, len(v.merges))
	for i, m := range v.merges {
		merges[i] = m[0] + " " + m[1]
	}
	f.Set("tokenizer.ggml.model", "gpt2")
	f.Set("tokenizer.ggml.pre", "gpt-2")
	f.Set("tokenizer.ggml.tokens", v.tokens)
	f.Set("tokenizer.ggml.token_type", types)
	f.Set("tokenizer.ggml.merges", merges)
	f.Set("tokenizer.ggml.bos_token_id", uint32(textEndID))
	f.Set("tokenizer.ggml.eos_token_id", uint32(endID))
	f.Set("tokenizer.ggml.padding_token_id", uint32(padID))
	f.Set("tokenizer.ggml.mask_token_id", uint32(maskID))
	f.Set("tokenizer.ggml.add_bos_token", false)
}

// interleave appends the rows of whole heads in the order of llama.cpp's llama architecture. Its rotary embedding turns
// neighbours, rows 2i and 2i+1 of a head, where ours turns i and i + headDim/2. Its other architectures turn as we do.
func interleave(dst, values []float32, headDim, columns int) []float32 {
	for ; len(values) > 0; values = values[headDim*columns:] {
		for row := range headDim {
			from := row/2 + row%2*headDim/2
			dst = append(dst, values[from*columns:][:columns]...)
		}
	}
	return dst
}
