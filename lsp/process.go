package lsp

import (
	"context"
	"os"
	"time"
)

// watchTime is how often to look whether the client's process is alive.
const watchTime = 2 * time.Second

// watchProcess calls gone when the process ends. A process that cannot be seen at first, such as one outside this
// container, is not watched.
func watchProcess(ctx context.Context, pid int, gone func()) {
	process, err := os.FindProcess(pid)
	if err != nil {
		return
	}
	defer process.Release()
	ticker := time.NewTicker(watchTime)
	defer ticker.Stop()
	for first := true; ; first = false {
		if ended(process) {
			if !first {
				gone()
			}
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
