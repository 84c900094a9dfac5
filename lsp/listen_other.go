//go:build !unix

package lsp

import "net"

// listenOwnerOnly relies on the folder's permissions where sockets have none.
func listenOwnerOnly(path string) (net.Listener, error) { return net.Listen("unix", path) }
