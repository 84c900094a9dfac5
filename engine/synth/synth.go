// Package synth writes checkpoints of random weights in the shape of known models, so that speed can be measured at real
// sizes where the real weights are not at hand. What such a model writes is noise.
//
//	shape, err := synth.Find("qwen2.5-coder-0.5b")
//	err = shape.Write(ctx, "models/qwen", synth.Options{Seed: 1, GGUF: "models/qwen.gguf"})
//
// The same weights can also be written as a GGUF, for measuring llama.cpp on them. Weights are a function of the shape
// and the seed alone: not of the machine, nor of the number of threads.
package synth

import (
	"fmt"
	"strings"

	"seedls/engine/checkpoint"
)

// A Shape is the configuration of a known model. Its sizes are those that the model publishes; how its weights are used,
// the object "diffusion", is ours, as are the tokens.
type Shape struct {
	Name   string
	Config checkpoint.Config
}

// Shapes lists the shapes that there are, from small to large. The sizes come from the config.json of the repository that
// each comment names, on huggingface.co. All of these models tie the output to the embedding.
func Shapes() []Shape {
	return []Shape{
		// The built-in model: engine/builtin/seed-go-8m.
		{"seed-8m", checkpoint.Config{
			ModelType: "qwen3", VocabSize: 8192, HiddenSize: 256, Layers: 8, Heads: 4, KVHeads: 4, HeadDim: 64,
			IntermediateSize: 704, MaxPositions: 512, RMSNormEps: 1e-6, RopeTheta: 1e4, TieWordEmbeddings: true, QKNorm: true,
			Diffusion: contextCausal(384),
		}},
		// HuggingFaceTB/SmolLM2-135M
		{"smollm2-135m", checkpoint.Config{
			ModelType: "llama", VocabSize: 49152, HiddenSize: 576, Layers: 30, Heads: 9, KVHeads: 3, HeadDim: 64,
			IntermediateSize: 1536, MaxPositions: 8192, RMSNormEps: 1e-5, RopeTheta: 1e5, TieWordEmbeddings: true,
			Diffusion: contextCausal(1024),
		}},
		// Qwen/Qwen2.5-Coder-0.5B
		{"qwen2.5-coder-0.5b", qwen25(contextCausal(1024))},
		// Qwen/Qwen2.5-0.5B, with the attention and the shifted logits of Dream-org/Dream-v0-Base-7B.
		{"dream-0.5b", qwen25(dream(1024))},
		// Qwen/Qwen3-0.6B
		{"qwen3-0.6b", checkpoint.Config{
			ModelType: "qwen3", VocabSize: 151936, HiddenSize: 1024, Layers: 28, Heads: 16, KVHeads: 8, HeadDim: 128,
			IntermediateSize: 3072, MaxPositions: 40960, RMSNormEps: 1e-6, RopeTheta: 1e6, TieWordEmbeddings: true, QKNorm: true,
			Diffusion: contextCausal(1024),
		}},
		// meta-llama/Llama-3.2-1B, without the scaling of its rotary embedding, which the engine does not compute and which
		// costs no time.
		{"llama-1b", checkpoint.Config{
			ModelType: "llama", VocabSize: 128256, HiddenSize: 2048, Layers: 16, Heads: 32, KVHeads: 8, HeadDim: 64,
			IntermediateSize: 8192, MaxPositions: 131072, RMSNormEps: 1e-5, RopeTheta: 5e5, TieWordEmbeddings: true,
			Diffusion: contextCausal(1024),
		}},
	}
}

func qwen25(d checkpoint.Diffusion) checkpoint.Config {
	return checkpoint.Config{
		ModelType: "qwen2", VocabSize: 151936, HiddenSize: 896, Layers: 24, Heads: 14, KVHeads: 2, HeadDim: 64,
		IntermediateSize: 4864, MaxPositions: 32768, RMSNormEps: 1e-6, RopeTheta: 1e6, TieWordEmbeddings: true, QKVBias: true,
		Diffusion: d,
	}
}

// contextCausal is how our own models are used.
func contextCausal(promptTokens int) checkpoint.Diffusion {
	return checkpoint.Diffusion{
		Attention: checkpoint.ContextCausal, MaskTokenID: maskID, EndTokenID: endID, CanvasSizes: []int{8, 16, 32, 64},
		Prompt: &checkpoint.Prompt{
			Layout: "spm", FileID: fileID, SuffixID: suffixID, PrefixID: prefixID,
			MaxTokens: promptTokens, MaxSuffixTokens: promptTokens / 4, MaxPathTokens: 16,
		},
	}
}

// dream is how Dream is used, with a prompt of ours.
func dream(promptTokens int) checkpoint.Diffusion {
	d := contextCausal(promptTokens)
	d.Attention, d.ShiftLogits = checkpoint.Full, true
	return d
}

// Find returns the shape of that name.
func Find(name string) (Shape, error) {
	shapes := Shapes()
	names := make([]string, len(shapes))
	for i, s := range shapes {
		if s.Name == name {
			return s, nil
		}
		names[i] = s.Name
	}
	return Shape{}, fmt.Errorf("no shape %q: use one of %s", name, strings.Join(names, ", "))
}
