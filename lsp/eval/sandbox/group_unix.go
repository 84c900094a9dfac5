//go:build unix

package sandbox

import (
	"os"
	"syscall"
)

// ownGroup starts a process as the leader of a new process group.
func ownGroup() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// killGroup kills a process that ownGroup started, and what it started.
func killGroup(leader *os.Process) error { return syscall.Kill(-leader.Pid, syscall.SIGKILL) }
