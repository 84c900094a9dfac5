package kernel

import (
	"sync"
	"sync/atomic"
	"time"
)

// A Pool is a fixed set of goroutines that share the parts of one operation at a time. Its owner calls Run from one
// goroutine at a time, and Close when done.
//
// A forward pass is hundreds of operations of some microseconds, less than it takes to wake a thread: a worker that has
// nothing to do looks for the next operation for a moment before it sleeps.
type Pool struct {
	workers []*worker // but the caller of Run

	task  func(worker, part int)
	next  []share      // of each worker
	busy  atomic.Int32 // workers at work
	round atomic.Int64 // counts operations; negative when the pool is closed

	waiting atomic.Bool // the caller of Run sleeps until the last worker is done
	done    chan struct{}

	failed  sync.Mutex
	failure any // the first panic of a part
}

// A share is the parts [next, end) of an operation that a worker begins with: the same of every operation of one kind, so
// that it finds in its cache what it had the last time.
type share struct {
	next atomic.Int64
	end  int64
	_    [48]byte // a cache line each
}

type worker struct {
	asleep atomic.Bool
	wake   chan struct{}
}

const (
	// awake is how long a worker looks for work: the time between two forward passes of a sampler, amply.
	awake = 200 * time.Microsecond
	// looks is how often it looks between two glances at the clock.
	looks = 64
)

// NewPool starts a pool of the given number of workers, at least one; the caller of Run is one of them.
func NewPool(workers int) *Pool {
	p := &Pool{done: make(chan struct{}, 1), next: make([]share, max(workers, 1))}
	for i := 1; i < workers; i++ {
		w := &worker{wake: make(chan struct{}, 1)}
		p.workers = append(p.workers, w)
		go p.work(w, i)
	}
	return p
}

// Workers is the number of goroutines that take parts, the caller of Run among them.
func (p *Pool) Workers() int { return len(p.workers) + 1 }

// Run calls task once for each part in [0, parts) and returns when all are done. Workers take parts of their share, and
// then of others'; worker, in [0, Workers()), identifies the scratch space that a call may use. Run does not allocate, and with
// a task that outlives the call neither does its caller. A panic in a part is raised again in the caller, once no
// worker is at work any more.
func (p *Pool) Run(parts int, task func(worker, part int)) {
	p.task = task
	for i := range p.next {
		p.next[i].next.Store(int64(parts * i / len(p.next)))
		p.next[i].end = int64(parts * (i + 1) / len(p.next))
	}
	if parts > 1 {
		p.busy.Store(int32(len(p.workers)))
		p.start(p.round.Load() + 1)
	}
	p.share(0)
	p.join()
	if failure := p.failure; failure != nil {
		p.failure = nil
		panic(failure)
	}
}

// start begins a round and wakes who sleeps.
func (p *Pool) start(round int64) {
	p.round.Store(round)
	for _, w := range p.workers {
		if w.asleep.CompareAndSwap(true, false) {
			w.wake <- struct{}{}
		}
	}
}

// join returns once no worker is at work.
func (p *Pool) join() {
	for start := time.Now(); time.Since(start) < awake; {
		for range looks {
			if p.busy.Load() == 0 {
				return
			}
			relax()
		}
	}
	p.waiting.Store(true)
	if p.busy.Load() == 0 && p.waiting.CompareAndSwap(true, false) {
		return
	}
	<-p.done
}

func (p *Pool) work(w *worker, id int) {
	for round := int64(1); ; round++ {
		if p.await(w, round); p.round.Load() < 0 {
			return
		}
		p.share(id)
		if p.busy.Add(-1) == 0 && p.waiting.CompareAndSwap(true, false) {
			p.done <- struct{}{}
		}
	}
}

// await returns once the round has begun or the pool is closed.
func (p *Pool) await(w *worker, round int64) {
	begun := func() bool { now := p.round.Load(); return now >= round || now < 0 }
	for start := time.Now(); time.Since(start) < awake; {
		for range looks {
			if begun() {
				return
			}
			relax()
		}
	}
	w.asleep.Store(true)
	if begun() && w.asleep.CompareAndSwap(true, false) {
		return
	}
	<-w.wake
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
	for i := range p.next {
		s := &p.next[(worker+i)%len(p.next)]
		for part := s.next.Add(1) - 1; part < s.end; part = s.next.Add(1) - 1 {
			p.task(worker, int(part))
		}
	}
}

// Close ends the workers.
func (p *Pool) Close() { p.start(-1) }
