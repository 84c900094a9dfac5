package transformer

import (
	"bytes"
	"runtime"
	"runtime/debug"

	"seedls/engine/backbone"
	"seedls/engine/checkpoint"
	"seedls/engine/kernel"
)

// Load packs the weights of c in a precision, on all processors. A missing tensor, one of the wrong shape and a size that
// the kernels cannot handle are errors that name the file and the tensor or the setting.
func Load(c *checkpoint.Checkpoint, precision kernel.Precision) (m *Model, err error) {
	pool := kernel.NewPool(runtime.GOMAXPROCS(0))
	defer pool.Close()
	err = c.Read(func() (err error) {
		m, err = build(c.Name, c.Config, precision, &loader{checkpoint: c, precision: precision, pool: pool})
		return err
	})
	return m, err
}

// loader packs the tensors of a checkpoint.
type loader struct {
	checkpoint *checkpoint.Checkpoint
	precision  kernel.Precision
	pool       *kernel.Pool
	err        error
}

func (l *loader) failure() error { return l.err }

func (l *loader) tensor(t backbone.Tensor) checkpoint.Tensor {
	if l.err != nil {
		return checkpoint.Tensor{}
	}
	stored, err := l.checkpoint.Tensor(t.Name, t.Shape...)
	l.err = err
	return stored
}

func (l *loader) embedding(t backbone.Tensor) checkpoint.Tensor {
	stored := l.tensor(t)
	stored.Data = bytes.Clone(stored.Data)
	return stored
}

func (l *loader) vector(t backbone.Tensor) []float32 {
	stored := l.tensor(t)
	if l.err != nil {
		return nil
	}
	return stored.Float32()
}

func (l *loader) matrix(p backbone.Product) *kernel.Matrix {
	var m *kernel.Matrix
	first := 0
	for i, w := range p.Weights {
		stored := l.tensor(w)
		if l.err != nil {
			return nil
		}
		if m == nil {
			m = kernel.NewMatrix(l.precision, p.Outputs(), p.Depth())
		}
		outputs := w.Shape[0]
		l.pack(m, first, stored, outputs, p.Depth())
		if p.Biases != nil {
			if b := l.vector(p.Biases[i]); b != nil {
				m.SetBias(first, b)
			}
		}
		first += outputs
	}
	return m
}

// pack sets the outputs of m from first on to the rows of t.
func (l *loader) pack(m *kernel.Matrix, first int, t checkpoint.Tensor, rows, depth int) {
	const chunk = 64
	l.pool.Run(blocks(rows, chunk), func(_, part int) {
		// a worker has the protection that checkpoint.Read gives its caller: the pool hands on the panic
		defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
		row := make([]float32, depth)
		for i := part * chunk; i < min((part+1)*chunk, rows); i++ {
			t.Row(i, row)
			m.SetRows(first+i, row)
		}
	})
}
