package socket

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "seedls.sock")
	_, err := Dial(t.Context(), path)
	require.ErrorIs(t, err, ErrNobody)
	_, err = Dial(t.Context(), filepath.Join(path, "below", "it"))
	require.ErrorIs(t, err, ErrNobody)

	l, err := Listen(t.Context(), path)
	require.NoError(t, err)
	go func() {
		for {
			connection, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = connection.Write([]byte("x"))
			connection.Close()
		}
	}()
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	connection, err := Dial(t.Context(), path)
	require.NoError(t, err)
	_, err = connection.Read(make([]byte, 1))
	require.NoError(t, err)
	_, err = Listen(t.Context(), path)
	require.ErrorIs(t, err, ErrInUse)
	require.ErrorContains(t, err, path)
	require.NoError(t, l.Close())
	_, err = Dial(t.Context(), path)
	require.ErrorIs(t, err, ErrNobody)
}

// TestStaleSocket has a server die, which leaves its socket behind.
func TestStaleSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "seedls.sock")
	dead, err := net.Listen("unix", path)
	require.NoError(t, err)
	dead.(*net.UnixListener).SetUnlinkOnClose(false)
	dead.Close()
	require.NoError(t, os.Chmod(path, 0o600))
	_, err = Dial(t.Context(), path)
	require.ErrorIs(t, err, ErrNobody)
	l, err := Listen(t.Context(), path)
	require.NoError(t, err)
	connection, err := Dial(t.Context(), path)
	require.NoError(t, err)
	connection.Close()
	require.NoError(t, l.Close())
}

// TestOneListener has many servers begin at once, on a path where there is a dead socket.
func TestOneListener(t *testing.T) {
	path := filepath.Join(t.TempDir(), "seedls.sock")
	dead, err := net.Listen("unix", path)
	require.NoError(t, err)
	dead.(*net.UnixListener).SetUnlinkOnClose(false)
	dead.Close()
	var listening atomic.Int32
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			l, err := Listen(t.Context(), path)
			if err != nil {
				require.ErrorIs(t, err, ErrInUse)
				return
			}
			listening.Add(1)
			t.Cleanup(func() { l.Close() })
		})
	}
	all.Wait()
	require.EqualValues(t, 1, listening.Load())
}

// TestLeaving has a server begin while another, which no longer listens, has not ended.
func TestLeaving(t *testing.T) {
	path := filepath.Join(t.TempDir(), "seedls.sock")
	first, err := Listen(t.Context(), path)
	require.NoError(t, err)
	require.NoError(t, first.(*listener).Listener.Close())
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = Listen(cancelled, path)
	require.ErrorIs(t, err, context.Canceled)
	began := make(chan net.Listener)
	go func() {
		l, err := Listen(t.Context(), path)
		if err != nil {
			t.Error(err)
		}
		began <- l
	}()
	first.(*listener).release()
	require.NoError(t, (<-began).Close())
}

func TestOwnerOnly(t *testing.T) {
	if ownerOnly := checkOwner("/"); ownerOnly != nil {
		t.Skip(ownerOnly)
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "seedls.sock")
	l, err := Listen(t.Context(), path)
	require.NoError(t, err)
	defer l.Close()
	for _, test := range []struct {
		folder, socket os.FileMode
		want           string
	}{
		{0o700, 0o600, ""},
		{0o755, 0o600, ""},
		{0o777, 0o600, "chmod go-w"},
		{0o777 | os.ModeSticky, 0o600, ""},
		{0o700, 0o660, "others may open it"},
	} {
		require.NoError(t, os.Chmod(dir, test.folder))
		require.NoError(t, os.Chmod(path, test.socket))
		connection, err := Dial(t.Context(), path)
		if test.want == "" {
			require.NoError(t, err)
			connection.Close()
			continue
		}
		require.ErrorContains(t, err, test.want)
		require.ErrorContains(t, err, path)
	}
	require.NoError(t, os.Chmod(dir, 0o700))
	require.NoError(t, os.Chmod(path, 0o600))
	if os.Geteuid() != 0 {
		return // nobody else's files can be made
	}
	require.NoError(t, os.Chown(path, 1, -1))
	_, err = Dial(t.Context(), path)
	require.ErrorContains(t, err, "the user 1's")
	require.NoError(t, os.Chown(path, 0, -1))
	require.NoError(t, os.Chown(dir, 1, -1))
	_, err = Dial(t.Context(), path)
	require.ErrorContains(t, err, "the user 1")
}

func TestBadPaths(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, []byte("precious"), 0o600))
	_, err := Listen(t.Context(), file)
	require.ErrorContains(t, err, "no socket")
	long := filepath.Join(t.TempDir(), strings.Repeat("x", maxPath))
	_, err = Listen(t.Context(), long)
	require.ErrorContains(t, err, "longer than 103 bytes")
	_, err = Dial(t.Context(), long)
	require.ErrorContains(t, err, "longer than 103 bytes")
	_, err = Listen(t.Context(), filepath.Join(file, "x"))
	require.ErrorContains(t, err, file)
}
