package transformer

import (
	"seedls/engine/backbone"
	"seedls/engine/checkpoint"
	"seedls/engine/kernel"
)

const (
	// PrefillRows is how many context tokens go through the layers together, in one forward pass.
	PrefillRows = 128
	// parallelWork is the number of multiply-adds below which waking another worker costs more than it saves.
	parallelWork = 500_000
	// parallelValues is the same for the values of an operand.
	parallelValues = 50_000
	// panelGroup is the number of panels that kernels multiply together at most.
	panelGroup = 4
)

// A Runner computes forward passes of one model on a pool of workers. It is used by one goroutine at a time, and what
// it returns is valid until its next call.
type Runner struct {
	model  *Model
	kernel kernel.Kernel
	pool   *kernel.Pool
	sight  sight // of a sequence that is computed as a whole

	// The forward pass under way: rows new rows, those of one sequence after those of another.
	passages []passage
	tiles    []tile
	layer    *layer
	index    int // of the layer
	rows     int
	visible  []int32   // [rows] positions that a row attends to
	angles   []float32 // [rows][2][headDim/2] cosines and sines
	x        []float32 // [rows, hidden] the residual stream
	norm     []float32 // [rows, hidden]
	qkv      []float32 // [rows, (heads + 2 kvHeads) headDim]
	context  []float32 // [rows, heads headDim] what attention gathered
	gateUp   []float32 // [rows, 2 intermediate]
	act      []float32 // [rows, intermediate]
	scores   [][]float32
	single   [1]int32    // the token of Next
	wanted   []int       // rows that are projected
	logits   []float32   // [rows, head.Stride()]
	views    [][]float32 // rows of logits, vocab long

	// The product under way, and its split.
	y, in      []float32
	operand    kernel.Operand
	weights    *kernel.Matrix
	accumulate bool
	chunk      int // rows or panels a part

	// Tasks for the pool, bound once so that a forward pass does not allocate.
	quantize, multiply, rotate, attend func(worker, part int)

	// trace, when set, is given the residual stream after the embedding and after each layer.
	trace func(x []float32)
}

// NewRunner makes a runner that computes with k on pool, which may serve several runners one after another.
func NewRunner(m *Model, k kernel.Kernel, pool *kernel.Pool) *Runner {
	r := &Runner{model: m, kernel: k, pool: pool, scores: make([][]float32, pool.Workers())}
	r.sight = wholly
	if d := m.config.Diffusion; d.Attention == checkpoint.BlockCausal {
		r.sight = blockwise(d.BlockSize)
	}
	r.quantize, r.multiply, r.rotate, r.attend = r.quantizePart, r.multiplyPart, r.rotatePart, r.attendPart
	return r
}

// Model is what the runner computes.
func (r *Runner) Model() *Model { return r.model }

// Extend appends tokens to the context. Under context-causal attention their keys and values are computed now; the
// result does not depend on how a context is split into calls. The tokens must fit: see [KVCache.Room].
func (r *Runner) Extend(c *KVCache, tokens []int32) {
	if r.model.config.Diffusion.Attention != checkpoint.ContextCausal {
		c.tokens = append(c.tokens, tokens...)
		return
	}
	for len(tokens) > 0 {
		n := min(len(tokens), PrefillRows)
		r.forward(c, tokens[:n], causal, r.trace != nil)
		c.tokens = append(c.tokens, tokens[:n]...)
		tokens = tokens[n:]
	}
}

// Next appends one token to the context and returns the logits, [vocab], of the token after it. The model must have
// context-causal attention.
func (r *Runner) Next(c *KVCache, token int32) []float32 {
	r.single[0] = token
	return r.Read([]*KVCache{c}, [][]int32{r.single[:]})[0]
}

// Read appends tokens to the contexts of caches, in one forward pass, and returns the logits, [vocab] each, of the token
// after each of them: those of one context after those of another. They are those of each context alone, to the bit. The
// model must have context-causal attention. A sequence without tokens is left out.
func (r *Runner) Read(caches []*KVCache, tokens [][]int32) [][]float32 {
	rows, capacity := 0, 0
	for i, c := range caches {
		rows += len(tokens[i])
		capacity = max(capacity, c.heads[0].Capacity())
	}
	r.prepare(rows, capacity)
	r.wanted = r.wanted[:0]
	for i, c := range caches {
		if len(tokens[i]) > 0 {
			r.lay(c, c.Len(), tokens[i], causal)
			c.tokens = append(c.tokens, tokens[i]...)
		}
	}
	for row := range rows {
		r.wanted = append(r.wanted, row)
	}
	r.compute(true)
	r.project(r.wanted...)
	return r.views
}

// Canvas returns the logits, [vocab] each, of the given slots of a canvas that follows the context. The context does
// not change. Context-causal models compute the canvas alone; the others, whose context sees the canvas or is not
// cached, the whole sequence. Context and canvas must fit the cache.
func (r *Runner) Canvas(c *KVCache, canvas []int32, slots []int) [][]float32 {
	return r.Canvases([]*KVCache{c}, [][]int32{canvas}, [][]int{slots})
}

