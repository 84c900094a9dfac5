package lsp

import (
	"context"
	"fmt"
	"net"
	"sync"
	"time"
)

// maxClients is how many clients a server may have at a time; more are turned away.
const maxClients = 256

// ServeListener serves every client that connects, until ctx ends, a client asks for the end, no more clients can be
// accepted, or there was none for options.IdleExit. It takes leave of those it has, and closes the listener.
func ServeListener(ctx context.Context, listener net.Listener, options Options) error {
	var clients sync.WaitGroup
	defer clients.Wait()
	options.setDefaults()
	ctx, options.stop = context.WithCancel(ctx)
	defer options.stop()
	closed := context.AfterFunc(ctx, func() { listener.Close() })
	defer func() {
		if closed() {
			listener.Close()
		}
	}()
	present := attendance{empty: options.stop, patience: options.IdleExit}
	present.change(0)
	for {
		connection, err := listener.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("accept on %s: %w", listener.Addr(), err)
		}
		if present.change(1) > maxClients {
			options.Logger.Warn("client turned away", "most", maxClients)
			present.change(-1)
			connection.Close()
			continue
		}
		clients.Go(func() {
			defer present.change(-1)
			if _, err := Serve(ctx, connection, options); err != nil {
				options.Logger.Warn("client lost", "error", err)
			}
		})
	}
}

// An attendance counts clients, and calls empty when there was none for as long as its patience, unless that is 0.
type attendance struct {
	empty    func()
	patience time.Duration

	mu      sync.Mutex
	clients int
	timer   *time.Timer // runs while there is no client
}

// change adds a client, or takes one away, and returns how many there are.
func (a *attendance) change(by int) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.clients += by
	switch {
	case a.clients > 0 && a.timer != nil:
		a.timer.Stop()
		a.timer = nil
	case a.clients == 0 && a.patience > 0:
		a.timer = time.AfterFunc(a.patience, func() {
			a.mu.Lock()
			defer a.mu.Unlock()
			if a.clients == 0 {
				a.empty()
			}
		})
	}
	return a.clients
}
