// Package optimize changes the parameters of a model by their gradients.
//
// Matrices of the layers are updated by Muon, all else by AdamW. Muon's updates are scaled to the size of AdamW's
// (arXiv 2502.16982), so that one rate serves both. An [Optimizer] also limits the norm of gradients, leaves out a step
// whose gradients are not finite, and keeps an average of the parameters, which is what a trained model is made of. A
// [Schedule] says which share of the rate a step has.
//
//	o, err := optimize.New(parameters, k, pool, optimize.Defaults())
//	for step := range schedule.Steps {
//		...
//		report := o.Step(gradients, rate*schedule.Share(step))
//	}
//
// Results do not depend on the number of threads, to the bit: each sum has its parts and its order.
package optimize

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"seedls/engine/kernel"
	"seedls/engine/train"
)

// Config is how parameters are updated.
type Config struct {
	Momentum     float64 // of Muon, in [0, 1)
	Beta1, Beta2 float64 // of AdamW: how much of the moments stays a step, in [0, 1)
	Epsilon      float64 // of AdamW: added to the root of the second moment, above 0
	WeightDecay  float64 // of matrices: this share of them, times the rate, is taken off a step
	MaxNorm      float64 // gradients of a larger Euclidean norm are scaled down to it; 0 for none
	Average      float64 // how much of the average stays a step, in [0, 1); less in the first steps
	// Precision of Muon's products, F32 or BF16.
	Precision kernel.Precision
}

// Defaults are settings to begin with.
func Defaults() Config {
	return Config{
		Momentum: 0.95, Beta1: 0.9, Beta2: 0.95, Epsilon: 1e-8, WeightDecay: 0.1, MaxNorm: 1, Average: 0.999,
		Precision: kernel.BF16,
	}
}

func (c *Config) check() error {
	for _, share := range []struct {
		name  string
		value float64
	}{
		{"momentum", c.Momentum},
		{"beta1", c.Beta1},
		{"beta2", c.Beta2},
		{"average", c.Average},
	} {
		if !(share.value >= 0 && share.value < 1) {
			return fmt.Errorf("%s is %g: it must be at least 0 and below 1", share.name, share.value)
		}
	}
	if !(c.Epsilon > 0 && c.Epsilon < 1) {
		return fmt.Errorf("epsilon is %g: it must be between 0 and 1", c.Epsilon)
	}
	if !(c.WeightDecay >= 0 && c.WeightDecay <= math.MaxFloat32) {
		return fmt.Errorf("weight_decay is %g: it must be 0 or more", c.WeightDecay)
	}
	if !(c.MaxNorm >= 0) {
		return fmt.Errorf("max_norm is %g: it must be positive, or 0 for none", c.MaxNorm)
	}
	if c.Precision != kernel.F32 && c.Precision != kernel.BF16 {
		return fmt.Errorf("precision is %v: Muon computes in f32 or bf16", c.Precision)
	}
	return nil
}

// An Optimizer updates one set of parameters, on a pool of workers. Beside its memory of 8 bytes a parameter, and 4 more
// for each that AdamW updates, it owns scratch space for each worker. It is used by one goroutine at a time.
type Optimizer struct {
	config     Config
	pool       *kernel.Pool
	parameters *train.Parameters
	average    *train.Parameters
	momentum   []float32 // of all values: Muon's momentum, AdamW's first moment
	variance   []float32 // AdamW's second moment
	state      []train.Tensor
	steps      int

	parts   []part
	polars  []polar   // of each worker
	squares []float64 // sums of squares, of parts

	// The step under way.
	gradients     []float32
	scale         float32 // of gradients
	rate          float32
	correct1      float32 // what makes up for moments that begin as zeros
	correct2      float32
	averaged      float32 // the share of parameters in their average
	measure, work func(worker, part int)
}

// A part is values that are updated together, whatever the number of workers.
type part struct {
	from, to      int
	rows, columns int // of the matrix that they are, for Muon; 0 for AdamW
	variance      int // where their second moments are, for AdamW
	decay         float32
}

// partValues is how many values are a part of what is done to each value by itself.
const partValues = 1 << 15

// A Report is what a step did.
type Report struct {
	GradientNorm float64 // Euclidean, of all gradients, before it was limited
	Clipped      bool    // the gradients were scaled down to the largest norm
	Skipped      bool    // the gradients are not finite, or too large to square: nothing was changed
	UpdateRMS    float64 // the root of the mean square of the changes of all parameters
}

// New makes an optimiser of p, which computes with k on pool. The average begins as the parameters are. An error begins
// with the name of the setting, as in snake case.
func New(p *train.Parameters, k kernel.Kernel, pool *kernel.Pool, c Config) (*Optimizer, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	average, err := train.NewParameters(p.Config())
	if err != nil {
		return nil, err
	}
	copy(average.Values(), p.Values())
	o := &Optimizer{config: c, pool: pool, parameters: p, average: average, momentum: make([]float32, len(p.Values()))}
	o.layout()
	rows, columns := 0, 0
	for _, part := range o.parts {
		rows, columns = max(rows, min(part.rows, part.columns)), max(columns, part.rows, part.columns)
	}
	for range pool.Workers() {
		o.polars = append(o.polars, newPolar(k, c.Precision, rows, columns))
	}
	o.squares = make([]float64, max(len(o.parts), chunks(len(p.Values()))))
	o.measure = func(_, part int) { o.squares[part] = squares(o.gradients[part*partValues:][:o.length(part)]) }
	o.work = func(worker, part int) { o.squares[part] = o.update(&o.parts[part], &o.polars[worker]) }
	return o, nil
}

