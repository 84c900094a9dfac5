//go:build !linux

package sandbox

import (
	"runtime"
	"syscall"
)

// An isolation is no more than a process group here.
type isolation struct{}

func (isolation) attributes() *syscall.SysProcAttr { return ownGroup() }

func (r *Runner) isolate() { r.network = "not cut off: " + runtime.GOOS + " has no network namespaces" }