// Canvases is [Runner.Canvas] of several canvases, each of which follows the context of a cache of its own, in one
// forward pass: the logits of the slots of one canvas after those of another. They are those of each canvas alone, to
// the bit. An empty canvas is left out.
func (r *Runner) Canvases(caches []*KVCache, canvases [][]int32, slots [][]int) [][]float32 {
	config := &r.model.config.Diffusion
	cached := config.Attention == checkpoint.ContextCausal
	rows, capacity := 0, 0
	for i, canvas := range canvases {
		if len(canvas) == 0 {
			continue
		}
		rows += len(canvas)
		if !cached {
			rows += caches[i].Len()
		}
		capacity = max(capacity, caches[i].heads[0].Capacity())
	}
	r.prepare(rows, capacity)
	r.wanted = r.wanted[:0]
	for i, canvas := range canvases {
		if len(canvas) == 0 {
			continue
		}
		c, first := caches[i], r.rows // first is the row of the canvas's first logits
		if cached {
			r.lay(c, c.Len(), canvas, wholly)
		} else {
			r.lay(c, 0, append(c.tokens, canvas...), r.sight)
			first += c.Len()
		}
		for _, slot := range slots[i] {
			row := first + slot
			if config.ShiftLogits {
				row = max(row-1, first-c.Len())
			}
			r.wanted = append(r.wanted, row)
		}
	}
	r.compute(true)
	r.project(r.wanted...)
	return r.views
}

// A sight says how many positions, from the first, the row at a position sees when the rows of the pass end at end.
type sight func(position, end int) int

func causal(position, _ int) int { return position + 1 }

func wholly(_, end int) int { return end }

func blockwise(size int) sight {
	return func(position, end int) int { return min(position/size*size+size, end) }
}

// A passage is rows [from, to) of a forward pass: tokens of one sequence, from a position on.
type passage struct {
	cache    *KVCache
	from, to int
	start    int
}

// A tile is rows [from, to) of a passage, up to kernel.AttentionRows, that attend together.
type tile struct {
	cache    *KVCache
	from, to int
}

// forward computes tokens that follow the context of c: see [Runner.compute].
func (r *Runner) forward(c *KVCache, tokens []int32, s sight, outputs bool) {
	r.prepare(len(tokens), c.heads[0].Capacity())
	r.lay(c, c.Len(), tokens, s)
	r.compute(outputs)
}

// prepare makes room for a forward pass of some rows over caches of at most some capacity, and begins it.
func (r *Runner) prepare(rows, capacity int) {
	config := &r.model.config
	r.passages, r.tiles, r.rows = r.passages[:0], r.tiles[:0], 0
	r.visible = resize(r.visible, rows)
	r.angles = resize(r.angles, rows*config.HeadDim)
	r.x = resize(r.x, rows*config.HiddenSize)
	r.norm = resize(r.norm, rows*config.HiddenSize)
	r.qkv = resize(r.qkv, rows*(config.Heads+2*config.KVHeads)*config.HeadDim)
	r.context = resize(r.context, rows*config.Heads*config.HeadDim)
	r.gateUp = resize(r.gateUp, rows*2*config.IntermediateSize)
	r.act = resize(r.act, rows*config.IntermediateSize)
	for i := range r.scores {
		r.scores[i] = resize(r.scores[i], kernel.AttentionRows*capacity)
	}
}

// lay adds the tokens, one at least, of a sequence, from position start on, to the forward pass: embeddings, positions,
// sight.
func (r *Runner) lay(c *KVCache, start int, tokens []int32, s sight) {
	config := &r.model.config
	from, to := r.rows, r.rows+len(tokens)
	r.passages = append(r.passages, passage{c, from, to, start})
	for at := from; at < to; at += kernel.AttentionRows {
		r.tiles = append(r.tiles, tile{c, at, min(at+kernel.AttentionRows, to)})
	}
	for i, token := range tokens {
		row, position := from+i, start+i
		r.model.embedding.Row(int(token), r.x[row*config.HiddenSize:][:config.HiddenSize])
		r.visible[row] = int32(s(position, start+len(tokens)))
		r.model.rotary.Angles(r.angles[row*config.HeadDim:], position)
	}
	r.rows = to
}

