// Peer measures how fast seedls is beside llama.cpp, on the same random weights; `make bench-peer` runs it.
//
// Both run in turn, round after round, so that what else the machine does falls on both. The prefill and the decoding of
// an autoregressive model are compared, and a step of a diffusion model with full attention, which both compute over the
// same sequence. What they do not do alike: llama.cpp decodes after nothing, seedls after the context that its report
// names; and in a step llama.cpp computes the logits of the whole sequence, seedls those of the canvas at its end.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"

	"seedls/editors/chroot"
)

// diffusionShape is what llama.cpp knows a diffusion model of.
const diffusionShape = "dream-0.5b"

const diffusionSteps = 8

type options struct {
	binary, models, shape        string
	threads, rounds, repetitions int
	asJSON, setUp                bool
	extra                        []string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "peer:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout io.Writer) error {
	o, err := parseOptions(args)
	if err != nil {
		return err
	}
	if o.setUp {
		if err := setUp(ctx); err != nil {
			return fmt.Errorf("no chroot at %s: %w", chroot.Dir(suite), err)
		}
	}
	if err := os.MkdirAll(o.models, 0o755); err != nil {
		return err
	}
	theirs, err := findLlama(o.models, "llama-bench", "llama-diffusion-cli")
	if err != nil {
		return err
	}
	c, err := o.compare(ctx, &seedls{o.binary, o.models, o.extra}, theirs)
	if err != nil {
		return err
	}
	if o.asJSON {
		return c.writeJSON(stdout)
	}
	return c.writeTable(stdout)
}

func parseOptions(args []string) (*options, error) {
	var o options
	cache, err := os.UserCacheDir()
	if err != nil {
		return nil, err
	}
	flags := flag.NewFlagSet("peer", flag.ContinueOnError)
	flags.StringVar(&o.binary, "seedls", "bin/seedls", "the `FILE` of seedls")
	flags.StringVar(&o.models, "models", filepath.Join(cache, "seedls", "peer"), "`DIR` for the weights, some gigabytes")
	flags.StringVar(&o.shape, "shape", "qwen2.5-coder-0.5b", "`NAME` of the autoregressive model, as of seedls model synth")
	flags.IntVar(&o.threads, "threads", runtime.NumCPU(), "number of threads that compute")
	flags.IntVar(&o.rounds, "rounds", 2, "how often both are run")
	flags.IntVar(&o.repetitions, "repetitions", 5, "how often llama-bench measures in a round")
	flags.BoolVar(&o.asJSON, "json", false, "print one JSON object")
	flags.BoolVar(&o.setUp, "setup", false, "first put llama.cpp into a Debian sid chroot, in the folder $SEEDLS_CHROOT, as root")
	flags.Usage = func() {
		fmt.Fprintln(flags.Output(), "usage: peer [flags] [-- arguments of seedls bench]")
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if o.threads < 1 || o.rounds < 1 || o.repetitions < 1 {
		return nil, errors.New("-threads, -rounds and -repetitions are 1 or more")
	}
	o.extra = flags.Args()
	for _, path := range []*string{&o.binary, &o.models} { // programs run in other folders
		if *path, err = filepath.Abs(*path); err != nil {
			return nil, err
		}
	}
	return &o, nil
}

// compare measures both, in turn.
func (o *options) compare(ctx context.Context, ours *seedls, theirs *llama) (*comparison, error) {
	m := match{options: o, ours: ours, theirs: theirs, comparison: comparison{Threads: o.threads, Rounds: o.rounds}}
	for _, shape := range []string{o.shape, diffusionShape} {
		if err := ours.weights(ctx, shape); err != nil {
			return nil, err
		}
	}
	for round := range o.rounds {
		fmt.Fprintf(os.Stderr, "round %d of %d\n", round+1, o.rounds)
		if err := m.autoregression(ctx); err != nil {
			return nil, err
		}
		if err := m.diffusion(ctx); err != nil {
			return nil, err
		}
	}
	m.add(fmt.Sprintf("%s: prefill of %d tokens", o.shape, m.prompt), tokensPerSecond, m.prefill)
	m.add(o.shape+": decoding", tokensPerSecond, m.decode)
	m.add(fmt.Sprintf("%s: a step over %d tokens", diffusionShape, m.sequence), milliseconds, m.step)
	return &m.comparison, nil
}

// A match is a comparison under way.
type match struct {
	*options
	ours   *seedls
	theirs *llama
	comparison

	prefill, decode, step samples
	prompt, sequence      int // tokens
}

func (m *match) autoregression(ctx context.Context) error {
	ours, err := m.ours.bench(ctx, m.shape, m.threads)
	if err != nil {
		return err
	}
	if ours.Decode == nil {
		return fmt.Errorf("shape %s: seedls bench measured no decoding: name one that is autoregressive", m.shape)
	}
	m.Kernel, m.Precision, m.prompt = ours.Kernel, ours.Precision, ours.PrefillTokens
	m.prefill.seedls = append(m.prefill.seedls, ours.Prefill)
	m.decode.seedls = append(m.decode.seedls, *ours.Decode)

	theirs, err := m.theirs.bench(ctx, ggufOf(m.shape), m.prompt, m.threads, m.repetitions)
	if err != nil {
		return err
	}
	m.LlamaVersion, m.LlamaBackend, m.CPU = theirs.version, theirs.backend, theirs.cpu
	m.prefill.llama = append(m.prefill.llama, theirs.prefill...)
	m.decode.llama = append(m.decode.llama, theirs.decode...)
	return nil
}

// diffusion measures a step with the longest canvas that seedls bench has.
func (m *match) diffusion(ctx context.Context) error {
	ours, err := m.ours.bench(ctx, diffusionShape, m.threads)
	if err != nil {
		return err
	}
	canvas := ours.Profile[len(ours.Profile)-1]
	m.sequence = ours.ContextTokens + canvas.Canvas
	m.step.seedls = append(m.step.seedls, canvas.LatencyUS/1e3)
	theirs, err := m.theirs.diffuse(ctx, ggufOf(diffusionShape), m.sequence, m.threads, diffusionSteps)
	m.step.llama = append(m.step.llama, theirs)
	return err
}
