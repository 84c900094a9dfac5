package turn

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// ask has a client ask for the turn, waits until it is in the queue, and writes name down when it has it.
func ask(t *testing.T, q *Queue, ctx context.Context, client, name string, served *[]string, all *sync.WaitGroup) {
	t.Helper()
	before := q.waiting()
	all.Go(func() {
		if q.Take(ctx, client) == nil {
			*served = append(*served, name)
			q.GiveBack()
		}
	})
	for q.waiting() == before {
	}
}

// waiting is how many requests of clients wait.
func (q *Queue) waiting() (n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for place := q.clients.Front(); place != nil; place = place.Next() {
		n += place.Value.(*client).waiting.Len()
	}
	return n
}

func TestTurns(t *testing.T) {
	for asked, want := range map[string]string{
		"a1":                         "a1",
		"a1 a2 a3":                   "a3 a2 a1",
		"a1 a2 a3 b1":                "a3 b1 a2 a1",
		"a1 b1 c1":                   "a1 b1 c1",
		"a1 a2 a3 b1 b2 c1":          "a3 b2 c1 a2 b1 a1",
		"a1 a2 -a1 b1":               "a2 b1",
		"a1 -a1 b1 a2":               "b1 a2",
		"a1 a2 a3 a4 a5 a6 a7 a8 h1": "a8 h1 a7 a6 a5 a4 a3 a2 a1",
	} {
		var q Queue
		require.NoError(t, q.Take(t.Context(), "first"))
		var served []string
		var all sync.WaitGroup
		cancels := make(map[string]context.CancelFunc)
		for name := range strings.FieldsSeq(asked) {
			if gone, ok := strings.CutPrefix(name, "-"); ok {
				before := q.waiting()
				cancels[gone]()
				for q.waiting() == before {
				}
				continue
			}
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			cancels[name] = cancel
			ask(t, &q, ctx, name[:1], name, &served, &all)
		}
		q.GiveBack()
		all.Wait()
		require.Equal(t, want, strings.Join(served, " "), asked)
		require.NoError(t, q.Take(t.Context(), "last"), "the turn is free again")
	}
}

// TestNobodyWaitsLong has eight clients ask without end. Whoever gets the turn, no other had it twice meanwhile.
func TestNobodyWaitsLong(t *testing.T) {
	const clients, requests = 8, 300
	var q Queue
	var served []int
	waitsSince := make([]int, clients) // the length of served when the client began to wait, less one; 0 when it does not
	require.NoError(t, q.Take(t.Context(), "first"))
	var all sync.WaitGroup
	for client := range clients {
		all.Go(func() {
			for range requests {
				if q.Take(t.Context(), fmt.Sprint(client)) != nil {
					return
				}
				if since := waitsSince[client]; since > 0 {
					turns := make(map[int]int)
					for _, other := range served[since-1:] {
						if turns[other]++; turns[other] > 1 {
							t.Errorf("client %d waited while %d had the turn twice", client, other)
						}
					}
				}
				served = append(served, client)
				waitsSince[client] = 0
				for other := range clients {
					if waitsSince[other] == 0 && other != client && q.waits(fmt.Sprint(other)) {
						waitsSince[other] = len(served) + 1
					}
				}
				q.GiveBack()
			}
		})
	}
	q.GiveBack()
	all.Wait()
	require.Len(t, served, clients*requests)
}

func (q *Queue) waits(name string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	for place := q.clients.Front(); place != nil; place = place.Next() {
		if place.Value.(*client).name == name {
			return true
		}
	}
	return false
}

func TestIdle(t *testing.T) {
	var q Queue
	ctx, err := q.TakeIdle(t.Context())
	require.NoError(t, err)
	require.NoError(t, ctx.Err())
	var served []string
	var all sync.WaitGroup
	ask(t, &q, t.Context(), "a", "a", &served, &all)
	<-ctx.Done()

	// Whoever is idle goes after all clients.
	entered := make(chan struct{})
	all.Go(func() {
		close(entered)
		_, err := q.TakeIdle(t.Context())
		if err == nil {
			served = append(served, "idle")
			q.GiveBack()
		}
	})
	<-entered
	for q.idleWaiting() == 0 {
	}
	ask(t, &q, t.Context(), "b", "b", &served, &all)
	q.GiveBack()
	all.Wait()
	require.Equal(t, []string{"a", "b", "idle"}, served)

	require.NoError(t, q.Take(t.Context(), "c"))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = q.TakeIdle(ended)
	require.ErrorIs(t, err, context.Canceled)
	require.ErrorIs(t, q.Take(ended, "a"), context.Canceled)
}

func (q *Queue) idleWaiting() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.idle.Len()
}

// TestCancelled has requests come and go, so that turns are given to some that have left.
func TestCancelled(t *testing.T) {
	var q Queue
	var all sync.WaitGroup
	holders := 0
	for i := range 8 {
		all.Go(func() {
			for range 500 {
				ctx, cancel := context.WithCancel(t.Context())
				go cancel()
				take := func() error { return q.Take(ctx, fmt.Sprint(i%4)) }
				if i >= 6 {
					take = func() error { _, err := q.TakeIdle(ctx); return err }
				}
				if take() != nil {
					continue
				}
				if holders++; holders != 1 {
					t.Errorf("%d have the turn", holders)
				}
				holders--
				q.GiveBack()
			}
		})
	}
	all.Wait()
	require.Zero(t, q.waiting()+q.idleWaiting())
	require.NoError(t, q.Take(t.Context(), "last"), "the turn is free again")
}
