package optimize

import (
	"math"

	"seedls/engine/train"
)

// A twin is the same optimiser in float64, one tensor after another, as the papers write it.
type twin struct {
	names                           []string
	shapes                          [][]int
	weights, average, first, second [][]float64
	steps                           int
}

func newTwin(p *train.Parameters) *twin {
	w := &twin{}
	for _, t := range p.Tensors() {
		w.names, w.shapes = append(w.names, t.Name), append(w.shapes, t.Shape)
		values := make([]float64, len(t.Values))
		for i, v := range t.Values {
			values[i] = float64(v)
		}
		w.weights = append(w.weights, values)
		w.average = append(w.average, append([]float64(nil), values...))
		w.first = append(w.first, make([]float64, len(values)))
		w.second = append(w.second, make([]float64, len(values)))
	}
	return w
}

func (w *twin) step(c Config, gradients *train.Parameters, rate float64) (norm, rms float64) {
	for _, g := range gradients.Values() {
		norm += float64(g) * float64(g)
	}
	norm = math.Sqrt(norm)
	scale := math.Min(1, c.MaxNorm/norm)
	keep := math.Min(c.Average, float64(1+w.steps)/float64(10+w.steps))
	w.steps++
	var changes float64
	for t, tensor := range gradients.Tensors() {
		weights, m, v := w.weights[t], w.first[t], w.second[t]
		update := make([]float64, len(weights))
		if byMuon(tensor) {
			for i, g := range tensor.Values {
				g := float64(g) * scale
				m[i] = c.Momentum*m[i] + g
				update[i] = c.Momentum*m[i] + g
			}
			rows, columns := tensor.Shape[0], tensor.Shape[1]
			update = twinNewtonSchulz(update, rows, columns)
			for i := range update {
				update[i] *= 0.2 * math.Sqrt(math.Max(float64(rows), float64(columns)))
			}
		} else {
			for i, g := range tensor.Values {
				g := float64(g) * scale
				m[i] = c.Beta1*m[i] + (1-c.Beta1)*g
				v[i] = c.Beta2*v[i] + (1-c.Beta2)*g*g
				mean, square := m[i]/(1-math.Pow(c.Beta1, float64(w.steps))), v[i]/(1-math.Pow(c.Beta2, float64(w.steps)))
				update[i] = mean / (math.Sqrt(square) + c.Epsilon)
			}
		}
		for i := range weights {
			if len(tensor.Shape) == 2 {
				update[i] += c.WeightDecay * weights[i]
			}
			weights[i] -= rate * update[i]
			changes += rate * update[i] * rate * update[i]
			w.average[t][i] = keep*w.average[t][i] + (1-keep)*weights[i]
		}
	}
	return norm, math.Sqrt(changes / float64(len(gradients.Values())))
}

func twinNewtonSchulz(x []float64, rows, columns int) []float64 {
	if rows > columns {
		return twinTranspose(twinNewtonSchulz(twinTranspose(x, rows, columns), columns, rows), columns, rows)
	}
	var norm float64
	for _, v := range x {
		norm += v * v
	}
	next := make([]float64, len(x))
	for i, v := range x {
		next[i] = v / math.Sqrt(norm)
	}
	for range 5 {
		gram := twinProduct(next, twinTranspose(next, rows, columns), rows, columns, rows)
		fourth := twinProduct(gram, gram, rows, rows, rows)
		third, fifth := twinProduct(gram, next, rows, rows, columns), twinProduct(fourth, next, rows, rows, columns)
		for i, v := range next {
			next[i] = 3.4445*v - 4.7750*third[i] + 2.0315*fifth[i]
		}
	}
	return next
}

// twinProduct is a b, [rows, depth] and [depth, columns].
func twinProduct(a, b []float64, rows, depth, columns int) []float64 {
	y := make([]float64, rows*columns)
	for r := range rows {
		for k := range depth {
			for c := range columns {
				y[r*columns+c] += a[r*depth+k] * b[k*columns+c]
			}
		}
	}
	return y
}

func twinTranspose(x []float64, rows, columns int) []float64 {
	y := make([]float64, len(x))
	for r := range rows {
		for c := range columns {
			y[c*rows+r] = x[r*columns+c]
		}
	}
	return y
}
