//go:build !unix

package state

// syncDirectory does nothing: this system has no way to put names on the disk that we use.
func syncDirectory(string) error { return nil }
