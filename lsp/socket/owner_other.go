//go:build !unix

package socket

import "net"

// listenOwnerOnly relies on the folder's permissions where sockets have none.
func listenOwnerOnly(path string) (net.Listener, error) { return net.Listen("unix", path) }

// checkOwner relies on them, too.
func checkOwner(string) error { return nil }
