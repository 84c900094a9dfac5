package transformer

// A Sequence is a runner at work on one cache: what a sampler sees of both. Like them it is used by one goroutine at a
// time.
type Sequence struct {
	Runner *Runner
	Cache  *KVCache
}

// Extend is [Runner.Extend].
func (s Sequence) Extend(tokens []int32) { s.Runner.Extend(s.Cache, tokens) }

// Next is [Runner.Next].
func (s Sequence) Next(token int32) []float32 { return s.Runner.Next(s.Cache, token) }

// Canvas is [Runner.Canvas].
func (s Sequence) Canvas(canvas []int32, slots []int) [][]float32 {
	return s.Runner.Canvas(s.Cache, canvas, slots)
}

// Room is [KVCache.Room].
func (s Sequence) Room() int { return s.Cache.Room() }

// A Batch is a runner at work on several caches at once.
type Batch struct {
	Runner *Runner
	Caches []*KVCache
}

// Canvases is [Runner.Canvases].
func (b Batch) Canvases(canvases [][]int32, slots [][]int) [][]float32 {
	return b.Runner.Canvases(b.Caches, canvases, slots)
}

// Read is [Runner.Read].
func (b Batch) Read(tokens [][]int32) [][]float32 { return b.Runner.Read(b.Caches, tokens) }
