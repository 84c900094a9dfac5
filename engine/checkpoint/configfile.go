package checkpoint

// ConfigFile is a config.json to be written, in the order of its fields.
type ConfigFile struct {
	Architectures         []string  `json:"architectures"`
	ModelType             string    `json:"model_type"`
	VocabSize             int       `json:"vocab_size"`
	HiddenSize            int       `json:"hidden_size"`
	NumHiddenLayers       int       `json:"num_hidden_layers"`
	NumAttentionHeads     int       `json:"num_attention_heads"`
	NumKeyValueHeads      int       `json:"num_key_value_heads"`
	HeadDim               int       `json:"head_dim"`
	IntermediateSize      int       `json:"intermediate_size"`
	HiddenAct             string    `json:"hidden_act"`
	MaxPositionEmbeddings int       `json:"max_position_embeddings"`
	RMSNormEps            float32   `json:"rms_norm_eps"`
	RopeTheta             float64   `json:"rope_theta"`
	TieWordEmbeddings     bool      `json:"tie_word_embeddings"`
	TorchDType            string    `json:"torch_dtype"` // of the weights
	Diffusion             Diffusion `json:"diffusion"`
}

// File is the config.json of a model in BF16 with this configuration.
func (c *Config) File() ConfigFile {
	return ConfigFile{
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
	}
}
