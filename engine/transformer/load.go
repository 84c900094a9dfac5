package transformer

import (
	"bytes"
	"runtime"
	"runtime/debug"

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

func (l *loader) tensor(name string, shape ...int) checkpoint.Tensor {
	if l.err != nil {
		return checkpoint.Tensor{}
	}
	t, err := l.checkpoint.Tensor(name, shape...)
	l.err = err
	return t
}

func (l *loader) embedding(vocab, hidden int) checkpoint.Tensor {
	t := l.tensor("model.embed_tokens.weight", vocab, hidden)
	t.Data = bytes.Clone(t.Data)
	return t
}

func (l *loader) vector(name string, n int) []float32 {
	t := l.tensor(name, n)
	if l.err != nil {
		return nil
	}
	return t.Float32()
}

func (l *loader) matrix(depth int, bias bool, parts ...part) *kernel.Matrix {
	outputs := 0
	for _, p := range parts {
		outputs += p.outputs
	}
	var m *kernel.Matrix
	first := 0
	for _, p := range parts {
		t := l.tensor(p.name+".weight", p.outputs, depth)
		if l.err != nil {
			return nil
		}
		if m == nil {
			m = kernel.NewMatrix(l.precision, outputs, depth)
		}
		l.pack(m, first, t, p.outputs, depth)
		if bias {
			if b := l.vector(p.name+".bias", p.outputs); b != nil {
				m.SetBias(first, b)
			}
		}
		first += p.outputs
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
