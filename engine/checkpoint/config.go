package checkpoint

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
)

// Limits of a configuration. They are far above any model this engine can serve and far below what would let a
// config.json ask for absurd amounts of memory.
const (
	maxVocab     = 1 << 20
	maxHidden    = 1 << 16
	maxLayers    = 1 << 10
	maxHeads     = 1 << 10
	maxHeadDim   = 1 << 10
	maxPositions = 1 << 20
	maxCanvas    = 1 << 12
	maxCanvases  = 1 << 6
)

// Attention says which positions a position sees, as the weights were trained.
type Attention string

const (
	// ContextCausal lets the context see what is before it, and the canvas see the context and all of itself.
	ContextCausal Attention = "context-causal"
	// Full lets every position see every other.
	Full Attention = "full"
	// BlockCausal lets a position see up to the end of its block of Diffusion.BlockSize positions.
	BlockCausal Attention = "block-causal"
)

// Config is a validated config.json: the sizes and switches of the backbone, and how its weights are used. It is plain
// data; treat it as immutable.
type Config struct {
	ModelType         string // "llama", "qwen2" or "qwen3"
	VocabSize         int
	HiddenSize        int
	Layers            int
	Heads             int
	KVHeads           int // divides Heads
	HeadDim           int // even; Heads*HeadDim need not be HiddenSize
	IntermediateSize  int
	MaxPositions      int // of context and canvas together; a bound, not a size to allocate up front
	RMSNormEps        float32
	RopeTheta         float64
	TieWordEmbeddings bool      // the output matrix is the embedding
	QKVBias           bool      // the query, key and value projections have a bias
	QKNorm            bool      // each query and key head is RMS-normalised before the rotary embedding
	Diffusion         Diffusion // nothing of a model that is Autoregressive
}

// Diffusion is the object of config.json that says how the weights were trained to be used.
type Diffusion struct {
	Attention   Attention `json:"attention"`
	BlockSize   int       `json:"block_size"`   // positions, for BlockCausal; else 0
	ShiftLogits bool      `json:"shift_logits"` // row i predicts token i+1
	MaskTokenID int32     `json:"mask_token_id"`
	EndTokenID  int32     `json:"end_token_id"`
	CanvasSizes []int     `json:"canvas_sizes"` // ascending, at least one
	Prompt      *Prompt   `json:"prompt"`       // nil when the model has no prompt layout
}

// Prompt is the layout of the context before the canvas: file part, suffix part, prefix part, the first two optional.
type Prompt struct {
	Layout          string `json:"layout"` // "spm"
	FileID          int32  `json:"file_id"`
	SuffixID        int32  `json:"suffix_id"`
	PrefixID        int32  `json:"prefix_id"`
	MaxTokens       int    `json:"max_tokens"`        // of the whole prompt
	MaxSuffixTokens int    `json:"max_suffix_tokens"` // of the suffix alone
	MaxPathTokens   int    `json:"max_path_tokens"`   // of the path alone
}

// rawConfig is config.json as written. The pointers tell absent from zero.
type rawConfig struct {
	Architectures         []string        `json:"architectures"`
	ModelType             string          `json:"model_type"`
	VocabSize             int             `json:"vocab_size"`
	HiddenSize            int             `json:"hidden_size"`
	NumHiddenLayers       int             `json:"num_hidden_layers"`
	NumAttentionHeads     int             `json:"num_attention_heads"`
	NumKeyValueHeads      *int            `json:"num_key_value_heads"`
	HeadDim               *int            `json:"head_dim"`
	IntermediateSize      int             `json:"intermediate_size"`
	MaxPositionEmbeddings int             `json:"max_position_embeddings"`
	HiddenAct             string          `json:"hidden_act"`
	RMSNormEps            float64         `json:"rms_norm_eps"`
	RopeTheta             float64         `json:"rope_theta"`
	TieWordEmbeddings     bool            `json:"tie_word_embeddings"`
	Diffusion             json.RawMessage `json:"diffusion"`

	// What follows is read only to refuse what the engine does not compute.
	AttentionBias       bool            `json:"attention_bias"`
	MLPBias             bool            `json:"mlp_bias"`
	RopeScaling         *rope           `json:"rope_scaling"`
	RopeParameters      *rope           `json:"rope_parameters"`
	PartialRotaryFactor *float64        `json:"partial_rotary_factor"`
	UseSlidingWindow    bool            `json:"use_sliding_window"`
	LayerTypes          []string        `json:"layer_types"`
	QuantizationConfig  json.RawMessage `json:"quantization_config"`
}

