package main

import (
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"seedls/engine/train/corpus"
	"seedls/engine/train/trainer"
)

// A measurement is the held-out losses of a model.
type measurement struct {
	Model string `json:"model"`
	*trainer.HeldOut
}

func trainMeasureCommand() *cobra.Command {
	var file string
	var models []string
	var sequences, threads int
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "measure --corpus FILE [--model DIR]...",
		Short: "Measure the losses of models on text that they have not seen",
		Long: `Measure the losses of models on what "seedls train corpus" held out of a corpus: in
nats a token, and in nats a byte, which also compares models of different
vocabularies. Next tokens are what a model predicts one after another. The loss of
diffusion is the bound: the mean over all shares of masks. Tokens of text count, and
ends do not.

Sequences are cut out of the same documents for every model, and are as long as it
was made for.`,
		Example: `  seedls train measure --corpus corpus
  seedls train measure --corpus corpus --model run/model --model other --json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if sequences < 1 {
				return usageError{fmt.Errorf("--sequences %d: want 1 or more", sequences)}
			}
			o, end, err := computing(threads)
			if err != nil {
				return err
			}
			defer end()
			documents, err := corpus.Open(corpus.HeldOutFile(file))
			if err != nil {
				return err
			}
			defer documents.Close()
			if documents.Bytes() == 0 {
				return fmt.Errorf("%s has no text: make the corpus of more source trees", corpus.HeldOutFile(file))
			}
			if len(models) == 0 {
				models = []string{""}
			}
			bar := newProgress(cmd.ErrOrStderr(), false)
			defer bar.end()
			var all []measurement
			for i, dir := range models {
				c, err := (&modelFlags{model: dir}).open()
				if err != nil {
					return err
				}
				defer c.Close()
				losses, err := trainer.Measure(cmd.Context(), c, documents, sequences, o, func(done int) {
					bar.observe("sequences", i*sequences+done, len(models)*sequences)
				})
				if err != nil {
					return err
				}
				name := dir
				if name == "" {
					name = c.Name
				}
				all = append(all, measurement{name, losses})
			}
			bar.end()
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(all)
			}
			return writeMeasurements(cmd.OutOrStdout(), all)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&file, "corpus", "", "corpus `FILE`, beside which FILE.heldout is")
	flags.StringArrayVar(&models, "model", nil, "model `DIR` in the Hugging Face layout; may be given more than once (default: the built-in one)")
	flags.IntVar(&sequences, "sequences", 256, "`NUMBER` of sequences to measure on")
	flags.IntVar(&threads, "threads", processors, "number of threads that compute")
	flags.BoolVar(&asJSON, "json", false, "print a JSON array with an object for each model")
	_ = cmd.MarkFlagRequired("corpus") // these fail only for a flag that does not exist
	_ = cmd.MarkFlagFilename("corpus")
	_ = cmd.MarkFlagDirname("model")
	return cmd
}

func writeMeasurements(w io.Writer, all []measurement) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(table, "model\tnext token\ta byte\tdiffusion\ta byte\t")
	for i := range trainer.Levels {
		fmt.Fprintf(table, "t %.1f\t", float64(i)/trainer.Levels)
	}
	fmt.Fprintln(table)
	for _, m := range all {
		fmt.Fprintf(table, "%s\t%.4f\t%.4f\t%.4f\t%.4f\t", m.Model, m.Context, m.ContextByte, m.Diffusion, m.DiffusionByte)
		for i, mean := range m.Mean {
			if m.Count[i] > 0 {
				fmt.Fprintf(table, "%.3f\t", mean)
			} else {
				fmt.Fprint(table, "-\t")
			}
		}
		fmt.Fprintln(table)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "Nats a token, and a byte, on %d sequences; t is the share of its canvas that is masked, from there on.\n", all[0].Sequences)
	return err
}
