package sandbox

import "context"

// A lazy value is computed when it is first asked for, by one caller while the others wait, and anew after an error.
type lazy[T any] struct {
	turn  chan struct{}
	known bool
	value T
}

func newLazy[T any]() lazy[T] { return lazy[T]{turn: make(chan struct{}, 1)} }

// get returns the value, or the error of computing it, or ctx.Err().
func (l *lazy[T]) get(ctx context.Context, compute func(context.Context) (T, error)) (T, error) {
	select {
	case l.turn <- struct{}{}:
	case <-ctx.Done():
		var none T
		return none, ctx.Err()
	}
	defer func() { <-l.turn }()
	if !l.known {
		value, err := compute(ctx)
		if err != nil {
			return value, err
		}
		l.value, l.known = value, true
	}
	return l.value, nil
}

// A tool is a program that this package needs: where it is, and what it says its version is.
type tool struct{ path, version string }
