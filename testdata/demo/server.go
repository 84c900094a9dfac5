// Package server keeps the connections of a small TCP service.
package server

import (
	"errors"
	"net"
	"sync"
)

// ErrClosed is returned by Serve after Close.
var ErrClosed = errors.New("server: closed")

// Server accepts connections and hands each to a handler.
type Server struct {
	mu       sync.Mutex
	listener net.Listener
	conns    map[net.Conn]bool
	closed   bool
	handle   func(net.Conn)
}

// Serve accepts connections until Close is called.
func (s *Server) Serve() error {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return err
		}
		s.track(conn)
		go s.handle(conn)
	}
}

func (s *Server) track(conn net.Conn) {
	s.mu.Lock()
	defer s.
	s.conns[conn] = true
}

// Close stops the server and closes its connections.
func (s *Server) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for conn := range s.conns {
		conn.Close()
	}
	return s.listener.Close()
}
