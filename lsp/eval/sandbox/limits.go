package sandbox

import (
	"fmt"
	"strings"
	"time"
)

// limits bound what a process may take, and each process that it starts. 0 is no limit.
type limits struct {
	wall         time.Duration
	cpuSeconds   int
	addressBytes int64
	fileBytes    int64
	openFiles    int
	// processes counts threads too. Where they are counted for the whole user, not for the sandbox, it must be 0.
	processes int
	// outputBytes is what the process and all that it starts may print together.
	outputBytes int64
}

// programLimits are for what a model wrote. The processor time is more than the wall-clock time, which a program with
// several threads may well use, and ends what outlives the runner. A Go program reserves 1 GiB of addresses at once.
func programLimits() limits {
	return limits{
		wall:         10 * time.Second,
		cpuSeconds:   20,
		addressBytes: 4 << 30,
		fileBytes:    16 << 20,
		openFiles:    64,
		outputBytes:  16 << 20,
	}
}

// buildLimits are for the go command on what a model wrote, since a few lines can keep a compiler busy for ever.
func buildLimits() limits {
	return limits{
		wall:         60 * time.Second,
		cpuSeconds:   120,
		addressBytes: 4 << 30,
		fileBytes:    1 << 30,
		outputBytes:  16 << 20,
	}
}

// readyLimits are for what happens once: downloading testify and compiling the standard library.
func readyLimits() limits { return limits{wall: 10 * time.Minute, outputBytes: 16 << 20} }

// script sets the limits that the kernel keeps and becomes the command in its arguments. A limit that the shell or the
// system does not know is left out: dash has the number of processes under -p, bash under -u, macOS no -v. File sizes
// are in blocks of 512 bytes, addresses in KiB.
func (l limits) script() string {
	var script strings.Builder
	set := func(flag string, value int64) {
		if value > 0 {
			fmt.Fprintf(&script, "ulimit -%s %d 2>/dev/null\n", flag, value)
		}
	}
	script.WriteString("ulimit -c 0 2>/dev/null\n")
	set("t", int64(l.cpuSeconds))
	set("v", l.addressBytes/1024)
	set("f", l.fileBytes/512)
	set("n", int64(l.openFiles))
	if l.processes > 0 {
		fmt.Fprintf(&script, "ulimit -u %d 2>/dev/null || ulimit -p %[1]d 2>/dev/null\n", l.processes)
	}
	script.WriteString(`exec "$@"`)
	return script.String()
}
