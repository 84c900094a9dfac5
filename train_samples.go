package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"seedls/engine/train/sample"
	"seedls/engine/train/trainer"
)

func trainSamplesCommand() *cobra.Command {
	var file, stageName string
	var number int
	stages := []string{sample.Masks.String(), sample.Edits.String()}
	cmd := &cobra.Command{
		Use:   "samples --config FILE",
		Short: "Show what a model learns from",
		Long: `Show the first sequences that a training run learns from: the text of the context,
and of each canvas what it shows and what it is to predict, token by token. A mask is
░, the end ∎, a line break ⏎ and a tab →.`,
		Example: `  seedls train samples --config run.toml
  seedls train samples --config run.toml --number 20 --stage edits | less -R`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if number < 1 {
				return usageError{fmt.Errorf("--number %d: want 1 or more", number)}
			}
			stage := sample.Masks
			switch stageName {
			case stages[0]:
			case stages[1]:
				stage = sample.Edits
			default:
				return usageError{fmt.Errorf("--stage %q: use masks or edits", stageName)}
			}
			config, err := trainer.Read(file)
			if err != nil {
				return err
			}
			return trainer.WriteSamples(cmd.OutOrStdout(), config, cuts, number, stage)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&file, "config", "", "`FILE` with the settings of the run")
	flags.IntVar(&number, "number", 3, "`NUMBER` of sequences")
	flags.StringVar(&stageName, "stage", stages[0], "what canvases teach: masks or edits")
	_ = cmd.MarkFlagRequired("config") // these fail only for a flag that does not exist
	_ = cmd.MarkFlagFilename("config", "toml")
	_ = cmd.RegisterFlagCompletionFunc("stage", cobra.FixedCompletions(stages, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}
