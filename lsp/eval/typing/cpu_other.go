//go:build !linux

package typing

// measuresRunning says that cpuSeconds does not work: the time is known once the process has ended.
const measuresRunning = false

func cpuSeconds(int) (float64, error) { return 0, nil }
