// Package daemon finds the servers that a user's editors share, and starts one where there is none:
//
//	path, err := daemon.Socket("what clients have to agree on")
//	connection, err := daemon.Connect(ctx, path, []string{"serve", "--listen", "unix:" + path})
//
// A daemon is the process that listens on a socket of package socket. It outlives who started it.
package daemon

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"seedls/lsp/socket"
)

const (
	socketSuffix = ".sock"
	// startTime is how long a daemon may take until it listens, which it does before it loads a model.
	startTime = 20 * time.Second
	// graceTime is how long another may take once the one that was started ended, because that one was faster.
	graceTime = 2 * time.Second
	pollTime  = 10 * time.Millisecond
	// maxLogBytes is how long a log may be for another daemon to go on with it.
	maxLogBytes = 1 << 20
)

// Socket is where the daemon listens that does what key says; daemons with other keys listen elsewhere.
func Socket(key string) (path string, err error) {
	dir, err := folder()
	if err != nil {
		return "", err
	}
	hash := sha256.Sum256([]byte(key))
	return filepath.Join(dir, hex.EncodeToString(hash[:6])+socketSuffix), nil
}

// Sockets lists where daemons listen, or did: some may be dead.
func Sockets() ([]string, error) {
	dir, err := folder()
	if err != nil {
		return nil, err
	}
	return filepath.Glob(filepath.Join(dir, "*"+socketSuffix))
}

// folder is the user's own for sockets: in that of the session, which ends with it, or in the cache directory.
func folder() (string, error) {
	if dir := os.Getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "seedls"), nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no folder for a socket: %w", err)
	}
	return filepath.Join(dir, "seedls", "run"), nil
}

// Log is the file that a daemon writes its log to: beside its socket.
func Log(path string) string { return strings.TrimSuffix(path, socketSuffix) + ".log" }

// Connect connects to the daemon at path. Where there is none it starts one: this program with the arguments, which are to
// have it listen there. However many processes call it at once, one daemon is left.
func Connect(ctx context.Context, path string, args []string) (net.Conn, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	connection, err := socket.Dial(ctx, path)
	if !errors.Is(err, socket.ErrNobody) {
		return connection, err
	}
	ended, err := start(Log(path), args)
	if err != nil {
		return nil, fmt.Errorf("start a daemon: %w", err)
	}
	late := time.NewTimer(startTime)
	defer late.Stop()
	poll := time.NewTicker(pollTime)
	defer poll.Stop()
	for {
		connection, err := socket.Dial(ctx, path)
		if !errors.Is(err, socket.ErrNobody) {
			return connection, err
		}
		select {
		case <-poll.C:
		case <-ended:
			ended = nil
			late.Reset(graceTime)
		case <-late.C:
			return nil, fmt.Errorf("the daemon does not listen: its log is %s", Log(path))
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// start starts this program in the background. The channel is closed when it ends.
func start(log string, args []string) (ended <-chan struct{}, err error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	out, err := openLog(log)
	if err != nil {
		return nil, err
	}
	defer out.Close()
	command := exec.Command(program, args...)
	command.Dir = string(filepath.Separator) // no folder is kept from being removed
	command.Stdout, command.Stderr = out, out
	if err := detach(command); err != nil {
		return nil, err
	}
	if err := command.Start(); err != nil {
		return nil, err
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = command.Wait() // how it ended is in its log
	}()
	return done, nil
}

// openLog goes on with a log, or begins another and keeps the last one beside it.
func openLog(path string) (*os.File, error) {
	if info, err := os.Stat(path); err == nil && info.Size() > maxLogBytes {
		if err := os.Rename(path, path+".old"); err != nil {
			return nil, err
		}
	}
	return os.OpenFile(path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
}
