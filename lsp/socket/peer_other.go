//go:build !linux

package socket

import "net"

// checkPeer relies on the permissions of the socket.
func checkPeer(net.Conn) error { return nil }
