package main

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/aymanbagabas/go-udiff"
	"github.com/muesli/termenv"
	"github.com/spf13/cobra"

	"seedls/lsp/completion"
)

func fixCommand() *cobra.Command {
	var model modelFlags
	var write, asJSON bool
	options := completion.FixOptions()
	cmd := &cobra.Command{
		Use:   "fix FILE[:LINE[-LAST]]",
		Short: "Repair lines of a file",
		Long: `Repair the lines LINE to LAST of FILE, counted from 1, or all lines with syntax
errors, and print what would change as a diff. The model revises the lines; those
that are still no syntax after that are written anew. What does not mend is left
as it is.

The exit code is 1 when nothing was repaired and there was something to repair.`,
		Example: `  seedls fix server.go
  seedls fix server.go:42-45 --write`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := options.Validate(); err != nil {
				return usageError{err}
			}
			if options.Revisions == 0 && options.Mode == completion.Diffusion {
				return usageError{fmt.Errorf("--revisions 0: a repair wants 1 to %d", completion.MaxRevisions)}
			}
			file, line, last, err := parseLines(args[0])
			if err != nil {
				return usageError{err}
			}
			text, err := readFile(file)
			if err != nil {
				return err
			}
			completer, err := model.load()
			if err != nil {
				return err
			}
			defer completer.Close()
			report := fixReport{File: file, Fixes: []completion.Fix{}}
			if line == 0 {
				progress := newProgress(cmd.ErrOrStderr(), false)
				report.Fixes, report.Left, err = completer.FixErrors(cmd.Context(), shownPath(file), text, options,
					func(done, total int) { progress.observe("regions", done, total) })
				progress.end()
			} else {
				var fix *completion.Fix
				fix, err = completer.Fix(cmd.Context(), shownPath(file), text, line, last, options)
				if report.Left = 1; fix != nil && fix.Mended {
					report.Fixes, report.Left = append(report.Fixes, *fix), 0
				}
			}
			if err != nil {
				return err
			}
			fixed := text
			for _, fix := range report.Fixes {
				fixed = fix.Apply(fixed)
			}
			report.Diff = udiff.Unified(file, file+" (fixed)", text, fixed)
			if write && fixed != text {
				if err := writeFile(file, []byte(fixed)); err != nil {
					return err
				}
				report.Written = true
			}
			return report.print(cmd, asJSON)
		},
	}
	model.register(cmd)
	registerOptions(cmd, &options)
	cmd.Flags().BoolVar(&write, "write", false, "change the file")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object: the fixes, the diff, how many regions are left as they were")
	return cmd
}

// parseLines splits FILE[:LINE[-LAST]]; line is 0 where none is given.
func parseLines(s string) (file string, line, last int, err error) {
	volume := len(filepath.VolumeName(s)) // on Windows a colon may be its end
	colon := strings.LastIndexByte(s[volume:], ':')
	if colon < 0 {
		return s, 0, 0, nil
	}
	file, lines := s[:volume+colon], s[volume+colon+1:]
	from, to, isRange := strings.Cut(lines, "-")
	if !isRange {
		to = from
	}
	line, errFrom := strconv.Atoi(from)
	last, errTo := strconv.Atoi(to)
	if errFrom != nil || errTo != nil || line < 1 || last < line || file == "" {
		return "", 0, 0, fmt.Errorf("%s: want FILE, FILE:LINE or FILE:LINE-LAST, such as main.go:12-14", s)
	}
	return file, line, last, nil
}

// fixReport is what fix did.
type fixReport struct {
	File    string           `json:"file"`
	Fixes   []completion.Fix `json:"fixes"`
	Left    int              `json:"left"` // regions that were to be repaired and were not
	Diff    string           `json:"diff"`
	Written bool             `json:"written"`
}

func (r *fixReport) print(cmd *cobra.Command, asJSON bool) error {
	stdout, stderr := cmd.OutOrStdout(), cmd.ErrOrStderr()
	var err error
	switch {
	case asJSON:
		err = json.NewEncoder(stdout).Encode(r)
	case len(r.Fixes) > 0:
		err = printDiff(stdout, r.Diff)
	case r.Left == 0:
		_, err = fmt.Fprintf(stderr, "%s: no syntax errors; to have other lines repaired, name them: %s:LINE-LAST\n", r.File, r.File)
	}
	if err == nil && r.Left > 0 && !asJSON {
		_, err = fmt.Fprintf(stderr, "%s: %d of %d regions are left as they were: nothing that the model wrote mends them\n",
			r.File, r.Left, r.Left+len(r.Fixes))
	}
	if err == nil && r.Left > 0 && len(r.Fixes) == 0 {
		err = exitCode(1)
	}
	return err
}

// printDiff prints a unified diff, in colour on a terminal.
func printDiff(w io.Writer, diff string) error {
	out := termenv.NewOutput(w)
	for line := range strings.Lines(diff) {
		styled := out.String(strings.TrimSuffix(line, "\n"))
		switch {
		case strings.HasPrefix(line, "+++"), strings.HasPrefix(line, "---"):
			styled = styled.Bold()
		case strings.HasPrefix(line, "@@"):
			styled = styled.Foreground(termenv.ANSICyan)
		case strings.HasPrefix(line, "+"):
			styled = styled.Foreground(termenv.ANSIGreen)
		case strings.HasPrefix(line, "-"):
			styled = styled.Foreground(termenv.ANSIRed)
		}
		if _, err := fmt.Fprintln(out, styled); err != nil {
			return err
		}
	}
	return nil
}
