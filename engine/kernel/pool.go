package kernel

import (
	"fmt"
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

	task   func(worker, part int)
	shares []share      // of each worker
	left   atomic.Int64 // parts that are not done
	round  atomic.Int64 // counts operations; negative when the pool is closed

	waiting atomic.Bool // the caller of Run sleeps until the last part is done
	done    chan struct{}

	failed  sync.Mutex
	failure any // the first panic of a part
}

// A share is the parts of an operation that a worker begins with: the same of every operation of one kind, so that it
// finds in its cache what it had the last time. It is one number, so that a worker that comes late cannot take parts of
// an operation that it does not know: the next part and the end in partBits each, and the round in the bits above.
type share struct {
	atomic.Uint64
	_ [56]byte // a cache line each
}

const partBits = 20

func shareOf(round int64, next, end int) uint64 {
	return uint64(round)<<(2*partBits) | uint64(end)<<partBits | uint64(next)
}

// take claims a part in a round.
func (s *share) take(round int64) (part int, ok bool) {
	const mask = 1<<partBits - 1
	for {
		now := s.Load()
		next, end := int(now&mask), int(now>>partBits&mask)
		if next >= end || now != shareOf(round, next, end) {
			return 0, false
		}
		if s.CompareAndSwap(now, now+1) {
			return next, true
		}
	}
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
	p := &Pool{done: make(chan struct{}, 1), shares: make([]share, max(workers, 1))}
	for i := 1; i < workers; i++ {
		w := &worker{wake: make(chan struct{}, 1)}
		p.workers = append(p.workers, w)
		go p.work(w, i)
	}
	return p
}

// Workers is the number of goroutines that take parts, the caller of Run among them.
func (p *Pool) Workers() int { return len(p.shares) }

// Run calls task once for each part in [0, parts), fewer than a million, and returns when all are done. Workers take
// parts of their share, and then of others': a worker whose thread has no processor is not waited for, unless it has
// begun. worker, in [0, Workers()), identifies the scratch space that a call may use. Run does not allocate, and with a
// task that outlives the call neither does its caller. A panic in a part is raised again in the caller, once all parts
// are done.
func (p *Pool) Run(parts int, task func(worker, part int)) {
	if parts >= 1<<partBits {
		panic(fmt.Sprintf("kernel: an operation of %d parts", parts))
	}
	round := p.round.Load() + 1
	p.task = task
	p.left.Store(int64(parts))
	n := len(p.shares)
	for i := range p.shares {
		p.shares[i].Store(shareOf(round, parts*i/n, parts*(i+1)/n))
	}
	if parts > 1 {
		p.start(round)
	}
	p.share(0, round)
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

// join returns once no part is left.
func (p *Pool) join() {
	for start := time.Now(); time.Since(start) < awake; {
		for range looks {
			if p.left.Load() == 0 {
				return
			}
			relax()
		}
	}
	for p.left.Load() > 0 {
		p.waiting.Store(true)
		if p.left.Load() > 0 || !p.waiting.CompareAndSwap(true, false) {
			<-p.done // of this operation, or late of the last one
		}
	}
}

func (p *Pool) work(w *worker, id int) {
	for round := int64(0); ; {
		if round = p.await(w, round); round < 0 {
			return
		}
		p.share(id, round)
	}
}

// await returns the round that is on, once it is another than the last one, or sooner.
func (p *Pool) await(w *worker, last int64) int64 {
	for start := time.Now(); time.Since(start) < awake; {
		for range looks {
			if round := p.round.Load(); round != last {
				return round
			}
			relax()
		}
	}
	w.asleep.Store(true)
	if p.round.Load() == last || !w.asleep.CompareAndSwap(true, false) {
		<-w.wake // for a new round, or late for the last one
	}
	return p.round.Load()
}

// share does what parts of a round a worker can take.
func (p *Pool) share(worker int, round int64) {
	for i := range p.shares {
		s := &p.shares[(worker+i)%len(p.shares)]
		for part, ok := s.take(round); ok; part, ok = s.take(round) {
			p.do(worker, part)
		}
	}
}

func (p *Pool) do(worker, part int) {
	defer func() {
		if failure := recover(); failure != nil {
			p.failed.Lock()
			if p.failure == nil {
				p.failure = failure
			}
			p.failed.Unlock()
		}
		if p.left.Add(-1) == 0 && p.waiting.CompareAndSwap(true, false) {
			p.done <- struct{}{}
		}
	}()
	p.task(worker, part)
}

// Close ends the workers.
func (p *Pool) Close() { p.start(-1) }
