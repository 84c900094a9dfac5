package backbone

import (
	"math"

	"seedls/engine/checkpoint"
)

// Rotary is the rotary embedding. It turns pairs of values of a query or a key, i and i + headDim/2, by an angle that
// grows with the position: [headDim/2] radians a position.
type Rotary []float64

// NewRotary is the rotary embedding of a configuration.
func NewRotary(c checkpoint.Config) Rotary {
	r := make(Rotary, c.HeadDim/2)
	for i := range r {
		r[i] = math.Pow(c.RopeTheta, -2*float64(i)/float64(c.HeadDim))
	}
	return r
}

// Angles writes what kernels turn a row at a position by: [2][headDim/2] cosines and sines.
func (r Rotary) Angles(angles []float32, position int) {
	cosines, sines := angles[:len(r)], angles[len(r):2*len(r)]
	for i, frequency := range r {
		sin, cos := math.Sincos(float64(position) * frequency)
		cosines[i], sines[i] = float32(cos), float32(sin)
	}
}

// AttentionScale is what products of queries and keys are multiplied with before the softmax.
func AttentionScale(headDim int) float32 { return float32(1 / math.Sqrt(float64(headDim))) }
