package completion

import (
	"fmt"
	"os"
	"runtime"
	"strings"

	"seedls/engine/profile"
	"seedls/structure"
)

// Info says what a model is and how it is computed.
type Info struct {
	Name         string `json:"name"`
	Backbone     string `json:"backbone"`
	Parameters   int    `json:"parameters"`
	Layers       int    `json:"layers"`
	Hidden       int    `json:"hidden_size"`
	Vocabulary   int    `json:"vocab_size"`
	Attention    string `json:"attention"`
	CanvasSizes  []int  `json:"canvas_sizes"`
	PromptTokens int    `json:"prompt_tokens"`
	MaxPositions int    `json:"max_positions"`
	StoredBytes  int64  `json:"stored_bytes"`
	PackedBytes  int    `json:"packed_bytes"`
	Kernel       string `json:"kernel"`
	Precision    string `json:"precision"`
	Threads      int    `json:"threads"`
	Processor    string `json:"processor"`
	// Block is the length that is chosen for blocks now; Profile, unless it is not known, is why.
	Block   int             `json:"block"`
	Profile profile.Profile `json:"profile,omitempty"`
	// Parsers are the languages whose syntax is looked at; none in a build without cgo.
	Parsers []string `json:"parsers"`
}

// Info describes the completer's model.
func (c *Completer) Info() Info {
	config := c.model.Config()
	block, _ := c.block(DefaultOptions())
	return Info{
		Name:         c.checkpoint.Name,
		Backbone:     config.ModelType,
		Parameters:   c.model.Parameters(),
		Layers:       config.Layers,
		Hidden:       config.HiddenSize,
		Vocabulary:   config.VocabSize,
		Attention:    string(config.Diffusion.Attention),
		CanvasSizes:  config.Diffusion.CanvasSizes,
		PromptTokens: config.Diffusion.Prompt.MaxTokens,
		MaxPositions: config.MaxPositions,
		StoredBytes:  c.checkpoint.Bytes(),
		PackedBytes:  c.model.Bytes(),
		Kernel:       c.kernel.Name(),
		Precision:    c.model.Precision().String(),
		Threads:      c.pool.Workers(),
		Processor:    processor(),
		Block:        block,
		Profile:      c.Profile(),
		Parsers:      structure.Grammars(),
	}
}

// Rows lists what a person reads: names and values.
func (i Info) Rows() [][2]string {
	latencies := `not measured yet: "seedls serve" does that`
	if i.Profile != nil {
		latencies = i.Profile.String() + " (tokens:ms)"
	}
	parsers := strings.Join(i.Parsers, ", ")
	if parsers == "" {
		parsers = "none, as this seedls was built without cgo: brackets and indentation only"
	}
	return [][2]string{
		{"model", i.Name},
		{"backbone", fmt.Sprintf("%s, %d layers, hidden size %d", i.Backbone, i.Layers, i.Hidden)},
		{"parameters", fmt.Sprintf("%.1f million", float64(i.Parameters)/1e6)},
		{"vocabulary", fmt.Sprintf("%d tokens", i.Vocabulary)},
		{"attention", i.Attention},
		{"canvas", strings.Trim(fmt.Sprint(i.CanvasSizes), "[]") + " tokens"},
		{"context", fmt.Sprintf("%d tokens of prompt, %d positions in all", i.PromptTokens, i.MaxPositions)},
		{"weights", fmt.Sprintf("%.1f MB stored, %.1f MB packed", float64(i.StoredBytes)/1e6, float64(i.PackedBytes)/1e6)},
		{"kernel", fmt.Sprintf("%s, %s, on %d threads, %s", i.Kernel, i.Precision, i.Threads, i.Processor)},
		{"block", fmt.Sprintf("%d tokens", i.Block)},
		{"step", latencies},
		{"parsers", parsers},
	}
}

// processor is the name of the machine's processor, or of its architecture where that is all there is to know.
func processor() string {
	if data, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(data)) {
			if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
				return strings.TrimSpace(value)
			}
		}
	}
	return runtime.GOARCH
}
