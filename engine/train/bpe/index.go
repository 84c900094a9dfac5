package bpe

import (
	"container/heap"
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
)

// pair is two tokens that stand side by side, the left one in the upper half.
type pair uint64

func pairOf(left, right int32) pair { return pair(uint32(left))<<32 | pair(uint32(right)) }
func (p pair) left() int32          { return int32(p >> 32) }
func (p pair) right() int32         { return int32(uint32(p)) }

// units are the texts to merge in, words or lines, each different one once: its tokens and how often it occurs.
type units struct {
	tokens []int32
	spans  []span
}

// span is the tokens of a unit: tokens[begin:begin+length].
type span struct {
	begin, length uint32
	count         uint32
}

// append adds a unit. One without pairs is left out.
func (u *units) append(tokens []int32, count uint32) {
	if len(tokens) < 2 {
		return
	}
	u.spans = append(u.spans, span{uint32(len(u.tokens)), uint32(len(tokens)), count})
	u.tokens = append(u.tokens, tokens...)
}

// pairs yields each pair with its unit.
func (u *units) pairs(yield func(unit uint32, p pair) bool) {
	for i, s := range u.spans {
		tokens := u.tokens[s.begin : s.begin+s.length]
		for j := 1; j < len(tokens); j++ {
			if !yield(uint32(i), pairOf(tokens[j-1], tokens[j])) {
				return
			}
		}
	}
}

// minPairs is how often a pair must occur to become a token.
const minPairs = 2

// mergeSteps is how many merges go by between two observations.
const mergeSteps = 50

// grow adds tokens until the vocabulary has size of them. Each is the most frequent pair of the units; of several, the
// one whose tokens are the oldest, the left one first.
func (v *Vocabulary) grow(ctx context.Context, u units, size int, stage string, observe func(string, int, int)) error {
	from := len(v.texts)
	x := newIndex(v, u, math.MaxInt64, size-from)
	for len(v.texts) < size {
		if err := ctx.Err(); err != nil {
			return err
		}
		p, ok := x.next()
		switch {
		case ok:
			x.merge(p)
			if done := len(v.texts) - from; done%mergeSteps == 0 || done == size-from {
				observe(stage, done, size-from)
			}
		case x.floor > minPairs:
			x = newIndex(v, x.units, x.floor/2, size-len(v.texts))
		default:
			return fmt.Errorf("the text gives only %d tokens in %s, not %d: add text, or ask for a smaller vocabulary",
				len(v.texts)-from, stage, size-from)
		}
	}
	return nil
}

// index knows how often and in which units the pairs occur that may become a token. A pair never becomes more frequent,
// once the merge that made its tokens is done. So pairs that are rarer than any that will be merged can be left out, and
// most are. If there turn out to be too few, the index is made again with a lower floor.
type index struct {
	vocabulary *Vocabulary
	units      units
	floor      int64          // how often a pair occurs at least
	slots      map[pair]int32 // in pairs
	pairs      []occurrences
	free       []int32 // slots
	heap       queue
	made       []int32 // pairs of the token that the merge under way makes
}

// occurrences of a pair. A unit may be listed though the pair is there no longer, and more than once.
type occurrences struct {
	pair  pair
	count int64
	units []uint32
}

// newIndex has a floor of at most most, such that there are some more pairs than tokens wanted.
func newIndex(v *Vocabulary, u units, most int64, wanted int) *index {
	counts := map[pair]int64{}
	for unit, p := range u.pairs {
		counts[p] += int64(u.spans[unit].count)
	}
	maps.DeleteFunc(counts, func(p pair, n int64) bool { return n < minPairs || !v.mergeable(p) })
	x := &index{vocabulary: v, units: u, slots: map[pair]int32{}, floor: min(most, floorOf(counts, sparePairs*wanted))}
	for unit, p := range u.pairs {
		if count := counts[p]; count >= x.floor {
			slot, ok := x.slots[p]
			if !ok {
				slot = x.add(p)
				x.pairs[slot].count = count
				x.heap = append(x.heap, queued{p, count, slot})
			}
			x.pairs[slot].list(unit)
		}
	}
	heap.Init(&x.heap)
	return x
}

// sparePairs is how many pairs an index has for each token wanted.
const sparePairs = 2

