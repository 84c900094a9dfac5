package lsp

import (
	"os"

	"golang.org/x/sys/windows"
)

// ended says whether a process, which need not be a child, has come to its end.
func ended(process *os.Process) (over bool) {
	err := process.WithHandle(func(handle uintptr) {
		event, err := windows.WaitForSingleObject(windows.Handle(handle), 0)
		over = err == nil && event == windows.WAIT_OBJECT_0
	})
	return over && err == nil
}
