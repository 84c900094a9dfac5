//go:build !windows

package lsp

import (
	"errors"
	"os"
	"syscall"
)

// ended says whether a process, which need not be a child, has come to its end.
func ended(process *os.Process) bool {
	return errors.Is(process.Signal(syscall.Signal(0)), os.ErrProcessDone)
}
