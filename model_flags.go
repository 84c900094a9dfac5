package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"

	"github.com/spf13/cobra"

	"seedls/cache/hub"
	"seedls/engine/builtin"
	"seedls/engine/checkpoint"
	"seedls/engine/kernel"
	"seedls/lsp"
	"seedls/lsp/completion"
)

// modelFlags say which model to load and how to compute. What the command line does not say the configuration file does.
type modelFlags struct {
	model     string // a name or a directory; "" is the built-in
	threads   int
	precision string
	memoryMiB int
	config    string

	cmd      *cobra.Command
	settings *lsp.Settings // of the configuration file, once it was read
}

func (f *modelFlags) register(cmd *cobra.Command) {
	f.cmd = cmd
	flags := cmd.Flags()
	flags.StringVar(&f.model, "model", "", "`MODEL`: a directory in the Hugging Face layout, the name of one that was pulled, or "+
		lsp.Builtin+"\n(default: that of the configuration file, or the built-in "+builtin.Name+")")
	flags.IntVar(&f.threads, "threads", processors, "number of threads that compute")
	flags.StringVar(&f.precision, "precision", completion.DefaultPrecision.String(), "how weights are stored and multiplied: f32, bf16, int8 or int4")
	configFlag(cmd, &f.config)
	_ = cmd.RegisterFlagCompletionFunc("model", func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return modelNames(true), cobra.ShellCompDirectiveDefault // or a folder
	}) // fails only for a flag that does not exist, as the next
	_ = cmd.RegisterFlagCompletionFunc("precision", cobra.FixedCompletions(completion.PrecisionNames(), cobra.ShellCompDirectiveNoFileComp))
}

// args are the flags again, for another process, with the configuration file that it is to read; "" for none.
func (f *modelFlags) args(config string) []string {
	return []string{
		"--threads", strconv.Itoa(f.threads), "--precision", f.precision, "--model", cmp.Or(f.model, lsp.Builtin), "--config", config,
	}
}

// configure reads the configuration file, once, and takes from it what the command line does not say. warn is told what is
// wrong with it.
func (f *modelFlags) configure(warn func(string)) error {
	if f.settings != nil || f.cmd == nil {
		return nil
	}
	given := f.cmd.Flags().Changed
	settings, err := readConfig(f.config, given("config"), warn)
	if err != nil {
		return err
	}
	if file := settings.LogFile; file != "" && !filepath.IsAbs(file) {
		settings.LogFile = filepath.Join(filepath.Dir(f.config), file)
	}
	f.settings = &settings
	if !given("model") {
		f.model = settings.Model
		if _, err := userModels().Find(f.model); err != nil && f.model != "" && f.model != lsp.Builtin && !filepath.IsAbs(f.model) {
			f.model = filepath.Join(filepath.Dir(f.config), f.model)
		}
	}
	if !given("threads") {
		f.threads = cmp.Or(settings.Threads, f.threads)
	}
	if !given("precision") {
		f.precision = settings.Precision
	}
	if !given("memory") {
		f.memoryMiB = settings.MemoryMiB
	}
	return nil
}

func (f *modelFlags) warn(warning string) { fmt.Fprintln(f.cmd.ErrOrStderr(), "seedls:", warning) }

// open opens the model: what is a folder is meant as one, and else as a name.
func (f *modelFlags) open() (*checkpoint.Checkpoint, error) {
	if err := f.configure(f.warn); err != nil {
		return nil, err
	}
	if f.model == "" || f.model == lsp.Builtin {
		return builtin.Open()
	}
	dir := f.model
	if _, err := os.Stat(dir); err != nil {
		if pulled, err := userModels().Find(f.model); err == nil {
			dir = pulled.Dir
		}
	}
	c, err := checkpoint.Open(dir)
	if _, bad := hub.ParseReference(f.model); errors.Is(err, fs.ErrNotExist) && bad == nil && dir == f.model {
		err = fmt.Errorf("%w; nor was a model of that name pulled: \"seedls model pull %s\" would", err, f.model)
	}
	return c, err
}

// prepare opens the model, which the caller closes, and says how to compute.
func (f *modelFlags) prepare() (c *checkpoint.Checkpoint, how completion.Compute, err error) {
	if how, err = f.compute(); err != nil {
		return nil, how, err
	}
	c, err = f.open()
	return c, how, err
}

// compute says how to compute.
func (f *modelFlags) compute() (how completion.Compute, err error) {
	if err := f.configure(f.warn); err != nil {
		return how, err
	}
	if f.threads < 1 || f.threads > lsp.MaxThreads {
		return how, usageError{fmt.Errorf("--threads %d: want 1 to %d", f.threads, lsp.MaxThreads)}
	}
	if f.memoryMiB < 1 || f.memoryMiB > lsp.MaxMemoryMiB {
		return how, usageError{fmt.Errorf("--memory %d: want 1 to %d", f.memoryMiB, lsp.MaxMemoryMiB)}
	}
	how.Threads, how.MemoryBytes, how.Store = f.threads, f.memoryMiB<<20, userStore()
	if how.Precision, err = kernel.ParsePrecision(f.precision); err != nil {
		return how, usageError{fmt.Errorf("--%w", err)}
	}
	how.Kernel, err = kernel.FromEnv()
	return how, err
}

// load gets a completer ready, which the caller closes.
func (f *modelFlags) load() (*completion.Completer, error) {
	c, how, err := f.prepare()
	if err != nil {
		return nil, err
	}
	defer c.Close()
	completer, err := completion.New(c, how)
	if err != nil {
		return nil, err
	}
	if err := completer.LoadProfile(userStore()); err != nil {
		slog.Debug("no profile", "error", err)
	}
	return completer, nil
}
