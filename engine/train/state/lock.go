package state

import (
	"fmt"
	"os"
	"path/filepath"

	"seedls/filelock"
)

// lockFile is empty, and stays.
const lockFile = ".lock"

// Lock makes the directory of a run, unless it is there, and keeps it for the caller until release, or until the process
// ends, in whatever way. It is an error, which names the directory, while another run has it.
func Lock(dir string) (release func() error, err error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, err
	}
	release, taken, err := filelock.Take(filepath.Join(dir, lockFile))
	if err == nil && !taken {
		err = fmt.Errorf("%s: another run is under way there: wait for it, or end it, or name another directory", dir)
	}
	return release, err
}
