// Soak has several editors type into one daemon, as long and as fast as it is told to, and says how the daemon bears it;
// `make soak` runs it.
//
// The editors are processes as an editor starts them, "seedls serve --remote", and the daemon is one of this run's own,
// with a cache of its own.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"seedls/lsp/eval/typing"
)

type options struct {
	binary         string
	clients        int
	rate           float64
	rest, duration time.Duration
	asJSON         bool
	files          []string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
}

func parseOptions(args []string, stderr io.Writer) (*options, error) {
	var o options
	flags := flag.NewFlagSet("soak", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&o.binary, "seedls", "bin/seedls", "the `FILE` of seedls")
	flags.IntVar(&o.clients, "clients", 8, "editors at a time")
	flags.Float64Var(&o.rate, "rate", 10, "characters a second that each types")
	flags.DurationVar(&o.rest, "rest", 10*time.Second, "how long nobody types, and then one")
	flags.DurationVar(&o.duration, "duration", 10*time.Minute, "how long all type after that")
	flags.BoolVar(&o.asJSON, "json", false, "print one JSON object")
	flags.Usage = func() {
		fmt.Fprintln(stderr, "usage: soak [flags] FILE...\n\nTypes parts of the files, .go or .py.")
		flags.PrintDefaults()
	}
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	if o.files = flags.Args(); len(o.files) == 0 {
		return nil, errors.New("no files: name some to type, such as lsp/*.go")
	}
	if o.clients < 1 || o.rate <= 0 || o.duration <= 0 || o.rest < 0 {
		return nil, errors.New("-clients is 1 or more, -rate and -duration are above 0")
	}
	var err error
	o.binary, err = filepath.Abs(o.binary)
	return &o, err
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	o, err := parseOptions(args, stderr)
	if err != nil {
		return err
	}
	passages, err := passagesOf(o.files)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "soak")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	if err := os.Setenv("XDG_CACHE_HOME", dir); err != nil {
		return err
	}
	remote := "unix:" + filepath.Join(dir, "seedls.sock")
	defer func() {
		stop := exec.Command(o.binary, "status", "--stop", "--remote", remote)
		if out, failed := stop.CombinedOutput(); failed != nil && err == nil {
			err = fmt.Errorf("the daemon does not end: %s", out)
		}
	}()
	reported := 0
	load, err := typing.Press(ctx, passages, typing.LoadOptions{
		Options:  typing.Options{Command: []string{o.binary, "serve", "--remote", remote}},
		Clients:  o.clients,
		Interval: time.Duration(float64(time.Second) / o.rate),
		Rest:     o.rest,
		Duration: o.duration,
		Progress: func(elapsed, total time.Duration) {
			if tenth := int(10 * elapsed / total); tenth > reported {
				reported = tenth
				fmt.Fprintf(stderr, "%d %%, %v left\n", 10*tenth, (total - elapsed).Round(time.Second))
			}
		},
	})
	if err != nil {
		return err
	}
	r := summarize(o, load)
	if o.asJSON {
		return json.NewEncoder(stdout).Encode(r)
	}
	return r.writeTable(stdout)
}

// passageBytes is how much of a file is typed, about.
const passageBytes = 600

// passagesOf has a passage of whole lines from the middle of each file.
func passagesOf(files []string) ([]typing.Passage, error) {
	var passages []typing.Passage
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		text := string(data)
		start := strings.LastIndexByte(text[:len(text)/2], '\n') + 1
		end := strings.LastIndexByte(text[:min(start+passageBytes, len(text))], '\n') + 1
		if end <= start {
			return nil, fmt.Errorf("%s: no whole line in the middle: choose a longer file", name)
		}
		passages = append(passages, typing.Passage{Path: filepath.Base(name), Text: text, Start: start, End: end})
	}
	return passages, nil
}
