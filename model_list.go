package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"seedls/cache/hub"
	"seedls/engine/builtin"
	"seedls/lsp"
)

// userModels is the store of the models that the user has pulled.
func userModels() hub.Store {
	data := os.Getenv("XDG_DATA_HOME")
	if !filepath.IsAbs(data) {
		home, err := os.UserHomeDir()
		if err != nil {
			return hub.NewStore("")
		}
		data = filepath.Join(home, ".local", "share")
	}
	return hub.NewStore(filepath.Join(data, "seedls", "models"))
}

// A listedModel is a line of seedls model list.
type listedModel struct {
	Name     string `json:"name"`
	Bytes    int64  `json:"bytes"`
	Revision string `json:"revision,omitempty"`
	Commit   string `json:"commit,omitempty"`
	Dir      string `json:"dir,omitempty"`
	InUse    bool   `json:"in_use"`
}

// listModels lists the built-in model, those that were pulled, and the one in use if it is neither.
func listModels(inUse string) ([]listedModel, error) {
	c, err := builtin.Open()
	if err != nil {
		return nil, err
	}
	defer c.Close()
	models := []listedModel{{Name: lsp.Builtin, Bytes: c.Bytes()}}
	for _, m := range userModels().List() {
		models = append(models, listedModel{Name: m.Name, Bytes: m.Bytes(), Revision: m.Revision, Commit: m.Commit, Dir: m.Dir})
	}
	for i := range models {
		if models[i].InUse = models[i].Name == inUse; models[i].InUse {
			return models, nil
		}
	}
	return append(models, listedModel{Name: inUse, Dir: inUse, InUse: true}), nil
}

func modelListCommand() *cobra.Command {
	var asJSON bool
	var config string
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the models that are here, and which is in use",
		Long:  `List the built-in model and those that were pulled. The one in use, by the configuration file, has a star.`,
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			settings, err := readConfig(config, cmd.Flags().Changed("config"), func(warning string) {
				fmt.Fprintln(cmd.ErrOrStderr(), "seedls:", warning)
			})
			if err != nil {
				return err
			}
			models, err := listModels(settings.Model)
			if err != nil {
				return err
			}
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(models)
			}
			table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			for _, m := range models {
				star, what := " ", m.Dir
				if m.InUse {
					star = "*"
				}
				if m.Name == lsp.Builtin {
					what = builtin.Name
				}
				fmt.Fprintf(table, "%s %s\t%s\t%s\n", star, m.Name, megabytes(m.Bytes), what)
			}
			return table.Flush()
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON list")
	configFlag(cmd, &config)
	return cmd
}

func modelRemoveCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:               "remove OWNER/NAME",
		Short:             "Delete a model that was pulled, or what there is of it",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeModels(false),
		RunE: func(cmd *cobra.Command, args []string) error {
			settings, err := readConfig(configFile(), false, func(string) {})
			if err != nil {
				return err
			}
			if settings.Model == args[0] {
				return fmt.Errorf("%s is in use: say \"seedls model use %s\" first", args[0], lsp.Builtin)
			}
			if err := userModels().Remove(args[0]); errors.Is(err, fs.ErrNotExist) {
				return notPulled(args[0])
			} else if err != nil {
				return err
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s is removed\n", args[0])
			return err
		},
	}
	return cmd
}

func modelUseCommand() *cobra.Command {
	var config string
	cmd := &cobra.Command{
		Use:   "use OWNER/NAME|" + lsp.Builtin,
		Short: "Say which model to use from now on",
		Long: `Write into the configuration file which model to use where no --model is given.
The rest of the file stays as it is. Servers that run keep theirs until they are
started again.`,
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completeModels(true),
		RunE: func(cmd *cobra.Command, args []string) error {
			name := args[0]
			if name != lsp.Builtin {
				model, err := userModels().Find(name)
				if errors.Is(err, fs.ErrNotExist) {
					return notPulled(name)
				}
				if err == nil {
					err = opens(model.Dir)
				}
				if err != nil {
					return err
				}
			}
			if err := writeModel(config, name); err != nil {
				return err
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s is in use, by %s\n", name, config)
			return err
		},
	}
	configFlag(cmd, &config)
	return cmd
}

func notPulled(name string) error {
	return fmt.Errorf("no model %q was pulled: see \"seedls model list\" and \"seedls model pull --help\"", name)
}

// completeModels completes one name of a model that was pulled, and builtin if asked to.
func completeModels(withBuiltin bool) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		if len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return modelNames(withBuiltin), cobra.ShellCompDirectiveNoFileComp
	}
}

func modelNames(withBuiltin bool) (names []string) {
	for _, m := range userModels().List() {
		names = append(names, m.Name)
	}
	if withBuiltin {
		names = append(names, lsp.Builtin)
	}
	return names
}

func megabytes(bytes int64) string { return fmt.Sprintf("%.1f MB", float64(bytes)/1e6) }
