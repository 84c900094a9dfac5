// Package eval measures a model on tests that its authors did not write: how often what it writes passes them, how
// close it comes, and how fast it is.
//
// A suite is a list of holes, the same for every mode, cut in a fixed way from public code: see the files humanevalx.go,
// infilling.go, holdout.go and repair.go, and typing.go for the one in which holes are filled by the language server. A
// hole is filled as an editor would have it, by package completion, prompt, sampler and the checks on text included,
// from an empty cache; what is not fit to be shown counts as nothing written. Holes are filled one after another and
// timed, and only then are programs compiled and run, by package sandbox.
//
//	report, err := eval.Run(ctx, suite, eval.Subject{Completer: c, Modes: modes, Sandbox: runner})
//
// Everything that is counted has an interval, and every mode is compared with the first, hole by hole: see package
// stats.
package eval

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"seedls/lsp/completion"
	"seedls/lsp/eval/sandbox"
	"seedls/lsp/eval/stats"
	"seedls/structure"
)

// A Mode is a way to generate that is measured.
type Mode struct {
	Name    string
	Options completion.Options
}

// DefaultOptions are those of a user who says nothing, but for the length of blocks, which would otherwise be what is
// fastest on the machine, and other answers with it.
func DefaultOptions() completion.Options {
	o := completion.DefaultOptions()
	o.Canvas = completion.DefaultBlock
	return o
}

// The names of the modes that people compare.
const (
	Autoregressive = "ar"              // one token after another
	Diffusion      = "diffusion"       // blocks of masks
	Ordered        = "diffusion+order" // blocks of masks, in the order that structure wants
	// InPackage is blocks of masks, with declarations of the package in the prompt.
	InPackage = "diffusion+package"
)

// ParseModes reads names separated by commas; base has what else there is to say. A number after a name, as in
// "diffusion/4", is the candidates of each hole, of which the best is the answer.
func ParseModes(names string, base completion.Options) ([]Mode, error) {
	var modes []Mode
	for name := range strings.SplitSeq(names, ",") {
		mode := Mode{Name: strings.TrimSpace(name), Options: base}
		way, number, several := strings.Cut(mode.Name, "/")
		if several {
			var err error
			if mode.Options.Candidates, err = strconv.Atoi(number); err != nil {
				return nil, fmt.Errorf("mode %q: want a number of candidates after the /", mode.Name)
			}
			if err := mode.Options.Validate(); err != nil {
				return nil, fmt.Errorf("mode %q: %w", mode.Name, err)
			}
		}
		switch way {
		case Autoregressive:
			mode.Options.Mode, mode.Options.Order = completion.Autoregressive, false
		case Diffusion:
			mode.Options.Mode, mode.Options.Order = completion.Diffusion, false
		case Ordered:
			mode.Options.Mode, mode.Options.Order = completion.Diffusion, true
		case InPackage:
			mode.Options.Mode, mode.Options.Order = completion.Diffusion, false
			mode.Options.Context = []string{completion.PackageSource}
		default:
			return nil, fmt.Errorf("mode %q: want %s, %s, %s or %s, separated by commas", mode.Name, Autoregressive, Diffusion, Ordered, InPackage)
		}
		if slices.ContainsFunc(modes, func(m Mode) bool { return m.Name == mode.Name }) {
			return nil, fmt.Errorf("mode %q: it is there twice", mode.Name)
		}
		modes = append(modes, mode)
	}
	return modes, nil
}

// A Suite is holes and how an answer to one is judged.
type Suite struct {
	Name  string
	Seed  uint64 // of the selection
	Holes []Hole
	// fill has the hole filled; nil completes it.
	fill func(context.Context, *completion.Completer, Hole, completion.Options) (*completion.Result, error)
	// parses reports whether a text is right in its place; nil leaves it to the program.
	parses func(Hole, string) bool
	// program makes and runs the program with the text in its place; nil where a suite has none.
	program func(context.Context, *sandbox.Runner, Hole, string) (sandbox.Outcome, error)
	// admits reports whether a hole is one at all; nil admits all.
	admits func(context.Context, *sandbox.Runner, Hole) (bool, error)
	// names says that the names in a text are looked up.
	names bool
	// vets says that a program's outcome tells whether go vet finds fault with it.
	vets bool
}

// A Hole is a place in a file and what stood there.
type Hole struct {
	// ID is unique in the suite; Kind is how the hole was cut.
	ID, Kind       string
	Path           string
	File           string // where the file is on disk, "" for one that is all of its package
	Prefix, Suffix string
	// Want is what was cut out.
	Want string
	// Broken is what is to be repaired, "" where there is nothing but a hole.
	Broken string
	// Lines of Broken in the file, from 1.
	Line, LastLine int

	task int // number of the problem or file that the hole is of, with which others have much in common
}

// request asks for a text in the hole.
func (h Hole) request() completion.Request {
	r := completion.Request{Path: h.Path, File: h.File, Prefix: h.Prefix, Suffix: h.Suffix}
	if h.File == "" {
		r.Package = &structure.Package{}
	}
	return r
}

// A Subject is what is measured.
type Subject struct {
	Completer *completion.Completer
	Modes     []Mode
	// Sandbox runs programs, for the suites that have any.
	Sandbox *sandbox.Runner
	// Observe, when set, is called with what is being done, and how much of it is done. It is called from several
	// goroutines, one at a time.
	Observe func(what string, done, total int)
}

func (s Subject) observe(what string, done, total int) {
	if s.Observe != nil {
		s.Observe(what, done, total)
	}
}

