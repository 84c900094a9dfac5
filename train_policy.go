package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"seedls/engine/checkpoint"
	"seedls/engine/train"
	"seedls/engine/train/corpus"
	"seedls/engine/train/rollout"
	"seedls/engine/train/trainer"
)

// policyTraining is what "train policy" is asked for.
type policyTraining struct {
	config     trainer.Config
	compute    trainer.Options
	threads    int
	rounds     int
	holes      int
	measured   int
	thresholds []float64
	threshold  float64
	seeds      int
	heat       float64
	goal       rollout.Goal
	margin     float64

	frozen  *train.Parameters
	observe func(what string, done, total int)
}

// policyRound is a model of the run, and how it fills holes that were held out.
type policyRound struct {
	Model            string  `json:"model"`
	Preferred        int     `json:"preferred"` // trajectories that it was trained on
	Verified         float64 `json:"verified"`  // share
	Similarity       float64 `json:"similarity"`
	ForwardsPerToken float64 `json:"forwards_per_token"`
	Kept             bool    `json:"kept"` // it is as good as the margin wants
}

func trainPolicyCommand() *cobra.Command {
	var p policyTraining
	var file string
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "policy --config FILE",
		Short: "Train a model to need fewer steps, on what it writes",
		Long: `Train a model to need fewer forward passes, on what it writes itself, in rounds. In
each, it fills holes of the corpus several times. What fits its hole, is like what was
there, and is likely to the model that the run began with, is as good as before; of
that, trajectories whose states lie far apart, which take few steps, are preferred,
and the model is trained on those that are better than the mean of their hole.

After each round the model fills holes that were held out. The run ends after the
last round, or when fewer of its texts fit than before, by more than the margin: the
model of the round before is then the result.

The file is that of "seedls train run": init is the model to begin with, steps.total
are the steps of a round, out is the directory of the rounds. A run that was stopped
goes on.`,
		Example: `  seedls train policy --config policy.toml
  seedls train policy --config policy.toml --rounds 8 --margin 0.01 --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if p.config, err = trainer.Read(file); err != nil {
				return err
			}
			if p.config.Init == "" {
				return fmt.Errorf("%s: init is empty: it must name the model to begin with", file)
			}
			if p.rounds < 1 || p.holes < 1 || p.measured < 1 || p.seeds < 2 {
				return usageError{errors.New("--rounds, --holes and --measured must be at least 1, --seeds at least 2")}
			}
			compute, end, err := computing(p.threads)
			if err != nil {
				return err
			}
			defer end()
			bar := newProgress(cmd.ErrOrStderr(), false)
			defer bar.end()
			line := newTrainingLine(cmd.ErrOrStderr(), p.config.Steps.Total)
			defer line.end()
			p.compute, p.observe = compute, bar.observe
			p.compute.Plot = true
			p.compute.Observe = func(e trainer.Event) {
				bar.end()
				line.show(e)
			}
			rounds, err := p.run(cmd.Context())
			if err != nil {
				return err
			}
			bar.end()
			line.end()
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(rounds)
			}
			return printRounds(cmd.OutOrStdout(), rounds)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&file, "config", "", "`FILE` with the settings of a round")
	flags.IntVar(&p.rounds, "rounds", 4, "`NUMBER` of rounds at most")
	flags.IntVar(&p.holes, "holes", 1000, "holes to fill in a round")
	flags.IntVar(&p.measured, "measured", 300, "held-out holes to fill after a round")
	flags.Float64SliceVar(&p.thresholds, "thresholds", []float64{0.3, 0.5, 0.7}, "confidence at which tokens are committed")
	flags.Float64Var(&p.threshold, "threshold", 0.5, "the same, for the holes that were held out")
	flags.IntVar(&p.seeds, "seeds", 3, "trajectories of a hole with each threshold; all but the first are drawn by chance")
	flags.Float64Var(&p.heat, "temperature", 0.7, "`TEMPERATURE` of those that are drawn")
	flags.Float64Var(&p.goal.Similarity, "similarity", 0.3, "similarity to what was there that a text must have, from 0 to 1")
	flags.Float64Var(&p.goal.Likelihood, "likelihood", -4, "likelihood that a text must have, in nats a token")
	flags.Float64Var(&p.margin, "margin", 0.02, "by how much the share of texts that fit may fall, from 0 to 1")
	flags.IntVar(&p.threads, "threads", processors, "number of threads that compute")
	flags.BoolVar(&asJSON, "json", false, "print a JSON array of the rounds")
	_ = cmd.MarkFlagRequired("config") // these fail only for a flag that does not exist
	_ = cmd.MarkFlagFilename("config", "toml")
	return cmd
}

// run does the rounds, and returns the model that it began with and that of each round.
func (p *policyTraining) run(ctx context.Context) ([]policyRound, error) {
	first, err := checkpoint.Open(p.config.Init)
	if err != nil {
		return nil, err
	}
	p.frozen, err = train.Load(first)
	if err = errors.Join(err, first.Close()); err != nil {
		return nil, err
	}
	before, err := p.measure(ctx, p.config.Init)
	if err != nil {
		return nil, err
	}
	before.Kept = true
	rounds := []policyRound{*before}
	for n := 1; n <= p.rounds; n++ {
		round, err := p.round(ctx, n, rounds[len(rounds)-1].Model)
		if err != nil {
			return nil, err
		}
		round.Kept = round.Verified >= before.Verified-p.margin
		rounds = append(rounds, *round)
		if !round.Kept {
			break
		}
	}
	return rounds, nil
}

// round trains the model in a directory on what it writes.
func (p *policyTraining) round(ctx context.Context, n int, model string) (*policyRound, error) {
	c := p.config
	c.Out = filepath.Join(p.config.Out, fmt.Sprintf("round-%02d", n))
	c.Init = model
	c.Trajectories.File = c.Out + ".trajectories"
	c.Seed += uint64(n)
	preferred, err := rollout.Read(c.Trajectories.File)
	if errors.Is(err, fs.ErrNotExist) {
		preferred, err = p.prefer(ctx, &c, n)
	}
	if err != nil {
		return nil, err
	}
	if err := trainer.Run(ctx, c, p.compute); err != nil {
		return nil, err
	}
	round, err := p.measure(ctx, filepath.Join(c.Out, "model"))
	if err == nil {
		round.Preferred = len(preferred)
	}
	return round, err
}

// prefer makes the trajectories of a round, and writes those to train on.
func (p *policyTraining) prefer(ctx context.Context, c *trainer.Config, n int) ([]rollout.Trajectory, error) {
	options := rollout.Options{Seeds: p.seeds, Temperature: float32(p.heat)}
	for _, t := range p.thresholds {
		options.Thresholds = append(options.Thresholds, float32(t))
	}
	what := fmt.Sprintf("round %d: holes", n)
	chosen, _, err := p.fill(ctx, c.Init, c.Corpus, what, int64(n)*int64(p.holes), p.holes, options, p.goal.Prefer)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(c.Out), 0o777); err != nil {
		return nil, err
	}
	return chosen, rollout.Write(c.Trajectories.File, chosen)
}

// measure has a model fill held-out holes.
func (p *policyTraining) measure(ctx context.Context, model string) (*policyRound, error) {
	options := rollout.Options{Thresholds: []float32{float32(p.threshold)}, Seeds: 1}
	nothing := func([]rollout.Trajectory) []rollout.Trajectory { return nil }
	_, stats, err := p.fill(ctx, model, corpus.HeldOutFile(p.config.Corpus), "held-out holes", 0, p.measured, options, nothing)
	if err != nil {
		return nil, err
	}
	return &policyRound{
		Model: model, Verified: stats.VerifiedShare(), Similarity: stats.Similarity, ForwardsPerToken: stats.ForwardsPerToken(),
	}, nil
}

// fill has a model fill holes of a corpus, and keeps what choose does.
func (p *policyTraining) fill(
	ctx context.Context, model, file, what string, first int64, n int, o rollout.Options,
	choose func([]rollout.Trajectory) []rollout.Trajectory,
) (_ []rollout.Trajectory, _ rollout.Stats, err error) {
	c, err := checkpoint.Open(model)
	if err != nil {
		return nil, rollout.Stats{}, err
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	f, err := openFilling(c, file, p.config.Seed)
	if err != nil {
		return nil, rollout.Stats{}, err
	}
	defer func() { err = errors.Join(err, f.documents.Close()) }()
	frozen := p.frozen
	if o.Seeds == 1 { // they are only counted
		frozen = nil
	}
	workers, end, err := f.workers(p.compute.Kernel, p.threads, o, nil, frozen)
	if err != nil {
		return nil, rollout.Stats{}, err
	}
	defer end()
	return rollout.Generate(ctx, workers, f.holes, p.config.Seed, first, n, choose, func(done, total int) { p.observe(what, done, total) })
}

func printRounds(w io.Writer, rounds []policyRound) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "round\tfit\tsimilarity\tforward passes a token\ttrained on\tmodel")
	fewest, best := math.Inf(1), ""
	for i, r := range rounds {
		fmt.Fprintf(table, "%d\t%.1f %%\t%.3f\t%.3f\t%d\t%s\n", i, 100*r.Verified, r.Similarity, r.ForwardsPerToken, r.Preferred, r.Model)
		if r.Kept && r.ForwardsPerToken < fewest {
			fewest, best = r.ForwardsPerToken, r.Model
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "%s: the model that needs fewest passes and is good enough\n", best)
	return err
}
