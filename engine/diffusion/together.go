package diffusion

import "context"

// A Batch is the sequences of one model whose canvases are computed together.
type Batch interface {
	// Canvases returns, for one canvas after another, what [Forward] Canvas of its sequence would, to the bit; an empty
	// canvas is left out.
	Canvases(canvases [][]int32, slots [][]int) [][]float32
}

// A Member is one of several generations: a sampler of its own, a sequence of the batch, and options, whose Order, if there
// is one, is its own as well.
type Member struct {
	Sampler  *Sampler
	Sequence Forward
	Options  Options
}

// DiffuseTogether has each member generate what [Sampler.Diffuse] would, a step of all in one forward pass of b, where the
// sequences of the members are in their order. Those that are done take no part in further passes. Results are in the order
// of the members. Cancellation, and the first error, end all of them as they do one.
func DiffuseTogether(ctx context.Context, b Batch, members []Member) ([]Result, error) {
	results := make([]Result, len(members))
	for _, m := range members {
		if err := m.Sampler.begin(m.Sequence, m.Options); err != nil {
			return results, err
		}
		defer m.Sampler.release()
	}
	canvases, slots := make([][]int32, len(members)), make([][]int, len(members))
	for {
		going := false
		for i, m := range members {
			canvases[i], slots[i] = nil, nil
			if m.Sampler.next(m.Sequence) {
				canvases[i], slots[i] = m.Sampler.canvas, m.Sampler.slots
				going = true
			}
			results[i] = m.Sampler.result
		}
		if !going {
			return results, nil
		}
		if err := ctx.Err(); err != nil {
			return results, err
		}
		logits := b.Canvases(canvases, slots)
		for i, m := range members {
			n := len(slots[i])
			if n == 0 {
				continue
			}
			if err := m.Sampler.step(logits[:n]); err != nil {
				return results, err
			}
			logits = logits[n:]
		}
	}
}
