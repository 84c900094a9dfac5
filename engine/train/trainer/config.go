package trainer

import (
	"io"

	"github.com/pelletier/go-toml/v2"

	"seedls/engine/checkpoint"
	"seedls/engine/tokenizer"
	"seedls/engine/train/optimize"
	"seedls/engine/train/sample"
)

// Config is a training run, as its TOML file has it. Paths that are not absolute are below the directory of the file.
type Config struct {
	Out       string `toml:"out" comment:"Directory of the run: checkpoints, losses, plots, and at the end the model."`
	Corpus    string `toml:"corpus" comment:"What to learn from, by \"seedls train corpus\". Its held-out part is what losses are measured on."`
	Tokenizer string `toml:"tokenizer" comment:"tokenizer.json, by \"seedls train tokenizer\"."`
	Init      string `toml:"init" comment:"Model directory to go on from; then [model], [tokens] and the tokenizer are that model's, but of an autoregressive one canvas_sizes, the limits of prompts and [tokens] are those below. Empty: random weights."`
	Seed      uint64 `toml:"seed" comment:"Of all that is random."`

	Model    Model    `toml:"model" comment:"The shape of the model: a transformer with grouped queries and QK norm, whose output is tied to its embedding."`
	Tokens   Tokens   `toml:"tokens" comment:"The special tokens of the tokenizer; by default those of one by \"seedls train tokenizer\"."`
	Steps    Steps    `toml:"steps"`
	Anneal   Anneal   `toml:"anneal" comment:"How a model that was autoregressive gets used to canvases."`
	Optimize Optimize `toml:"optimize"`
	Samples  Samples  `toml:"samples" comment:"What sequences are like. Shares are from 0 to 1."`

	Trajectories Trajectories `toml:"trajectories" comment:"What a model wrote itself, to learn from beside the corpus."`

	file string // that it was read from
}

// Model is the shape of a model.
type Model struct {
	HiddenSize       int   `toml:"hidden_size" comment:"A multiple of 16, like the next two."`
	IntermediateSize int   `toml:"intermediate_size"`
	HeadDim          int   `toml:"head_dim"`
	Layers           int   `toml:"layers"`
	Heads            int   `toml:"heads"`
	KVHeads          int   `toml:"kv_heads"`
	MaxPositions     int   `toml:"max_positions" comment:"Of a prompt and a canvas together, in tokens."`
	CanvasSizes      []int `toml:"canvas_sizes"`
	MaxTokens        int   `toml:"max_prompt_tokens" comment:"Of a prompt, and of its parts."`
	MaxSuffixTokens  int   `toml:"max_suffix_tokens"`
	MaxPathTokens    int   `toml:"max_path_tokens"`
}

// Steps are how long to train, and how often to do what else there is to do.
type Steps struct {
	Total     int     `toml:"total"`
	Sequences int     `toml:"sequences" comment:"Of a step."`
	Rate      float64 `toml:"rate" comment:"The learning rate, of Muon and of AdamW alike."`
	WarmUp    int     `toml:"warm_up" comment:"Steps over which the rate rises, and those at the end over which it falls to the final share."`
	Decay     int     `toml:"decay"`
	Final     float64 `toml:"final"`
	Masks     float64 `toml:"masks" comment:"The share of steps, the first, that learn from masks; the others learn from edits as well."`

	Evaluate   int     `toml:"evaluate" comment:"Measure held-out losses every so many steps, on so many sequences."`
	HeldOut    int     `toml:"held_out"`
	Checkpoint float64 `toml:"checkpoint_minutes" comment:"Write a checkpoint every so many minutes. The last two are kept."`
}

// Anneal is how a model that was autoregressive gets used to canvases.
type Anneal struct {
	Steps int `toml:"steps" comment:"The first steps, over which the share of masks comes to be anything up to 1, and rows of canvases to see all of them. -1: a tenth of all steps if init is autoregressive, else 0, which is none."`
}

// annealByModel has the steps of Anneal depend on the model.
const annealByModel = -1

