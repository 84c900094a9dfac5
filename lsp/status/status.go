// Package status keeps account of what a server does for all of its clients: who they are, how many suggestions were at
// hand, how long answers took. It knows no protocol.
package status

import (
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// latenciesKept is how many answers of a kind the percentiles are of.
const latenciesKept = 256

// A Board is the account. It is safe for concurrent use.
type Board struct {
	begun time.Time

	mu      sync.Mutex
	clients map[*Client]bool
	joined  int
	counts  counts
	answers map[string]*ring
}

// NewBoard begins an account.
func NewBoard() *Board {
	return &Board{begun: time.Now(), clients: make(map[*Client]bool), answers: make(map[string]*ring)}
}

type counts struct {
	suggestions, typedThrough int
	prompt, reused            int
}

// A Client is one that is there.
type Client struct {
	Key       string // tells it from all others that were ever there
	name      string
	since     time.Time
	documents func() (open, bytes int)
}

// Join adds a client until it leaves. documents, which may be called at any time until then, counts what it has open.
func (b *Board) Join(name string, documents func() (open, bytes int)) *Client {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.joined++
	c := &Client{strconv.Itoa(b.joined), name, time.Now(), documents}
	b.clients[c] = true
	return c
}

// Leave takes a client away.
func (b *Board) Leave(c *Client) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.clients, c)
}

// Suggested counts a suggestion that was wanted, and whether an earlier one, along which the user typed, was it.
func (b *Board) Suggested(typedThrough bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.counts.suggestions++
	if typedThrough {
		b.counts.typedThrough++
	}
}

// Prompted counts the tokens of a prompt, and those of them that were in the KV cache.
func (b *Board) Prompted(tokens, reused int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.counts.prompt += tokens
	b.counts.reused += reused
}

// Answered counts an answer of a kind, of which there must be few.
func (b *Board) Answered(kind string, took time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.answers[kind] == nil {
		b.answers[kind] = new(ring)
	}
	b.answers[kind].add(took)
}

// A Report is an account at a moment.
type Report struct {
	PID           int       `json:"pid"`
	UptimeSeconds float64   `json:"uptime_seconds"`
	RSSBytes      int64     `json:"rss_bytes"`
	Goroutines    int       `json:"goroutines"`
	Clients       []Present `json:"clients"`
	// TypedThrough is of the suggestions that were wanted, those that an earlier one was.
	TypedThrough Rate `json:"typed_through"`
	// KVTokens is of the tokens of prompts, those that were in the KV cache.
	KVTokens  Rate      `json:"kv_tokens"`
	Latencies []Latency `json:"latencies"`
}

// Present is a client that is there.
type Present struct {
	Name          string  `json:"name"`
	UptimeSeconds float64 `json:"uptime_seconds"`
	Documents     int     `json:"documents"`
	DocumentBytes int     `json:"document_bytes"`
}

// A Rate is how many of all were hits.
type Rate struct {
	Hits int `json:"hits"`
	All  int `json:"all"`
}

// Latency is how long answers of a kind took: the 50th and 95th percentile of the last 256.
type Latency struct {
	Kind  string  `json:"kind"`
	Count int     `json:"count"` // of all
	P50MS float64 `json:"p50_ms"`
	P95MS float64 `json:"p95_ms"`
}

// Report returns the account of now: the clients by how long they are there, the latencies by kind.
func (b *Board) Report() Report {
	now := time.Now()
	b.mu.Lock()
	r := Report{
		PID:           os.Getpid(),
		UptimeSeconds: now.Sub(b.begun).Seconds(),
		RSSBytes:      residentBytes(),
		Goroutines:    runtime.NumGoroutine(),
		TypedThrough:  Rate{b.counts.typedThrough, b.counts.suggestions},
		KVTokens:      Rate{b.counts.reused, b.counts.prompt},
		Clients:       []Present{},
		Latencies:     []Latency{},
	}
	clients := make([]*Client, 0, len(b.clients))
	for c := range b.clients {
		clients = append(clients, c)
	}
	for kind, ring := range b.answers {
		r.Latencies = append(r.Latencies, ring.latency(kind))
	}
	b.mu.Unlock()
	slices.SortFunc(clients, func(a, b *Client) int { return a.since.Compare(b.since) })
	for _, c := range clients {
		open, bytes := c.documents()
		r.Clients = append(r.Clients, Present{c.name, now.Sub(c.since).Seconds(), open, bytes})
	}
	slices.SortFunc(r.Latencies, func(a, b Latency) int { return strings.Compare(a.Kind, b.Kind) })
	return r
}

// A ring has the last durations of many.
type ring struct {
	last [latenciesKept]time.Duration
	all  int
}

func (r *ring) add(took time.Duration) {
	r.last[r.all%latenciesKept] = took
	r.all++
}

func (r *ring) latency(kind string) Latency {
	sorted := slices.Sorted(slices.Values(r.last[:min(r.all, latenciesKept)]))
	percentile := func(p int) float64 {
		return float64(sorted[(len(sorted)*p-1)/100].Microseconds()) / 1000 // the smallest that p % are not above
	}
	return Latency{kind, r.all, percentile(50), percentile(95)}
}
