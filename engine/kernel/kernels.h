// The C kernels, one set a tier. Every array is row-major float32; panels are described in matrix.go.
#ifndef SEEDLS_KERNELS_H
#define SEEDLS_KERNELS_H

// The operations of one tier; kernel.Kernel documents each.
struct seedls_kernels {
	void (*matmul)(float *y, long ldy, const float *x, long ldx, long rows, const float *panels, long depth,
		const float *bias, long from, long to, int accumulate);
	void (*attend)(float *out, long ldo, const float *q, long ldq, long rows, const float *keys, const float *values,
		long capacity, long head_dim, const int *visible, float scale, float *scores);
	void (*rms_norm)(float *y, const float *x, const float *weight, long rows, long width, float eps);
	void (*swiglu)(float *y, const float *gate_up, long rows, long width);
	void (*log_sum_exp)(const float *logits, long n, float *lse, float *entropy);
};

// The tier's operations, or NULL where this processor or this build has no such tier.
const struct seedls_kernels *seedls_avx512(void);
const struct seedls_kernels *seedls_avx2(void);
const struct seedls_kernels *seedls_portable(void);

#endif
