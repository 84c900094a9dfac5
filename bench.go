package main

import (
	"bufio"
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
	"time"

	"github.com/spf13/cobra"

	"seedls/cache"
	"seedls/engine/bench"
	"seedls/engine/diffusion"
	"seedls/engine/kernel"
	"seedls/engine/transformer"
	"seedls/lsp/completion"
)

// maxBenchRuns bounds --runs.
const maxBenchRuns = 1000

func benchCommand() *cobra.Command {
	var model modelFlags
	var asJSON, synthetic, forwards bool
	var plot string
	var runs int
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure how fast a model is here, and what the machine could do",
		Long: `Measure in one run how fast a model is on this machine, and what the machine could
do at most: the rates of its instructions and of its memory; then the forward
passes of a prompt, of one token after another, and of canvases of 1 to 128 tokens;
then whole texts, one token after another and by diffusion, on the same prompts;
then how soon a new process is ready.

Every figure is the median of several runs. The share of the peak counts what a
token is multiplied with; that of the bandwidth is above 100 % where the weights
stay in the caches. For figures that mean something, have nothing else running.`,
		Example: `  seedls bench
  seedls bench --threads 1 --json > one.json
  seedls bench --model models/mine --plot mine.svg`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if runs < 1 || runs > maxBenchRuns {
				return usageError{fmt.Errorf("--runs %d: want 1 to %d", runs, maxBenchRuns)}
			}
			// Said now rather than when everything was measured.
			if info, err := os.Stat(filepath.Dir(plot)); err != nil || !info.IsDir() {
				return usageError{fmt.Errorf("%s: there is no folder %s to write it into", plot, filepath.Dir(plot))}
			}
			subject, closeSubject, err := benchSubject(cmd.Context(), &model, synthetic)
			if err != nil {
				return err
			}
			defer closeSubject()
			progress := newProgress(cmd.ErrOrStderr(), false)
			report, err := bench.Run(cmd.Context(), subject, bench.Options{Runs: runs, Forwards: forwards, Observe: progress.observe})
			progress.end()
			if err != nil {
				return err
			}
			report.RSSBytes = residentBytes(cmd.Context())
			if plot != "" {
				var picture bytes.Buffer
				if err := report.WritePlot(&picture); err != nil {
					return err
				}
				if err := writeFile(plot, picture.Bytes()); err != nil {
					return err
				}
			}
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(report)
			}
			return report.WriteTable(cmd.OutOrStdout())
		},
	}
	model.register(cmd)
	flags := cmd.Flags()
	flags.BoolVar(&asJSON, "json", false, "print one JSON object")
	flags.StringVar(&plot, "plot", "", "draw the latency of canvases and the tokens a second as SVG into `FILE`")
	flags.BoolVar(&synthetic, "synthetic", false, "write texts of 64 tokens after made-up contexts instead of filling holes: for random weights")
	flags.BoolVar(&forwards, "forwards", false, "measure the ceilings and forward passes alone")
	flags.IntVar(&runs, "runs", 5, "how often each figure is measured")
	cmd.MarkFlagsMutuallyExclusive("forwards", "plot")
	cmd.MarkFlagsMutuallyExclusive("forwards", "synthetic")
	return cmd
}

