package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"seedls/engine/train/corpus"
	"seedls/structure"
)

func trainCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "train", Short: "Train models: make a corpus, learn a vocabulary, train, measure",
		Long: `Train models, in this order: "corpus" makes a file of source trees, "tokenizer"
learns a vocabulary from it, "config" prints the settings of a run, "samples" shows
what a model is to learn from, "run" trains it, and "measure" says what it and
others are worth on text that none of them has seen.`,
		Example: `  seedls train corpus --out corpus "$(go env GOROOT)" ~/src/server
  seedls train tokenizer --corpus corpus --out tokenizer.json
  seedls train config > run.toml
  seedls train run --config run.toml
  seedls train measure --corpus corpus --model run/model`,
	}
	cmd.AddCommand(
		trainCorpusCommand(),
		trainTokenizerCommand(),
		trainConfigCommand(),
		trainSamplesCommand(),
		trainRunCommand(),
		trainRolloutCommand(),
		trainPolicyCommand(),
		trainMeasureCommand(),
	)
	return cmd
}

// corpusLanguages are those that --languages takes.
var corpusLanguages = []string{"c", "cpp", "go", "java", "javascript", "python", "rust", "tsx", "typescript"}

func trainCorpusCommand() *cobra.Command {
	var file string
	var languages []string
	var asJSON, verbose bool
	cmd := &cobra.Command{
		Use:   "corpus --out FILE [NAME=]DIR...",
		Short: "Make a corpus of source trees, to train on",
		Long: `Make a corpus of source trees, to train on. Left out are generated, vendored,
minified and test data files, what is no text or larger than 256 KiB, and all but
one of the files that are equal or nearly so; licence headers are stripped.

One file in a hundred is held out, chosen by the MD5 of its repository and path:
FILE.heldout is a corpus of them, and FILE.heldout.txt lists them. Nothing nearly
equal to one of them is in FILE. A repository is called after its directory, unless
it is given as NAME=DIR; of a Go installation the sources are taken, and called go.
Repositories that models are evaluated on are refused.

The same trees give the same bytes.`,
		Example: `  seedls train corpus --out corpus "$(go env GOROOT)" "$(go env GOMODCACHE)"
  seedls train corpus --out corpus --languages go,python --verbose server=~/src/server/main
  seedls train corpus --out corpus --json . | jq .left_out`,
		Args: cobra.MinimumNArgs(1),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			for _, l := range languages {
				if !slices.Contains(corpusLanguages, l) {
					return usageError{fmt.Errorf("--languages: %q: use some of %s", l, strings.Join(corpusLanguages, ", "))}
				}
			}
			var trees []corpus.Tree
			for _, arg := range args {
				tree, err := corpus.OpenTree(arg)
				if err != nil {
					return err
				}
				trees = append(trees, tree)
			}
			bar := newProgress(cmd.ErrOrStderr(), false)
			defer bar.end()
			start := time.Now()
			report, err := corpus.Build(cmd.Context(), file, trees, corpus.Options{
				Language: func(path string) string {
					if name := structure.LanguageForPath(path).Name(); slices.Contains(languages, name) {
						return name
					}
					return ""
				},
				Observe: func(done, total int) { bar.observe("files", done, total) },
			})
			if err != nil {
				return err
			}
			bar.end()
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(struct {
					*corpus.Report
					Seconds float64 `json:"seconds"`
				}{report, time.Since(start).Seconds()})
			}
			return writeCorpusReport(cmd.OutOrStdout(), report, verbose)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&file, "out", "", "`FILE` to write the corpus into")
	flags.StringSliceVar(&languages, "languages", []string{"go"},
		"languages to take, by the extension of files: some of "+strings.Join(corpusLanguages, ", "))
	flags.BoolVar(&asJSON, "json", false, "print one JSON object, with each file that was left out and why")
	flags.BoolVarP(&verbose, "verbose", "v", false, "also print each file that was left out and why")
	cmd.MarkFlagsMutuallyExclusive("json", "verbose")
	_ = cmd.MarkFlagRequired("out") // these fail only for a flag that does not exist
	_ = cmd.MarkFlagFilename("out")
	_ = cmd.RegisterFlagCompletionFunc("languages", cobra.FixedCompletions(corpusLanguages, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}

func writeCorpusReport(w io.Writer, r *corpus.Report, verbose bool) error {
	if verbose {
		for _, f := range r.Files {
			if f.Of != "" {
				fmt.Fprintf(w, "%s: %s of %s\n", f.File, f.Reason, f.Of)
			} else {
				fmt.Fprintf(w, "%s: %s\n", f.File, f.Reason)
			}
		}
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(what string, c corpus.Count) {
		fmt.Fprintf(table, "%d files\t%.1f MB\t  %s\n", c.Files, float64(c.Bytes)/1e6, what)
	}
	for _, part := range []struct {
		name string
		corpus.Part
	}{{r.File, r.Train}, {corpus.HeldOutFile(r.File), r.HeldOut}} {
		for _, language := range slices.Sorted(maps.Keys(part.Languages)) {
			row(part.name+": "+language, part.Languages[language])
		}
	}
	for _, reason := range slices.Sorted(maps.Keys(r.LeftOut)) {
		row("left out: "+string(reason), r.LeftOut[reason])
	}
	return table.Flush()
}
