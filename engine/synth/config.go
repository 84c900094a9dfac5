package synth

import (
	"encoding/json"

	"seedls/engine/checkpoint"
)

// configFile is a config.json. The object "synthetic" says that the weights are noise, and how to make them again.
type configFile struct {
	Architectures         []string             `json:"architectures"`
	ModelType             string               `json:"model_type"`
	VocabSize             int                  `json:"vocab_size"`
	HiddenSize            int                  `json:"hidden_size"`
	NumHiddenLayers       int                  `json:"num_hidden_layers"`
	NumAttentionHeads     int                  `json:"num_attention_heads"`
	NumKeyValueHeads      int                  `json:"num_key_value_heads"`
	HeadDim               int                  `json:"head_dim"`
	IntermediateSize      int                  `json:"intermediate_size"`
	HiddenAct             string               `json:"hidden_act"`
	MaxPositionEmbeddings int                  `json:"max_position_embeddings"`
	RMSNormEps            float32              `json:"rms_norm_eps"`
	RopeTheta             float64              `json:"rope_theta"`
	TieWordEmbeddings     bool                 `json:"tie_word_embeddings"`
	TorchDType            string               `json:"torch_dtype"`
	Diffusion             checkpoint.Diffusion `json:"diffusion"`
	Synthetic             *synthetic           `json:"synthetic"`
}

type synthetic struct {
	Shape string `json:"shape"`
	Seed  uint64 `json:"seed"`
}

var architectures = map[string]string{
	"llama": "LlamaForCausalLM",
	"qwen2": "Qwen2ForCausalLM",
	"qwen3": "Qwen3ForCausalLM",
}

func (s *Shape) configJSON(seed uint64) ([]byte, error) {
	c := &s.Config
	return json.MarshalIndent(configFile{
		Architectures:         []string{architectures[c.ModelType]},
		ModelType:             c.ModelType,
		VocabSize:             c.VocabSize,
		HiddenSize:            c.HiddenSize,
		NumHiddenLayers:       c.Layers,
		NumAttentionHeads:     c.Heads,
		NumKeyValueHeads:      c.KVHeads,
		HeadDim:               c.HeadDim,
		IntermediateSize:      c.IntermediateSize,
		HiddenAct:             "silu",
		MaxPositionEmbeddings: c.MaxPositions,
		RMSNormEps:            c.RMSNormEps,
		RopeTheta:             c.RopeTheta,
		TieWordEmbeddings:     c.TieWordEmbeddings,
		TorchDType:            "bfloat16",
		Diffusion:             c.Diffusion,
		Synthetic:             &synthetic{s.Name, seed},
	}, "", "  ")
}

// isSynthetic reports whether a config.json is of a model that this package wrote.
func isSynthetic(config []byte) bool {
	var c configFile
	return json.Unmarshal(config, &c) == nil && c.Synthetic != nil
}
