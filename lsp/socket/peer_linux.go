package socket

import (
	"errors"
	"net"
	"os"

	"golang.org/x/sys/unix"
)

// checkPeer checks that the process at the other end is of this user.
func checkPeer(connection net.Conn) error {
	raw, err := connection.(*net.UnixConn).SyscallConn()
	if err != nil {
		return err
	}
	var peer *unix.Ucred
	failed := raw.Control(func(fd uintptr) {
		peer, err = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED)
	})
	switch {
	case failed != nil:
		return failed
	case err != nil:
		return os.NewSyscallError("getsockopt", err)
	case int(peer.Uid) != os.Geteuid():
		return errors.New("the process at the other end is another user's")
	}
	return nil
}
