package tokenizer

import "math"

// bpe is the merge table: which two tokens that stand side by side become one, and which pair goes first.
type bpe struct {
	bytes  [256]int32 // the token of each byte
	merges map[uint64]pairMerge
}

// pairMerge says that two tokens become token. Pairs of lower rank go first.
type pairMerge struct {
	rank, token int32
}

// noMerge marks tokens that stay apart, or are no longer there.
var noMerge = pairMerge{rank: math.MaxInt32}

func pair(left, right int32) uint64 { return uint64(uint32(left))<<32 | uint64(uint32(right)) }

func (b *bpe) lookup(left, right int32) pairMerge {
	if m, ok := b.merges[pair(left, right)]; ok {
		return m
	}
	return noMerge
}

// merger merges one piece at a time, in O(n log n): the tokens are a linked list, and a heap yields the pair of the
// lowest rank, the leftmost of several. It keeps its memory from piece to piece.
type merger struct {
	symbols []symbol
	heap    []candidate
}

// symbol is a token of the piece under way.
type symbol struct {
	token      int32
	prev, next int32     // in symbols; -1 at the ends
	merge      pairMerge // with next
}

// candidate is a pair to merge: its rank in the upper half, its left symbol in the lower.
type candidate uint64

// merge appends the tokens of piece, which is not empty, to dst.
func (m *merger) merge(dst []int32, piece string, b *bpe) []int32 {
	m.symbols, m.heap = m.symbols[:0], m.heap[:0]
	for i := range len(piece) {
		m.symbols = append(m.symbols, symbol{b.bytes[piece[i]], int32(i) - 1, int32(i) + 1, noMerge})
	}
	m.symbols[len(piece)-1].next = -1
	for i := range len(piece) - 1 {
		m.propose(int32(i), b)
	}
	for len(m.heap) > 0 {
		c := m.pop()
		at := int32(uint32(c))
		left := &m.symbols[at]
		if left.merge.rank != int32(c>>32) {
			continue // one of the two has been merged since
		}
		right := &m.symbols[left.next]
		right.merge = noMerge
		left.token, left.next = left.merge.token, right.next
		if left.next >= 0 {
			m.symbols[left.next].prev = at
		}
		m.propose(at, b)
		if left.prev >= 0 {
			m.propose(left.prev, b)
		}
	}
	for at := int32(0); at >= 0; at = m.symbols[at].next {
		dst = append(dst, m.symbols[at].token)
	}
	return dst
}

// propose looks up the pair that begins at a symbol.
func (m *merger) propose(at int32, b *bpe) {
	left := &m.symbols[at]
	left.merge = noMerge
	if left.next < 0 {
		return
	}
	left.merge = b.lookup(left.token, m.symbols[left.next].token)
	if left.merge != noMerge {
		m.push(candidate(left.merge.rank)<<32 | candidate(at))
	}
}

func (m *merger) push(c candidate) {
	m.heap = append(m.heap, c)
	i := len(m.heap) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if m.heap[parent] <= c {
			break
		}
		m.heap[i] = m.heap[parent]
		i = parent
	}
	m.heap[i] = c
}

func (m *merger) pop() candidate {
	top, n := m.heap[0], len(m.heap)-1
	last := m.heap[n]
	m.heap = m.heap[:n]
	i := 0
	for child := 1; child < n; child = 2*i + 1 {
		if child+1 < n && m.heap[child+1] < m.heap[child] {
			child++
		}
		if last <= m.heap[child] {
			break
		}
		m.heap[i] = m.heap[child]
		i = child
	}
	if n > 0 {
		m.heap[i] = last
	}
	return top
}
