// Seedls is a language server whose completions come from a discrete diffusion language model that runs inside the
// server process. See README.md for its use and ARCHITECTURE.md for how it is made.
package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"runtime"
	"sync"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"seedls/lsp"
	"seedls/lsp/completion"
)

// version of the release, also in CHANGELOG.md.
const version = "0.1.0"

// commit that the binary was built from, which make sets; "" where it is not known.
var commit string

// processors that the scheduler had to begin with, within what the system grants.
var processors = runtime.GOMAXPROCS(0)

func main() {
	// The scheduler gives the processor of a goroutine that is in C for more than some microseconds to another, unless one
	// is idle: kernels would have to wait for theirs after most calls.
	runtime.GOMAXPROCS(processors + 2)
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal does what the system does
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
completes one place, and --trace shows how; "seedls fix FILE" repairs lines.`,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(serveCommand(), statusCommand(), completeCommand(), fixCommand(), evalCommand(), benchCommand(), modelCommand(),
		trainCommand(), settingsCommand(), versionCommand())
	return root
}

func serveCommand() *cobra.Command {
	var model modelFlags
	var stdio bool
	var listen, remote, logFile string
	var idleExit time.Duration
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the language server",
		Long: `Run the language server, over standard input and output as editors start it, or
over a unix socket that only you can open, for any number of editors that share
one model. Logs go to standard error.

With --remote=auto, the editors that start it share a server in the background, the
daemon: the first starts it, the others find it, and it ends once there was none for
--idle-exit. Which daemon that is depends on the version and on the flags of the
model. "seedls status" shows it. Where no daemon can run, and on Windows, seedls
serves the editor by itself, and the log says why.

A server that has not run on this machine before measures, between requests, how
long steps over blocks of different lengths take: see "seedls model info". That,
and the packed weights of large models, are kept in the folder seedls of your cache
directory, at most 4 GiB, which may be deleted.

What no flag says, the configuration file may: see "seedls settings".`,
		Example: `  seedls serve
  seedls serve --remote=auto
  seedls serve --listen unix:/run/user/1000/seedls.sock`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			// A client that dies makes writing to it fail, which ends the session, and must not end the process.
			signal.Ignore(syscall.SIGPIPE)
			if idleExit < 0 {
				return usageError{fmt.Errorf("--idle-exit %v: want 0 for never, or more", idleExit)}
			}
			var warnings []string
			if err := model.configure(func(warning string) { warnings = append(warnings, warning) }); err != nil {
				return err
			}
			logFile = cmp.Or(logFile, model.settings.LogFile)
			logger, closeLog := openLog(logFile, cmd.ErrOrStderr())
			defer closeLog()
			for _, warning := range warnings {
				logger.Warn(warning)
			}
			if remote != "" {
				if done, err := serveRemotely(cmd, remote, model, idleExit, logger); done {
					return err
				}
			}
			options := lsp.Options{Version: version, Logger: logger, Settings: model.settings, Log: logFile}
			var listener net.Listener
			if listen != "" {
				var err error
				if listener, err = listenAt(cmd.Context(), listen, &options); err != nil {
					return err
				}
				defer listener.Close()
				if cmd.Flags().Changed("idle-exit") {
					options.IdleExit = idleExit
				}
			}
			completer, err := model.load()
			switch {
			case errors.As(err, new(usageError)):
				return err
			case err != nil:
				logger.Error("serving without a model", "error", err)
				options.NoCompleter = err
			default:
				defer completer.Close()
				defer profileBlocks(cmd.Context(), completer, logger)()
				options.Completer = completer
				if len(completer.Info().Parsers) == 0 {
					logger.Warn("no parsers: this seedls was built without cgo, and looks at brackets and indentation only")
				}
			}
			if listener != nil {
				return lsp.ServeListener(cmd.Context(), listener, options)
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
	cmd.Flags().IntVar(&model.memoryMiB, "memory", completion.DefaultMemoryBytes>>20, "`MiB` in which what was computed for open files is kept; the model comes on top")
	cmd.Flags().StringVar(&logFile, "log-file", "", "append the log to `FILE`, instead of writing it to standard error")
	cmd.Flags().StringVar(&remote, "remote", "", "have a daemon serve, which is started unless it runs: `auto` or unix:PATH")
	cmd.Flags().DurationVar(&idleExit, "idle-exit", 10*time.Minute, "how long a daemon goes on without clients, 0 for ever;\na server that you start with --listen goes on for ever unless this is given")
	cmd.MarkFlagsMutuallyExclusive("stdio", "listen")
	cmd.MarkFlagsMutuallyExclusive("remote", "listen")
	_ = cmd.RegisterFlagCompletionFunc("remote", cobra.FixedCompletions([]string{remoteAuto}, cobra.ShellCompDirectiveNoFileComp))
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

func modelCommand() *cobra.Command {
	cmd := &cobra.Command{Use: "model", Short: "Download models, choose among them, inspect them, and make ones to measure with"}
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
	cmd.AddCommand(info, modelListCommand(), modelPullCommand(), modelUseCommand(), modelRemoveCommand(), modelSynthCommand())
	return cmd
}

func versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			built := runtime.Version()
			if commit != "" {
				built = commit + " " + built
			}
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "seedls %s %s %s/%s\n", version, built, runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}
