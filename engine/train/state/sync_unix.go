//go:build unix

package state

import (
	"errors"
	"os"
	"syscall"
)

// syncDirectory puts the names in a directory on the disk, where its file system can do that.
func syncDirectory(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.Sync(); !errors.Is(err, syscall.EINVAL) {
		return err
	}
	return nil
}
