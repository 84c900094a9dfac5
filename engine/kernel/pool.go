package kernel

import (
	"sync"
	"sync/atomic"
)

// A Pool is a fixed set of goroutines that share the parts of one operation at a time. Its owner calls Run from one
// goroutine at a time, and Close when done.
type Pool struct {
	workers int
	wake    []chan struct{}
	pending sync.WaitGroup

	task  func(worker, part int)
	parts int
	next  atomic.Int64

	failed  sync.Mutex
	failure any // the first panic of a part
}

// NewPool starts a pool of the given number of workers, at least one; the caller of Run is one of them.
func NewPool(workers int) *Pool {
	p := &Pool{workers: max(workers, 1)}
	for worker := 1; worker < p.workers; worker++ {
		wake := make(chan struct{}, 1)
		p.wake = append(p.wake, wake)
		go func() {
			for range wake {
				p.share(worker)
				p.pending.Done()
			}
		}()
	}
	return p
}

// Workers is the number of goroutines that take parts, the caller of Run among them.
func (p *Pool) Workers() int { return p.workers }

// Run calls task once for each part in [0, parts) and returns when all are done. Workers take parts as they come
// free; worker, in [0, Workers()), identifies the scratch space that a call may use. Run does not allocate, and with
// a task that outlives the call neither does its caller. A panic in a part is raised again in the caller, once no
// worker is at work any more.
func (p *Pool) Run(parts int, task func(worker, part int)) {
	p.task, p.parts = task, parts
	p.next.Store(0)
	helpers := p.wake[:max(min(parts-1, len(p.wake)), 0)]
	p.pending.Add(len(helpers))
	for _, wake := range helpers {
		wake <- struct{}{}
	}
	p.share(0)
	p.pending.Wait()
	if failure := p.failure; failure != nil {
		p.failure = nil
		panic(failure)
	}
}

func (p *Pool) share(worker int) {
	defer func() {
		if failure := recover(); failure != nil {
			p.failed.Lock()
			defer p.failed.Unlock()
			if p.failure == nil {
				p.failure = failure
			}
		}
	}()
	for part := p.next.Add(1) - 1; part < int64(p.parts); part = p.next.Add(1) - 1 {
		p.task(worker, int(part))
	}
}

// Close ends the workers.
func (p *Pool) Close() {
	for _, wake := range p.wake {
		close(wake)
	}
}
