// The C kernels, one set a tier. Words of 32 bits hold one float32, two bfloat16 or four bytes; matrix.go, operand.go and
// headcache.go describe the layouts.
#ifndef SEEDLS_KERNELS_H
#define SEEDLS_KERNELS_H

#include <stdint.h>

enum seedls_precision { F32, BF16, INT8, INT4, PRECISIONS };

// A product y = x wᵀ. Pointers that a precision has no use for are NULL.
struct seedls_product {
	float *y;
	long ldy; // floats a row
	const uint32_t *x;
	long ldx; // words a row
	const float *x_scales;
	const int32_t *x_sums;
	const int32_t *x_group_sums; // [rows][ldx / 8]
	const uint32_t *w;
	long stride; // words a panel
	long depth;  // words of x that are multiplied
	const float *w_scales;
	const uint16_t *w_group_scales;
	const float *bias;
	int accumulate;
};

// The operations of one tier; kernel.Kernel documents each.
struct seedls_kernels {
	void (*quantize[INT4])(uint32_t *words, float *scale, int32_t *sum, int32_t *group_sums, const float *x, long depth);
	void (*matmul[PRECISIONS])(const struct seedls_product *p, long rows, long from, long to);
	void (*attend[INT8])(float *out, long ldo, const float *q, long ldq, long rows, const uint32_t *keys,
		const uint32_t *values, long capacity, long head_dim, const int *visible, float scale, float *scores);
	void (*rms_norm)(float *y, const float *x, const float *weight, long rows, long width, float eps);
	void (*swiglu)(float *y, const float *gate_up, long rows, long width);
	void (*log_sum_exp)(const float *logits, long n, float *lse, float *entropy);
	long (*argmax)(const float *x, long n);
	void (*rotate)(float *x, long rows, long stride, long heads, long head_dim, const float *angles, const float *norm,
		float eps);
	void (*keep[INT8])(uint32_t *keys, uint32_t *values, long capacity, long head_dim, long start, const float *key,
		const float *value, long rows, long stride);

	// kernel.Training
	void (*pack_rows[INT8])(uint32_t *words, long panel_words, long first, const float *x, long rows, long depth);
	void (*pack_columns[INT8])(uint32_t *words, long panel_words, const float *x, long rows, long length, long stride);
	void (*quantize_columns[INT8])(uint32_t *words, long row_words, long width, const float *x, long rows, long length,
		long stride);
	void (*softmax)(float *x, long rows, long width, float scale);
	void (*softmax_backward)(float *d, const float *y, long rows, long width, float scale);
	void (*cross_entropy_backward)(float *logits, long n, long target, float lse, float scale);
	void (*rms_norm_backward)(float *dx, float *dweight, const float *x, const float *dy, const float *weight, long rows,
		long width, long stride, float eps, int accumulate);
	void (*swiglu_backward)(float *dgate_up, float *y, const float *gate_up, const float *dy, long rows, long width);
};

// The tier's operations, or NULL where this processor or this build has no such tier.
const struct seedls_kernels *seedls_amx(void);
const struct seedls_kernels *seedls_avx512bf16(void);
const struct seedls_kernels *seedls_avx512(void);
const struct seedls_kernels *seedls_avxvnni(void);
const struct seedls_kernels *seedls_avx2(void);
const struct seedls_kernels *seedls_i8mm(void);
const struct seedls_kernels *seedls_dotprod(void);
const struct seedls_kernels *seedls_portable(void);

#endif
