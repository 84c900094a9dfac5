package main

import "github.com/spf13/cobra"

func trainCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "train", Short: "Train models"}
	cmd.AddCommand(trainTokenizerCommand())
	return cmd
}
