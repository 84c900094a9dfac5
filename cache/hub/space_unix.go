//go:build linux || darwin || freebsd

package hub

import "golang.org/x/sys/unix"

// freeBytes is how much the user can still write to the disk of a folder.
func freeBytes(dir string) (bytes uint64, known bool) {
	var stat unix.Statfs_t
	if err := unix.Statfs(dir, &stat); err != nil {
		return 0, false
	}
	return uint64(stat.Bavail) * uint64(stat.Bsize), true
}