// An answer is what a mode wrote for a hole and what became of it.
type answer struct {
	text       string
	tokens     int // of text
	forwards   int
	elapsedMS  float64
	exact      bool
	similarity float64
	parses     bool
	rawParses  bool // before it was fitted
	undeclared bool // it has a name that nothing declares
	outcome    sandbox.Outcome
}

// Run measures the subject on a suite.
func Run(ctx context.Context, suite *Suite, s Subject) (*Report, error) {
	holes, err := admitted(ctx, suite, s)
	if err != nil {
		return nil, fmt.Errorf("suite %s: %w", suite.Name, err)
	}
	if len(holes) == 0 {
		return nil, fmt.Errorf("suite %s: no holes", suite.Name)
	}
	report := &Report{Suite: suite.Name, Seed: suite.Seed, Model: s.Completer.Info().Name, N: len(holes), Kinds: kinds(holes)}
	answers := make([][]answer, len(s.Modes))
	for i, mode := range s.Modes {
		if answers[i], err = fill(ctx, suite, holes, s, mode); err != nil {
			return nil, fmt.Errorf("suite %s, mode %s: %w", suite.Name, mode.Name, err)
		}
	}
	if suite.program != nil {
		var tasks []task
		for _, mode := range answers {
			for i := range mode {
				// A text that is not shown, or does not parse, passes no test.
				if mode[i].text != "" && (suite.parses == nil || mode[i].parses) {
					tasks = append(tasks, task{holes[i], &mode[i]})
				}
			}
		}
		if err := judge(ctx, suite, tasks, s); err != nil {
			return nil, fmt.Errorf("suite %s: %w", suite.Name, err)
		}
	}
	byMode := map[string][]answer{}
	for i, mode := range s.Modes {
		byMode[mode.Name] = answers[i]
		m := summarize(suite, holes, mode.Name, answers[i])
		if i > 0 {
			m.Differences = differences(suite, holes, answers[0], answers[i])
		}
		report.Modes = append(report.Modes, m)
	}
	if off, on := byMode[Diffusion], byMode[Ordered]; off != nil && on != nil {
		report.Order = differences(suite, holes, off, on)
	}
	return report, nil
}

// inParallel calls f for each of n numbers, on as many goroutines as there are processors, and says how many are done.
func (s Subject) inParallel(ctx context.Context, what string, n int, f func(context.Context, int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.NumCPU())
	var mu sync.Mutex
	done := 0
	for i := range n {
		group.Go(func() error {
			if err := f(ctx, i); err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			done++
			s.observe(what, done, n)
			return nil
		})
	}
	return group.Wait()
}

// admitted returns the holes that are some.
func admitted(ctx context.Context, suite *Suite, s Subject) ([]Hole, error) {
	if suite.admits == nil {
		return suite.Holes, nil
	}
	admits := make([]bool, len(suite.Holes))
	err := s.inParallel(ctx, suite.Name+" holes", len(suite.Holes), func(ctx context.Context, i int) (err error) {
		admits[i], err = suite.admits(ctx, s.Sandbox, suite.Holes[i])
		return err
	})
	var holes []Hole
	for i, h := range suite.Holes {
		if admits[i] {
			holes = append(holes, h)
		}
	}
	return holes, err
}

// fill has a mode fill the holes, one after another.
func fill(ctx context.Context, suite *Suite, holes []Hole, s Subject, mode Mode) ([]answer, error) {
	complete := suite.fill
	if complete == nil {
		complete = func(ctx context.Context, c *completion.Completer, h Hole, o completion.Options) (*completion.Result, error) {
			r := h.request()
			r.Options = o
			return c.Complete(ctx, r)
		}
	}
	// The first pass over memory is not the mode's fault.
	if _, err := complete(ctx, s.Completer, holes[0], mode.Options); err != nil {
		return nil, err
	}
	answers := make([]answer, len(holes))
	for i, h := range holes {
		result, err := complete(ctx, s.Completer, h, mode.Options)
		if err != nil {
			return nil, fmt.Errorf("hole %s: %w", h.ID, err)
		}
		a := answer{
			text:      result.Text,
			tokens:    s.Completer.CountTokens(result.Text),
			forwards:  result.Forwards,
			elapsedMS: result.ElapsedMS,
			exact:     strings.TrimSpace(result.Text) == strings.TrimSpace(h.Want),
		}
		a.similarity = stats.EditSimilarity(strings.TrimSpace(a.text), strings.TrimSpace(h.Want))
		if suite.parses != nil {
			a.parses = a.text != "" && suite.parses(h, a.text)
			a.rawParses = result.Raw != "" && suite.parses(h, result.Raw)
		}
		if suite.names && a.text != "" {
			name, err := s.Completer.Undeclared(ctx, h.request(), a.text)
			if err != nil {
				return nil, fmt.Errorf("hole %s: %w", h.ID, err)
			}
			a.undeclared = name != ""
		}
		answers[i] = a
		s.observe(suite.Name+" "+mode.Name, i+1, len(holes))
	}
	return answers, nil
}

// A task is an answer whose program is to be run.
type task struct {
	hole   Hole
	answer *answer
}

// judge runs programs, as many at a time as there are processors.
func judge(ctx context.Context, suite *Suite, tasks []task, s Subject) error {
	return s.inParallel(ctx, suite.Name+" tests", len(tasks), func(ctx context.Context, i int) (err error) {
		a := tasks[i].answer
		a.outcome, err = suite.program(ctx, s.Sandbox, tasks[i].hole, a.text)
		if suite.parses == nil {
			a.parses = a.outcome.Compiles
		}
		return err
	})
}

// kinds counts the holes of each kind.
func kinds(holes []Hole) map[string]int {
	counts := map[string]int{}
	for _, h := range holes {
		counts[h.Kind]++
	}
	return counts
}
