//go:build aix || !(unix || windows)

package filelock

import "os"

// lock finds every file free: these systems have no locks that end with the process.
func lock(*os.File) (taken bool, err error) { return true, nil }
