package typing

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"path"
	"strings"
	"sync"
	"time"

	"go.lsp.dev/jsonrpc2"
	"go.lsp.dev/protocol"
	"go.lsp.dev/uri"
)

// A typist is an editor, and a user who types into it.
type typist struct {
	server *server
	random *rand.Rand
	next   int // passage

	mu    sync.Mutex
	load  Load
	trail *trail // of the document that is open
}

// A trail is where the cursor of a document was, one place a version.
type trail []place

// A place is where the cursor is, and what is before it in the line.
type place struct {
	cursor protocol.Position
	before string
}

func newTypist(s *server, number int) *typist {
	return &typist{server: s, random: rand.New(rand.NewPCG(1, uint64(number))), next: 7 * number}
}

// A question is a request that was sent.
type question struct {
	id        jsonrpc2.ID
	asked     time.Time
	trail     *trail
	version   int // of the trail
	cancelled chan time.Time
	over      chan struct{} // closed after the answer
	err       error
}

// work types passages until a moment.
func (t *typist) work(ctx context.Context, passages []Passage, interval time.Duration, until time.Time) error {
	for time.Now().Before(until) {
		p := passages[t.next%len(passages)]
		t.next++
		if err := t.passage(ctx, p, interval, until); err != nil {
			return fmt.Errorf("%s: %w", p.Path, err)
		}
	}
	return nil
}

// passage types one passage, or as much of it as there is time for.
func (t *typist) passage(ctx context.Context, p Passage, interval time.Duration, until time.Time) error {
	b := &buffer{uri: uri.File(path.Join(root, p.Path)), before: p.Text[:p.Start], after: p.Text[p.End:]}
	t.mu.Lock()
	t.trail = new(trail)
	t.mu.Unlock()
	if err := t.server.open(ctx, b, language(p.Path)); err != nil {
		return err
	}
	var last *question
	for left := p.Text[p.Start:p.End]; left != "" && time.Now().Before(until); {
		// Keys come in bursts: most after half the mean, one in four after two and a half times as long.
		rhythm := interval / 2
		if t.random.IntN(4) == 0 {
			rhythm = interval * 5 / 2
		}
		if err := pause(ctx, rhythm); err != nil {
			return err
		}
		if err := t.cancel(ctx, last); err != nil {
			return err
		}
		text := key(left)
		left = left[len(text):]
		line, _ := b.line()
		t.mu.Lock()
		t.load.Keys++
		*t.trail = append(*t.trail, place{after(b, text), lastLine(line + text)}) // before an answer can come for it
		t.mu.Unlock()
		if err := t.server.insert(ctx, b, text); err != nil {
			return err
		}
		var err error
		if last, err = t.ask(ctx, b); err != nil {
			return err
		}
		if strings.Contains(text, "\n") {
			if err := t.look(last); err != nil {
				return err
			}
		}
	}
	if last != nil {
		if <-last.over; last.err != nil {
			return last.err
		}
	}
	return t.server.close(ctx, b)
}

// after is where the cursor of b is once text is typed.
func after(b *buffer, text string) protocol.Position {
	typed := buffer{before: b.before + text}
	return typed.cursor()
}

func lastLine(text string) string { return text[strings.LastIndexByte(text, '\n')+1:] }

// ask asks at the cursor; the answer is taken in the background.
func (t *typist) ask(ctx context.Context, b *buffer) (*question, error) {
	q := &question{asked: time.Now(), cancelled: make(chan time.Time, 1), over: make(chan struct{})}
	t.mu.Lock()
	q.trail, q.version = t.trail, len(*t.trail)-1
	t.mu.Unlock()
	var result protocol.InlineCompletionResult
	id, done, err := t.server.begin(ctx, protocol.MethodTextDocumentInlineCompletion, b.question(), &result)
	if err != nil {
		return nil, err
	}
	q.id = id
	go func() {
		defer close(q.over)
		q.err = t.answered(q, <-done, &result)
	}()
	return q, nil
}

// answered counts the answer to a question.
func (t *typist) answered(q *question, err error, result *protocol.InlineCompletionResult) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	select {
	case at := <-q.cancelled:
		t.load.CancelsMS = append(t.load.CancelsMS, milliseconds(at))
	default:
	}
	if errors.Is(err, protocol.ErrRequestCancelled) {
		t.load.Cancelled++
		return nil
	}
	if err != nil {
		return err
	}
	t.load.Answers++
	t.load.LatenciesMS = append(t.load.LatenciesMS, milliseconds(q.asked))
	item, ok := first(*result)
	if !ok {
		return nil
	}
	t.load.Suggestions++
	if !q.fits(item) {
		t.load.Stale++
	}
	return nil
}

// fits reports whether an item is for a text that the document had since the question.
func (q *question) fits(item protocol.InlineCompletionItem) bool {
	text, plain := item.InsertText.(protocol.String)
	if !plain || item.Range == nil {
		return false
	}
	for _, p := range (*q.trail)[q.version:] {
		start := item.Range.Start
		if item.Range.End == p.cursor && start.Line == p.cursor.Line && start.Character <= p.cursor.Character &&
			strings.HasPrefix(string(text), p.before[offset(p.before, start.Character):]) {
			return true
		}
	}
	return false
}

// cancel cancels a question that is not answered yet.
func (t *typist) cancel(ctx context.Context, q *question) error {
	if q == nil {
		return nil
	}
	select {
	case <-q.over:
		return q.err
	default:
	}
	params := &protocol.CancelParams{}
	if number, ok := q.id.Number(); ok {
		params.ID = protocol.Integer(number)
	}
	q.cancelled <- time.Now()
	return t.server.notify(ctx, protocol.MethodCancelRequest, params)
}

// look waits for an answer as a user does who stops to see it.
func (t *typist) look(q *question) error {
	if <-q.over; q.err != nil {
		return q.err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.load.PausesMS = append(t.load.PausesMS, milliseconds(q.asked))
	return nil
}

func milliseconds(since time.Time) float64 { return float64(time.Since(since).Microseconds()) / 1000 }
