// Package filelock takes files for one holder at a time, across processes.
package filelock

import "os"

// Take takes the file at path for the caller until release, or until the process ends, in whatever way. It makes the file
// where there is none; release leaves it, since what matters is who has it. Where another holder has the file, taken is
// false and release nil. An error names the file.
func Take(path string) (release func() error, taken bool, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, false, err
	}
	if taken, err = lock(f); !taken {
		f.Close()
		return nil, false, err
	}
	return f.Close, true, nil
}
