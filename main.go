// Seedls is a language server whose completions come from a discrete diffusion language model that runs inside the
// server process. See README.md for its use and ARCHITECTURE.md for how it is made.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"seedls/engine/builtin"
	"seedls/engine/checkpoint"
	"seedls/engine/diffusion"
	"seedls/engine/diffusion/trace"
	"seedls/engine/kernel"
	"seedls/lsp"
	"seedls/lsp/completion"
)

// version of the release, also in CHANGELOG.md.
const version = "0.1.0"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// exitCode is an error that was already told, with the code that the process should exit with.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// usageError is a command line that is wrong, found after it was parsed.
type usageError struct{ error }

// run executes a command line and returns the exit code: 0, 1 for a failure, 2 for a command line that is wrong.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := rootCommand()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	started := false
	onStart(root, func() { started = true })
	err := root.ExecuteContext(ctx)
	var code exitCode
	switch {
	case err == nil:
		return 0
	case errors.As(err, &code):
		return int(code)
	}
	if ctx.Err() != nil {
		err = errors.New("interrupted")
	}
	fmt.Fprintln(stderr, "seedls:", err)
	if !started || errors.As(err, new(usageError)) {
		fmt.Fprintln(stderr, "Run 'seedls --help' for usage.")
		return 2
	}
	return 1
}

// onStart has every command call f once its command line was found right.
func onStart(cmd *cobra.Command, f func()) {
	if do := cmd.RunE; do != nil {
		cmd.RunE = func(cmd *cobra.Command, args []string) error {
			f()
			return do(cmd, args)
		}
	}
	for _, sub := range cmd.Commands() {
		onStart(sub, f)
	}
}

func rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "seedls",
		Short: "Code completion by a diffusion language model, in a language server",
		Long: `seedls completes code with a discrete diffusion language model that runs inside
the process: private, offline, a block of tokens at a time.

Editors start "seedls serve". In a terminal, "seedls complete FILE:LINE:COL"
completes one place, and --trace shows how.`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(serveCommand(), completeCommand(), modelCommand(), versionCommand())
	return root
}

// modelFlags say which model to load and how to compute.
type modelFlags struct {
	dir     string
	threads int
}

func (f *modelFlags) register(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.dir, "model", "", "model `DIR` in the Hugging Face layout (default: the built-in "+builtin.Name+")")
	cmd.Flags().IntVar(&f.threads, "threads", runtime.NumCPU(), "number of threads that compute")
	_ = cmd.MarkFlagDirname("model") // fails only for a flag that does not exist
}

func (f *modelFlags) open() (*checkpoint.Checkpoint, error) {
	if f.dir == "" {
		return builtin.Open()
	}
	return checkpoint.Open(f.dir)
}

// load gets a completer ready, which the caller closes.
func (f *modelFlags) load() (*completion.Completer, error) {
	if f.threads < 1 || f.threads > 1024 {
		return nil, usageError{fmt.Errorf("--threads %d: want 1 to 1024", f.threads)}
	}
	k, err := kernel.FromEnv()
	if err != nil {
		return nil, err
	}
	c, err := f.open()
	if err != nil {
		return nil, err
	}
	defer c.Close()
	return completion.New(c, k, f.threads)
}

