package typing

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"go.lsp.dev/protocol"
	"golang.org/x/sync/errgroup"
)

// methodStatus is the request for what a server of seedls does.
const methodStatus = "seedls/status"

// LoadOptions say how several editors at once type into one server.
type LoadOptions struct {
	// Options of each editor. The processes that Command starts must lead to one server, which answers seedls/status.
	// Observe is not called.
	Options
	// Clients is the number of editors.
	Clients int
	// Interval is the mean time from one key to the next.
	Interval time.Duration
	// Rest is how long all editors are open and do nothing, and then how long a single one types. Duration is how long all
	// type after that.
	Rest, Duration time.Duration
	// Progress, when set, is called with the part of Duration that is over.
	Progress func(elapsed, total time.Duration)
}

// A Load is what a server did under load.
type Load struct {
	// Keys that were typed, and what became of the requests after them: answers, those of them that suggest something, and
	// requests that were cancelled.
	Keys, Answers, Suggestions, Cancelled int
	// Stale are the answers that fit no text that the editor had between its question and the answer.
	Stale int
	// LatenciesMS has the milliseconds from each question to its answer while all typed, PausesMS those where the user
	// waited for it, and CancelsMS those from $/cancelRequest to the reply.
	LatenciesMS, PausesMS, CancelsMS []float64
	// RestCPU, OneCPU and AllCPU are the share of a processor that the server took while nobody, one and all typed.
	RestCPU, OneCPU, AllCPU float64
	// Samples are of the server while all typed, at even intervals.
	Samples []Sample
	// ForwardMS is how long the server says that a forward pass over one of its blocks takes.
	ForwardMS float64
	// Warnings of the server, as in [Result].
	Warnings []string
}

// A Sample is a server at a moment.
type Sample struct {
	RSSBytes   int64
	Goroutines int
}

// samplesOfLoad is how many samples are taken.
const samplesOfLoad = 120

// Press has editors type the passages, over and over, into one server: at the pace of people, without waiting for
// answers but at the end of each line. A newer request cancels an older one that is not answered yet.
func Press(ctx context.Context, passages []Passage, o LoadOptions) (*Load, error) {
	if len(o.Command) == 0 || len(passages) == 0 || o.Clients < 1 || o.Interval <= 0 || o.Duration <= 0 || o.Rest < 0 {
		return nil, errors.New("no command, passages, clients, interval or duration: say what to do")
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
	typists := make([]*typist, o.Clients)
	for i := range typists {
		s, err := start(serving, kill, o.Options)
		if err != nil {
			return nil, err
		}
		defer s.wait()
		if err := s.initialize(serving); err != nil {
			return nil, s.explain(err)
		}
		if err := s.warmUp(serving, passages[0]); err != nil {
			return nil, s.explain(err)
		}
		typists[i] = newTypist(s, i)
	}
	load, err := press(serving, typists, passages, o)
	if err != nil {
		return nil, err
	}
	for _, t := range typists {
		if err := t.server.shutdown(serving); err != nil {
			return nil, err
		}
		load.Warnings = append(load.Warnings, t.server.warnings...)
	}
	return load, nil
}

// press has the typists type.
func press(ctx context.Context, typists []*typist, passages []Passage, o LoadOptions) (*Load, error) {
	load := new(Load)
	watched := typists[0].server
	at, err := watched.status(ctx)
	if err != nil {
		return nil, err
	}
	for _, t := range typists[1:] {
		other, err := t.server.status(ctx)
		if err != nil {
			return nil, err
		}
		if other.PID != at.PID {
			return nil, fmt.Errorf("the editors have several servers, such as %d and %d: the command is to connect them to one", at.PID, other.PID)
		}
	}
	phase := func(share *float64, typing []*typist, duration time.Duration) error {
		if duration == 0 {
			return nil
		}
		before, err := cpuSeconds(at.PID)
		if err != nil {
			return err
		}
		begun := time.Now()
		group, during := errgroup.WithContext(ctx)
		for _, t := range typing {
			group.Go(func() error { return t.work(during, passages, o.Interval, begun.Add(duration)) })
		}
		if len(typing) == 0 {
			group.Go(func() error { return pause(during, duration) })
		}
		if len(typing) == len(typists) {
			group.Go(func() error { return load.sample(during, watched, o, begun) })
		}
		if err := group.Wait(); err != nil {
			return err
		}
		after, err := cpuSeconds(at.PID)
		*share = (after - before) / time.Since(begun).Seconds()
		return err
	}
	if err := phase(&load.RestCPU, nil, o.Rest); err != nil {
		return nil, err
	}
	if err := phase(&load.OneCPU, typists[:1], o.Rest); err != nil {
		return nil, err
	}
	typists[0].load = Load{}
	if err := phase(&load.AllCPU, typists, o.Duration); err != nil {
		return nil, err
	}
	for _, t := range typists {
		load.add(&t.load)
	}
	if at, err = watched.status(ctx); err != nil {
		return nil, err
	}
	load.ForwardMS = at.forwardMS()
	return load, nil
}

// add adds what one editor counted.
func (l *Load) add(of *Load) {
	l.Keys += of.Keys
	l.Answers += of.Answers
	l.Suggestions += of.Suggestions
	l.Cancelled += of.Cancelled
	l.Stale += of.Stale
	l.LatenciesMS = append(l.LatenciesMS, of.LatenciesMS...)
	l.PausesMS = append(l.PausesMS, of.PausesMS...)
	l.CancelsMS = append(l.CancelsMS, of.CancelsMS...)
}

// sample looks at the server until the duration is over.
func (l *Load) sample(ctx context.Context, s *server, o LoadOptions, begun time.Time) error {
	for i := range samplesOfLoad {
		if err := pause(ctx, time.Until(begun.Add(o.Duration*time.Duration(i+1)/samplesOfLoad))); err != nil {
			return err
		}
		at, err := s.status(ctx)
		if err != nil {
			return err
		}
		l.Samples = append(l.Samples, Sample{at.RSSBytes, at.Goroutines})
		if o.Progress != nil {
			o.Progress(o.Duration*time.Duration(i+1)/samplesOfLoad, o.Duration)
		}
	}
	return nil
}

// A status is what the server says of itself.
type status struct {
	PID        int   `json:"pid"`
	RSSBytes   int64 `json:"rss_bytes"`
	Goroutines int   `json:"goroutines"`
	Model      struct {
		Block   int `json:"block"`
		Profile []struct {
			Tokens int     `json:"tokens"`
			MS     float64 `json:"ms"`
		} `json:"profile"`
	} `json:"model"`
}

func (s *server) status(ctx context.Context) (at status, err error) {
	var raw protocol.LSPAny
	if err := s.call(ctx, methodStatus, nil, &raw); err != nil {
		return at, err
	}
	if err := json.Unmarshal(raw, &at); err != nil {
		return at, fmt.Errorf("%s: %w", methodStatus, err)
	}
	return at, nil
}

// forwardMS is the latency of the shortest canvas that a block fits; 0 if it is not known.
func (s *status) forwardMS() float64 {
	for _, p := range s.Model.Profile {
		if p.Tokens >= s.Model.Block {
			return p.MS
		}
	}
	return 0
}

// pause waits. The error is ctx's.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
