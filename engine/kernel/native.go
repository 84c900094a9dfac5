//go:build cgo

package kernel

/*
#cgo CFLAGS: -O3 -std=gnu11 -Wall
#cgo LDFLAGS: -lm
#include "kernels.h"

static void matmul(const struct seedls_kernels *k, float *y, long ldy, const float *x, long ldx, long rows,
	const float *panels, long depth, const float *bias, long from, long to, int accumulate) {
	k->matmul(y, ldy, x, ldx, rows, panels, depth, bias, from, to, accumulate);
}
static void attend(const struct seedls_kernels *k, float *out, long ldo, const float *q, long ldq, long rows,
	const float *keys, const float *values, long capacity, long head_dim, const int *visible, float scale,
	float *scores) {
	k->attend(out, ldo, q, ldq, rows, keys, values, capacity, head_dim, visible, scale, scores);
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

#cgo noescape matmul
#cgo noescape attend
#cgo noescape rms_norm
#cgo noescape swiglu
#cgo noescape log_sum_exp
#cgo nocallback matmul
#cgo nocallback attend
#cgo nocallback rms_norm
#cgo nocallback swiglu
#cgo nocallback log_sum_exp
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
		{"avx512", C.seedls_avx512()},
		{"avx2", C.seedls_avx2()},
		{"portable", C.seedls_portable()},
	} {
		if t.c != nil {
			tiers = append(tiers, t)
		}
	}
	return tiers
}

func (k nativeKernel) Name() string { return k.name }

func (k nativeKernel) MatMul(y, x []float32, rows int, w *Matrix, from, to int, accumulate bool) {
	if rows == 0 || from >= to {
		return
	}
	_, _ = y[(rows-1)*w.Stride()+to*PanelWidth-1], x[rows*w.depth-1]
	_ = w.panels[from*w.depth*PanelWidth : to*w.depth*PanelWidth]
	add := C.int(0)
	if accumulate {
		add = 1
	}
	C.matmul(k.c, ptr(y), C.long(w.Stride()), ptr(x), C.long(w.depth), C.long(rows), ptr(w.panels), C.long(w.depth),
		ptr(w.bias), C.long(from), C.long(to), add)
}

func (k nativeKernel) Attend(out []float32, outStride int, q []float32, qStride int, c *HeadCache, visible []int32, scale float32, scores []float32) {
	rows := len(visible)
	if rows == 0 {
		return
	}
	_, _ = out[(rows-1)*outStride+c.headDim-1], q[(rows-1)*qStride+c.headDim-1]
	_ = scores[rows*c.capacity-1]
	for _, n := range visible {
		_ = c.keys[(int(n)-1)*c.headDim]
	}
	C.attend(k.c, ptr(out), C.long(outStride), ptr(q), C.long(qStride), C.long(rows), ptr(c.keys), ptr(c.values),
		C.long(c.capacity), C.long(c.headDim), (*C.int)(unsafe.SliceData(visible)), C.float(scale), ptr(scores))
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

// wholePanels refuses a width at whose end vectors would reach beyond a row.
func wholePanels(width int) {
	if width%PanelWidth != 0 {
		panic(fmt.Sprintf("kernel: a width of %d is not a multiple of %d", width, PanelWidth))
	}
}

func ptr(s []float32) *C.float { return (*C.float)(unsafe.SliceData(s)) }
