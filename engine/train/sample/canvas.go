package sample

import (
	"math/rand/v2"
	"slices"

	"seedls/engine/train"
)

// A pair is the place of two canvases.
type pair struct {
	start, size int
	t           [2]float64 // of each; their sum is the greatest t
}

// canvases appends pairs of canvases to the sequence.
func (b *builder) canvases() {
	for _, p := range b.pairs() {
		switch {
		case b.phase.Stage == Edits && b.r.Float64() < b.config.Edited:
			b.editedCanvas(p.start, p.size, p.t[0])
			b.editedCanvas(p.start, p.size, p.t[1])
		case b.phase.Left > 0:
			b.maskedCanvas(p.start, p.size, p.t[0])
			b.maskedCanvas(p.start, p.size, p.t[1])
		default:
			b.maskedPair(p)
		}
	}
}

// pairs draws as many places as rows and settings allow.
func (b *builder) pairs() []pair {
	var pairs []pair
	rows := b.config.Rows - b.out.Context
	if b.isHole {
		text := b.out.Context - b.first + 1
		rows = min(rows, max(2*b.smallest, int(b.config.HoleRows*float64(text))))
	}
	sizes := b.model.Diffusion.CanvasSizes
	shares := make([]float64, len(sizes))
	for 2*len(pairs)+2 <= b.config.Canvases {
		fit := false
		for i, size := range sizes {
			shares[i] = 0
			if 2*size <= rows && b.lastStart(size) >= b.first {
				shares[i] = b.canvasShares[i]
				fit = fit || shares[i] > 0
			}
		}
		if !fit {
			break
		}
		size := sizes[draw(b.r, shares)]
		start := b.first
		if !b.isHole || len(pairs)%2 == 1 {
			start += b.r.IntN(b.lastStart(size) - start + 1)
		}
		pairs = append(pairs, pair{start: start, size: size})
		rows -= 2 * size
	}
	// Evenly spread t, all shifted by the same: low discrepancy within a sequence, uniform over sequences.
	shift, most := b.r.Float64(), b.phase.maxT()
	for i, k := range b.r.Perm(len(pairs)) {
		t := (float64(k) + shift) / float64(len(pairs))
		pairs[i].t = [2]float64{most * t, most * (1 - t)}
	}
	return pairs
}

// lastStart is where a canvas of a size may start at last. Text that does not end must be known beyond the canvas, as far
// as deletions can pull it in.
func (b *builder) lastStart(size int) int {
	last := b.out.Context
	if !b.ends {
		last -= size + max(1, int(b.config.MaxEdits*float64(size)))
	}
	return min(last, b.model.MaxPositions-size)
}

// clean is the n tokens from a row of the context on, filled up with the end; text is how many are part of the text, the
// first end among them.
func (b *builder) clean(start, n int) (tokens []int32, text int) {
	tokens = slices.Clone(b.out.IDs[start:min(start+n, b.out.Context)])
	text = min(n, len(tokens)+1)
	for len(tokens) < n {
		tokens = append(tokens, b.model.Diffusion.EndTokenID)
	}
	return tokens, text
}

// maskedPair appends two canvases with complementary masks; or one that is all masks, if the other were to have none.
func (b *builder) maskedPair(p pair) {
	tokens, text := b.clean(p.start, p.size)
	masked := make([]bool, p.size)
	masks := 0
	for i := range masked {
		if masked[i] = b.r.Float64() < p.t[0]; masked[i] {
			masks++
		}
	}
	for _, t := range p.t {
		if masks > 0 {
			weight := 1.0
			if b.config.Weighting == ELBO {
				weight = 1 / max(t, 1/float64(p.size))
			}
			b.add(p.start, text, tokens, tokens, masked, masked, weight)
		}
		for i := range masked {
			masked[i] = !masked[i]
		}
		masks = p.size - masks
	}
}

// maskedCanvas appends a canvas of the annealing.
func (b *builder) maskedCanvas(start, size int, t float64) {
	tokens, text := b.clean(start, size)
	masked := b.someMasks(size, t)
	b.add(start, text, tokens, tokens, masked, masked, 1)
}

// someMasks masks each of the rows of a canvas with probability t, and one at least.
func (b *builder) someMasks(size int, t float64) []bool {
	masked := make([]bool, size)
	for i := range masked {
		masked[i] = b.r.Float64() < t
	}
	if !slices.Contains(masked, true) {
		masked[b.r.IntN(size)] = true
	}
	return masked
}

// editedCanvas appends a canvas in which some tokens are wrong, and perhaps some are masked with probability t.
func (b *builder) editedCanvas(start, size int, t float64) {
	clean, text := b.clean(start, size)
	edits := int(b.r.Float64() * b.config.MaxEdits * float64(text))
	if edits == 0 && b.r.Float64() < b.config.OneEdit {
		edits = 1
	}
	edited := corrupt(b.r, clean[:text], edits, b.wrongToken)
	if after := start + text; after < b.out.Context {
		edited = append(edited, b.out.IDs[after:min(after+edits, b.out.Context)]...)
	}
	for len(edited) < size {
		edited = append(edited, b.model.Diffusion.EndTokenID)
	}
	masked := make([]bool, size)
	if b.r.Float64() < b.config.EditMasks {
		masked = b.someMasks(size, t)
	}
	predicted := slices.Repeat([]bool{true}, size)
	b.add(start, text, clean, edited[:size], masked, predicted, b.config.EditWeight)
}

// wrongToken is a token of the context's text or, as often, of the vocabulary.
func (b *builder) wrongToken() int32 {
	if b.r.IntN(2) == 0 {
		if id := b.out.IDs[b.r.IntN(b.out.Context)]; !b.tokens.IsSpecial(id) {
			return id
		}
	}
	return b.words[b.r.IntN(len(b.words))]
}

// add appends a canvas of the visible tokens, some masked, whose predicted rows have the clean tokens as targets. Those
// after the text count less.
func (b *builder) add(start, text int, clean, visible []int32, masked, predicted []bool, weight float64) {
	q, sizes := &b.out, b.model.Diffusion.CanvasSizes
	ahead := b.phase.ahead(sizes[len(sizes)-1])
	q.Canvases = append(q.Canvases, train.Canvas{Start: start, Rows: len(clean), Ahead: ahead})
	for i, target := range clean {
		id, w := visible[i], weight
		if masked[i] {
			id = b.model.Diffusion.MaskTokenID
		}
		if i >= text {
			w *= b.config.EndWeight
		}
		if !predicted[i] {
			target, w = -1, 0
		}
		q.IDs = append(q.IDs, id)
		q.Positions = append(q.Positions, int32(start+i))
		q.Targets = append(q.Targets, target)
		q.Weights = append(q.Weights, float32(w))
	}
}

// draw returns an index of shares, each as often as it says, in proportion; their sum is not 0.
func draw(r *rand.Rand, shares []float64) int {
	sum := 0.0
	for _, share := range shares {
		sum += share
	}
	at, last := r.Float64()*sum, 0
	for i, share := range shares {
		if share == 0 {
			continue
		}
		if last = i; at < share {
			break
		}
		at -= share
	}
	return last
}
