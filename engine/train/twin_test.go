package train

import (
	"math"

	"seedls/engine/checkpoint"
)

// The twin is the same model in float64, one row and one head after another: what central differences are taken of.

// twin is parameters by name.
type twin map[string][]float64

func (w twin) loss(c checkpoint.Config, s *Sequence) float64 {
	h := heads{c.Heads, c.KVHeads, c.HeadDim}
	eps := float64(c.RMSNormEps)
	x := make([][]float64, len(s.IDs))
	for i, id := range s.IDs {
		x[i] = append(x[i], w["model.embed_tokens.weight"][int(id)*c.HiddenSize:][:c.HiddenSize]...)
	}
	for layer := range c.Layers {
		prefix := "model.layers." + string(rune('0'+layer)) + "."
		attention, mlp := prefix+"self_attn.", prefix+"mlp."
		qkv := make([][]float64, len(x))
		for i := range x {
			norm := twinNorm(x[i], w[prefix+"input_layernorm.weight"], eps)
			for _, name := range []string{"q", "k", "v"} {
				projected := twinLinear(norm, w[attention+name+"_proj.weight"], w[attention+name+"_proj.bias"])
				for at := 0; at < len(projected) && name != "v"; at += c.HeadDim {
					head := projected[at : at+c.HeadDim]
					if c.QKNorm {
						copy(head, twinNorm(head, w[attention+name+"_norm.weight"], eps))
					}
					copy(head, twinRotate(head, int(s.Positions[i]), c.RopeTheta))
				}
				qkv[i] = append(qkv[i], projected...)
			}
		}
		for i := range x {
			addTwin(x[i], twinLinear(twinAttend(qkv, h, s, i), w[attention+"o_proj.weight"], nil))
			norm := twinNorm(x[i], w[prefix+"post_attention_layernorm.weight"], eps)
			gateUp := append(twinLinear(norm, w[mlp+"gate_proj.weight"], nil), twinLinear(norm, w[mlp+"up_proj.weight"], nil)...)
			addTwin(x[i], twinLinear(twinSwiGLU(gateUp), w[mlp+"down_proj.weight"], nil))
		}
	}
	head := w["lm_head.weight"]
	if c.TieWordEmbeddings {
		head = w["model.embed_tokens.weight"]
	}
	var sums, weights [2]float64
	for i := range x {
		part := 0
		if i >= s.Context {
			part = 1
		}
		if s.Targets[i] >= 0 {
			logits := twinLinear(twinNorm(x[i], w["model.norm.weight"], eps), head, nil)
			sums[part] += float64(s.Weights[i]) * twinCrossEntropy(logits, int(s.Targets[i]))
			weights[part] += float64(s.Weights[i])
		}
	}
	return 0.5*sums[0]/weights[0] + sums[1]/weights[1]
}

func twinNorm(x, weight []float64, eps float64) []float64 {
	var squares float64
	for _, v := range x {
		squares += v * v
	}
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = v / math.Sqrt(squares/float64(len(x))+eps) * weight[i]
	}
	return y
}

func twinLinear(x, weights, bias []float64) []float64 {
	y := make([]float64, len(weights)/len(x))
	copy(y, bias)
	for o := range y {
		for k, v := range x {
			y[o] += v * weights[o*len(x)+k]
		}
	}
	return y
}

func twinRotate(head []float64, position int, theta float64) []float64 {
	half := len(head) / 2
	y := make([]float64, len(head))
	for i := range half {
		sin, cos := math.Sincos(float64(position) * math.Pow(theta, -float64(i)/float64(half)))
		y[i], y[half+i] = head[i]*cos-head[half+i]*sin, head[half+i]*cos+head[i]*sin
	}
	return y
}

// twinAttend is what all heads of a row gather.
func twinAttend(qkv [][]float64, h heads, s *Sequence, row int) []float64 {
	var out []float64
	for head := range h.queries {
		key := h.queries + head/(h.queries/h.keys)
		context := make([]float64, h.dim)
		var total float64
		for other := range qkv {
			if !sees(s, row, other) {
				continue
			}
			var score float64
			for d := range h.dim {
				score += qkv[row][head*h.dim+d] * qkv[other][key*h.dim+d]
			}
			weight := math.Exp(score / math.Sqrt(float64(h.dim)))
			total += weight
			for d := range context {
				context[d] += weight * qkv[other][(key+h.keys)*h.dim+d]
			}
		}
		for _, v := range context {
			out = append(out, v/total)
		}
	}
	return out
}

func twinSwiGLU(gateUp []float64) []float64 {
	y := make([]float64, len(gateUp)/2)
	for i := range y {
		y[i] = gateUp[i] / (1 + math.Exp(-gateUp[i])) * gateUp[len(y)+i]
	}
	return y
}

func twinCrossEntropy(logits []float64, target int) float64 {
	var total float64
	for _, v := range logits {
		total += math.Exp(v - logits[target])
	}
	return math.Log(total)
}

func addTwin(x, y []float64) {
	for i, v := range y {
		x[i] += v
	}
}
