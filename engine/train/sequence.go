package train

import (
	"fmt"
	"math"

	"seedls/engine/checkpoint"
)

// A Sequence is rows to train on: a context, and after it the canvases that stand somewhere in that context, each some
// rows in a line. A row of the context attends to what is before it and itself; a row of a canvas to the context before
// its canvas, and to all of its canvas. All slices but Canvases have an element a row.
type Sequence struct {
	IDs       []int32   // tokens
	Positions []int32   // for the rotary embedding
	Targets   []int32   // token to predict, or negative
	Weights   []float32 // of the target in the mean of its part, the context or the canvases

	Context  int // rows
	Canvases []Canvas
}

// A Canvas is some rows of a [Sequence], the first after the rows of the canvas before it or, of the first canvas, after
// the context.
type Canvas struct {
	Start int // rows of the context that it sees
	Rows  int
	// Ahead is how many rows of the canvas after itself a row sees; 0 for all of them. It grows while a model learns that
	// so far has seen nothing but what is before a token (DiffuLLaMA, arXiv 2410.17891).
	Ahead int
}

// Check says what of the sequence a model of the given configuration cannot compute.
func (s *Sequence) Check(c checkpoint.Config) error {
	n := len(s.IDs)
	if n == 0 {
		return fmt.Errorf("a training sequence has no rows")
	}
	if len(s.Positions) != n || len(s.Targets) != n || len(s.Weights) != n {
		return fmt.Errorf("a training sequence has %d ids, %d positions, %d targets and %d weights: all need as many",
			n, len(s.Positions), len(s.Targets), len(s.Weights))
	}
	for i := range n {
		switch {
		case s.IDs[i] < 0 || int(s.IDs[i]) >= c.VocabSize:
			return fmt.Errorf("row %d: id %d is not in the vocabulary of %d", i, s.IDs[i], c.VocabSize)
		case int(s.Targets[i]) >= c.VocabSize:
			return fmt.Errorf("row %d: target %d is not in the vocabulary of %d", i, s.Targets[i], c.VocabSize)
		case s.Positions[i] < 0 || int(s.Positions[i]) >= c.MaxPositions:
			return fmt.Errorf("row %d: position %d is not below max_position_embeddings, %d", i, s.Positions[i], c.MaxPositions)
		case !(s.Weights[i] >= 0) || math.IsInf(float64(s.Weights[i]), 0):
			return fmt.Errorf("row %d: weight %g is negative or not finite", i, s.Weights[i])
		}
	}
	if s.Context < 0 || s.Context > n {
		return fmt.Errorf("a training sequence of %d rows has %d of context", n, s.Context)
	}
	rows := s.Context
	for i, canvas := range s.Canvases {
		if canvas.Ahead < 0 {
			return fmt.Errorf("canvas %d: its rows see %d rows ahead: want 0, for all, or more", i, canvas.Ahead)
		}
		if canvas.Start < 0 || canvas.Start > s.Context || canvas.Rows < 1 || canvas.Rows > n-rows {
			return fmt.Errorf("canvas %d: %d rows after %d of context: the sequence has %d and %d rows left",
				i, canvas.Rows, canvas.Start, s.Context, n-rows)
		}
		rows += canvas.Rows
	}
	if rows != n {
		return fmt.Errorf("context and canvases have %d rows of the %d", rows, n)
	}
	return nil
}

// A sight is what a row attends to.
type sight struct {
	prefix int  // rows of the context, from the first
	own    span // rows of its canvas, from the first; empty in the context
}

// A span is the rows from, ..., to-1.
type span struct{ from, to int }

func (s span) len() int { return s.to - s.from }

// A block is rows whose attention is computed together, and the keys that any of them sees: the first rows of the context
// and the rows of some canvases, one after another.
type block struct {
	rows     span
	prefix   int
	canvases span
}

// first is where the keys of the canvases begin: those before are of the context, up to a whole panel.
func (b *block) first() int { return roundUp(b.prefix) }

// keys is the number of keys of a block, up to a whole panel.
func (b *block) keys() int { return b.first() + roundUp(b.canvases.len()) }

// own is where among the keys of b the canvas is that a row sees.
func (b *block) own(s sight) span {
	shift := b.first() - b.canvases.from
	return span{s.own.from + shift, s.own.to + shift}
}

// blockRows is how many rows a block has at most: enough for the packing of its keys to pay, few enough for its attention
// weights to stay in a core's cache.
const blockRows = 128

// attention is what each row sees, and the blocks that cover all rows.
func (s *Sequence) attention() (sights []sight, blocks []block) {
	for i := range s.Context {
		sights = append(sights, sight{prefix: i + 1})
	}
	for _, c := range s.Canvases {
		from, to := len(sights), len(sights)+c.Rows
		for row := from; row < to; row++ {
			own := span{from, to}
			if c.Ahead > 0 {
				own.to = min(to, row+1+c.Ahead)
			}
			sights = append(sights, sight{c.Start, own})
		}
	}
	for from := 0; from < len(sights); {
		to := min(from+blockRows, len(sights))
		if from < s.Context {
			to = min(to, s.Context)
		}
		b := block{rows: span{from, to}, canvases: span{sights[from].own.from, sights[to-1].own.to}}
		for _, row := range sights[from:to] {
			b.prefix = max(b.prefix, row.prefix)
		}
		blocks = append(blocks, b)
		from = to
	}
	return sights, blocks
}
