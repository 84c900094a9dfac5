package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"seedls/engine/diffusion"
	"seedls/engine/diffusion/trace"
	"seedls/lsp/completion"
)

func completeCommand() *cobra.Command {
	var model modelFlags
	var as presentation
	var asJSONL bool
	options := completion.DefaultOptions()
	cmd := &cobra.Command{
		Use:   "complete FILE:LINE:COL",
		Short: "Complete one place of a file, or many holes read from standard input",
		Long: `Complete the place in FILE before the byte COL of the line LINE, both counted from
1, and print the text that belongs there. The exit code is 1 when the model wrote
nothing that fits.

--explain says why the completion is what it is: what the place is, what can be named
there, what the model saw of the file, which tokens waited for what in each step and
which were vetoed, and what became of the text. It has --order on; --order=false
explains what there is without. With --json it is data.

With --candidates, several texts are written at a time: the first takes the most
probable tokens, the others are drawn at rising temperatures. Those that fit are
printed, the likeliest first, by what the same model thinks of each when it reads
it one token after another. --trace draws the first.

With --jsonl, read holes from standard input, one JSON object a line:

  {"id": 1, "path": "a.go", "prefix": "package a\n\nfunc ", "suffix": "\n"}

and answer each with one line, in order: the object that --json prints, with the
id, or {"id": ..., "error": ...}. The exit code is 1 when there was an error.`,
		Example: `  seedls complete server.go:42:9
  seedls complete server.go:42:9 --trace
  seedls complete server.go:42:9 --explain
  seedls complete server.go:42:9 --candidates 4
  seedls complete --jsonl < holes.jsonl > answers.jsonl`,
		Args: func(cmd *cobra.Command, args []string) error {
			if asJSONL {
				return cobra.NoArgs(cmd, args)
			}
			if len(args) != 1 {
				return fmt.Errorf("complete wants one place, FILE:LINE:COL, or --jsonl; got %d", len(args))
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := options.Validate(); err != nil {
				return usageError{err}
			}
			if as.explain && !cmd.Flags().Changed("order") {
				options.Order = true
			}
			var request completion.Request
			if !asJSONL {
				var err error
				if request, err = readPlace(args[0]); err != nil {
					return err
				}
			}
			request.Options = options
			completer, err := model.load()
			if err != nil {
				return err
			}
			defer completer.Close()
			if asJSONL {
				return completeLines(cmd.Context(), completer, options, cmd.InOrStdin(), cmd.OutOrStdout())
			}
			return completePlace(cmd, completer, request, args[0], as)
		},
	}
	model.register(cmd)
	flags := cmd.Flags()
	registerOptions(cmd, &options)
	flags.BoolVar(&as.trace, "trace", false, "draw the canvas after each step, and what waits and is vetoed under --order;\non standard error when --json has standard output")
	flags.BoolVar(&as.explain, "explain", false, "say how it came about: hole, scope, prompt, steps with what --order, which this turns\non, held back and why, and what was cut off or refused")
	flags.StringVar(&as.svg, "trace-svg", "", "draw the steps as a picture into `FILE`")
	flags.BoolVar(&as.json, "json", false, "print one JSON object: text, counts, times, steps")
	flags.BoolVar(&asJSONL, "jsonl", false, "answer holes read from standard input, one JSON object a line")
	for _, flag := range []string{"trace", "explain", "trace-svg", "json"} {
		cmd.MarkFlagsMutuallyExclusive("jsonl", flag)
	}
	return cmd
}

// registerOptions adds the flags that say how to generate.
func registerOptions(cmd *cobra.Command, o *completion.Options) {
	flags := cmd.Flags()
	flags.StringVar((*string)(&o.Mode), "mode", string(o.Mode), "how to generate: diffusion or ar, one token after another")
	flags.StringVar(&o.Policy, "policy", o.Policy, "what a step commits: threshold, fixed-steps or entropy-bounded")
	flags.Float64Var(&o.Threshold, "threshold", o.Threshold, "confidence that the threshold policy commits at")
	flags.IntVar(&o.Steps, "steps", o.Steps, "steps a block of the fixed-steps policy")
	flags.Float64Var(&o.EntropyBound, "entropy-bound", o.EntropyBound, "nats a step of the entropy-bounded policy")
	flags.IntVar(&o.Canvas, "block", o.Canvas, fmt.Sprintf("tokens of a block, 1 to %d; 0 for what is fastest on this machine,\n"+
		"once \"seedls serve\" has measured that, until then %d", completion.MaxCanvas, completion.DefaultBlock))
	flags.IntVar(&o.Blocks, "blocks", o.Blocks, fmt.Sprintf("most blocks to write; of %d tokens if --block is 0", completion.DefaultBlock))
	flags.BoolVar(&o.Order, "order", o.Order, "have names, closing brackets, quotes and the end wait for what belongs before\nthem, and keep out what cannot stand where it would")
	flags.IntVar(&o.Remasks, "remasks", o.Remasks, "how often a block under --order has what turned out wrong masked again")
	flags.IntVar(&o.Revisions, "revisions", o.Revisions, "rounds in which tokens that stand are looked at again")
	flags.Float64Var(&o.EditThreshold, "edit-threshold", o.EditThreshold, "confidence that a token needs to take another's place in a revision")
	flags.StringSliceVar(&o.Context, "context", o.Context, "what the model sees besides the file: declarations in the other files of a Go\npackage, or nothing")
	flags.IntVar(&o.Candidates, "candidates", o.Candidates, fmt.Sprintf("texts to write together, 1 to %d, the likeliest first; one in mode ar", completion.MaxCandidates))
	flags.Float64Var(&o.MinScore, "min-score", o.MinScore, "nats, such as -20, below which a text is too unlikely to be shown; 0 shows all")
	for name, values := range map[string][]string{
		"context": {completion.PackageSource},
		"mode":    {string(completion.Diffusion), string(completion.Autoregressive)},
		"policy":  {completion.ThresholdPolicy, completion.FixedStepsPolicy, completion.EntropyBoundedPolicy},
	} {
		_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	}
}

// maxFileBytes bounds a file to complete in and a line of --jsonl.
const maxFileBytes = 16 << 20

// readPlace reads FILE:LINE:COL and the text around it.
func readPlace(place string) (completion.Request, error) {
	var r completion.Request
	rest, col, ok1 := cutLast(place)
	file, line, ok2 := cutLast(rest)
	if !ok1 || !ok2 || file == "" {
		return r, usageError{fmt.Errorf("%s: want FILE:LINE:COL, such as main.go:12:5", place)}
	}
	text, err := readFile(file)
	if err != nil {
		return r, err
	}
	at := 0
	for n := 1; n < line; n++ {
		end := strings.IndexByte(text[at:], '\n')
		if end < 0 {
			return r, fmt.Errorf("%s:%d: the file has %d lines", file, line, n)
		}
		at += end + 1
	}
	length := len(text) - at
	if end := strings.IndexByte(text[at:], '\n'); end >= 0 {
		length = len(strings.TrimSuffix(text[at:at+end], "\r"))
	}
	if col > length+1 {
		return r, fmt.Errorf("%s:%d:%d: the line has %d bytes, so that the last column is %d", file, line, col, length, length+1)
	}
	at += col - 1
	r.Path, r.File, r.Prefix, r.Suffix = shownPath(file), file, text[:at], text[at:]
	return r, nil
}

// readFile reads a file to complete in.
func readFile(file string) (string, error) {
	// To open a pipe can take for ever.
	if info, err := os.Stat(file); err == nil && !info.Mode().IsRegular() {
		return "", fmt.Errorf("%s: not a regular file", file)
	}
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	if err != nil {
		return "", err
	}
	if len(data) > maxFileBytes {
		return "", fmt.Errorf("%s: seedls works on files of at most %d bytes", file, maxFileBytes)
	}
	return string(data), nil
}

// cutLast splits off the number after the last colon.
func cutLast(s string) (before string, number int, ok bool) {
	colon := strings.LastIndexByte(s, ':')
	if colon < 0 {
		return s, 0, false
	}
	number, err := strconv.Atoi(s[colon+1:])
	return s[:colon], number, err == nil && number >= 1
}

// shownPath is how the model is told a file: relative to the working directory, or the name alone of one outside.
func shownPath(file string) string {
	if absolute, err := filepath.Abs(file); err == nil {
		if here, err := os.Getwd(); err == nil {
			if relative, err := filepath.Rel(here, absolute); err == nil && filepath.IsLocal(relative) {
				return filepath.ToSlash(relative)
			}
		}
	}
	return filepath.Base(file)
}

// A presentation is how an answer is to be shown.
type presentation struct {
	trace, explain, json bool
	svg                  string // a file, or ""
}

// completePlace answers one request the way the flags ask for.
func completePlace(cmd *cobra.Command, c *completion.Completer, r completion.Request, place string, as presentation) error {
	stdout, stderr := cmd.OutOrStdout(), cmd.ErrOrStderr()
	canvas := stdout
	if as.json {
		canvas = stderr
	}
	live := as.trace && (!as.explain || as.json) // an explanation draws the steps itself
	terminal := trace.NewTerminal(canvas)
	tracer := trace.New(c.Mask(), c.TokenText)
	var frames []trace.Frame
	r.Observe = func(s diffusion.Step) {
		frame := tracer.Frame(s)
		if live {
			terminal.Draw(frame)
		}
		frames = append(frames, frame)
	}
	result, explanation, err := complete(cmd.Context(), c, r, as.explain)
	if err != nil {
		return err
	}
	if as.svg != "" {
		var picture bytes.Buffer
		if err := trace.WriteSVG(&picture, "seedls complete "+place, frames); err != nil {
			return err
		}
		if err := writeFile(as.svg, picture.Bytes()); err != nil {
			return err
		}
	}
	switch {
	case as.json && as.explain:
		err = json.NewEncoder(stdout).Encode(explanation)
	case as.json:
		err = json.NewEncoder(stdout).Encode(result)
	case as.explain:
		writeExplanation(stdout, explanation)
	case result.Text == "":
		fmt.Fprintf(stderr, "nothing to show: %s; the model wrote %q\n", result.Verdict, result.Raw)
	default:
		if as.trace {
			fmt.Fprintln(stdout)
		}
		_, err = io.WriteString(stdout, shownTexts(result, r.Options.Candidates > 1))
	}
	if err == nil && result.Text == "" {
		err = exitCode(1)
	}
	return err
}

// complete answers one request, and explains the answer if it is asked to.
func complete(ctx context.Context, c *completion.Completer, r completion.Request, explain bool) (*completion.Result, *completion.Explanation, error) {
	if !explain {
		result, err := c.Complete(ctx, r)
		return result, nil, err
	}
	explanation, err := c.Explain(ctx, r, nil)
	if err != nil {
		return nil, nil, err
	}
	return explanation.Result, explanation, nil
}

// shownTexts is the text of a result, or all of several candidates, each under its score.
func shownTexts(result *completion.Result, several bool) string {
	if !several {
		return result.Text + "\n"
	}
	var b strings.Builder
	for i, c := range result.Candidates {
		fmt.Fprintf(&b, "%d. %.1f nats, temperature %g:\n%s\n", i+1, c.Score, c.Temperature, c.Text)
	}
	return b.String()
}

// writeFile writes a file whole or not at all, with the permissions of the one that it replaces. What a link leads to is
// replaced, not the link; what is no file, such as a terminal, is written to.
func writeFile(path string, data []byte) error {
	mode := os.FileMode(0o644)
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	if old, err := os.Stat(path); err == nil {
		if !old.Mode().IsRegular() {
			return os.WriteFile(path, data, mode)
		}
		mode = old.Mode().Perm()
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails once it is renamed
	if _, err = f.Write(data); err == nil {
		err = f.Chmod(mode)
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// completeLines answers a line of JSON for each line of JSON. A line that cannot be answered is answered with an
// error, and the exit code is 1 in the end.
func completeLines(ctx context.Context, c *completion.Completer, o completion.Options, in io.Reader, out io.Writer) error {
	type answer struct {
		ID json.RawMessage `json:"id"`
		*completion.Result
		Error string `json:"error,omitempty"`
	}
	lines := bufio.NewScanner(interruptible{in, ctx.Done()})
	lines.Buffer(nil, maxFileBytes)
	encoder := json.NewEncoder(out)
	failed := 0
	for lines.Scan() {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		var hole struct {
			ID                   json.RawMessage
			Path, Prefix, Suffix string
		}
		var a answer
		err := json.Unmarshal(lines.Bytes(), &hole)
		if err == nil {
			a.ID = hole.ID
			a.Result, err = c.Complete(ctx, completion.Request{
				Path: hole.Path, Prefix: hole.Prefix, Suffix: hole.Suffix, Document: hole.Path, Options: o,
			})
		}
		if ctx.Err() != nil {
			break
		}
		if err != nil {
			a.Error = err.Error()
			failed++
		}
		if err := encoder.Encode(a); err != nil {
			return err
		}
	}
	switch err := lines.Err(); {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.Is(err, bufio.ErrTooLong):
		return fmt.Errorf("standard input: a line of more than %d bytes", maxFileBytes)
	case err != nil:
		return fmt.Errorf("standard input: %w", err)
	}
	if failed > 0 {
		return fmt.Errorf("%d lines could not be answered: see their \"error\"", failed)
	}
	return nil
}