// benchSubject loads a model to be measured, which the caller closes. One that has no tokenizer or no prompt layout
// cannot fill holes and writes synthetic texts, as others do if so asked.
func benchSubject(ctx context.Context, model *modelFlags, synthetic bool) (_ bench.Subject, closeSubject func(), _ error) {
	c, how, err := model.prepare()
	if err != nil {
		return bench.Subject{}, nil, err
	}
	defer c.Close()
	s := bench.Subject{
		Name: c.Name, Kernel: how.Kernel.Name(), Threads: how.Threads, Precision: how.Precision.String(), BlockSize: completion.DefaultBlock,
	}
	if c.TokenizerJSON() == nil || c.Config.Diffusion.Prompt == nil {
		weights, err := transformer.Load(c, how.Precision)
		if err != nil {
			return s, nil, err
		}
		pool := kernel.NewPool(how.Threads)
		s.Runner = transformer.NewRunner(weights, how.Kernel, pool)
		s.Texts = bench.Synthetic(s.Runner, how.Kernel, s.BlockSize)
		return s, pool.Close, nil
	}
	completer, err := completion.New(c, how)
	if err != nil {
		return s, nil, err
	}
	if completer.AdaptsBlocks() {
		if err := completer.MeasureProfile(ctx, userStore()); err != nil && !errors.Is(err, cache.ErrNotStored) {
			completer.Close()
			return s, nil, err
		}
	}
	s.Runner, s.BlockSize = completer.Runner(), completer.Info().Block
	holes := bench.Holes()
	s.Start = func(ctx context.Context) (bench.Start, error) { return startProcess(ctx, model.args(""), holes[0]) }
	if synthetic {
		s.Texts = bench.Synthetic(s.Runner, how.Kernel, s.BlockSize)
		return s, completer.Close, nil
	}
	s.Texts = bench.Texts{Of: "holes in Go", Count: len(holes), Write: func(ctx context.Context, i int, diffuse bool) (bench.Text, error) {
		return fillHole(ctx, completer, holes[i], diffuse, s.BlockSize)
	}}
	return s, completer.Close, nil
}

// fillHole completes a hole, with nothing cached.
func fillHole(ctx context.Context, c *completion.Completer, hole bench.Hole, diffuse bool, block int) (bench.Text, error) {
	options := completion.DefaultOptions()
	options.Canvas = block
	if !diffuse {
		options.Mode = completion.Autoregressive
	}
	var begun, ended time.Time // of the passes
	result, err := c.Complete(ctx, completion.Request{
		Path: hole.Path, Prefix: hole.Prefix, Suffix: hole.Suffix, Options: options,
		Observe: func(s diffusion.Step) {
			ended = time.Now()
			if begun.IsZero() {
				begun = ended.Add(-s.Took)
			}
		},
	})
	if err != nil {
		return bench.Text{}, err
	}
	total := time.Duration(result.ElapsedMS * float64(time.Millisecond))
	return bench.Text{Tokens: result.Tokens, Forwards: result.Forwards, Writing: ended.Sub(begun), Total: total}, nil
}

// startProcess starts this program anew to complete one hole.
func startProcess(ctx context.Context, flags []string, hole bench.Hole) (s bench.Start, err error) {
	self, err := os.Executable()
	if err != nil {
		return s, err
	}
	question, err := json.Marshal(map[string]string{"path": hole.Path, "prefix": hole.Prefix, "suffix": hole.Suffix})
	if err != nil {
		return s, err
	}
	cmd := exec.CommandContext(ctx, self, append([]string{"complete", "--jsonl"}, flags...)...)
	var errs bytes.Buffer
	cmd.Stdin, cmd.Stderr = bytes.NewReader(append(question, '\n')), &errs
	answers, err := cmd.StdoutPipe()
	if err != nil {
		return s, err
	}
	begun := time.Now()
	if err := cmd.Start(); err != nil {
		return s, err
	}
	line, readErr := bufio.NewReader(answers).ReadBytes('\n')
	s.Answer = time.Since(begun)
	if err := cmd.Wait(); err != nil || readErr != nil {
		return s, fmt.Errorf("starting %s complete: %w: %s", self, errors.Join(readErr, err), strings.TrimSpace(errs.String()))
	}
	var answer struct {
		ElapsedMS float64 `json:"elapsed_ms"`
	}
	if err := json.Unmarshal(line, &answer); err != nil {
		return s, fmt.Errorf("starting %s complete: %w", self, err)
	}
	s.Ready = s.Answer - time.Duration(answer.ElapsedMS*float64(time.Millisecond))
	return s, nil
}

// residentBytes is the memory that this process has, nil where neither Linux nor ps says.
func residentBytes(ctx context.Context) *int64 {
	var resident, unit int64
	if data, err := os.ReadFile("/proc/self/statm"); err == nil {
		var size int64
		_, _ = fmt.Sscan(string(data), &size, &resident) // pages
		unit = int64(os.Getpagesize())
	} else if out, err := exec.CommandContext(ctx, "ps", "-o", "rss=", "-p", strconv.Itoa(os.Getpid())).Output(); err == nil {
		_, _ = fmt.Sscan(string(out), &resident)
		unit = 1024
	}
	if bytes := resident * unit; bytes > 0 {
		return &bytes
	}
	return nil
}