// layout names what is remembered of each tensor and divides the values into parts, those that take longest first.
func (o *Optimizer) layout() {
	var first, second, average []train.Tensor
	at, variances := 0, 0
	for _, t := range o.parameters.Tensors() {
		n := len(t.Values)
		first = append(first, train.Tensor{Name: "momentum." + t.Name, Shape: t.Shape, Values: o.momentum[at : at+n]})
		p := part{from: at, to: at + n}
		if len(t.Shape) == 2 {
			p.decay = float32(o.config.WeightDecay)
		}
		if byMuon(t) {
			p.rows, p.columns = t.Shape[0], t.Shape[1]
			o.parts = append(o.parts, p)
		} else {
			for ; p.from < at+n; p.from = p.to {
				p.to = min(p.from+partValues, at+n)
				p.variance = variances + p.from - at
				o.parts = append(o.parts, p)
			}
			second = append(second, train.Tensor{Name: "variance." + t.Name, Shape: t.Shape})
			variances += n
		}
		at += n
	}
	slices.SortStableFunc(o.parts, func(a, b part) int {
		return cmp.Compare(b.rows*b.columns*min(b.rows, b.columns), a.rows*a.columns*min(a.rows, a.columns))
	})
	o.variance = make([]float32, variances)
	rest := o.variance
	for i, t := range second {
		n := 1
		for _, d := range t.Shape {
			n *= d
		}
		second[i].Values, rest = rest[:n], rest[n:]
	}
	for _, t := range o.average.Tensors() {
		average = append(average, train.Tensor{Name: "average." + t.Name, Shape: t.Shape, Values: t.Values})
	}
	o.state = slices.Concat(o.parameters.Tensors(), average, first, second)
}

// byMuon reports whether a tensor is a matrix between hidden states. Embeddings and the output have a row a token.
func byMuon(t train.Tensor) bool {
	return len(t.Shape) == 2 && strings.HasPrefix(t.Name, "model.layers.")
}

// Step updates the parameters by their gradients, which have their configuration, and their average. It does not
// allocate, and leaves the gradients as they are.
func (o *Optimizer) Step(gradients *train.Parameters, rate float64) Report {
	o.gradients = gradients.Values()
	parts := chunks(len(o.gradients))
	o.pool.Run(parts, o.measure)
	norm := math.Sqrt(sum(o.squares[:parts]))
	report := Report{GradientNorm: norm}
	if !(norm*norm <= math.MaxFloat32) {
		report.Skipped = true
		return report
	}
	o.scale = 1
	if limit := o.config.MaxNorm; limit > 0 && norm > limit {
		o.scale, report.Clipped = float32(limit/norm), true
	}
	o.averaged = float32(1 - min(o.config.Average, float64(1+o.steps)/float64(10+o.steps)))
	o.steps++
	o.rate = float32(rate)
	o.correct1 = float32(1 / (1 - math.Pow(o.config.Beta1, float64(o.steps))))
	o.correct2 = float32(1 / (1 - math.Pow(o.config.Beta2, float64(o.steps))))
	o.pool.Run(len(o.parts), o.work)
	report.UpdateRMS = math.Sqrt(sum(o.squares[:len(o.parts)]) / float64(len(o.gradients)))
	return report
}

// update returns the sum of the squares of the changes.
func (o *Optimizer) update(p *part, scratch *polar) float64 {
	weights, gradients := o.parameters.Values()[p.from:p.to], o.gradients[p.from:p.to]
	momentum := o.momentum[p.from:p.to]
	var change float64
	if p.rows > 0 {
		change = o.muon(p, scratch, weights, gradients, momentum)
	} else {
		change = o.adamW(weights, gradients, momentum, o.variance[p.variance:][:len(weights)], p.decay)
	}
	average := o.average.Values()[p.from:p.to][:len(weights)]
	for i, w := range weights {
		average[i] += o.averaged * (w - average[i])
	}
	return change
}

// Average is the exponential average of the parameters over the steps. It changes with each step.
func (o *Optimizer) Average() *train.Parameters { return o.average }

// Steps counts the steps that were not skipped.
func (o *Optimizer) Steps() int { return o.steps }

// SetSteps restores the count of steps.
func (o *Optimizer) SetSteps(n int) { o.steps = n }

// Tensors are all that a step changes, but for the count of steps: the parameters by their names, and after "average.",
// "momentum." and "variance." what is remembered of them. An optimiser of the same settings that is given these values, and
// the count, goes on as the one that they came from. Do not change the slice.
func (o *Optimizer) Tensors() []train.Tensor { return o.state }

// length is that of a part of all values.
func (o *Optimizer) length(part int) int { return min(partValues, len(o.gradients)-part*partValues) }

// chunks is the number of parts of n values.
func chunks(n int) int { return (n + partValues - 1) / partValues }

func sum(values []float64) (total float64) {
	for _, v := range values {
		total += v
	}
	return total
}

// squares is the sum of the squares of values, in four sums that do not wait for each other.
func squares(values []float32) float64 {
	var a, b, c, d float64
	for ; len(values) >= 4; values = values[4:] {
		v0, v1, v2, v3 := float64(values[0]), float64(values[1]), float64(values[2]), float64(values[3])
		a += v0 * v0
		b += v1 * v1
		c += v2 * v2
		d += v3 * v3
	}
	for _, v := range values {
		a += float64(v) * float64(v)
	}
	return a + b + c + d
}
