package optimize

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"seedls/engine/kernel"
)

// TestSingularValues makes matrices of known singular values, 1 to 1/50 of the largest, and measures what the iteration
// leaves of them: on every tier, in both precisions, for wide, square and tall matrices.
func TestSingularValues(t *testing.T) {
	for _, k := range kernel.Tiers() {
		for _, precision := range []kernel.Precision{kernel.F32, kernel.BF16} {
			for _, shape := range [][2]int{{32, 80}, {48, 48}, {80, 32}} {
				t.Run(fmt.Sprint(k.Name(), precision, shape), func(t *testing.T) {
					rows, columns := shape[0], shape[1]
					rank := min(rows, columns)
					r := rand.New(rand.NewPCG(17, 18))
					left, right := orthonormal(r, rank, rows), orthonormal(r, rank, columns)
					p := newPolar(k, precision, rank, max(rows, columns))
					x := p.x[:rows*columns]
					clear(x)
					for i := range rank {
						value := math.Pow(50, -float64(i)/float64(rank-1))
						for a := range rows {
							for b := range columns {
								x[a*columns+b] += float32(value * left[i][a] * right[i][b])
							}
						}
					}
					y := p.orthogonalize(rows, columns)
					for i := range rank {
						var value float64 // uᵀ Y v: the iteration keeps the singular vectors
						for a := range rows {
							for b := range columns {
								value += left[i][a] * float64(y[a*columns+b]) * right[i][b]
							}
						}
						require.InDelta(t, 0.95, value, 0.3, "singular value %d", i)
					}
				})
			}
		}
	}
}

// orthonormal makes n vectors by Gram and Schmidt.
func orthonormal(r *rand.Rand, n, length int) [][]float64 {
	var vectors [][]float64
	for range n {
		v := make([]float64, length)
		for i := range v {
			v[i] = r.NormFloat64()
		}
		for _, u := range vectors {
			var along float64
			for i := range v {
				along += u[i] * v[i]
			}
			for i := range v {
				v[i] -= along * u[i]
			}
		}
		var squares float64
		for _, x := range v {
			squares += x * x
		}
		for i := range v {
			v[i] /= math.Sqrt(squares)
		}
		vectors = append(vectors, v)
	}
	return vectors
}

func TestNoDirection(t *testing.T) {
	p := newPolar(kernel.Best(), kernel.BF16, 16, 32)
	for _, v := range p.orthogonalize(16, 32) {
		require.Zero(t, v)
	}
}
