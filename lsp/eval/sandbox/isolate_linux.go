package sandbox

import (
	"context"
	"errors"
	"os"
	"syscall"
	"time"
)

// An isolation is the set of namespaces that a program gets, as flags of clone(2); 0 is none.
type isolation uintptr

// insider is the user that a program is to itself within a user namespace: any but 0, with which it would have every
// right over its namespaces.
const insider = 1000

// insiderProcesses bounds the processes and threads of a program where they are counted for its namespace. The Go
// runtime alone has a thread for each processor and each call that blocks.
const insiderProcesses = 256

// attributes start a process in the namespaces. To the outside it belongs to the user that runs seedls, without rights
// that root has beyond those of a file's owner. It dies with the thread that started it.
func (i isolation) attributes() *syscall.SysProcAttr {
	a := ownGroup()
	a.Pdeathsig = syscall.SIGKILL
	a.Cloneflags = uintptr(i)
	if i&syscall.CLONE_NEWUSER != 0 {
		a.UidMappings = []syscall.SysProcIDMap{{ContainerID: insider, HostID: os.Getuid(), Size: 1}}
		a.GidMappings = []syscall.SysProcIDMap{{ContainerID: insider, HostID: os.Getgid(), Size: 1}}
	}
	return a
}

// isolate finds the strongest isolation that this machine allows, by trying. A container often forbids user namespaces,
// and kernels before 5.14 count the processes of one together with all others of its user.
func (r *Runner) isolate() {
	const apart = syscall.CLONE_NEWNET | syscall.CLONE_NEWPID | syscall.CLONE_NEWIPC
	attempts := []struct {
		isolation isolation
		processes int
	}{
		{syscall.CLONE_NEWUSER | apart, insiderProcesses},
		{syscall.CLONE_NEWUSER | apart, 0},
	}
	if os.Getuid() == 0 {
		attempts = append(attempts, attempts[1])
		attempts[2].isolation = apart
	}
	why := errors.New("the shell does not run in one")
	for _, attempt := range attempts {
		r.isolation, r.programs.processes = attempt.isolation, attempt.processes
		limits := r.programs
		limits.wall = 5 * time.Second
		// Two processes at a time show whether the limit on them leaves room.
		end, err := r.execute(context.Background(), command{
			args: []string{r.shell, "-c", "(:) && (:)"}, dir: r.temp, limits: limits, isolated: true,
		})
		if end.ok {
			r.network = "cut off (network namespace)"
			return
		}
		var refused syscall.Errno
		if errors.As(err, &refused) {
			why = refused
		}
	}
	r.isolation, r.programs.processes = 0, 0
	r.network = "not cut off: the system refuses a network namespace: " + why.Error()
}