// compute runs what was laid through the layers: keys and values go to the caches, and the residual stream stays in
// r.x. Without outputs, what only the last hidden states need is left out.
func (r *Runner) compute(outputs bool) {
	m := r.model
	for i := range m.layers {
		if r.trace != nil {
			r.trace(r.x[:r.rows*m.config.HiddenSize])
		}
		r.layer, r.index = &m.layers[i], i
		r.kernel.RMSNorm(r.norm, r.x[:r.rows*m.config.HiddenSize], r.layer.inputNorm, m.config.RMSNormEps)
		r.product(r.qkv, r.norm, r.rows, r.layer.qkv, false)
		r.pool.Run(m.config.KVHeads, r.rotate)
		if i == len(m.layers)-1 && !outputs {
			return
		}
		r.pool.Run(m.config.Heads*len(r.tiles), r.attend)
		r.product(r.x, r.context, r.rows, r.layer.out, true)
		r.kernel.RMSNorm(r.norm, r.x[:r.rows*m.config.HiddenSize], r.layer.postNorm, m.config.RMSNormEps)
		r.product(r.gateUp, r.norm, r.rows, r.layer.gateUp, false)
		r.kernel.SwiGLU(r.act[:r.rows*m.config.IntermediateSize], r.gateUp, m.config.IntermediateSize)
		r.product(r.x, r.act, r.rows, r.layer.down, true)
	}
	if r.trace != nil {
		r.trace(r.x[:r.rows*m.config.HiddenSize])
	}
}

// rotatePart finishes the queries, keys and values of one key head: QK norm, rotary position, and into the caches.
func (r *Runner) rotatePart(_, head int) {
	config := &r.model.config
	dim, group := config.HeadDim, config.Heads/config.KVHeads
	stride := (config.Heads + 2*config.KVHeads) * dim
	q := r.qkv[head*group*dim:]
	k := r.qkv[(config.Heads+head)*dim:]
	v := r.qkv[(config.Heads+config.KVHeads+head)*dim:]
	r.kernel.Rotate(q, stride, group, dim, r.angles, r.layer.qNorm, config.RMSNormEps)
	r.kernel.Rotate(k, stride, 1, dim, r.angles, r.layer.kNorm, config.RMSNormEps)
	for _, p := range r.passages {
		r.kernel.Keep(r.head(p.cache, head), p.start, k[p.from*stride:], v[p.from*stride:], p.to-p.from, stride)
	}
}

// attendPart gathers the context of the rows of one head in a tile.
func (r *Runner) attendPart(worker, part int) {
	config := &r.model.config
	head, t := part%config.Heads, r.tiles[part/config.Heads]
	outStride, qStride := config.Heads*config.HeadDim, (config.Heads+2*config.KVHeads)*config.HeadDim
	r.kernel.Attend(r.context[t.from*outStride+head*config.HeadDim:], outStride,
		r.qkv[t.from*qStride+head*config.HeadDim:], qStride,
		r.head(t.cache, head*config.KVHeads/config.Heads), r.visible[t.from:t.to],
		backbone.AttentionScale(config.HeadDim), r.scores[worker])
}

// head is that of the layer under way in a cache.
func (r *Runner) head(c *KVCache, head int) *kernel.HeadCache {
	return c.heads[r.index*r.model.config.KVHeads+head]
}

// product computes y = x wᵀ + bias, or adds it to y, over all workers when there is work for them.
func (r *Runner) product(y, x []float32, rows int, w *kernel.Matrix, accumulate bool) {
	r.y, r.in, r.weights, r.accumulate = y, x, w, accumulate
	r.operand.Reset(w.Precision(), rows, w.Depth())
	r.chunk = max(rows, 1)
	if rows*w.Depth() >= parallelValues {
		r.chunk = blocks(rows, r.pool.Workers())
	}
	r.pool.Run(blocks(rows, r.chunk), r.quantize)
	r.chunk = w.Panels()
	if rows*w.Outputs()*w.Depth() >= parallelWork {
		r.chunk = blocks(blocks(w.Panels(), r.pool.Workers()), panelGroup) * panelGroup
	}
	r.pool.Run(blocks(w.Panels(), r.chunk), r.multiply)
}

func (r *Runner) quantizePart(_, part int) {
	from := part * r.chunk
	r.kernel.Quantize(&r.operand, r.in, from, min(from+r.chunk, r.operand.Rows()))
}

func (r *Runner) multiplyPart(_, part int) {
	from := part * r.chunk
	r.kernel.MatMul(r.y, &r.operand, r.weights, from, min(from+r.chunk, r.weights.Panels()), r.accumulate)
}

// project leaves the logits of the given rows of the last forward pass in r.views.
func (r *Runner) project(rows ...int) {
	m := r.model
	hidden, stride := m.config.HiddenSize, m.head.Stride()
	for i, row := range rows {
		r.kernel.RMSNorm(r.norm[i*hidden:], r.x[row*hidden:][:hidden], m.norm, m.config.RMSNormEps)
	}
	r.logits = resize(r.logits, len(rows)*stride)
	r.product(r.logits, r.norm, len(rows), m.head, false)
	r.views = r.views[:0]
	for i := range rows {
		r.views = append(r.views, r.logits[i*stride:][:m.config.VocabSize])
	}
}

// blocks is n / size, rounded up.
func blocks(n, size int) int { return (n + size - 1) / size }

func resize[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}
