// Package turn hands one thing around among clients, such as a model that works on one request at a time:
//
//	if err := queue.Take(ctx, client); err != nil {
//		return err // ctx ended
//	}
//	defer queue.GiveBack()
package turn

import (
	"container/list"
	"context"
	"sync"
)

// A Queue gives the turn to one caller at a time, and to clients in rotation: one that asks has at most one request of
// each other client before it, however many those have. Of the requests of a client the newest is first: it is the one
// that its user looks at. The zero value is ready. It is safe for concurrent use.
type Queue struct {
	mu      sync.Mutex
	taken   bool
	clients list.List // of *client: those that wait, in the order of their turns
	idle    list.List // of *waiter: who takes what nobody else wants, in order
	// yield ends the context of the idle caller whose turn it is; nil where it is a client's.
	yield context.CancelFunc
}

type client struct {
	name    string
	waiting list.List // of *waiter, newest first
}

// A waiter is one call that waits. Its channel is closed when the turn is its.
type waiter struct{ ready chan struct{} }

// Take waits until it is the turn of this request of the client. The error is that of ctx, which ends the wait; without
// one the caller gives the turn back.
func (q *Queue) Take(ctx context.Context, name string) error {
	q.mu.Lock()
	if !q.taken {
		q.taken = true
		q.mu.Unlock()
		return nil
	}
	if q.yield != nil {
		q.yield()
	}
	place := q.client(name)
	w := &waiter{make(chan struct{})}
	element := place.Value.(*client).waiting.PushFront(w)
	q.mu.Unlock()
	return q.await(ctx, w, func() {
		c := place.Value.(*client)
		if c.waiting.Remove(element); c.waiting.Len() == 0 {
			q.clients.Remove(place)
		}
	})
}

// TakeIdle waits until nobody else wants the turn. The context that it returns ends as soon as a client does, or with
// ctx; the caller is to give the turn back soon then, and in any case.
func (q *Queue) TakeIdle(ctx context.Context) (context.Context, error) {
	q.mu.Lock()
	if q.taken {
		w := &waiter{make(chan struct{})}
		element := q.idle.PushBack(w)
		q.mu.Unlock()
		if err := q.await(ctx, w, func() { q.idle.Remove(element) }); err != nil {
			return nil, err
		}
		q.mu.Lock()
	}
	defer q.mu.Unlock()
	q.taken = true
	ctx, q.yield = context.WithCancel(ctx)
	if q.clients.Len() > 0 { // one came since the turn was given
		q.yield()
	}
	return ctx, nil
}

// GiveBack ends the turn of the caller, who has it.
func (q *Queue) GiveBack() {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.yield != nil {
		q.yield()
		q.yield = nil
	}
	switch place, idle := q.clients.Front(), q.idle.Front(); {
	case place != nil:
		c := place.Value.(*client)
		close(c.waiting.Remove(c.waiting.Front()).(*waiter).ready)
		if q.clients.MoveToBack(place); c.waiting.Len() == 0 {
			q.clients.Remove(place)
		}
	case idle != nil:
		close(q.idle.Remove(idle).(*waiter).ready)
	default:
		q.taken = false
	}
}

// await waits for a turn. leave takes the waiter from where it waits.
func (q *Queue) await(ctx context.Context, w *waiter, leave func()) error {
	select {
	case <-w.ready:
		return nil
	case <-ctx.Done():
	}
	q.mu.Lock()
	select {
	case <-w.ready: // too late: it is to be passed on
		q.mu.Unlock()
		q.GiveBack()
	default:
		leave()
		q.mu.Unlock()
	}
	return ctx.Err()
}

// client is where the requests of a client wait.
func (q *Queue) client(name string) *list.Element {
	for place := q.clients.Front(); place != nil; place = place.Next() {
		if place.Value.(*client).name == name {
			return place
		}
	}
	return q.clients.PushBack(&client{name: name})
}
