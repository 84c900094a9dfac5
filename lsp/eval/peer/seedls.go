package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// seedls is our binary.
type seedls struct {
	binary string
	models string   // the folder with the weights
	extra  []string // arguments of bench
}

// ggufOf is the file with the weights of a shape for llama.cpp, in the models' folder, where a folder of the shape's name
// has those for us.
func ggufOf(shape string) string { return shape + ".gguf" }

// weights makes sure that those of a shape are there in both formats.
func (s *seedls) weights(ctx context.Context, shape string) error {
	model, gguf := filepath.Join(s.models, shape), filepath.Join(s.models, ggufOf(shape))
	_, errModel := os.Stat(filepath.Join(model, "config.json"))
	_, errGGUF := os.Stat(gguf)
	if errModel == nil && errGGUF == nil {
		return nil
	}
	cmd := exec.CommandContext(ctx, s.binary, "model", "synth", "--shape", shape, "--out", model, "--gguf", gguf)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("weights of %s: %w", shape, err)
	}
	return nil
}

// seedlsRun is what of the report of seedls bench is compared.
type seedlsRun struct {
	Kernel    string `json:"kernel"`
	Precision string `json:"precision"`

	PrefillTokens int      `json:"prefill_tokens"`
	ContextTokens int      `json:"context_tokens"` // before a canvas
	Prefill       float64  `json:"prefill_tokens_per_second"`
	Decode        *float64 `json:"decode_tokens_per_second"` // null for a model that is not autoregressive
	Profile       []struct {
		Canvas    int     `json:"canvas"`
		LatencyUS float64 `json:"latency_us"`
	} `json:"profile"` // in ascending order of canvas
}

func (s *seedls) bench(ctx context.Context, model string, threads int) (*seedlsRun, error) {
	args := append([]string{"bench", "--model", filepath.Join(s.models, model), "--threads", strconv.Itoa(threads), "--json", "--forwards", "--runs", "1"}, s.extra...)
	cmd := exec.CommandContext(ctx, s.binary, args...)
	var errs bytes.Buffer
	cmd.Stderr = &errs
	stdout, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("seedls bench: %w\n%s", err, strings.TrimSpace(errs.String()))
	}
	var run seedlsRun
	if err := json.Unmarshal(stdout, &run); err != nil {
		return nil, fmt.Errorf("seedls bench: %w", err)
	}
	if run.PrefillTokens < 1 || run.Prefill <= 0 || len(run.Profile) == 0 {
		return nil, errors.New("seedls bench: the report has no prefill or no profile")
	}
	return &run, nil
}
