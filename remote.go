package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"seedls/lsp"
	"seedls/lsp/daemon"
	"seedls/lsp/socket"
)

const (
	remoteAuto = "auto"
	// forwardAttempts bounds how many daemons in a row may end just when they are found.
	forwardAttempts = 5
)

// serveRemotely has a daemon serve the editor. done is false where no daemon can; the log says why.
func serveRemotely(
	cmd *cobra.Command, remote string, model modelFlags, idleExit time.Duration, logger *slog.Logger,
) (done bool, err error) {
	path, err := remoteSocket(remote, &model)
	if err != nil {
		return true, err
	}
	args := append([]string{"serve", "--listen", "unix:" + path, "--idle-exit", idleExit.String()}, daemonArgs(&model)...)
	forwarder, err := forwarderTo(cmd.Context(), path, args)
	if err != nil && cmd.Context().Err() == nil {
		logger.Warn("serving without a daemon", "error", err)
		return false, nil
	}
	if err != nil {
		return true, err
	}
	logger.Info("served by a daemon", "socket", path)
	code, err := forwarder.Run(cmd.Context(), newStdioConnection(cmd.InOrStdin(), cmd.OutOrStdout()))
	switch {
	case err != nil:
		return true, fmt.Errorf("daemon at %s, whose log is %s: %w", path, daemon.Log(path), err)
	case code != 0:
		return true, exitCode(code)
	}
	return true, nil
}

// forwarderTo is a forwarder to the daemon at path, which is started with args where there is none. One that ends
// meanwhile, as it had no clients for long, is passed over.
func forwarderTo(ctx context.Context, path string, args []string) (forwarder *lsp.Forwarder, err error) {
	for range forwardAttempts {
		var connection net.Conn
		if connection, err = daemon.Connect(ctx, path, args); err != nil {
			return nil, err
		}
		if forwarder, err = lsp.NewForwarder(ctx, connection); !errors.Is(err, lsp.ErrServerGone) || ctx.Err() != nil {
			break
		}
	}
	return forwarder, err
}

// remoteSocket is where the daemon listens that --remote names. It makes the path of the model absolute, as a daemon runs
// in another folder.
func remoteSocket(remote string, model *modelFlags) (path string, err error) {
	if _, err := model.compute(); errors.As(err, new(usageError)) {
		return "", err // which a daemon could tell nobody
	}
	if _, err := os.Stat(model.model); model.model != "" && err == nil {
		if model.model, err = filepath.Abs(model.model); err != nil {
			return "", err
		}
	}
	if remote != remoteAuto {
		return socketPath("remote", remote)
	}
	key := append(daemonArgs(model), version, commit, os.Getenv("SEEDLS_KERNEL"))
	program, _ := os.Executable()
	for _, file := range []string{program, model.config} { // builds of one version may differ, and settings change
		if info, err := os.Stat(file); err == nil {
			key = append(key, file, info.ModTime().String())
		}
	}
	data, err := json.Marshal(key)
	if err != nil {
		return "", err
	}
	return daemon.Socket(string(data))
}

// socketPath is the path in "unix:PATH", absolute.
func socketPath(flag, address string) (string, error) {
	path, ok := strings.CutPrefix(address, "unix:")
	if !ok || path == "" {
		return "", usageError{fmt.Errorf("--%s %q: want unix:PATH", flag, address)}
	}
	return filepath.Abs(path)
}

// daemonArgs are the flags of the model for a daemon.
func daemonArgs(model *modelFlags) []string {
	config := model.config
	if _, err := os.Stat(config); err != nil { // it need not be there
		config = ""
	}
	return append(model.args(config), "--memory", strconv.Itoa(model.memoryMiB))
}

// listenAt makes the socket of "unix:PATH".
func listenAt(ctx context.Context, address string, options *lsp.Options) (net.Listener, error) {
	path, err := socketPath("listen", address)
	if err != nil {
		return nil, err
	}
	listener, err := socket.Listen(ctx, path)
	if err != nil {
		return nil, err
	}
	if options.Log == "" && logsTo(daemon.Log(path)) {
		options.Log = daemon.Log(path)
	}
	options.Logger.Info("listening", "socket", path)
	return listener, nil
}

// logsTo reports whether standard error, and so the log, goes to a file.
func logsTo(path string) bool {
	file, err := os.Stat(path)
	if err != nil {
		return false
	}
	log, err := os.Stderr.Stat()
	return err == nil && os.SameFile(file, log)
}
