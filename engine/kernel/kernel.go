// Package kernel is the arithmetic of a forward pass: products with packed weights in several precisions, attention over
// a packed cache, and the few functions between them. What passes between operations is float32.
//
// A [Kernel] is one implementation of these operations. Go is the reference: plain loops, the twin that every other
// tier is tested against (see kerneltest) and the fallback where there is no C. The C tiers are one text (tier.h)
// compiled for several instruction sets, which differ in their dot products of bytes and of bfloat16; AMX multiplies on
// tile registers. All share one layout of weights. [Best] picks the fastest tier of the machine; the environment variable
// SEEDLS_KERNEL, read by [FromEnv], names another one.
//
// Kernels do not start goroutines. A [Pool] does, and its users split an operation into parts that no two workers
// share: by rows, by panels of weights, by attention heads. Every sum runs in one order whatever the split, so the
// number of threads never changes a result.
package kernel

import (
	"fmt"
	"os"
	"strings"
)

// PanelWidth is the number of columns that packed arrays keep side by side: 16 words of 32 bits, one cache line.
const PanelWidth = 16

// AttentionRows is how many rows of a head kernels take together.
const AttentionRows = 16

// A Kernel computes on row-major float32 arrays. Implementations are stateless and safe for concurrent use on
// disjoint results.
type Kernel interface {
	// Name is the tier: "amx", "avx512bf16", "avx512", "avxvnni", "avx2", "i8mm", "dotprod", "portable" or "go".
	Name() string

	// Quantize fills rows [from, to) of o, which was reset for them, from x, [rows, depth].
	Quantize(o *Operand, x []float32, from, to int)

	// MatMul computes the columns of panels [from, to) of y = x wᵀ + bias, or y += x wᵀ + bias when accumulate is
	// set. x is [rows, w.Depth()], in the form of w's precision; y is [rows, w.Stride()].
	MatMul(y []float32, x *Operand, w *Matrix, from, to int, accumulate bool)

	// Attend is softmax(scale q Kᵀ) V for one head of c, a row for each element of visible. Row i attends to the
	// first visible[i] > 0 positions of c; it starts at i*outStride in out and at i*qStride in q. scores is scratch of
	// [AttentionRows] times c.Capacity().
	Attend(out []float32, outStride int, q []float32, qStride int, c *HeadCache, visible []int32, scale float32, scores []float32)

	// Rotate applies a rotary position embedding (arXiv 2104.09864), as Llama does: in each head the pairs (i, i +
	// headDim/2) are turned. x has rows of heads times headDim floats, stride apart; angles is [rows][2][headDim/2],
	// cosines and sines. Unless norm, [headDim], is nil, each head is first normalised as by RMSNorm.
	Rotate(x []float32, stride, heads, headDim int, angles, norm []float32, eps float32)

	// Keep stores the keys and values of rows positions from start on in c. They are headDim floats each, stride apart.
	Keep(c *HeadCache, start int, keys, values []float32, rows, stride int)

	// RMSNorm writes x / sqrt(mean(x²) + eps) * weight for each row of len(weight), a multiple of PanelWidth.
	// y may be x.
	RMSNorm(y, x, weight []float32, eps float32)

	// SwiGLU writes silu(gate) * up. A row of gateUp is width gates followed by width ups, and width, a multiple of
	// PanelWidth, is that of a row of y.
	SwiGLU(y, gateUp []float32, width int)

	// LogSumExp returns log Σ exp(logits) and the entropy, in nats, of softmax(logits).
	LogSumExp(logits []float32) (lse, entropy float32)

	// Argmax returns the first index of the largest value; any index where one is NaN.
	Argmax(x []float32) int

	Training
}

// Tiers lists the kernels that this processor and this build have, fastest first; the last is always Go.
func Tiers() []Kernel {
	return append(nativeTiers(), goKernel{})
}

// Best is the fastest tier of this machine.
func Best() Kernel { return Tiers()[0] }

// FromEnv is the tier that SEEDLS_KERNEL names, or [Best] when the variable is unset or empty.
func FromEnv() (Kernel, error) {
	want := os.Getenv("SEEDLS_KERNEL")
	if want == "" {
		return Best(), nil
	}
	var names []string
	for _, k := range Tiers() {
		if k.Name() == want {
			return k, nil
		}
		names = append(names, k.Name())
	}
	return nil, fmt.Errorf("SEEDLS_KERNEL=%s: this machine has no such kernel: choose one of %s, or unset it",
		want, strings.Join(names, ", "))
}
