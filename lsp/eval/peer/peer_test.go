package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What the programs print, shortened.
const (
	llamaBench = `load_backend: loaded CPU backend from /usr/lib/ggml/libggml-cpu-haswell.so` // on standard error
	benchJSON  = `[{"build_commit": "abc", "build_number": 42, "cpu_info": "A CPU", "n_prompt": 512, "n_gen": 0, "samples_ts": [100, 90, 110]},
{"build_commit": "abc", "build_number": 42, "cpu_info": "A CPU", "n_prompt": 0, "n_gen": 128, "samples_ts": [20, 21, 22]}]`
	diffusionLine = `total time: 8045.03ms, time per step: 2011.25ms, sampling time per step: 11.25ms`
	causalReport  = `{"kernel": "avx512", "precision": "int8", "prefill_tokens": 512, "context_tokens": 256,
"prefill_tokens_per_second": 200, "decode_tokens_per_second": 10.5, "profile": [{"canvas": 64, "latency_us": 1}]}`
	fullReport = `{"kernel": "avx512", "precision": "int8", "prefill_tokens": 512, "context_tokens": 256,
"prefill_tokens_per_second": 5, "decode_tokens_per_second": null, "profile": [{"canvas": 64, "latency_us": 1}, {"canvas": 128, "latency_us": 1000000}]}`
)

// program writes a shell script that stands for a program and notes its arguments.
func program(t *testing.T, dir, name, body string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	script := "#!/bin/sh\necho \"" + name + " $*\" >> '" + filepath.Join(dir, "calls") + "'\n" + body + "\n"
	require.NoError(t, os.WriteFile(path, []byte(script), 0o700))
	return path
}

func TestCompare(t *testing.T) {
	bin, models := t.TempDir(), t.TempDir()
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	program(t, bin, "llama-bench", "echo '"+llamaBench+"' >&2; echo '"+benchJSON+"'")
	program(t, bin, "llama-diffusion-cli", "echo '"+diffusionLine+"'")
	ours := program(t, bin, "seedls", `case "$*" in
  "model synth"*) ;;
  *dream*) echo '`+fullReport+`' ;;
  *) echo '`+causalReport+`' ;;
esac`)
	args := []string{"-seedls", ours, "-models", models, "-threads", "2", "-rounds", "2", "-repetitions", "3"}
	var stdout bytes.Buffer
	require.NoError(t, run(t.Context(), append(args, "-json", "--", "--runs", "1"), &stdout))
	var got comparison
	require.NoError(t, json.Unmarshal(stdout.Bytes(), &got))
	require.Equal(t, comparison{
		LlamaVersion: "build 42 (abc)", LlamaBackend: "ggml-cpu-haswell", CPU: "A CPU", Kernel: "avx512", Precision: "int8",
		Threads: 2, Rounds: 2, Rows: []row{
			{"qwen2.5-coder-0.5b: prefill of 512 tokens", "tokens/s", summary{100, 90, 110}, summary{200, 200, 200}, 2},
			{"qwen2.5-coder-0.5b: decoding", "tokens/s", summary{21, 20, 22}, summary{10.5, 10.5, 10.5}, 0.5},
			{"dream-0.5b: a step over 384 tokens", "ms", summary{2000, 2000, 2000}, summary{1000, 1000, 1000}, 2},
		},
	}, got)

	calls, err := os.ReadFile(filepath.Join(bin, "calls"))
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(calls)), "\n")
	require.Len(t, lines, 2+2*4)
	require.Equal(t, "seedls model synth --shape dream-0.5b --out "+models+"/dream-0.5b --gguf "+models+"/dream-0.5b.gguf", lines[1])
	require.Equal(t, "seedls bench --model "+models+"/qwen2.5-coder-0.5b --threads 2 --json --forwards --runs 1 --runs 1", lines[2])
	require.Equal(t, "llama-bench -m qwen2.5-coder-0.5b.gguf -p 512 -n 128 -t 2 -r 3 -o json", lines[3])
	require.Contains(t, lines[5], "llama-diffusion-cli -m dream-0.5b.gguf -p func main -ub 384 -t 2 -tb 2")

	stdout.Reset()
	require.NoError(t, run(t.Context(), args, &stdout))
	require.Contains(t, stdout.String(), "decoding, tokens/s               21.0 (20.0 to 22.0)        10.5 (10.5 to 10.5)        0.50\n")
}

func TestPeerSaysWhatIsMissing(t *testing.T) {
	none := t.TempDir()
	t.Setenv("SEEDLS_CHROOT", none)
	t.Setenv("PATH", none)
	err := run(t.Context(), []string{"-models", none}, nil)
	require.ErrorContains(t, err, "make bench-peer SETUP=1")

	for want, text := range map[string]string{
		"no JSON":       "error: no model",
		"not measure":   "[]",
		"time per step": "nothing",
	} {
		_, err := parseBench([]byte(text), nil)
		if want == "time per step" {
			_, err = parseDiffusion([]byte(text))
		}
		require.ErrorContains(t, err, want)
	}

	broken := program(t, none, "seedls", "echo '{}'")
	_, err = (&seedls{binary: broken}).bench(t.Context(), "m", 1)
	require.ErrorContains(t, err, "no prefill")
	failing := program(t, none, "failing", "echo 'what is wrong' >&2; exit 1")
	_, err = (&seedls{binary: failing}).bench(t.Context(), "m", 1)
	require.ErrorContains(t, err, "what is wrong")
}
