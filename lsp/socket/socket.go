// Package socket has unix sockets over which only processes of one user talk to each other.
//
// Besides the socket at PATH there is an empty file PATH.lock, which stays: the server has it locked for as long as it
// lives. So no two servers take one path, and the socket of one that was killed is known to be dead.
package socket

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"seedls/filelock"
)

const (
	// maxPath is the most bytes of a path that all systems take.
	maxPath = 103
	// leaveTime is how long a server that has stopped to listen may take to end before it counts as one that is there.
	leaveTime = 5 * time.Second
	pollTime  = 10 * time.Millisecond
)

// Errors of Listen and Dial.
var (
	ErrInUse  = errors.New("a server listens there already")
	ErrNobody = errors.New("no server listens there")
)

// Listen makes a socket on which only processes of this user can connect; connections of others are closed, where the
// system tells whose they are. It takes over the socket of a dead server, and waits for one that is about to end; where a
// server listens the error is [ErrInUse]. Errors name the path.
func Listen(ctx context.Context, path string) (net.Listener, error) {
	l, err := listen(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w", path, err)
	}
	return l, nil
}

func listen(ctx context.Context, path string) (net.Listener, error) {
	if len(path) > maxPath {
		return nil, fmt.Errorf("the path is longer than %d bytes: choose another one", maxPath)
	}
	info, err := os.Lstat(path)
	if err == nil && info.Mode().Type() != os.ModeSocket {
		return nil, errors.New("the file exists and is no socket: choose another path")
	}
	release, err := own(ctx, path)
	if err != nil {
		return nil, err
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		release()
		return nil, fmt.Errorf("remove the socket of a dead server: %w", err)
	}
	l, err := listenOwnerOnly(path)
	if err != nil {
		release()
		return nil, err
	}
	return &listener{l, sync.OnceValue(release)}, nil
}

// own takes the lock of a socket that nobody listens on.
func own(ctx context.Context, path string) (release func() error, err error) {
	for begun := time.Now(); ; {
		release, taken, err := filelock.Take(path + ".lock")
		if err != nil {
			return nil, err
		}
		// A system without locks lets everyone take one.
		if connection, err := net.Dial("unix", path); err == nil {
			connection.Close()
			if taken {
				release()
			}
			return nil, ErrInUse
		}
		if taken {
			return release, nil
		}
		if time.Since(begun) > leaveTime {
			return nil, ErrInUse
		}
		select {
		case <-time.After(pollTime):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// A listener accepts connections of one user, and has the lock of its socket.
type listener struct {
	net.Listener
	release func() error
}

// Accept implements [net.Listener].
func (l *listener) Accept() (net.Conn, error) {
	for {
		connection, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if checkPeer(connection) == nil {
			return connection, nil
		}
		connection.Close()
	}
}

// Close implements [net.Listener]. The socket is removed before others may take its place.
func (l *listener) Close() error { return errors.Join(l.Listener.Close(), l.release()) }

// Dial connects to the server at path, after it has made sure that nobody but this user can have put the socket there,
// and, where the system tells, that the server is this user's. Where no server listens the error is [ErrNobody].
func Dial(ctx context.Context, path string) (*net.UnixConn, error) {
	connection, err := dial(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", path, err)
	}
	return connection, nil
}

func dial(ctx context.Context, path string) (*net.UnixConn, error) {
	if len(path) > maxPath {
		return nil, fmt.Errorf("the path is longer than %d bytes", maxPath)
	}
	if err := checkOwner(path); err != nil {
		return nil, err
	}
	var dialer net.Dialer
	connection, err := dialer.DialContext(ctx, "unix", path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
		return nil, ErrNobody
	}
	if err != nil {
		return nil, err
	}
	if err := checkPeer(connection); err != nil {
		connection.Close()
		return nil, err
	}
	return connection.(*net.UnixConn), nil
}
