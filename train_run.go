package main

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"seedls/engine/kernel"
	"seedls/engine/train/sample"
	"seedls/engine/train/trainer"
	"seedls/structure"
)

func trainConfigCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "config",
		Short: "Print the settings of a training run, with their defaults",
		Long: `Print the settings of a training run as a TOML file: each with its default and a
comment. "seedls train run" takes such a file, or one with some of the settings.`,
		Example: "  seedls train config > run.toml",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c := trainer.Default()
			return c.Write(cmd.OutOrStdout())
		},
	}
}

func trainRunCommand() *cobra.Command {
	var file, initial string
	var threads int
	var asJSON, plot bool
	cmd := &cobra.Command{
		Use:   "run --config FILE",
		Short: "Train a model",
		Long: `Train a model with the settings of a TOML file; "seedls train config" prints them
all. The run may be stopped at any moment: Ctrl-C writes a checkpoint after the step
under way, and after anything worse the last of the two that are kept is used. The
same command goes on, with the losses that the run would have had.

In the directory of the run are checkpoints, each of them a model that "seedls
complete --model" takes, losses.jsonl with the losses of each step, losses.svg and
noise.svg, which show them, and at the end the model, with a README.md that says
what it was made of. One run at a time has the directory.

With --init, it goes on from another model: one for seedls, or an ordinary
autoregressive one of the Llama, Qwen2 or Qwen3 family. The latter gets used to
masks and to seeing ahead over the first steps ([anneal]); [tokens] names the
special tokens of its tokenizer.

Settings may be changed when a run goes on, but for [model], seed and the tokenizer;
the losses are then those of no single run.`,
		Example: `  seedls train config > run.toml
  seedls train run --config run.toml
  seedls train run --config run.toml --init model --plot=false
  seedls complete --model run/model main.go:12:5`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			config, err := trainer.Read(file)
			if err != nil {
				return err
			}
			if initial != "" {
				config.Init = initial
			}
			o, end, err := computing(threads)
			if err != nil {
				return err
			}
			defer end()
			line := newTrainingLine(cmd.ErrOrStderr(), config.Steps.Total)
			defer line.end()
			encode := json.NewEncoder(cmd.OutOrStdout())
			o.Plot = plot
			o.Observe = func(e trainer.Event) {
				if asJSON && e.Record != nil {
					_ = encode.Encode(e.Record) // a reader that is gone does not stop the run
				}
				line.show(e)
			}
			err = trainer.Run(cmd.Context(), config, o)
			if err != nil && cmd.Context().Err() != nil { // what was not written is to be told also after Ctrl-C
				line.end()
				fmt.Fprintln(cmd.ErrOrStderr(), "seedls:", err)
				return exitCode(1)
			}
			return err
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&file, "config", "", "`FILE` with the settings")
	flags.StringVar(&initial, "init", "", "go on from the model in `DIR`, whatever the file says")
	flags.IntVar(&threads, "threads", processors, "number of threads that compute")
	flags.BoolVar(&plot, "plot", true, "draw losses.svg and noise.svg at every checkpoint")
	flags.BoolVar(&asJSON, "json", false, "print a JSON object for each step")
	_ = cmd.MarkFlagRequired("config") // these fail only for a flag that does not exist
	_ = cmd.MarkFlagFilename("config", "toml")
	_ = cmd.MarkFlagDirname("init")
	return cmd
}

// computing says how the trainer computes, until end.
func computing(threads int) (o trainer.Options, end func(), err error) {
	if threads < 1 || threads > 1024 {
		return o, nil, usageError{fmt.Errorf("--threads %d: want 1 to 1024", threads)}
	}
	k, err := kernel.FromEnv()
	if err != nil {
		return o, nil, err
	}
	pool := kernel.NewPool(threads)
	return trainer.Options{Kernel: k, Pool: pool, Cutter: cuts}, pool.Close, nil
}

// cuts are what sequences may take out of a text.
func cuts(language, text string) []sample.Span {
	kinds := [...]sample.Kind{
		structure.StatementCut: sample.Statement, structure.BlockCut: sample.Block, structure.ArgumentCut: sample.Argument,
	}
	var spans []sample.Span
	for _, c := range structure.Cuts(language, text) {
		spans = append(spans, sample.Span{Kind: kinds[c.Kind], Start: c.Start, End: c.End})
	}
	return spans
}

// A trainingLine shows how a run gets on: on a terminal one line with the time left, elsewhere a line each minute.
type trainingLine struct {
	out   io.Writer
	bar   *progressbar.ProgressBar // nil where there is no terminal
	shown time.Time
	begin time.Time
	first int // step that this run began with
}

func newTrainingLine(w io.Writer, steps int) *trainingLine {
	l := &trainingLine{out: w, begin: time.Now(), first: -1}
	if newProgress(w, false).terminal {
		l.bar = progressbar.NewOptions(steps, progressbar.OptionSetWriter(w), progressbar.OptionShowCount(),
			progressbar.OptionSetWidth(12), progressbar.OptionSetPredictTime(true), progressbar.OptionThrottle(100*time.Millisecond))
	}
	return l
}

func (l *trainingLine) show(e trainer.Event) {
	switch {
	case e.Note != "":
		l.print("%s", e.Note)
	case e.Warning != nil:
		l.print("warning: %v", e.Warning)
	case e.Model != "":
		l.print("%s: the model", e.Model)
	case e.Record != nil:
		l.step(e)
	}
}

func (l *trainingLine) step(e trainer.Event) {
	r := e.Record
	if l.first < 0 {
		l.first = r.Step
	}
	low, high := r.Mean[1], r.Mean[8]
	losses := fmt.Sprintf("next token %.3f, canvas %.3f (t 0.1: %.2f, 0.8: %.2f), %.0f tokens/s", r.Context, r.Canvases, low, high, e.Rate)
	if l.bar != nil {
		l.bar.Describe(losses)
		_ = l.bar.Set(r.Step + 1) // fails only where the bar cannot be drawn
	} else if last := r.Step+1 == e.Steps; last || time.Since(l.shown) > time.Minute {
		l.shown = time.Now()
		left := time.Since(l.begin) / time.Duration(r.Step+1-l.first) * time.Duration(e.Steps-r.Step-1)
		fmt.Fprintf(l.out, "step %d of %d: %s, %s left\n", r.Step+1, e.Steps, losses, left.Round(time.Second))
	}
	if h := e.HeldOut; h != nil {
		l.print("step %d: held out: next token %.4f nats (%.4f a byte), diffusion %.4f (%.4f a byte)", r.Step+1,
			h.Context, h.ContextByte, h.Diffusion, h.DiffusionByte)
	}
}

// print writes a line of its own.
func (l *trainingLine) print(format string, values ...any) {
	if l.bar != nil {
		_ = l.bar.Clear() // as Set
	}
	fmt.Fprintf(l.out, format+"\n", values...)
}

func (l *trainingLine) end() {
	if l.bar != nil {
		_ = l.bar.Exit() // as Set
		fmt.Fprintln(l.out)
		l.bar = nil
	}
}
