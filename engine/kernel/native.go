//go:build cgo

package kernel

/*
#cgo CFLAGS: -O3 -std=gnu11 -Wall
#cgo LDFLAGS: -lm
#include "kernels.h"

static void quantize(const struct seedls_kernels *k, int precision, uint32_t *words, long row_words, float *scales,
	int32_t *sums, int32_t *group_sums, long groups, const float *x, long depth, long from, long to) {
	for (long r = from; r < to; r++)
		k->quantize[precision](words + r * row_words, scales + r, sums + r, group_sums ? group_sums + r * groups : 0,
			x + r * depth, depth);
}
static void matmul(const struct seedls_kernels *k, int precision, float *y, long ldy, const uint32_t *x, long ldx,
	const float *x_scales, const int32_t *x_sums, const int32_t *x_group_sums, long rows, const uint32_t *w, long stride,
	const float *w_scales, const uint16_t *w_group_scales, const float *bias, long from, long to, int accumulate) {
	struct seedls_product p = {y, ldy, x, ldx, x_scales, x_sums, x_group_sums, w, stride, ldx, w_scales, w_group_scales,
		bias, accumulate};
	k->matmul[precision](&p, rows, from, to);
}
static void attend(const struct seedls_kernels *k, int precision, float *out, long ldo, const float *q, long ldq,
	long rows, const uint32_t *keys, const uint32_t *values, long capacity, long head_dim, const int *visible,
	float scale, float *scores) {
	k->attend[precision](out, ldo, q, ldq, rows, keys, values, capacity, head_dim, visible, scale, scores);
}
static void rms_norm(const struct seedls_kernels *k, float *y, const float *x, const float *weight, long rows,
	long width, float eps) {
	k->rms_norm(y, x, weight, rows, width, eps);
}
static void swiglu(const struct seedls_kernels *k, float *y, const float *gate_up, long rows, long width) {
	k->swiglu(y, gate_up, rows, width);
}
static void log_sum_exp(const struct seedls_kernels *k, const float *logits, long n, float *out) {
	k->log_sum_exp(logits, n, &out[0], &out[1]);
}
static long argmax(const struct seedls_kernels *k, const float *x, long n) { return k->argmax(x, n); }
static void rotate(const struct seedls_kernels *k, float *x, long rows, long stride, long heads, long head_dim,
	const float *angles, const float *norm, float eps) {
	k->rotate(x, rows, stride, heads, head_dim, angles, norm, eps);
}
static void keep(const struct seedls_kernels *k, int precision, uint32_t *keys, uint32_t *values, long capacity,
	long head_dim, long start, const float *key, const float *value, long rows, long stride) {
	k->keep[precision](keys, values, capacity, head_dim, start, key, value, rows, stride);
}

// relax tells the processor that its thread is waiting for another.
static void relax(void) {
	for (int i = 0; i < 8; i++)
#if defined(__x86_64__)
		__builtin_ia32_pause();
#elif defined(__aarch64__)
		__asm__ volatile("isb");
#else
		__asm__ volatile("");
#endif
}

#cgo noescape quantize
#cgo noescape matmul
#cgo noescape attend
#cgo noescape rms_norm
#cgo noescape swiglu
#cgo noescape log_sum_exp
#cgo noescape argmax
#cgo noescape rotate
#cgo noescape keep
#cgo noescape relax
#cgo nocallback quantize
#cgo nocallback matmul
#cgo nocallback attend
#cgo nocallback rms_norm
#cgo nocallback swiglu
#cgo nocallback log_sum_exp
#cgo nocallback argmax
#cgo nocallback rotate
#cgo nocallback keep
#cgo nocallback relax
*/
import "C"

import (
	"fmt"
	"unsafe"
)

// nativeKernel is one tier of the C kernels. C goes where it is told, so each method first touches the ends of what it
// passes on: a length that is wrong is a panic, as in the reference.
type nativeKernel struct {
	name string
	c    *C.struct_seedls_kernels
}

func nativeTiers() []Kernel {
	var tiers []Kernel
	for _, t := range []nativeKernel{
		{"amx", C.seedls_amx()},
		{"avx512bf16", C.seedls_avx512bf16()},
		{"avx512", C.seedls_avx512()},
		{"avxvnni", C.seedls_avxvnni()},
		{"avx2", C.seedls_avx2()},
		{"i8mm", C.seedls_i8mm()},
		{"dotprod", C.seedls_dotprod()},
		{"portable", C.seedls_portable()},
	} {
		if t.c != nil {
			tiers = append(tiers, t)
		}
	}
	return tiers
}

func (k nativeKernel) Name() string { return k.name }

func (k nativeKernel) Quantize(o *Operand, x []float32, from, to int) {
	if from >= to {
		return
	}
	_, _ = o.words[from*o.rowWords():to*o.rowWords()], x[from*o.depth:to*o.depth]
	if o.precision == Int8 {
		_, _ = o.scales[to-1], o.sums[to-1]
	}
	var groupSums *C.int32_t
	if len(o.groupSums) > 0 {
		_ = o.groupSums[to*o.groups()-1]
		groupSums = ints(o.groupSums)
	}
	C.quantize(k.c, C.int(o.precision), words(o.words), C.long(o.rowWords()), ptr(o.scales), ints(o.sums), groupSums,
		C.long(o.groups()), ptr(x), C.long(o.depth), C.long(from), C.long(to))
}