// annealSteps are those of a run of a model.
func (c *Config) annealSteps(l *learner) int {
	switch {
	case c.Anneal.Steps != annealByModel:
		return c.Anneal.Steps
	case l.autoregressive:
		return c.Steps.Total / 10
	}
	return 0
}

// Optimize is how parameters are updated.
type Optimize struct {
	Momentum    float64 `toml:"momentum" comment:"Of Muon, which updates the matrices of layers."`
	Beta1       float64 `toml:"beta1" comment:"Of AdamW, which updates all else."`
	Beta2       float64 `toml:"beta2"`
	WeightDecay float64 `toml:"weight_decay" comment:"Of matrices."`
	MaxNorm     float64 `toml:"max_norm" comment:"Of gradients: longer ones are scaled down. 0: no limit."`
	Average     float64 `toml:"average" comment:"How much of the average of the weights stays a step. The model is that average."`
}

// Samples is what sequences are like.
type Samples struct {
	Rows         int       `toml:"rows" comment:"Of a sequence, context and canvases, at most; and canvases of a sequence."`
	Canvases     int       `toml:"canvases"`
	CanvasShares []float64 `toml:"canvas_shares" comment:"How often canvases have each of canvas_sizes, in proportion. Empty: as many rows of each."`
	Holes        float64   `toml:"holes" comment:"The share of sequences that have a hole. The others are stretches of a document."`
	HoleRows     float64   `toml:"hole_rows" comment:"Rows of the canvases of a hole at most: so many times its text and its end."`
	Path         float64   `toml:"path" comment:"The share of sequences that name their file."`
	Short        float64   `toml:"short" comment:"The share of prefixes and suffixes that are cut short."`
	Weighting    string    `toml:"weighting" comment:"Of masked tokens: \"elbo\" (1/t) or \"uniform\"."`
	SuffixWeight float64   `toml:"suffix_weight" comment:"Of a token of a suffix, where others of the context count 1."`
	EndWeight    float64   `toml:"end_weight" comment:"Of an end after the first of a canvas."`
	EditWeight   float64   `toml:"edit_weight" comment:"Of a token of an edited canvas."`
	Edited       float64   `toml:"edited" comment:"The share of canvases that are edited, in the second stage; of these the share that have masks as well."`
	EditMasks    float64   `toml:"edit_masks"`
	MaxEdits     float64   `toml:"max_edits" comment:"Edits of a canvas at most, as a share of its tokens."`
	OneEdit      float64   `toml:"one_edit" comment:"The share of canvases with one edit among those that were to have less."`
}

// Trajectories are what to learn from that a model wrote itself.
type Trajectories struct {
	File   string  `toml:"file" comment:"By \"seedls train rollout\". Empty: none."`
	Share  float64 `toml:"share" comment:"The share of sequences that are made of them."`
	Edited float64 `toml:"edited" comment:"The share of their states in which tokens are replaced."`
}

// Default is a run to begin with.
func Default() Config {
	o, s := optimize.Defaults(), sample.DefaultConfig()
	return Config{
		Out: "run", Corpus: "corpus", Tokenizer: "tokenizer.json", Seed: 1,
		Model: Model{
			HiddenSize: 320, IntermediateSize: 896, HeadDim: 64, Layers: 10, Heads: 5, KVHeads: 5,
			MaxPositions: 512, CanvasSizes: []int{8, 16, 32, 64}, MaxTokens: 384, MaxSuffixTokens: 112, MaxPathTokens: 16,
		},
		Steps: Steps{
			Total: 20000, Sequences: 24, Rate: 0.003, WarmUp: 200, Decay: 8000, Final: 0.05, Masks: s.MaskSteps,
			Evaluate: 500, HeldOut: 256, Checkpoint: 10,
		},
		Tokens: defaultTokens,
		Anneal: Anneal{Steps: annealByModel},
		Optimize: Optimize{
			Momentum: o.Momentum, Beta1: o.Beta1, Beta2: o.Beta2, WeightDecay: o.WeightDecay, MaxNorm: o.MaxNorm, Average: o.Average,
		},
		Samples: Samples{
			Rows: s.Rows, Canvases: s.Canvases, CanvasShares: []float64{}, Holes: s.Holes, HoleRows: s.HoleRows, Path: s.Path, Short: s.Short,
			Weighting: string(s.Weighting), SuffixWeight: s.SuffixWeight, EndWeight: s.EndWeight, EditWeight: s.EditWeight,
			Edited: s.Edited, EditMasks: s.EditMasks, MaxEdits: s.MaxEdits, OneEdit: s.OneEdit,
		},
		Trajectories: Trajectories{Share: 0.5, Edited: 0.5},
	}
}

