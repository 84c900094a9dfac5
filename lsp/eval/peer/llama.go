package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"

	"seedls/editors/chroot"
)

// suite is the Debian suite that has packages of llama.cpp.
const suite = "sid"

// llama is llama.cpp: its programs on PATH, or in a chroot.
type llama struct {
	chroot bool
	models string // the folder with the weights
}

// findLlama looks for the programs.
func findLlama(models string, programs ...string) (*llama, error) {
	missing := ""
	for _, program := range programs {
		if _, err := exec.LookPath(program); err != nil {
			missing = program
		}
	}
	if missing == "" {
		return &llama{models: models}, nil
	}
	for _, program := range programs {
		if !chroot.Has(suite, program) {
			return nil, fmt.Errorf("no %s on PATH, nor for root in the chroot %s, whose folder SEEDLS_CHROOT names: "+
				"install llama.cpp, or, as root on a Debian machine, have its packages llama.cpp-tools and "+
				"llama.cpp-examples put into a chroot by: make bench-peer SETUP=1", missing, chroot.Dir(suite))
		}
	}
	return &llama{true, models}, nil
}

// setUp makes the chroot.
func setUp(ctx context.Context) error {
	cmd := chroot.Make(ctx, suite, "llama.cpp-tools", "llama.cpp-examples")
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	return cmd.Run()
}

// run runs a program of llama.cpp with the models' folder as its working directory, and returns what it printed.
func (l *llama) run(ctx context.Context, program string, args ...string) (stdout, stderr []byte, err error) {
	cmd := exec.CommandContext(ctx, program, args...)
	if l.chroot {
		cmd = chroot.Command(ctx, suite, l.models, program, args...)
	}
	var out, errs bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = l.models, &out, &errs
	if err := cmd.Run(); err != nil {
		text := strings.TrimSpace(errs.String())
		return nil, nil, fmt.Errorf("%s: %w\n%s", program, err, text[max(0, len(text)-1000):])
	}
	return out.Bytes(), errs.Bytes(), nil
}

// A llamaRun is what llama-bench measured.
type llamaRun struct {
	version, cpu, backend string
	prefill, decode       []float64 // tokens a second, one a repetition
}

// bench measures the prefill of a prompt and the decoding of 128 tokens from nothing.
func (l *llama) bench(ctx context.Context, file string, prompt, threads, repetitions int) (*llamaRun, error) {
	stdout, stderr, err := l.run(ctx, "llama-bench", "-m", file, "-p", strconv.Itoa(prompt), "-n", "128",
		"-t", strconv.Itoa(threads), "-r", strconv.Itoa(repetitions), "-o", "json")
	if err != nil {
		return nil, err
	}
	return parseBench(stdout, stderr)
}

var loadedBackend = regexp.MustCompile(`loaded CPU backend from \S*/lib(\S+)\.so`)

func parseBench(stdout, stderr []byte) (*llamaRun, error) {
	var tests []struct {
		BuildCommit string    `json:"build_commit"`
		BuildNumber int       `json:"build_number"`
		CPU         string    `json:"cpu_info"`
		Prompt      int       `json:"n_prompt"`
		Samples     []float64 `json:"samples_ts"`
	}
	if err := json.Unmarshal(stdout, &tests); err != nil {
		return nil, fmt.Errorf("llama-bench printed no JSON: %w", err)
	}
	run := &llamaRun{}
	for _, test := range tests {
		run.version = fmt.Sprintf("build %d (%s)", test.BuildNumber, test.BuildCommit)
		run.cpu = test.CPU
		if test.Prompt > 0 {
			run.prefill = test.Samples
		} else {
			run.decode = test.Samples
		}
	}
	if len(run.prefill) == 0 || len(run.decode) == 0 {
		return nil, errors.New("llama-bench did not measure both a prompt and generation")
	}
	if match := loadedBackend.FindSubmatch(stderr); match != nil {
		run.backend = string(match[1])
	}
	return run, nil
}

// diffuse measures steps over a sequence of some length, in milliseconds a step, without what sampling takes.
func (l *llama) diffuse(ctx context.Context, file string, length, threads, steps int) (float64, error) {
	stdout, stderr, err := l.run(ctx, "llama-diffusion-cli", "-m", file, "-p", "func main", "-ub", strconv.Itoa(length),
		"-t", strconv.Itoa(threads), "-tb", strconv.Itoa(threads), "--temp", "0",
		"--diffusion-steps", strconv.Itoa(steps), "--diffusion-eps", "0.001")
	if err != nil {
		return 0, err
	}
	return parseDiffusion(append(stdout, stderr...))
}

var timePerStep = regexp.MustCompile(`time per step: ([0-9.]+)ms, sampling time per step: ([0-9.]+)ms`)

func parseDiffusion(text []byte) (float64, error) {
	match := timePerStep.FindSubmatch(text)
	if match == nil {
		return 0, errors.New("llama-diffusion-cli did not say its time per step")
	}
	whole, err := strconv.ParseFloat(string(match[1]), 64)
	if err != nil {
		return 0, err
	}
	sampling, err := strconv.ParseFloat(string(match[2]), 64)
	return whole - sampling, err
}
