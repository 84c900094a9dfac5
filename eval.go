package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"seedls/lsp/completion"
	"seedls/lsp/eval"
	"seedls/lsp/eval/sandbox"
)

// suites in the order in which "all" runs them.
var suites = []string{"humaneval-x-go", "humaneval-infilling", "holdout", "repair", eval.Typing}

// frontierHoles is how many holes each setting of the frontier fills.
const frontierHoles = 100

// evaluation is an eval command under way.
type evaluation struct {
	model                               modelFlags
	holes                               eval.Selection
	block                               int
	modes, jsonFile, plotFile, pageFile string
	orderFile                           string
	cacheDir                            string

	goroot, goVersion string // of the Go that holes are cut from, once they are
}

func evalCommand() *cobra.Command {
	var e evaluation
	cmd := &cobra.Command{
		Use:   "eval SUITE...",
		Short: "Measure a model on public tests",
		Long: `Measure how often what a model writes passes tests, how close it comes, and how
fast it is, in each mode on the same holes. The suites:

  humaneval-x-go       holes in Go solutions, scored by their tests; needs go
  humaneval-infilling  lines of Python solutions, scored by their tests; needs python3
  holdout              holes in sources of Go that the built-in model has not seen; needs go
  repair               Go solutions damaged on purpose, repaired as "seedls fix" does; needs go
  typing               files typed key by key into the language server; needs go

or all of them. A mode such as diffusion/4 writes 4 candidates for each hole, and
the likeliest that fits is its answer. Programs that a model wrote run with limits, in a folder of their
own, and without a network where the machine allows that. How a program ended is
remembered, so that the next run, or one that goes on where another was stopped,
does not run it again.`,
		Example: `  seedls eval holdout --limit 200
  seedls eval all --limit 100 --report EVAL.md --plot frontier.svg`,
		Args: func(cmd *cobra.Command, args []string) error {
			for _, name := range args {
				if name != "all" && !slices.Contains(suites, name) {
					return fmt.Errorf("suite %q: want all or some of %s", name, strings.Join(suites, ", "))
				}
			}
			return cobra.MinimumNArgs(1)(cmd, args)
		},
		ValidArgs: append([]string{"all"}, suites...),
		RunE: func(cmd *cobra.Command, args []string) error {
			if slices.Contains(args, "all") {
				args = suites
			}
			return e.run(cmd, args)
		},
	}
	e.model.register(cmd)
	flags := cmd.Flags()
	flags.StringVar(&e.modes, "modes", "ar,diffusion,diffusion+order", "modes to compare, the others with the first; "+eval.InPackage+" is there, too")
	flags.IntVar(&e.block, "block", eval.DefaultOptions().Canvas, "tokens of a block, 0 to choose as \"seedls serve\" does, which differs from machine to machine")
	flags.IntVar(&e.holes.Limit, "limit", 0, "most holes of a suite, always the same ones, 0 for all; a passage of typing counts as 25")
	flags.Uint64Var(&e.holes.Seed, "seed", 0, "have the holes chosen anew by this number, to measure on ones that nobody has\nlooked at; 0 for those of EVAL.md")
	flags.StringVar(&e.jsonFile, "json", "", "write the results as JSON to `FILE`: an object, or an array of them for several suites")
	flags.StringVar(&e.plotFile, "plot", "", "also measure the frontier of speed and quality, and draw it as SVG into `FILE`")
	flags.StringVar(&e.orderFile, "plot-order", "", "draw what the order is worth, the mode diffusion against diffusion+order, as SVG into `FILE`")
	flags.StringVar(&e.pageFile, "report", "", "write a page of Markdown to `FILE`")
	flags.StringVar(&e.cacheDir, "cache", "", "`DIR` that remembers how programs ended (default: the user's cache)")
	return cmd
}

func (e *evaluation) run(cmd *cobra.Command, names []string) error {
	options := eval.DefaultOptions()
	options.Canvas = e.block
	if err := options.Validate(); err != nil {
		return usageError{err}
	}
	modes, err := eval.ParseModes(e.modes, options)
	if err != nil {
		return usageError{err}
	}
	if e.orderFile != "" && !(measures(modes, eval.Diffusion) && measures(modes, eval.Ordered)) {
		return usageError{fmt.Errorf("--plot-order: want both %s and %s among --modes", eval.Diffusion, eval.Ordered)}
	}
	if e.holes.Limit < 0 {
		return usageError{fmt.Errorf("--limit %d: want a number of holes, or 0 for all", e.holes.Limit)}
	}
	for _, file := range []string{e.jsonFile, e.plotFile, e.orderFile, e.pageFile} {
		// Said now rather than when everything was measured.
		if info, err := os.Stat(filepath.Dir(file)); file != "" && (err != nil || !info.IsDir()) {
			return usageError{fmt.Errorf("%s: there is no folder %s to write it into", file, filepath.Dir(file))}
		}
	}
	if e.cacheDir == "" {
		user, err := os.UserCacheDir()
		if err != nil {
			return fmt.Errorf("%w: name a folder with --cache", err)
		}
		e.cacheDir = filepath.Join(user, "seedls", "eval")
	}
	runner, err := sandbox.New(e.cacheDir)
	if err != nil {
		return err
	}
	defer runner.Close()
	completer, err := e.model.load()
	if err != nil {
		return err
	}
	defer completer.Close()
	digest, err := e.digest()
	if err != nil {
		return err
	}
	progress := newProgress(cmd.ErrOrStderr(), true)
	subject := eval.Subject{Completer: completer, Modes: modes, Sandbox: runner, Observe: progress.observe}
	built := version
	if commit != "" {
		built += ", commit " + commit
	}
	page := eval.Page{
		Commit:  built,
		Model:   fmt.Sprintf("%s, sha256 of the weights %s", completer.Info().Name, digest),
		Machine: machine(completer.Info()),
		Network: runner.Network(),
		Block:   e.block,
		Seed:    e.holes.Seed,
	}
	for _, name := range names {
		report, err := e.suite(cmd.Context(), name, subject)
		if err != nil {
			return err
		}
		progress.end()
		page.Reports = append(page.Reports, report)
		if e.orderFile != "" {
			if err := e.order(&page); err != nil {
				return err
			}
		}
		if err := eval.WriteTables(cmd.OutOrStdout(), report); err != nil {
			return err
		}
		// After each suite, so that nothing is lost if the next cannot be measured.
		if err := e.write(page); err != nil {
			return err
		}
	}
	if e.plotFile == "" {
		return nil
	}
	if err := e.frontier(cmd.Context(), subject, options, &page); err != nil {
		return err
	}
	progress.end()
	return e.write(page)
}

