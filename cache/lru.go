// Package cache keeps what is dear to compute: a byte-budgeted LRU for parse trees and KV caches, and the completions
// on show, which keep answering while the user types along them.
package cache

import (
	"container/list"
	"sync"
)

// An LRU maps keys to values within a budget of bytes; the least recently used go first. It is safe for concurrent
// use. A value that leaves is dropped, not closed: whoever still holds it may go on using it.
type LRU[K comparable, V any] struct {
	mu      sync.Mutex
	budget  int
	used    int
	entries map[K]*list.Element
	order   list.List // most recently used first
}

type entry[K comparable, V any] struct {
	key   K
	value V
	bytes int
}

// NewLRU makes an empty cache of at most budgetBytes.
func NewLRU[K comparable, V any](budgetBytes int) *LRU[K, V] {
	return &LRU[K, V]{budget: budgetBytes, entries: make(map[K]*list.Element)}
}

// Get returns the value of key and marks it as used.
func (c *LRU[K, V]) Get(key K) (value V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[key]
	if !ok {
		return value, false
	}
	c.order.MoveToFront(e)
	return e.Value.(entry[K, V]).value, true
}

// Take removes the value of key and hands it to the caller, who becomes its only user.
func (c *LRU[K, V]) Take(key K) (value V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.entries[key]
	if !ok {
		return value, false
	}
	c.remove(e)
	return e.Value.(entry[K, V]).value, true
}

// Put stores a value that takes the given number of bytes in place of what key had, and drops the least recently used
// until the budget holds. A value larger than the budget is not stored.
func (c *LRU[K, V]) Put(key K, value V, bytes int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.entries[key]; ok {
		c.remove(e)
	}
	if bytes > c.budget {
		return
	}
	c.entries[key] = c.order.PushFront(entry[K, V]{key, value, bytes})
	c.used += bytes
	for c.used > c.budget {
		c.remove(c.order.Back())
	}
}

// Drop removes the values of the keys that match.
func (c *LRU[K, V]) Drop(match func(K) bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, e := range c.entries {
		if match(key) {
			c.remove(e)
		}
	}
}

// Bytes is what the stored values take, of the budget.
func (c *LRU[K, V]) Bytes() (used, budget int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.used, c.budget
}

func (c *LRU[K, V]) remove(e *list.Element) {
	removed := c.order.Remove(e).(entry[K, V])
	delete(c.entries, removed.key)
	c.used -= removed.bytes
}