func serveCommand() *cobra.Command {
	var model modelFlags
	var stdio bool
	var listen string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the language server",
		Long: `Run the language server, over standard input and output as editors start it, or
over a unix socket that only you can open, for any number of editors that share
one model. Logs go to standard error.`,
		Example: "  seedls serve\n  seedls serve --listen unix:/run/user/1000/seedls.sock",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			// A client that dies makes writing to it fail, which ends the session, and must not end the process.
			signal.Ignore(syscall.SIGPIPE)
			logger := slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil))
			options := lsp.Options{Version: version, Logger: logger}
			completer, err := model.load()
			switch {
			case errors.As(err, new(usageError)):
				return err
			case err != nil:
				logger.Error("serving without a model", "error", err)
				options.NoCompleter = err
			default:
				defer completer.Close()
				options.Completer = completer
			}
			if listen != "" {
				return lsp.ListenAndServe(cmd.Context(), listen, options)
			}
			code, err := lsp.Serve(cmd.Context(), newStdioConnection(cmd.InOrStdin(), cmd.OutOrStdout()), options)
			if err == nil && code != 0 {
				err = exitCode(code)
			}
			return err
		},
	}
	model.register(cmd)
	cmd.Flags().BoolVar(&stdio, "stdio", true, "speak over standard input and output")
	cmd.Flags().StringVar(&listen, "listen", "", "listen on a socket instead: `unix:PATH`")
	cmd.MarkFlagsMutuallyExclusive("stdio", "listen")
	return cmd
}

// stdioConnection is standard input and output as one connection.
type stdioConnection struct {
	interruptible
	io.Writer
	close func()
}

func newStdioConnection(in io.Reader, out io.Writer) stdioConnection {
	closed := make(chan struct{})
	return stdioConnection{interruptible{in, closed}, out, sync.OnceFunc(func() { close(closed) })}
}

// Close ends a read under way.
func (c stdioConnection) Close() error {
	c.close()
	return nil
}

// An interruptible reader ends when its source does or done is closed. A read of the source that is under way then is
// left to itself.
type interruptible struct {
	source io.Reader
	done   <-chan struct{}
}

func (r interruptible) Read(p []byte) (int, error) {
	type result struct {
		data []byte
		err  error
	}
	read := make(chan result, 1)
	go func() {
		data := make([]byte, len(p))
		n, err := r.source.Read(data)
		read <- result{data[:n], err}
	}()
	select {
	case got := <-read:
		return copy(p, got.data), got.err
	case <-r.done:
		return 0, io.EOF
	}
}

