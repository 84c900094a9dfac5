package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"seedls/engine/synth"
)

func modelSynthCommand() *cobra.Command {
	var name, dir string
	var o synth.Options
	cmd := &cobra.Command{
		Use:   "synth",
		Short: "Write a model of random weights, to measure speed with",
		Long: `Write a model with the sizes of a known one and random weights: it computes as
fast, and what it writes is noise. The same shape and seed give the same weights
on every machine. With --gguf they are also written in the format of llama.cpp,
quantised to Q8_0, to measure that on them.

The larger shapes take one to four gigabytes of disk. A model that this command
wrote is replaced; a directory with anything else in it is not touched.`,
		Example: `  seedls model synth --shape seed-8m --out /tmp/seed-8m
  seedls model synth --shape qwen2.5-coder-0.5b --out /tmp/qwen --gguf /tmp/qwen.gguf
  seedls model info --model /tmp/qwen`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			shape, err := synth.Find(name)
			if err != nil {
				return usageError{fmt.Errorf("--shape: %w", err)}
			}
			bar := newProgress(cmd.ErrOrStderr(), false)
			defer bar.end()
			const million = 1e6
			o.Observe = func(done, total int) { bar.observe("million weights", done/million, total/million) }
			if err := shape.Write(cmd.Context(), dir, o); err != nil {
				return err
			}
			bar.end()
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: %s with random weights of seed %d\n", dir, shape.Name, o.Seed)
			return err
		},
	}
	flags := cmd.Flags()
	var names []string
	for _, s := range synth.Shapes() {
		names = append(names, s.Name)
	}
	flags.StringVar(&name, "shape", "", "`NAME` of the model whose sizes to take: "+strings.Join(names, ", "))
	flags.StringVar(&dir, "out", "", "`DIR` to write the model into")
	flags.StringVar(&o.GGUF, "gguf", "", "also write the weights for llama.cpp into `FILE`")
	flags.Uint64Var(&o.Seed, "seed", 1, "seed of the weights")
	_ = cmd.RegisterFlagCompletionFunc("shape", cobra.FixedCompletions(names, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.MarkFlagRequired("shape") // these fail only for a flag that does not exist
	_ = cmd.MarkFlagRequired("out")
	_ = cmd.MarkFlagDirname("out")
	_ = cmd.MarkFlagFilename("gguf", "gguf")
	return cmd
}
