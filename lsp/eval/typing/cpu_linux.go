package typing

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// measuresRunning says that cpuSeconds works.
const measuresRunning = true

// ticksPerSecond is the unit of times in /proc, on all architectures that Go knows.
const ticksPerSecond = 100

// cpuSeconds returns the processor time that a running process has taken so far.
func cpuSeconds(pid int) (float64, error) {
	name := fmt.Sprintf("/proc/%d/stat", pid)
	stat, err := os.ReadFile(name)
	if err != nil {
		return 0, fmt.Errorf("processor time of the server: %w", err)
	}
	ticks, err := parseTicks(string(stat))
	if err != nil {
		return 0, fmt.Errorf("processor time of the server: %s: %w", name, err)
	}
	return float64(ticks) / ticksPerSecond, nil
}

// parseTicks adds the 14th and 15th field of a /proc/PID/stat: the time in user mode and in the kernel. The second field,
// the command in parentheses, may have spaces and parentheses in it.
func parseTicks(stat string) (uint64, error) {
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(fields) < 13 {
		return 0, fmt.Errorf("no times in %q", stat)
	}
	user, err := strconv.ParseUint(fields[11], 10, 64)
	if err != nil {
		return 0, err
	}
	system, err := strconv.ParseUint(fields[12], 10, 64)
	return user + system, err
}
