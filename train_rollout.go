package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"seedls/engine/kernel"
	"seedls/engine/train"
	"seedls/engine/train/rollout"
)

// rolling is what "train rollout" is asked for.
type rolling struct {
	model      modelFlags
	corpus     string
	out        string
	holes      int
	seed       uint64
	thresholds []float64
	seeds      int
	keep       int
	heat       float64
}

// rollingResult is what it answers.
type rollingResult struct {
	Out  string `json:"out,omitempty"`
	Kept int    `json:"kept"`
	rollout.Stats
	ForwardsPerToken float64 `json:"forwards_per_token"`
	Seconds          float64 `json:"seconds"`
}

func trainRolloutCommand() *cobra.Command {
	var r rolling
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "rollout --corpus FILE",
		Short: "Have a model fill holes of a corpus, and keep its best ways to",
		Long: `Have a model fill holes of a corpus in the order that code has, several times
each: with several thresholds of confidence, and with tokens drawn by chance. Of
what fits its hole (it parses, it repeats nothing), the trajectories that the model
finds most probable are kept: the states of a canvas from masks to text.

"seedls train run" learns from such a file ("trajectories" in its settings), so that
the model needs fewer steps. Without --out, it only says how the trajectories went.`,
		Example: `  seedls train rollout --corpus corpus --model run/model --out trajectories
  seedls train rollout --corpus corpus.heldout --thresholds 0.9 --seeds 1`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			bar := newProgress(cmd.ErrOrStderr(), false)
			defer bar.end()
			result, err := r.run(cmd.Context(), func(done, total int) { bar.observe("holes", done, total) })
			if err != nil {
				return err
			}
			bar.end()
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(result)
			}
			return result.print(cmd.OutOrStdout())
		},
	}
	flags := cmd.Flags()
	r.model.register(cmd)
	flags.StringVar(&r.corpus, "corpus", "", "`FILE` by \"seedls train corpus\"")
	flags.StringVar(&r.out, "out", "", "`FILE` to write the trajectories that are kept into")
	flags.IntVar(&r.holes, "holes", 1000, "`NUMBER` of holes to fill")
	flags.Uint64Var(&r.seed, "seed", 1, "`NUMBER` that chooses the holes and all else that is random")
	flags.Float64SliceVar(&r.thresholds, "thresholds", []float64{0.5, 0.7, 0.9}, "confidence at which tokens are committed")
	flags.IntVar(&r.seeds, "seeds", 3, "trajectories of a hole with each threshold; all but the first are drawn by chance")
	flags.Float64Var(&r.heat, "temperature", 0.7, "`TEMPERATURE` of those that are drawn")
	flags.IntVar(&r.keep, "keep", 2, "trajectories of a hole to keep")
	flags.BoolVar(&asJSON, "json", false, "print one JSON object")
	_ = cmd.MarkFlagRequired("corpus") // these fail only for a flag that does not exist
	_ = cmd.MarkFlagFilename("corpus")
	_ = cmd.MarkFlagFilename("out")
	return cmd
}

func (r *rolling) run(ctx context.Context, observe func(done, total int)) (*rollingResult, error) {
	begin := time.Now()
	if r.holes < 1 || r.keep < 1 {
		return nil, usageError{fmt.Errorf("--holes %d, --keep %d: want at least 1", r.holes, r.keep)}
	}
	options := rollout.Options{Seeds: r.seeds, Temperature: float32(r.heat)}
	for _, t := range r.thresholds {
		options.Thresholds = append(options.Thresholds, float32(t))
	}
	k, err := kernel.FromEnv()
	if err != nil {
		return nil, err
	}
	c, err := r.model.open()
	if err != nil {
		return nil, err
	}
	defer c.Close()
	f, err := openFilling(c, r.corpus, r.seed)
	if err != nil {
		return nil, err
	}
	defer f.documents.Close()
	own, err := train.Load(c)
	if err != nil {
		return nil, err
	}
	workers, closeAll, err := f.workers(k, max(r.model.threads, 1), options, own, nil)
	if err != nil {
		return nil, err
	}
	defer closeAll()
	kept, stats, err := rollout.Generate(ctx, workers, f.holes, r.seed, 0, r.holes, rollout.Best(r.keep), observe)
	if err != nil {
		return nil, err
	}
	if r.out != "" {
		if err := rollout.Write(r.out, kept); err != nil {
			return nil, err
		}
	}
	return &rollingResult{
		Out: r.out, Kept: len(kept), Stats: stats, ForwardsPerToken: stats.ForwardsPerToken(), Seconds: time.Since(begin).Seconds(),
	}, nil
}

func (r *rollingResult) print(w io.Writer) error {
	_, err := fmt.Fprintf(w, `%d trajectories in %.1f s, %d kept
%.1f %% fit their holes, %.1f %% are what was there, mean similarity to it %.3f
%.3f forward passes a token
`, r.Trajectories, r.Seconds, r.Kept, 100*r.VerifiedShare(), 100*float64(r.Exact)/float64(max(r.Trajectories, 1)), r.Similarity,
		r.ForwardsPerToken)
	return err
}
