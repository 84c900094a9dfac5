//go:build !unix

package checkpoint

import (
	"errors"
	"os"
)

// mapFile reads the file: this system has no mapping that we use.
func mapFile(path string, size int64) (data []byte, unmap func() error, err error) {
	if size == 0 {
		return nil, nil, errors.New("empty file")
	}
	data, err = os.ReadFile(path)
	return data, func() error { return nil }, err
}