// floorOf is the count that only n pairs exceed, at least minPairs.
func floorOf(counts map[pair]int64, n int) int64 {
	if n >= len(counts) {
		return minPairs
	}
	sorted := slices.Sorted(maps.Values(counts))
	return max(minPairs, sorted[len(sorted)-1-n])
}

func (x *index) add(p pair) int32 {
	slot := int32(len(x.pairs))
	if n := len(x.free); n > 0 {
		slot, x.free = x.free[n-1], x.free[:n-1]
		x.pairs[slot].pair = p
	} else {
		x.pairs = append(x.pairs, occurrences{pair: p})
	}
	x.slots[p] = slot
	return slot
}

func (x *index) remove(slot int32) {
	delete(x.slots, x.pairs[slot].pair)
	x.pairs[slot] = occurrences{}
	x.free = append(x.free, slot)
}

func (o *occurrences) list(unit uint32) {
	if n := len(o.units); n == 0 || o.units[n-1] != unit {
		o.units = append(o.units, unit)
	}
}

// next takes the most frequent pair from the queue, where counts that have fallen since are brought up to date.
func (x *index) next() (pair, bool) {
	for len(x.heap) > 0 {
		top := &x.heap[0]
		switch count := x.pairs[top.slot].count; {
		case top.count == count:
			return heap.Pop(&x.heap).(queued).pair, true
		case count >= x.floor:
			top.count = count
			heap.Fix(&x.heap, 0)
		default:
			x.remove(top.slot)
			heap.Pop(&x.heap)
		}
	}
	return 0, false
}

// merge replaces a pair by one token wherever it occurs, from left to right.
func (x *index) merge(p pair) {
	token := x.vocabulary.merge(p)
	slot := x.slots[p]
	for _, unit := range x.pairs[slot].units {
		x.mergeUnit(unit, p, token)
	}
	x.remove(slot)
	for _, slot := range x.made {
		if o := &x.pairs[slot]; o.count >= x.floor {
			heap.Push(&x.heap, queued{o.pair, o.count, slot})
		} else {
			x.remove(slot)
		}
	}
	x.made = x.made[:0]
}

func (x *index) mergeUnit(unit uint32, p pair, token int32) {
	s := &x.units.spans[unit]
	tokens := x.units.tokens[s.begin : s.begin+s.length]
	left, right := p.left(), p.right()
	n := 0 // tokens written
	for i := 0; i < len(tokens); i++ {
		if tokens[i] != left || i+1 == len(tokens) || tokens[i+1] != right {
			tokens[n] = tokens[i]
			n++
			continue
		}
		if n > 0 {
			x.lower(pairOf(tokens[n-1], left), s.count)
			x.raise(unit, pairOf(tokens[n-1], token))
		}
		if i+2 < len(tokens) {
			x.lower(pairOf(right, tokens[i+2]), s.count)
			x.raise(unit, pairOf(token, tokens[i+2]))
		}
		tokens[n] = token
		n++
		i++
	}
	s.length = uint32(n)
}

func (x *index) lower(p pair, count uint32) {
	if slot, ok := x.slots[p]; ok {
		x.pairs[slot].count -= int64(count)
	}
}

// raise counts a pair of the token that the merge under way makes.
func (x *index) raise(unit uint32, p pair) {
	slot, ok := x.slots[p]
	if !ok {
		if !x.vocabulary.mergeable(p) {
			return
		}
		slot = x.add(p)
		x.made = append(x.made, slot)
	}
	o := &x.pairs[slot]
	o.count += int64(x.units.spans[unit].count)
	o.list(unit)
}

// queue is a heap, the most frequent pair on top.
type queue []queued

type queued struct {
	pair  pair
	count int64 // when it was queued
	slot  int32
}

func (q queue) Len() int { return len(q) }
func (q queue) Less(i, j int) bool {
	if q[i].count != q[j].count {
		return q[i].count > q[j].count
	}
	return q[i].pair < q[j].pair
}
func (q queue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(v any)   { *q = append(*q, v.(queued)) }
func (q *queue) Pop() any {
	last := len(*q) - 1
	v := (*q)[last]
	*q = (*q)[:last]
	return v
}
