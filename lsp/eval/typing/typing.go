// Package typing measures what a user would get from a language server that completes inline. It starts the server,
// types parts of files into it key by key as an editor does, takes the suggestions that are right, and counts the keys
// that are left to press.
//
//	result, err := typing.Replay(ctx, passages, typing.Options{Command: []string{"seedls", "serve"}})
//	saved := 1 - float64(result.Keys)/float64(result.Characters)
//
// A file is opened without its passage, and the cursor stands where that begins. Each key is sent as a change, followed
// by a request for inline completions that waits for its answer. Nothing is sent meanwhile and nothing is left out, so
// the counts depend on the server alone, not on how fast it or the machine is.
//
// A key types a character, which is a Unicode code point. A line break, \n or \r\n, is one key together with the spaces
// and tabs that begin the next line, since editors indent by themselves. This is also what is counted as a character:
// without suggestions, there are as many keys as characters.
//
// Of an answer only the first item counts. It suggests what its text adds at the cursor to what its range covers; an
// item that would change that, as one for another line and a snippet, suggests nothing.
//
// A suggestion is accepted if its first line is what the passage has from the cursor to the end of the line, white space
// at the end left out in both, and has at least two characters. One key then types it, and whatever lines follow in the
// suggestion are dropped. Every other suggestion is ignored: the user types on. So a suggestion counts for something
// only when the user need not look for what is wrong with it, and a line that is right in all but its last character
// counts for nothing.
//
// Positions are sent in UTF-16, which every server has to understand.
package typing

import (
	"context"
	"errors"
	"time"
)

// DefaultPatience is how long a server may take for an answer where nothing else is said.
const DefaultPatience = time.Minute

// Options say what to replay the typing against.
type Options struct {
	// Command is the server and its arguments. It must not be a shell or a script around the server, whose process is
	// measured, and killed if need be.
	Command []string
	// Settings are what the user has set: the server gets them as initializationOptions, and for each section that it
	// asks for with workspace/configuration.
	Settings map[string]any
	// Patience is how long the server may take for an answer; 0 stands for DefaultPatience. To exit it has no more than
	// five seconds.
	Patience time.Duration
	// Observe, when set, is called after each passage with the number of those done and of all.
	Observe func(done, total int)
}

// Counts say what a user got.
type Counts struct {
	// Characters of the passages, and those of them that accepted suggestions typed.
	Characters, Accepted int
	// Keys pressed: Characters - Accepted + Acceptances.
	Keys int
	// Suggestions are the answers that suggested more than white space, Acceptances those of them that were accepted.
	Suggestions, Acceptances int
}

func (c *Counts) add(d Counts) {
	c.Characters += d.Characters
	c.Accepted += d.Accepted
	c.Keys += d.Keys
	c.Suggestions += d.Suggestions
	c.Acceptances += d.Acceptances
}

// A Result is what a user got and what it took.
type Result struct {
	// Counts of all passages together.
	Counts
	// Passages are the counts of each, in order.
	Passages []Counts
	// LatenciesMS has the milliseconds from a change to the answer, one for each key, in order: the first
	// Passages[0].Keys are the first passage's.
	LatenciesMS []float64
	// CPUSeconds is the processor time that the server took from when it was initialized and had answered one request
	// to the last answer, in steps of 10 ms. Where a system does not show that of a running process, which only Linux
	// does here, it is the time from start to exit.
	CPUSeconds float64
	// Warnings are the warnings and errors that the server had the editor log or show, each once, at most a hundred. A
	// server that lacks its model, or does not know a setting, says so here and otherwise does its best.
	Warnings []string
}

// Replay types the passages one after another into one server, which it starts and ends. An error of the server's says
// what it wrote to standard error last. When ctx ends, the server is killed. No process is left in any case.
func Replay(ctx context.Context, passages []Passage, o Options) (*Result, error) {
	if len(o.Command) == 0 {
		return nil, errors.New("no command: say how to start the language server")
	}
	if len(passages) == 0 {
		return nil, errors.New("no passages to type")
	}
	for _, p := range passages {
		if err := p.check(); err != nil {
			return nil, err
		}
	}
	if o.Patience == 0 {
		o.Patience = DefaultPatience
	}
	serving, kill := context.WithCancelCause(ctx)
	defer kill(nil)
	s, err := start(serving, kill, o)
	if err != nil {
		return nil, err
	}
	result, err := s.replay(serving, passages, o.Observe)
	if err == nil {
		err = s.shutdown(serving)
	}
	state := s.wait()
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err == nil {
		err = context.Cause(serving)
	}
	if err == nil && !state.Success() {
		err = errors.New("the server failed when told to exit")
	}
	if err != nil {
		return nil, s.explain(err)
	}
	if !measuresRunning {
		result.CPUSeconds = (state.UserTime() + state.SystemTime()).Seconds()
	}
	result.Warnings = s.warnings
	return result, nil
}

// replay types the passages into a server that was just started.
func (s *server) replay(ctx context.Context, passages []Passage, observe func(done, total int)) (*Result, error) {
	if err := s.initialize(ctx); err != nil {
		return nil, err
	}
	if err := s.warmUp(ctx, passages[0]); err != nil {
		return nil, err
	}
	before, err := cpuSeconds(s.cmd.Process.Pid)
	if err != nil {
		return nil, err
	}
	result := new(Result)
	for i, p := range passages {
		counts, latenciesMS, err := s.typePassage(ctx, p)
		if err != nil {
			return nil, err
		}
		result.add(counts)
		result.Passages = append(result.Passages, counts)
		result.LatenciesMS = append(result.LatenciesMS, latenciesMS...)
		if observe != nil {
			observe(i+1, len(passages))
		}
	}
	after, err := cpuSeconds(s.cmd.Process.Pid)
	result.CPUSeconds = after - before
	return result, err
}
