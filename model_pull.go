package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"seedls/cache/hub"
	"seedls/engine/checkpoint"
)

// defaultHub is where models are pulled from unless the user says otherwise.
const defaultHub = "https://huggingface.co"

func modelPullCommand() *cobra.Command {
	var endpoint string
	cmd := &cobra.Command{
		Use:   "pull OWNER/NAME[@REVISION]",
		Short: "Download a model from a hub",
		Long: `Download a model: its configuration, its tokenizer and its weights in safetensors,
and nothing else. What breaks off, or is interrupted, goes on with the next call;
files are compared with the checksums of the hub before they are used. Models are
kept in the folder seedls/models of $XDG_DATA_HOME, by default ~/.local/share.

For models that are private, or have terms to accept, set HF_TOKEN. This is the
only command of seedls that connects to another machine.`,
		Example: `  seedls model pull acme/coder-diffusion-1b
  seedls model use acme/coder-diffusion-1b
  HF_ENDPOINT=https://hub.example.com seedls model pull acme/coder@v2`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			ref, err := hub.ParseReference(args[0])
			if err != nil {
				return usageError{err}
			}
			remote, err := hub.New(cmp.Or(endpoint, os.Getenv("HF_ENDPOINT"), defaultHub), os.Getenv("HF_TOKEN"))
			if err != nil {
				return usageError{err}
			}
			bar := newProgress(cmd.ErrOrStderr(), false)
			defer bar.end()
			shown := -1
			model, err := remote.Pull(cmd.Context(), userModels(), ref, func(done, total int64) {
				const mb = 1_000_000
				if mbs := int(done / mb); mbs != shown {
					shown = mbs
					bar.observe("MB", mbs, int(total/mb))
				}
			})
			if err != nil {
				return err
			}
			bar.end()
			if err := opens(model.Dir); err != nil {
				return fmt.Errorf("%s was pulled, but seedls cannot complete with it; remove it with \"seedls model remove %s\": %w",
					model.Name, model.Name, err)
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s, commit %.12s, %s, is in %s\nUse it with \"seedls model use %s\", or --model %s.\n",
				model.Name, model.Commit, megabytes(model.Bytes()), model.Dir, model.Name, model.Name)
			return err
		},
	}
	cmd.Flags().StringVar(&endpoint, "endpoint", "", "`URL` of the hub (default: $HF_ENDPOINT, or "+defaultHub+")")
	return cmd
}

// opens says why the model in a folder cannot be used, if it cannot.
func opens(dir string) error {
	c, err := checkpoint.Open(dir)
	if err != nil {
		return err
	}
	if c.TokenizerJSON() == nil {
		err = errors.New("it has no tokenizer.json")
	}
	return errors.Join(err, c.Close())
}
