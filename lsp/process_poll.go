//go:build !linux

package lsp

import (
	"context"
	"os"
)

// awaitEnd waits until a process has ended, or until ctx has.
func awaitEnd(ctx context.Context, process *os.Process) (over bool) { return pollEnd(ctx, process) }