// rope is the scaling of the rotary embedding, under its older (type) and newer (rope_type, with theta) names.
type rope struct {
	Type     string  `json:"type"`
	RopeType string  `json:"rope_type"`
	Theta    float64 `json:"rope_theta"`
}

// architectures maps each supported model_type to the name its weights go by.
var architectures = map[string]string{
	"llama": "LlamaForCausalLM",
	"qwen2": "Qwen2ForCausalLM",
	"qwen3": "Qwen3ForCausalLM",
}

// parseConfig reads and validates config.json. Its errors name the field, not the file.
func parseConfig(data []byte) (Config, error) {
	c, err := parseAnyConfig(data)
	if err == nil && c.Autoregressive() {
		err = errors.New("no diffusion object: it says how the weights were trained to be used; " +
			"an ordinary autoregressive model cannot be served")
	}
	return c, err
}

// parseAnyConfig is parseConfig, but lets autoregressive models pass.
func parseAnyConfig(data []byte) (Config, error) {
	var raw rawConfig
	if err := json.Unmarshal(data, &raw); err != nil {
		return Config{}, fmt.Errorf("not a model configuration: %w", err)
	}
	if err := raw.supported(); err != nil {
		return Config{}, err
	}
	c := Config{
		ModelType:         raw.ModelType,
		VocabSize:         raw.VocabSize,
		HiddenSize:        raw.HiddenSize,
		Layers:            raw.NumHiddenLayers,
		Heads:             raw.NumAttentionHeads,
		KVHeads:           raw.NumAttentionHeads,
		IntermediateSize:  raw.IntermediateSize,
		MaxPositions:      raw.MaxPositionEmbeddings,
		RMSNormEps:        float32(raw.RMSNormEps),
		RopeTheta:         raw.RopeTheta,
		TieWordEmbeddings: raw.TieWordEmbeddings,
		QKVBias:           raw.ModelType == "qwen2",
		QKNorm:            raw.ModelType == "qwen3",
	}
	if raw.NumKeyValueHeads != nil {
		c.KVHeads = *raw.NumKeyValueHeads
	}
	if c.RopeTheta == 0 && raw.RopeParameters != nil {
		c.RopeTheta = raw.RopeParameters.Theta
	}
	if raw.HeadDim != nil {
		c.HeadDim = *raw.HeadDim
	} else if c.Heads > 0 && c.HiddenSize%c.Heads == 0 {
		c.HeadDim = c.HiddenSize / c.Heads
	}
	if err := c.checkBackbone(); err != nil {
		return Config{}, err
	}
	if !present(raw.Diffusion) {
		return c, nil
	}
	var err error
	if c.Diffusion, err = parseDiffusion(raw.Diffusion); err != nil {
		return Config{}, err
	}
	return c, c.checkDiffusion()
}

// Autoregressive says that the model has no diffusion object: it is an ordinary one, whose rows predict the next token.
func (c *Config) Autoregressive() bool { return c.Diffusion.Attention == "" }