// Write writes the configuration as a TOML file with a comment for each setting.
func (c *Config) Write(w io.Writer) error {
	return toml.NewEncoder(w).Encode(c)
}

func (c *Config) schedule() optimize.Schedule {
	return optimize.Schedule{Steps: c.Steps.Total, WarmUp: c.Steps.WarmUp, Decay: c.Steps.Decay, Final: c.Steps.Final}
}

func (c *Config) optimizer() optimize.Config {
	o := optimize.Defaults()
	o.Momentum, o.Beta1, o.Beta2 = c.Optimize.Momentum, c.Optimize.Beta1, c.Optimize.Beta2
	o.WeightDecay, o.MaxNorm, o.Average = c.Optimize.WeightDecay, c.Optimize.MaxNorm, c.Optimize.Average
	return o
}

func (c *Config) samples(l *learner) sample.Config {
	s := sample.DefaultConfig()
	s.Seed, s.MaskSteps, s.AnnealSteps = c.Seed, c.Steps.Masks, c.annealSteps(l)
	s.Rows, s.Canvases = c.Samples.Rows, c.Samples.Canvases
	if len(c.Samples.CanvasShares) > 0 {
		s.CanvasShares = c.Samples.CanvasShares
	}
	s.Holes, s.HoleRows, s.Path, s.Short = c.Samples.Holes, c.Samples.HoleRows, c.Samples.Path, c.Samples.Short
	s.Weighting = sample.Weighting(c.Samples.Weighting)
	s.SuffixWeight, s.EndWeight, s.EditWeight = c.Samples.SuffixWeight, c.Samples.EndWeight, c.Samples.EditWeight
	s.Edited, s.EditMasks, s.MaxEdits, s.OneEdit = c.Samples.Edited, c.Samples.EditMasks, c.Samples.MaxEdits, c.Samples.OneEdit
	return s
}

// config is that of a new model with a vocabulary that has all of the special tokens.
func (c *Config) config(tokens *tokenizer.Tokenizer) checkpoint.Config {
	m := &c.Model
	return checkpoint.Config{
		ModelType: "qwen3", VocabSize: tokens.Size(), HiddenSize: m.HiddenSize, Layers: m.Layers, Heads: m.Heads, KVHeads: m.KVHeads,
		HeadDim: m.HeadDim, IntermediateSize: m.IntermediateSize, MaxPositions: m.MaxPositions, RMSNormEps: 1e-6,
		RopeTheta: 10000, TieWordEmbeddings: true, QKNorm: true, Diffusion: c.diffusion(tokens),
	}
}

// shape is the settings that make a model of a configuration.
func shape(c checkpoint.Config) Model {
	m := Model{
		HiddenSize: c.HiddenSize, IntermediateSize: c.IntermediateSize, HeadDim: c.HeadDim, Layers: c.Layers, Heads: c.Heads,
		KVHeads: c.KVHeads, MaxPositions: c.MaxPositions, CanvasSizes: c.Diffusion.CanvasSizes,
	}
	p := c.Diffusion.Prompt
	m.MaxTokens, m.MaxSuffixTokens, m.MaxPathTokens = p.MaxTokens, p.MaxSuffixTokens, p.MaxPathTokens
	return m
}
