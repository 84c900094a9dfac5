//go:build !unix

package sandbox

import (
	"os"
	"syscall"
)

// ownGroup starts a process like any other where there are no process groups.
func ownGroup() *syscall.SysProcAttr { return nil }

// killGroup kills a process; what it started goes on.
func killGroup(leader *os.Process) error { return leader.Kill() }
