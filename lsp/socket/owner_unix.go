//go:build unix

package socket

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"syscall"
)

// listenOwnerOnly creates a socket that nobody else may open, from its first moment on.
func listenOwnerOnly(path string) (net.Listener, error) {
	old := syscall.Umask(0o177)
	defer syscall.Umask(old)
	return net.Listen("unix", path)
}

// checkOwner checks that nobody else can have put a socket at path, or can open it. That there is none is no error.
func checkOwner(path string) error {
	dir := filepath.Dir(path)
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return ErrNobody
	}
	if err != nil {
		return err
	}
	if owner := ownerOf(info); owner != os.Geteuid() && owner != 0 {
		return fmt.Errorf("the folder is that of the user %d: choose another one", owner)
	}
	if mode := info.Mode(); mode.Perm()&0o022 != 0 && mode&os.ModeSticky == 0 {
		return fmt.Errorf("others may write into the folder: run chmod go-w %s", dir)
	}
	info, err = os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if owner := ownerOf(info); owner != os.Geteuid() {
		return fmt.Errorf("it is the user %d's: choose another path", owner)
	}
	if info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("others may open it: end the server that made it, and remove it")
	}
	return nil
}

// ownerOf is the id of the user who has a file.
func ownerOf(info fs.FileInfo) int { return int(info.Sys().(*syscall.Stat_t).Uid) }
