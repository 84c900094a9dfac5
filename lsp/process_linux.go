package lsp

import (
	"context"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// awaitEnd waits until a process has ended, or until ctx has. Nothing runs meanwhile: the system tells.
func awaitEnd(ctx context.Context, process *os.Process) (over bool) {
	fd, err := unix.PidfdOpen(process.Pid, unix.PIDFD_NONBLOCK)
	if err != nil {
		return pollEnd(ctx, process) // before Linux 5.10, or with other processes out of reach
	}
	f := os.NewFile(uintptr(fd), "pidfd")
	defer f.Close()
	raw, err := f.SyscallConn()
	if err != nil {
		return pollEnd(ctx, process)
	}
	stop := context.AfterFunc(ctx, func() { _ = f.SetReadDeadline(time.Unix(1, 0)) }) // ends the wait
	defer stop()
	waited := false
	err = raw.Read(func(uintptr) bool { // is called again once there is something to read, which is the end
		over, waited = waited, true
		return over
	})
	if err != nil && ctx.Err() == nil {
		return pollEnd(ctx, process) // it cannot be waited for
	}
	return err == nil
}
