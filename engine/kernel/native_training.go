//go:build cgo

package kernel

/*
#include "kernels.h"

static void pack_rows(const struct seedls_kernels *k, int precision, uint32_t *words, long panel_words, long first,
	const float *x, long rows, long depth) {
	k->pack_rows[precision](words, panel_words, first, x, rows, depth);
}
static void pack_columns(const struct seedls_kernels *k, int precision, uint32_t *words, long panel_words, const float *x,
	long rows, long length, long stride) {
	k->pack_columns[precision](words, panel_words, x, rows, length, stride);
}
static void quantize_columns(const struct seedls_kernels *k, int precision, uint32_t *words, long row_words, long width,
	const float *x, long rows, long length, long stride) {
	k->quantize_columns[precision](words, row_words, width, x, rows, length, stride);
}
static void softmax(const struct seedls_kernels *k, float *x, long rows, long width, float scale) {
	k->softmax(x, rows, width, scale);
}
static void softmax_backward(const struct seedls_kernels *k, float *d, const float *y, long rows, long width,
	float scale) {
	k->softmax_backward(d, y, rows, width, scale);
}
static void cross_entropy_backward(const struct seedls_kernels *k, float *logits, long n, long target, float lse,
	float scale) {
	k->cross_entropy_backward(logits, n, target, lse, scale);
}
static void rms_norm_backward(const struct seedls_kernels *k, float *dx, float *dweight, const float *x, const float *dy,
	const float *weight, long rows, long width, long stride, float eps, int accumulate) {
	k->rms_norm_backward(dx, dweight, x, dy, weight, rows, width, stride, eps, accumulate);
}
static void swiglu_backward(const struct seedls_kernels *k, float *dgate_up, float *y, const float *gate_up,
	const float *dy, long rows, long width) {
	k->swiglu_backward(dgate_up, y, gate_up, dy, rows, width);
}

#cgo noescape pack_rows
#cgo noescape pack_columns
#cgo noescape quantize_columns
#cgo noescape softmax
#cgo noescape softmax_backward
#cgo noescape cross_entropy_backward
#cgo noescape rms_norm_backward
#cgo noescape swiglu_backward
#cgo nocallback pack_rows
#cgo nocallback pack_columns
#cgo nocallback quantize_columns
#cgo nocallback softmax
#cgo nocallback softmax_backward
#cgo nocallback cross_entropy_backward
#cgo nocallback rms_norm_backward
#cgo nocallback swiglu_backward
*/
import "C"

func (k nativeKernel) PackRows(w *Matrix, first int, weights []float32) {
	w.packsRows(first, weights)
	if rows := len(weights) / w.depth; rows > 0 {
		C.pack_rows(k.c, C.int(w.precision), words(w.words), C.long(w.panelWords()), C.long(first), ptr(weights), C.long(rows),
			C.long(w.depth))
	}
}

func (k nativeKernel) PackColumns(w *Matrix, first int, x []float32, rows, length, stride int) {
	w.packsColumns(first, rows, length)
	if rows == 0 || length == 0 {
		return
	}
	_ = x[(rows-1)*stride+length-1]
	C.pack_columns(k.c, C.int(w.precision), words(w.words[first/w.precision.perWord()*PanelWidth:]), C.long(w.panelWords()),
		ptr(x), C.long(rows), C.long(length), C.long(stride))
}

func (k nativeKernel) QuantizeColumns(o *Operand, first int, x []float32, rows, length, stride int) {
	width := o.packsColumns(first, rows, length)
	if rows == 0 || length == 0 {
		return
	}
	_ = x[(rows-1)*stride+length-1]
	at := first / o.precision.perWord()
	_ = o.words[(length-1)*o.rowWords()+at+width-1]
	C.quantize_columns(k.c, C.int(o.precision), words(o.words[at:]), C.long(o.rowWords()), C.long(width), ptr(x), C.long(rows),
		C.long(length), C.long(stride))
}

func (k nativeKernel) Softmax(x []float32, width int, scale float32) {
	wholePanels(width)
	wholeRows(x, width)
	C.softmax(k.c, ptr(x), C.long(len(x)/width), C.long(width), C.float(scale))
}

func (k nativeKernel) SoftmaxBackward(d, y []float32, width int, scale float32) {
	wholePanels(width)
	wholeRows(y, width)
	_ = d[:len(y)]
	C.softmax_backward(k.c, ptr(d), ptr(y), C.long(len(y)/width), C.long(width), C.float(scale))
}

func (k nativeKernel) CrossEntropyBackward(logits []float32, target int, lse, scale float32) {
	_ = logits[target]
	C.cross_entropy_backward(k.c, ptr(logits), C.long(len(logits)), C.long(target), C.float(lse), C.float(scale))
}

func (k nativeKernel) RMSNormBackward(dx, dweight, x, dy, weight []float32, rows, stride int, eps float32, accumulate bool) {
	if rows == 0 {
		return
	}
	width := len(weight)
	wholePanels(width)
	last := (rows-1)*stride + width - 1
	_, _, _, _ = dx[last], x[last], dy[last], dweight[width-1]
	add := C.int(0)
	if accumulate {
		add = 1
	}
	C.rms_norm_backward(k.c, ptr(dx), ptr(dweight), ptr(x), ptr(dy), ptr(weight), C.long(rows), C.long(width),
		C.long(stride), C.float(eps), add)
}

func (k nativeKernel) SwiGLUBackward(dgateUp, y, gateUp, dy []float32, width int) {
	wholePanels(width)
	wholeRows(dy, width)
	n := len(dy)
	_, _, _ = dgateUp[:2*n], y[:n], gateUp[:2*n]
	C.swiglu_backward(k.c, ptr(dgateUp), ptr(y), ptr(gateUp), ptr(dy), C.long(n/width), C.long(width))
}