func measures(modes []eval.Mode, name string) bool {
	return slices.ContainsFunc(modes, func(m eval.Mode) bool { return m.Name == name })
}

// suite runs one suite.
func (e *evaluation) suite(ctx context.Context, name string, subject eval.Subject) (*eval.Report, error) {
	var suite *eval.Suite
	var err error
	switch name {
	case "humaneval-x-go":
		suite, err = eval.HumanEvalX(e.holes)
	case "humaneval-infilling":
		suite, err = eval.Infilling(e.holes)
	case "repair":
		suite, err = eval.Repair(e.holes)
	default:
		if err := e.findGo(ctx); err != nil {
			return nil, err
		}
		if name == eval.Typing {
			return e.typing(ctx, subject)
		}
		suite, err = eval.Holdout(e.goroot, e.holes)
	}
	if err != nil {
		return nil, err
	}
	return eval.Run(ctx, suite, subject)
}

func (e *evaluation) typing(ctx context.Context, subject eval.Subject) (*eval.Report, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	server := eval.Server{
		Command: append([]string{self, "serve"}, e.model.args("")...),
		Model:   subject.Completer.Info().Name,
	}
	return eval.Replay(ctx, e.goroot, e.holes, server, subject.Modes, subject.Observe)
}

// frontier measures and draws the frontier of speed and quality.
func (e *evaluation) frontier(ctx context.Context, subject eval.Subject, options completion.Options, page *eval.Page) error {
	if err := e.findGo(ctx); err != nil {
		return err
	}
	holes := eval.Selection{Limit: frontierHoles, Seed: e.holes.Seed}
	if e.holes.Limit > 0 {
		holes.Limit = min(holes.Limit, e.holes.Limit)
	}
	suite, err := eval.Holdout(e.goroot, holes)
	if err != nil {
		return err
	}
	if page.Frontier, err = eval.Frontier(ctx, suite, subject, options); err != nil {
		return err
	}
	var picture bytes.Buffer
	title := fmt.Sprintf("%s: %d holes of the suite holdout", subject.Completer.Info().Name, len(suite.Holes))
	if err := eval.WriteFrontier(&picture, title, page.Frontier); err != nil {
		return err
	}
	page.Picture = e.fromPage(e.plotFile)
	return writeFile(e.plotFile, picture.Bytes())
}

// order draws what the order is worth in the suites so far.
func (e *evaluation) order(page *eval.Page) error {
	var picture bytes.Buffer
	if err := eval.WriteOrder(&picture, page.Reports[0].Model+": the order off and on", page.Reports); err != nil {
		return err
	}
	page.OrderPicture = e.fromPage(e.orderFile)
	return writeFile(e.orderFile, picture.Bytes())
}

// fromPage is the path of a file as the page names it.
func (e *evaluation) fromPage(file string) string {
	if relative, err := filepath.Rel(filepath.Dir(e.pageFile), file); err == nil {
		return filepath.ToSlash(relative)
	}
	return file
}

// write writes what was measured so far to the files that were asked for.
func (e *evaluation) write(page eval.Page) error {
	page.Sources = e.goVersion
	if e.jsonFile != "" {
		var results any = page.Reports
		if len(page.Reports) == 1 {
			results = page.Reports[0]
		}
		data, err := json.MarshalIndent(results, "", "  ")
		if err != nil {
			return err
		}
		if err := writeFile(e.jsonFile, append(data, '\n')); err != nil {
			return err
		}
	}
	if e.pageFile == "" {
		return nil
	}
	var text bytes.Buffer
	if err := eval.WritePage(&text, page); err != nil {
		return err
	}
	return writeFile(e.pageFile, text.Bytes())
}

// digest is the digest of the model's weights.
func (e *evaluation) digest() (string, error) {
	c, err := e.model.open()
	if err != nil {
		return "", err
	}
	defer c.Close()
	return c.Digest()
}

// findGo asks where Go is installed.
func (e *evaluation) findGo(ctx context.Context) error {
	out, err := exec.CommandContext(ctx, "go", "env", "GOROOT", "GOVERSION").Output()
	if err != nil {
		return fmt.Errorf("this suite needs Go, from whose sources it is cut: install it and put go on PATH: %w", err)
	}
	e.goroot, e.goVersion, _ = strings.Cut(strings.TrimSpace(string(out)), "\n")
	return nil
}

// machine says what the figures were measured on.
func machine(info completion.Info) string {
	return fmt.Sprintf("%s, %d processors, kernel %s in %s on %d threads, %s, %s", info.Processor, runtime.NumCPU(), info.Kernel, info.Precision,
		info.Threads, runtime.GOOS, runtime.Version())
}
