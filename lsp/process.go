package lsp

import (
	"context"
	"os"
	"time"
)

// watchTime is how often to look whether the client's process is alive, where the system does not tell.
const watchTime = 2 * time.Second

// watchProcess calls gone when the process ends. A process that cannot be seen at first, such as one outside this
// container, is not watched.
func watchProcess(ctx context.Context, pid int, gone func()) {
	process, err := os.FindProcess(pid)
	if err != nil {
		return
	}
	defer process.Release()
	if !ended(process) && awaitEnd(ctx, process) {
		gone()
	}
}

// pollEnd looks at a process until it has ended, or until ctx has.
func pollEnd(ctx context.Context, process *os.Process) (over bool) {
	ticker := time.NewTicker(watchTime)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case <-ticker.C:
			if ended(process) {
				return true
			}
		}
	}
}
