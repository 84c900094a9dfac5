//go:build !unix

package daemon

import (
	"fmt"
	"os/exec"
	"runtime"
)

func detach(*exec.Cmd) error { return fmt.Errorf("seedls has no daemons on %s", runtime.GOOS) }
