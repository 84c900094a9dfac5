//go:build unix

package checkpoint

import (
	"errors"
	"math"
	"os"

	"golang.org/x/sys/unix"
)

// mapFile maps size bytes of a file, read-only.
func mapFile(path string, size int64) (data []byte, unmap func() error, err error) {
	if size == 0 {
		return nil, nil, errors.New("empty file")
	}
	if size > math.MaxInt {
		return nil, nil, errors.New("file larger than the address space")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	data, err = unix.Mmap(int(f.Fd()), 0, int(size), unix.PROT_READ, unix.MAP_SHARED)
	if err != nil {
		return nil, nil, os.NewSyscallError("mmap", err)
	}
	return data, func() error { return unix.Munmap(data) }, nil
}
