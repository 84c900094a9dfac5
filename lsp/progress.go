package lsp

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"

	"seedls/engine/diffusion"
)

// reportEvery is how often the client is told how far an action is.
const reportEvery = 100 * time.Millisecond

// A progress tells the client how far the model is with an action, which the user can cancel there.
type progress struct {
	steps, tokens atomic.Int64
	stop          func()
}

// step takes note of a step of the sampler. It does not wait for the client: another user's may wait for the model.
func (p *progress) step(s diffusion.Step) {
	p.steps.Add(1)
	p.tokens.Add(int64(len(s.Committed) + len(s.Revised)))
}

// end says that the work is over.
func (p *progress) end() { p.stop() }

// begun begins to show progress under the token that the client gave, or under one of the server's if the client lets
// it; else nothing is shown. The context is cancelled with the progress.
func (s *session) begun(ctx context.Context, title string, token protocol.ProgressToken) (context.Context, *progress) {
	ctx, cancel := context.WithCancel(ctx)
	p := &progress{stop: cancel}
	if token == nil {
		if !s.client.showsProgress {
			return ctx, p
		}
		token = protocol.String(fmt.Sprintf("seedls-%d", s.lastProgress.Add(1)))
		creating, done := context.WithTimeout(ctx, askTime)
		_, err := s.conn.Call(creating, protocol.MethodWindowWorkDoneProgressCreate, &protocol.WorkDoneProgressCreateParams{Token: token}, nil)
		done()
		if err != nil {
			s.Logger.Warn("progress", "error", err)
			return ctx, p
		}
	}
	s.mu.Lock()
	s.progresses[token] = cancel
	s.mu.Unlock()
	s.report(ctx, token, protocol.WorkDoneProgressBegin{Kind: "begin", Title: title, Cancellable: new(true)})
	over := make(chan struct{})
	var reporting sync.WaitGroup
	reporting.Go(func() {
		tick := time.NewTicker(reportEvery)
		defer tick.Stop()
		told := int64(0)
		for {
			select {
			case <-over:
				return
			case <-tick.C:
			}
			if steps := p.steps.Load(); steps > told {
				told = steps
				message := fmt.Sprintf("%d tokens in %d steps", p.tokens.Load(), steps)
				s.report(ctx, token, protocol.WorkDoneProgressReport{Kind: "report", Message: &message})
			}
		}
	})
	p.stop = sync.OnceFunc(func() {
		close(over)
		reporting.Wait()
		s.mu.Lock()
		delete(s.progresses, token)
		s.mu.Unlock()
		cancel()
		s.report(context.WithoutCancel(ctx), token, protocol.WorkDoneProgressEnd{Kind: "end"})
	})
	return ctx, p
}

// report sends the client a value of a progress.
func (s *session) report(ctx context.Context, token protocol.ProgressToken, value any) {
	data, err := protocol.Marshal(value)
	if err == nil {
		err = s.conn.Notify(ctx, protocol.MethodProgress, &protocol.ProgressParams{Token: token, Value: data})
	}
	if err != nil {
		s.Logger.Warn("progress", "error", err)
	}
}

// cancelProgress handles window/workDoneProgress/cancel: the request whose progress it is answers that it was cancelled.
func (s *session) cancelProgress(req *jsonrpc2.Request) error {
	var params protocol.WorkDoneProgressCancelParams
	if err := decode(req, &params); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if cancel, ok := s.progresses[params.Token]; ok {
		cancel()
	}
	return nil
}
