package train

// A Loss is the mean cross entropy of the targets of a batch, weighted, in nats.
type Loss struct {
	Context  float64 // of the next tokens
	Canvases float64 // of the tokens of canvases
}

// contextShare is the share of the context in the loss.
const contextShare = 0.5

// Total is what the gradients are of.
func (l Loss) Total() float64 { return contextShare*l.Context + l.Canvases }

// A Row is a row of a batch that has a target.
type Row struct {
	Sequence, Row int     // its place in the batch, and in its sequence
	CrossEntropy  float64 // of the target, in nats
}

// Rows are those of the batch that was computed last, but for those of no weight. They are the pass's, and change with the
// next batch.
func (p *Pass) Rows() []Row { return p.batchRows }

func (l *Loss) add(w want, crossEntropy float64) {
	if part := crossEntropy * float64(w.scale); w.canvas {
		l.Canvases += part
	} else {
		l.Context += part / contextShare
	}
}

// A want is a row that has a token to predict.
type want struct {
	row    int // of the pass
	place  Row
	target int32
	canvas bool
	scale  float32 // the derivative of the loss by the row's cross entropy
}

// totals are the sums of the weights of the targets of a batch.
type totals struct{ context, canvases float64 }

func weigh(batch []*Sequence) (t totals) {
	for _, s := range batch {
		for i, target := range s.Targets {
			switch {
			case target < 0:
			case i < s.Context:
				t.context += float64(s.Weights[i])
			default:
				t.canvases += float64(s.Weights[i])
			}
		}
	}
	return t
}

// wanted appends the rows of s, a sequence of the batch, that have a target and a weight; first is its first row.
func (s *Sequence) wanted(dst []want, first, sequence int, t totals) []want {
	for i, target := range s.Targets {
		if target < 0 || s.Weights[i] == 0 {
			continue
		}
		w := want{row: first + i, place: Row{Sequence: sequence, Row: i}, target: target, canvas: i >= s.Context}
		if w.canvas {
			w.scale = float32(float64(s.Weights[i]) / t.canvases)
		} else {
			w.scale = float32(contextShare * float64(s.Weights[i]) / t.context)
		}
		dst = append(dst, w)
	}
	return dst
}
