package optimize

import "math"

// negligible is what moments are taken for zero below. Those of rows without gradients would end as subnormal numbers, on
// which a step takes a hundred times as long.
const negligible = 0x1p-120

// adamW updates weights by "Decoupled Weight Decay Regularization" (arXiv 1711.05101), and returns the sum of the squares
// of the changes.
func (o *Optimizer) adamW(weights, gradients, first, second []float32, decay float32) (change float64) {
	c := &o.config
	keep1, keep2, take1, take2 := float32(c.Beta1), float32(c.Beta2), float32(1-c.Beta1), float32(1-c.Beta2)
	scale, rate, correct1, correct2, epsilon := o.scale, o.rate, o.correct1, o.correct2, float32(c.Epsilon)
	gradients, first, second = gradients[:len(weights)], first[:len(weights)], second[:len(weights)]
	for i, w := range weights {
		g := gradients[i] * scale
		m, v := keep1*first[i]+take1*g, keep2*second[i]+take2*g*g
		if v < negligible {
			v = 0
		}
		if math.Abs(float64(m)) < negligible { // one branch, whatever the sign
			m = 0
		}
		first[i], second[i] = m, v
		step := rate * (m*correct1/(float32(math.Sqrt(float64(v*correct2)))+epsilon) + decay*w)
		weights[i] = w - step
		change += float64(step) * float64(step)
	}
	return change
}
