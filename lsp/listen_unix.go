//go:build unix

package lsp

import (
	"net"
	"syscall"
)

// listenOwnerOnly creates a socket that nobody else may open, from its first moment on.
func listenOwnerOnly(path string) (net.Listener, error) {
	old := syscall.Umask(0o177)
	defer syscall.Umask(old)
	return net.Listen("unix", path)
}
