package bpe

import (
	"container/heap"
	"context"
	"fmt"
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

// minPairs is how often a pair must occur to become a token.
const minPairs = 2

// grow adds tokens until the vocabulary has size of them. Each is the most frequent pair of the units; of several, the
// one whose tokens are the oldest, the left one first.
func (v *Vocabulary) grow(ctx context.Context, u units, size int, stage string, observe func(string, int, int)) error {
	x := newIndex(v, u)
	from := len(v.texts)
	for len(v.texts) < size {
		if err := ctx.Err(); err != nil {
			return err
		}
		p, ok := x.next()
		if !ok {
			return fmt.Errorf("the text gives only %d tokens in %s, not %d: add text, or ask for a smaller vocabulary",
				len(v.texts)-from, stage, size-from)
		}
		x.merge(p)
		observe(stage, len(v.texts)-from, size-from)
	}
	return nil
}

// index knows of every pair that may become a token how often it occurs and in which units.
type index struct {
	vocabulary *Vocabulary
	units      units
	slots      map[pair]int32 // in pairs
	pairs      []occurrences
	heap       queue
	raised     []int32 // pairs that the merge under way has made more frequent
}

// occurrences of a pair. A unit may be listed though the pair is there no longer, and more than once.
type occurrences struct {
	pair  pair
	count int64
	units []uint32
	last  uint32 // one more than the unit counted last
	raise bool   // in raised
}

func newIndex(v *Vocabulary, u units) *index {
	x := &index{vocabulary: v, units: u, slots: map[pair]int32{}}
	sizes := []uint32{} // the number of units that each pair is in
	total := 0
	for i, s := range u.spans {
		tokens := u.tokens[s.begin : s.begin+s.length]
		for j := range len(tokens) - 1 {
			slot := x.slot(pairOf(tokens[j], tokens[j+1]))
			if slot < 0 {
				continue
			}
			if int(slot) == len(sizes) {
				sizes = append(sizes, 0)
			}
			o := &x.pairs[slot]
			o.count += int64(s.count)
			if o.last != uint32(i)+1 {
				o.last = uint32(i) + 1
				sizes[slot]++
				total++
			}
		}
	}
	lists := make([]uint32, total)
	for i := range x.pairs {
		o := &x.pairs[i]
		o.units, lists = lists[:0:sizes[i]], lists[sizes[i]:]
		x.heap = append(x.heap, queued{o.pair, o.count, int32(i)})
	}
	for i, s := range u.spans {
		tokens := u.tokens[s.begin : s.begin+s.length]
		for j := range len(tokens) - 1 {
			if slot := x.slot(pairOf(tokens[j], tokens[j+1])); slot >= 0 {
				x.pairs[slot].list(uint32(i))
			}
		}
	}
	heap.Init(&x.heap)
	return x
}

// slot of a pair in pairs, a new one for a new pair; -1 for one that may not become a token.
func (x *index) slot(p pair) int32 {
	slot, ok := x.slots[p]
	if ok {
		return slot
	}
	slot = -1
	if x.vocabulary.mergeable(p) {
		slot = int32(len(x.pairs))
		x.pairs = append(x.pairs, occurrences{pair: p})
		x.slots[p] = slot
	}
	return slot
}

func (o *occurrences) list(unit uint32) {
	if n := len(o.units); n == 0 || o.units[n-1] != unit {
		o.units = append(o.units, unit)
	}
}

// next takes the most frequent pair from the queue. Counts there may be old: those that have fallen since are queued
// again, and those that have risen are queued already.
func (x *index) next() (pair, bool) {
	for len(x.heap) > 0 && x.heap[0].count >= minPairs {
		top := &x.heap[0]
		switch count := x.pairs[top.slot].count; {
		case top.count == count:
			p := top.pair
			heap.Pop(&x.heap)
			return p, true
		case top.count > count && count >= minPairs:
			top.count = count
			heap.Fix(&x.heap, 0)
		default:
			heap.Pop(&x.heap)
		}
	}
	return 0, false
}

// merge replaces a pair by one token wherever it occurs, from left to right.
func (x *index) merge(p pair) {
	token := x.vocabulary.merge(p)
	slot := x.slots[p]
	listed := x.pairs[slot].units
	x.pairs[slot].units = nil
	for _, unit := range listed {
		x.mergeUnit(unit, p, token)
	}
	x.pairs[slot].count = 0
	for _, slot := range x.raised {
		o := &x.pairs[slot]
		o.raise = false
		heap.Push(&x.heap, queued{o.pair, o.count, slot})
	}
	x.raised = x.raised[:0]
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
			x.raiseIn(unit, pairOf(tokens[n-1], token), s.count)
		}
		if i+2 < len(tokens) {
			x.lower(pairOf(right, tokens[i+2]), s.count)
			x.raiseIn(unit, pairOf(token, tokens[i+2]), s.count)
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

func (x *index) raiseIn(unit uint32, p pair, count uint32) {
	slot := x.slot(p)
	if slot < 0 {
		return
	}
	o := &x.pairs[slot]
	o.count += int64(count)
	o.list(unit)
	if !o.raise {
		o.raise = true
		x.raised = append(x.raised, slot)
	}
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
	*q = slices.Delete(*q, last, last+1)
	return v
}
