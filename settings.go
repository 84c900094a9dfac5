package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"seedls/lsp"
)

func settingsCommand() *cobra.Command {
	var asJSON, asMarkdown bool
	cmd := &cobra.Command{
		Use:   "settings",
		Short: "List the settings: keys, values, defaults and what they mean",
		Long: `List the settings. Those of the first table are for the section "seedls" of an
editor's settings, or for the configuration file as the default of all editors;
those of the second are flags of "seedls serve", or for the configuration file.

With --json, print a list in the words of JSON Schema, for editor extensions.`,
		Example: "  seedls settings\n  seedls settings --json | jq -r '.[].key'",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			out := cmd.OutOrStdout()
			switch {
			case asJSON:
				encoder := json.NewEncoder(out)
				encoder.SetEscapeHTML(false)
				encoder.SetIndent("", "  ")
				return encoder.Encode(lsp.Table())
			case asMarkdown:
				return settingsMarkdown(out)
			}
			return settingsText(out)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print a JSON list")
	cmd.Flags().BoolVar(&asMarkdown, "markdown", false, "print the page editors/SETTINGS.md")
	cmd.MarkFlagsMutuallyExclusive("json", "markdown")
	return cmd
}

func settingsText(w io.Writer) error {
	for i, part := range settingsParts() {
		if i > 0 {
			fmt.Fprintln(w)
		}
		table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fmt.Fprintf(table, "%s\tdefault\tmeaning\n", part.title)
		for _, s := range part.settings {
			fmt.Fprintf(table, "  %s\t%s\t%s\n", s.Key, defaultOf(s), strings.ReplaceAll(s.Description, "`", ""))
			fmt.Fprintf(table, "\t\t  %s\n", s.Wanted())
		}
		if err := table.Flush(); err != nil {
			return err
		}
	}
	return nil
}

const settingsHead = "# Settings\n\n" +
	"Written by `seedls settings --markdown`; do not edit.\n\n" +
	"A value that is wrong, or a key that there is not, is named in the editor's log, or in the server's if it is in the\n" +
	"configuration file, with what is wanted; the default is used.\n"

func settingsMarkdown(w io.Writer) error {
	var page strings.Builder
	page.WriteString(settingsHead)
	for _, part := range settingsParts() {
		fmt.Fprintf(&page, "\n## %s\n\n%s\n\n| key | value | default | meaning |\n|---|---|---|---|\n", part.title, part.about)
		for _, s := range part.settings {
			fmt.Fprintf(&page, "| `%s` | %s | `%s` | %s |\n", s.Key, s.Wanted(), defaultOf(s), s.Description)
		}
	}
	_, err := io.WriteString(w, page.String())
	return err
}

// A settingsPart is a table of settings.
type settingsPart struct {
	title, about string
	settings     []lsp.Setting
}

func settingsParts() []settingsPart {
	parts := []settingsPart{
		{
			title: "Of editors",
			about: "In the section `seedls` of the editor's settings. In the configuration file they are what holds where an editor says\nnothing.",
		},
		{
			title: "Of the server",
			about: "Flags of `seedls serve`, with hyphens (`--log-file`), or in the configuration file: `seedls/config.toml` in\n" +
				"`$XDG_CONFIG_HOME`, by default `~/.config`. Flags win. Paths in the file begin at its folder.",
		},
	}
	for _, s := range lsp.Table() {
		part := &parts[0]
		if s.Process {
			part = &parts[1]
		}
		part.settings = append(part.settings, s)
	}
	return parts
}

func defaultOf(s lsp.Setting) string {
	text, err := json.Marshal(s.Default)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
