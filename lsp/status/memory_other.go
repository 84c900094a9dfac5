//go:build !linux

package status

import "runtime"

// residentBytes is what Go has of the system's memory, as these systems do not say in a simple way what the process has.
func residentBytes() int64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.Sys - m.HeapReleased)
}
