package status

import (
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestBoard(t *testing.T) {
	b := NewBoard()
	empty := b.Report()
	require.Equal(t, Report{
		PID: empty.PID, UptimeSeconds: empty.UptimeSeconds, RSSBytes: empty.RSSBytes, Goroutines: empty.Goroutines,
		Clients: []Present{}, Latencies: []Latency{},
	}, empty)
	require.Positive(t, empty.Goroutines)
	require.Greater(t, empty.RSSBytes, int64(1<<20))

	first := b.Join("first", func() (int, int) { return 2, 100 })
	b.Join("second", func() (int, int) { return 0, 0 })
	for i := range 1000 {
		b.Answered("inline", time.Duration(i)*time.Millisecond)
	}
	b.Answered("completion", 1500*time.Microsecond)
	for i := range 4 {
		b.Suggested(i == 0)
		b.Prompted(100, 75)
	}
	got := b.Report()
	require.Len(t, got.Clients, 2)
	require.Equal(t, Present{"first", got.Clients[0].UptimeSeconds, 2, 100}, got.Clients[0])
	require.Equal(t, Rate{1, 4}, got.TypedThrough)
	require.Equal(t, Rate{300, 400}, got.KVTokens)
	// Of the last 256, 744 to 999, 128 are not above 871 and 243.2 (of which there must be 244) not above 987.
	require.Equal(t, []Latency{{"completion", 1, 1.5, 1.5}, {"inline", 1000, 871, 987}}, got.Latencies)

	b.Leave(first)
	require.Len(t, b.Report().Clients, 1)
	require.Equal(t, "second", b.Report().Clients[0].Name)
}

func TestBoardIsShared(t *testing.T) {
	b := NewBoard()
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 200 {
				c := b.Join("client", func() (int, int) { return 1, 1 })
				b.Suggested(true)
				b.Prompted(2, 1)
				b.Answered("inline", time.Millisecond)
				b.Report()
				b.Leave(c)
			}
		})
	}
	all.Wait()
	got := b.Report()
	require.Empty(t, got.Clients)
	require.Equal(t, Rate{1600, 1600}, got.TypedThrough)
	require.Equal(t, Rate{1600, 3200}, got.KVTokens)
	require.Equal(t, 1600, got.Latencies[0].Count)
}