// supported refuses, by name, what would make the engine compute another model than the one described.
func (r *rawConfig) supported() error {
	architecture, ok := architectures[r.ModelType]
	if !ok {
		return fmt.Errorf("model_type %q is not supported: use a llama, qwen2 or qwen3 backbone", r.ModelType)
	}
	if len(r.Architectures) > 0 && !slices.Contains(r.Architectures, architecture) {
		return fmt.Errorf("architectures %q does not fit model_type %q, whose architecture is %s",
			r.Architectures, r.ModelType, architecture)
	}
	if r.HiddenAct != "silu" {
		return fmt.Errorf("hidden_act %q is not supported: only silu is", r.HiddenAct)
	}
	// Qwen2 biases its QKV projections whatever attention_bias says; elsewhere the switch also biases the output.
	if r.AttentionBias && r.ModelType != "qwen2" {
		return fmt.Errorf("attention_bias true is not supported for model_type %q", r.ModelType)
	}
	if r.MLPBias {
		return fmt.Errorf("mlp_bias true is not supported")
	}
	if t := r.RopeScaling.kind(); t != "default" {
		return fmt.Errorf("rope_scaling of type %q is not supported: only the unscaled rotary embedding is", t)
	}
	if t := r.RopeParameters.kind(); t != "default" {
		return fmt.Errorf("rope_parameters of type %q are not supported: only the unscaled rotary embedding is", t)
	}
	if f := r.PartialRotaryFactor; f != nil && *f != 1 {
		return fmt.Errorf("partial_rotary_factor %g is not supported: only 1 is", *f)
	}
	if r.UseSlidingWindow {
		return fmt.Errorf("use_sliding_window true is not supported")
	}
	for i, t := range r.LayerTypes {
		if t != "full_attention" {
			return fmt.Errorf("layer_types[%d] %q is not supported: only full_attention is", i, t)
		}
	}
	if present(r.QuantizationConfig) {
		return fmt.Errorf("quantization_config is not supported: use the unquantized weights")
	}
	return nil
}

func (r *rope) kind() string {
	switch {
	case r == nil:
		return "default"
	case r.RopeType != "":
		return r.RopeType
	case r.Type != "":
		return r.Type
	}
	return "default"
}

// Check says, by the name of the field, what of a configuration that was not read from a file is no model.
func (c *Config) Check() error {
	if err := c.checkBackbone(); err != nil {
		return err
	}
	return c.checkDiffusion()
}

func (c *Config) checkBackbone() error {
	for _, size := range []struct {
		field      string
		value, max int
	}{
		{"vocab_size", c.VocabSize, maxVocab},
		{"hidden_size", c.HiddenSize, maxHidden},
		{"num_hidden_layers", c.Layers, maxLayers},
		{"num_attention_heads", c.Heads, maxHeads},
		{"num_key_value_heads", c.KVHeads, c.Heads},
		{"head_dim", c.HeadDim, maxHeadDim},
		{"intermediate_size", c.IntermediateSize, 8 * maxHidden},
		{"max_position_embeddings", c.MaxPositions, maxPositions},
	} {
		if size.value < 1 || size.value > size.max {
			return fmt.Errorf("%s is %d, must be from 1 to %d", size.field, size.value, size.max)
		}
	}
	if c.Heads%c.KVHeads != 0 {
		return fmt.Errorf("num_attention_heads %d is not a multiple of num_key_value_heads %d", c.Heads, c.KVHeads)
	}
	if c.HeadDim%2 != 0 {
		return fmt.Errorf("head_dim %d is odd: the rotary embedding turns pairs", c.HeadDim)
	}
	if !(c.RMSNormEps > 0 && c.RMSNormEps < 1) {
		return fmt.Errorf("rms_norm_eps is %g, must be between 0 and 1", c.RMSNormEps)
	}
	if !(c.RopeTheta >= 1 && c.RopeTheta <= math.MaxFloat32) {
		return fmt.Errorf("rope_theta is %g, must be at least 1", c.RopeTheta)
	}
	return nil
}