func (k nativeKernel) MatMul(y []float32, o *Operand, w *Matrix, from, to int, accumulate bool) {
	if o.rows == 0 || from >= to {
		return
	}
	o.fits(w)
	_ = y[(o.rows-1)*w.Stride()+to*PanelWidth-1]
	_ = w.words[from*w.panelWords() : to*w.panelWords()]
	add := C.int(0)
	if accumulate {
		add = 1
	}
	C.matmul(k.c, C.int(w.precision), ptr(y), C.long(w.Stride()), words(o.words), C.long(o.rowWords()), ptr(o.scales),
		ints(o.sums), ints(o.groupSums), C.long(o.rows), words(w.words), C.long(w.panelWords()), ptr(w.scales),
		(*C.uint16_t)(unsafe.SliceData(w.groupScales)), ptr(w.bias), C.long(from), C.long(to), add)
}

func (k nativeKernel) Attend(out []float32, outStride int, q []float32, qStride int, c *HeadCache, visible []int32, scale float32, scores []float32) {
	rows := len(visible)
	if rows == 0 {
		return
	}
	_, _ = out[(rows-1)*outStride+c.headDim-1], q[(rows-1)*qStride+c.headDim-1]
	_ = scores[AttentionRows*c.capacity-1]
	for _, n := range visible {
		if n < 1 || int(n) > c.capacity {
			panic(fmt.Sprintf("kernel: a row sees %d positions of %d", n, c.capacity))
		}
	}
	C.attend(k.c, C.int(c.precision), ptr(out), C.long(outStride), ptr(q), C.long(qStride), C.long(rows), words(c.keys),
		words(c.values), C.long(c.capacity), C.long(c.headDim), (*C.int)(unsafe.SliceData(visible)), C.float(scale), ptr(scores))
}

func (k nativeKernel) RMSNorm(y, x, weight []float32, eps float32) {
	if len(x) == 0 {
		return
	}
	wholePanels(len(weight))
	_ = y[len(x)-1]
	C.rms_norm(k.c, ptr(y), ptr(x), ptr(weight), C.long(len(x)/len(weight)), C.long(len(weight)), C.float(eps))
}

func (k nativeKernel) SwiGLU(y, gateUp []float32, width int) {
	if len(y) == 0 {
		return
	}
	wholePanels(width)
	_ = gateUp[2*len(y)-1]
	C.swiglu(k.c, ptr(y), ptr(gateUp), C.long(len(y)/width), C.long(width))
}

func (k nativeKernel) LogSumExp(logits []float32) (lse, entropy float32) {
	_ = logits[0]
	var out [2]float32
	C.log_sum_exp(k.c, ptr(logits), C.long(len(logits)), ptr(out[:]))
	return out[0], out[1]
}

func (k nativeKernel) Argmax(x []float32) int {
	_ = x[0]
	return int(C.argmax(k.c, ptr(x), C.long(len(x))))
}

func (k nativeKernel) Rotate(x []float32, stride, heads, headDim int, angles, norm []float32, eps float32) {
	rows := len(angles) / headDim
	if rows == 0 {
		return
	}
	if norm != nil {
		wholePanels(headDim)
		_ = norm[headDim-1]
	}
	_ = x[(rows-1)*stride+heads*headDim-1]
	C.rotate(k.c, ptr(x), C.long(rows), C.long(stride), C.long(heads), C.long(headDim), ptr(angles), ptr(norm), C.float(eps))
}

func (k nativeKernel) Keep(c *HeadCache, start int, keys, values []float32, rows, stride int) {
	if rows == 0 {
		return
	}
	if start < 0 || start+rows > c.capacity {
		panic(fmt.Sprintf("kernel: positions %d to %d of %d", start, start+rows, c.capacity))
	}
	_, _ = keys[(rows-1)*stride+c.headDim-1], values[(rows-1)*stride+c.headDim-1]
	C.keep(k.c, C.int(c.precision), words(c.keys), words(c.values), C.long(c.capacity), C.long(c.headDim), C.long(start),
		ptr(keys), ptr(values), C.long(rows), C.long(stride))
}

func relax() { C.relax() }

// wholePanels refuses a width at whose end vectors would reach beyond a row.
func wholePanels(width int) {
	if width%PanelWidth != 0 {
		panic(fmt.Sprintf("kernel: a width of %d is not a multiple of %d", width, PanelWidth))
	}
}

// wholeRows refuses an array that ends within a row.
func wholeRows(x []float32, width int) {
	if len(x)%width != 0 {
		panic(fmt.Sprintf("kernel: %d values are no whole rows of %d", len(x), width))
	}
}

func ptr(s []float32) *C.float { return (*C.float)(unsafe.SliceData(s)) }

func words(s []uint32) *C.uint32_t { return (*C.uint32_t)(unsafe.SliceData(s)) }

func ints(s []int32) *C.int32_t { return (*C.int32_t)(unsafe.SliceData(s)) }
