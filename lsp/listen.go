package lsp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
)

// ListenAndServe serves every client that connects to address, "unix:PATH", until ctx ends. Only the user who runs the
// server can connect. A socket that a dead server left behind is taken over; one that a server listens on is an error.
func ListenAndServe(ctx context.Context, address string, options Options) error {
	path, ok := strings.CutPrefix(address, "unix:")
	if !ok || path == "" {
		return fmt.Errorf("listen on %q: want unix:PATH", address)
	}
	listener, err := listenUnix(path)
	if err != nil {
		return err
	}
	options.Logger.Info("listening", "socket", path)
	return serveListener(ctx, listener, options)
}

// serveListener serves until ctx ends or no more clients can be accepted, and takes leave of those it has.
func serveListener(ctx context.Context, listener net.Listener, options Options) error {
	var clients sync.WaitGroup
	defer clients.Wait()
	ctx, end := context.WithCancel(ctx)
	defer end()
	stop := context.AfterFunc(ctx, func() { listener.Close() })
	defer stop()
	for {
		connection, err := listener.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("accept on %s: %w", listener.Addr(), err)
		}
		clients.Go(func() {
			if _, err := Serve(ctx, connection, options); err != nil {
				options.Logger.Warn("client lost", "error", err)
			}
		})
	}
}

func listenUnix(path string) (net.Listener, error) {
	if connection, err := net.Dial("unix", path); err == nil {
		connection.Close()
		return nil, fmt.Errorf("listen on %s: a server listens there already", path)
	}
	if info, err := os.Lstat(path); err == nil {
		if info.Mode().Type() != os.ModeSocket {
			return nil, fmt.Errorf("listen on %s: the file exists and is no socket: choose another path", path)
		}
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("listen on %s: remove the socket of a dead server: %w", path, err)
		}
	}
	return listenOwnerOnly(path)
}