func (c *Config) checkDiffusion() error {
	d := &c.Diffusion
	switch d.Attention {
	case ContextCausal, Full:
		if d.BlockSize != 0 {
			return fmt.Errorf("diffusion.block_size is %d, must be 0 for %s attention", d.BlockSize, d.Attention)
		}
	case BlockCausal:
		if d.BlockSize < 1 || d.BlockSize > c.MaxPositions {
			return fmt.Errorf("diffusion.block_size is %d, must be from 1 to max_position_embeddings %d",
				d.BlockSize, c.MaxPositions)
		}
	default:
		return fmt.Errorf("diffusion.attention %q is not supported: use %s, %s or %s",
			d.Attention, ContextCausal, Full, BlockCausal)
	}
	if len(d.CanvasSizes) < 1 || len(d.CanvasSizes) > maxCanvases {
		return fmt.Errorf("diffusion.canvas_sizes has %d entries, must have from 1 to %d", len(d.CanvasSizes), maxCanvases)
	}
	smallest := 1
	for i, size := range d.CanvasSizes {
		if size < smallest || size > min(maxCanvas, c.MaxPositions) {
			return fmt.Errorf("diffusion.canvas_sizes[%d] is %d, must be from %d to %d, in ascending order",
				i, size, smallest, min(maxCanvas, c.MaxPositions))
		}
		smallest = size + 1
	}
	tokens := []struct {
		field string
		id    int32
	}{
		{"diffusion.mask_token_id", d.MaskTokenID},
		{"diffusion.end_token_id", d.EndTokenID},
	}
	if p := d.Prompt; p != nil {
		if err := p.check(c.MaxPositions - d.CanvasSizes[0]); err != nil {
			return err
		}
		tokens = append(tokens, []struct {
			field string
			id    int32
		}{
			{"diffusion.prompt.file_id", p.FileID},
			{"diffusion.prompt.suffix_id", p.SuffixID},
			{"diffusion.prompt.prefix_id", p.PrefixID},
		}...)
	}
	taken := map[int32]string{}
	for _, t := range tokens {
		if err := c.checkToken(t.field, t.id); err != nil {
			return err
		}
		if other, ok := taken[t.id]; ok {
			return fmt.Errorf("%s and %s are both token %d", other, t.field, t.id)
		}
		taken[t.id] = t.field
	}
	return nil
}

// check takes the number of positions that are left for the prompt beside the smallest canvas.
func (p *Prompt) check(room int) error {
	if p.Layout != "spm" {
		return fmt.Errorf("diffusion.prompt.layout %q is not supported: only spm is", p.Layout)
	}
	if p.MaxTokens < 1 || p.MaxTokens > room {
		return fmt.Errorf("diffusion.prompt.max_tokens is %d, must be from 1 to %d (positions beside the smallest canvas)",
			p.MaxTokens, room)
	}
	const markers = 3
	if p.MaxSuffixTokens < 0 || p.MaxPathTokens < 0 || p.MaxSuffixTokens > p.MaxTokens || p.MaxPathTokens > p.MaxTokens ||
		p.MaxSuffixTokens+p.MaxPathTokens+markers >= p.MaxTokens {
		return fmt.Errorf("diffusion.prompt: max_suffix_tokens %d and max_path_tokens %d leave no room for a prefix in max_tokens %d",
			p.MaxSuffixTokens, p.MaxPathTokens, p.MaxTokens)
	}
	return nil
}

func (c *Config) checkToken(field string, id int32) error {
	if id < 0 || int(id) >= c.VocabSize {
		return fmt.Errorf("%s is %d, outside the vocabulary of %d tokens", field, id, c.VocabSize)
	}
	return nil
}

// parseDiffusion is strict about names: a misspelt setting would change what the model computes.
func parseDiffusion(data json.RawMessage) (Diffusion, error) {
	d := Diffusion{MaskTokenID: -1, EndTokenID: -1}
	if err := decodeStrictly(data, &d); err != nil {
		return Diffusion{}, fmt.Errorf("diffusion: %w", err)
	}
	return d, nil
}

// UnmarshalJSON implements [json.Unmarshaler]. An id that is left out becomes -1, not the token 0.
func (p *Prompt) UnmarshalJSON(data []byte) error {
	type fields Prompt
	*p = Prompt{FileID: -1, SuffixID: -1, PrefixID: -1}
	if err := decodeStrictly(data, (*fields)(p)); err != nil {
		return fmt.Errorf("prompt: %w", err)
	}
	return nil
}

func decodeStrictly(data []byte, v any) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	return decoder.Decode(v)
}

func present(data json.RawMessage) bool { return len(data) > 0 && string(data) != "null" }
