//go:build unix

package daemon

import (
	"os/exec"
	"syscall"
)

// detach has a command live in a session of its own, so that the end of a terminal or an editor is not its end.
func detach(command *exec.Cmd) error {
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	return nil
}
