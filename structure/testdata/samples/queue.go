// Package queue is a bounded queue.
package queue

import (
	"errors"
	"fmt"
	"sync"
)

var ErrFull = errors.New("queue is full")

type Item[T any] struct {
	Value T
	tries int
}

// A Queue holds up to cap items.
type Queue[T any] struct {
	mu    sync.Mutex
	items []Item[T]
	cap   int
}

func New[T any](cap int) *Queue[T] {
	return &Queue[T]{cap: cap, items: make([]Item[T], 0, cap)}
}

func (q *Queue[T]) Push(v T) error {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.items) >= q.cap {
		return fmt.Errorf("push %v: %w", v, ErrFull)
	}
	q.items = append(q.items, Item[T]{Value: v})
	return nil
}

func (q *Queue[T]) Each(f func(i int, v T) bool) {
	for i, item := range q.items {
		switch {
		case item.tries > 3:
			continue
		default:
			if !f(i, item.Value) {
				return
			}
		}
	}
}

func describe(kind rune) string {
	text := map[rune]string{'(': "open", ')': "close", '\'': `raw " text`}
	return text[kind]
}