func completeCommand() *cobra.Command {
	var model modelFlags
	var drawTrace, asJSON, asJSONL bool
	var svg string
	options := completion.DefaultOptions()
	mode := string(options.Mode)
	cmd := &cobra.Command{
		Use:   "complete FILE:LINE:COL",
		Short: "Complete one place of a file, or many holes read from standard input",
		Long: `Complete the place in FILE before the byte COL of the line LINE, both counted from
1, and print the text that belongs there. The exit code is 1 when the model wrote
nothing that fits.

With --jsonl, read holes from standard input, one JSON object a line:

  {"id": 1, "path": "a.go", "prefix": "package a\n\nfunc ", "suffix": "\n"}

and answer each with one line, in order: the object that --json prints, with the
id, or {"id": ..., "error": ...}. The exit code is 1 when there was an error.`,
		Example: `  seedls complete server.go:42:9
  seedls complete server.go:42:9 --trace
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
			options.Mode = completion.Mode(mode)
			if err := options.Validate(); err != nil {
				return usageError{err}
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
			return completePlace(cmd, completer, request, args[0], drawTrace, asJSON, svg)
		},
	}
	model.register(cmd)
	flags := cmd.Flags()
	flags.StringVar(&mode, "mode", mode, "how to generate: diffusion or ar, one token after another")
	flags.StringVar(&options.Policy, "policy", options.Policy, "what a step commits: threshold, fixed-steps or entropy-bounded")
	flags.Float64Var(&options.Threshold, "threshold", options.Threshold, "confidence that the threshold policy commits at")
	flags.IntVar(&options.Steps, "steps", options.Steps, "steps a block of the fixed-steps policy")
	flags.Float64Var(&options.EntropyBound, "entropy-bound", options.EntropyBound, "nats a step of the entropy-bounded policy")
	flags.IntVar(&options.Canvas, "canvas", options.Canvas, "tokens of a block")
	flags.IntVar(&options.Blocks, "blocks", options.Blocks, "most blocks to write")
	flags.BoolVar(&options.Order, "order", options.Order, "have closing brackets, quotes and the end wait for what belongs before them")
	flags.IntVar(&options.Revisions, "revisions", options.Revisions, "rounds in which a block that is done is looked at again")
	flags.Float64Var(&options.EditThreshold, "edit-threshold", options.EditThreshold, "confidence that a token needs to take another's place in a revision")
	flags.BoolVar(&drawTrace, "trace", false, "draw the canvas after each step, on standard error when --json has standard output")
	flags.StringVar(&svg, "trace-svg", "", "draw the steps as a picture into `FILE`")
	flags.BoolVar(&asJSON, "json", false, "print one JSON object: text, counts, times, steps")
	flags.BoolVar(&asJSONL, "jsonl", false, "answer holes read from standard input, one JSON object a line")
	for _, flag := range []string{"trace", "trace-svg", "json"} {
		cmd.MarkFlagsMutuallyExclusive("jsonl", flag)
	}
	for name, values := range map[string][]string{
		"mode":   {string(completion.Diffusion), string(completion.Autoregressive)},
		"policy": {completion.ThresholdPolicy, completion.FixedStepsPolicy, completion.EntropyBoundedPolicy},
	} {
		_ = cmd.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	}
	return cmd
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
	f, err := os.Open(file)
	if err != nil {
		return r, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	if err != nil {
		return r, err
	}
	if len(data) > maxFileBytes {
		return r, fmt.Errorf("%s: seedls completes in files of at most %d bytes", file, maxFileBytes)
	}
	text := string(data)
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
	r.Path, r.Prefix, r.Suffix = shownPath(file), text[:at], text[at:]
	return r, nil
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

// completePlace answers one request the way the flags ask for.
func completePlace(cmd *cobra.Command, c *completion.Completer, r completion.Request, place string, drawTrace, asJSON bool, svg string) error {
	stdout, stderr := cmd.OutOrStdout(), cmd.ErrOrStderr()
	canvas := stdout
	if asJSON {
		canvas = stderr
	}
	terminal := trace.NewTerminal(canvas)
	tracer := trace.New(c.Mask(), c.TokenText)
	var frames []trace.Frame
	r.Observe = func(s diffusion.Step) {
		frame := tracer.Frame(s)
		if drawTrace {
			terminal.Draw(frame)
		}
		frames = append(frames, frame)
	}
	result, err := c.Complete(cmd.Context(), r)
	if err != nil {
		return err
	}
	if svg != "" {
		var picture bytes.Buffer
		if err := trace.WriteSVG(&picture, "seedls complete "+place, frames); err != nil {
			return err
		}
		if err := writeFile(svg, picture.Bytes()); err != nil {
			return err
		}
	}
	switch {
	case asJSON:
		err = json.NewEncoder(stdout).Encode(result)
	case result.Text == "":
		fmt.Fprintf(stderr, "nothing to show: %s; the model wrote %q\n", result.Verdict, result.Raw)
	default:
		if drawTrace {
			fmt.Fprintln(stdout)
		}
		_, err = fmt.Fprintln(stdout, result.Text)
	}
	if err == nil && result.Text == "" {
		err = exitCode(1)
	}
	return err
}

// writeFile writes a file whole or not at all.
func writeFile(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails once it is renamed
	if _, err = f.Write(data); err == nil {
		err = f.Chmod(0o644)
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

func modelCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "model", Short: "Inspect models"}
	var model modelFlags
	var asJSON bool
	info := &cobra.Command{
		Use:   "info",
		Short: "Say what a model is and how it is computed",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			completer, err := model.load()
			if err != nil {
				return err
			}
			defer completer.Close()
			info := completer.Info()
			if asJSON {
				return json.NewEncoder(cmd.OutOrStdout()).Encode(info)
			}
			table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 2, ' ', 0)
			for _, row := range info.Rows() {
				fmt.Fprintf(table, "%s\t%s\n", row[0], row[1])
			}
			return table.Flush()
		},
	}
	model.register(info)
	info.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	cmd.AddCommand(info)
	return cmd
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "seedls %s %s %s/%s\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}
