// One tier of the C kernels. A file that includes this sets, before it does:
//
//	TARGET        the function attribute that admits the instruction set (may be empty)
//	LANES         floats in a vector register
//	TILE_ROWS     rows of a register tile, at most 8
//	TILE_PANELS   panels of a register tile
//	TIER          the name of the function that returns the tier
//	SUPPORTED     an expression: does this processor have the instruction set?
//
// and may set
//
//	DOT_INT8(sum, w, x)   sum and the dot products of the four bytes of w and x in each lane, where those of x are signed
//	INT8_ZERO             what DOT_INT8 takes for a weight of zero: 128 where those of w are unsigned; else 0, and it takes
//	                      them signed
//	DOT_BF16(sum, w, x)   sum and the products of the two bfloat16 of each lane
//	AMX                   that the processor has tile registers for Int8 and BF16

#include "vector.h"

#ifndef DOT_INT8
#define INT8_ZERO 0

typedef int16_t svec __attribute__((vector_size(LANES * 4)));

// Products of bytes in 16 bits: each is at most 127 * 127, so that the sum of two fits. Where a tier has no better way.
INLINE ivec dot_int8(ivec sum, ivec w, ivec x) {
	svec odd = ((svec)w >> 8) * ((svec)x >> 8);
	svec pairs = odd + ((svec)((svec)w << 8) >> 8) * ((svec)((svec)x << 8) >> 8);
	return sum + ((ivec)pairs >> 16) + ((ivec)((uvec)pairs << 16) >> 16);
}
#define DOT_INT8(sum, w, x) dot_int8(sum, w, x)
#endif

#ifndef DOT_BF16
INLINE vec dot_bf16(vec sum, ivec w, ivec x) {
	sum += (vec)(w << 16) * (vec)(x << 16);
	sum += (vec)(w & (int32_t)0xffff0000) * (vec)(x & (int32_t)0xffff0000);
	return sum;
}
#define DOT_BF16(sum, w, x) dot_bf16(sum, w, x)
#endif

#define NAME(f) f##_f32
#define SUM vec
#define STEP(sum, w, x) ((sum) + (vec)(w) * (vec)(x))
#define START(p, row) ((vec){})
#define RESULT(p, sum, row, column) (sum)
#include "product.h"

#define NAME(f) f##_bf16
#define SUM vec
#define STEP(sum, w, x) DOT_BF16(sum, w, x)
#define START(p, row) ((vec){})
#define RESULT(p, sum, row, column) (sum)
#include "product.h"

#define SCALED(p, sum, row, column) \
	(__builtin_convertvector(sum, vec) * (splat((p)->x_scales[row]) * load((p)->w_scales + (column))))

#define NAME(f) f##_int8
#define SUM ivec
#define STEP(sum, w, x) DOT_INT8(sum, (w) ^ (INT8_ZERO ? 0 : (int32_t)0x80808080), x)
#define START(p, row) splat_word(-INT8_ZERO * (p)->x_sums[row])
#define RESULT(p, sum, row, column) SCALED(p, sum, row, column)
#include "product.h"

#include "int4.h"

#ifdef AMX
#include <immintrin.h>

// The shapes of the tile registers: 16 rows of 64 bytes each.
static const struct {
	uint8_t palette, start_row, reserved[14];
	uint16_t row_bytes[16];
	uint8_t rows[16];
} tiles __attribute__((aligned(64))) = {.palette = 1,
	.row_bytes = {64, 64, 64, 64, 64, 64, 64, 64}, .rows = {16, 16, 16, 16, 16, 16, 16, 16}};

#define NAME(f) f##_bf16
#define SUM vec
#define TILE_STEP(sum, x, w) _tile_dpbf16ps(sum, x, w)
#define RESULT(p, sum, row, column) (sum)
#include "amx.h"

#define NAME(f) f##_int8
#define SUM ivec
#define TILE_STEP(sum, x, w) _tile_dpbsud(sum, x, w)
#define RESULT(p, sum, row, column) SCALED(p, (sum) - splat_word(128 * (p)->x_sums[row]), row, column)
#include "amx.h"

// Few rows leave tiles mostly empty, and vectors read weights from memory a little faster. Sums of bytes are exact either
// way; those of bfloat16 are not, so that there tiles serve any number of rows.
TARGET static void matmul_rows_int8(const struct seedls_product *p, long rows, long from, long to) {
	if (rows <= 4) matmul_int8(p, rows, from, to);
	else matmul_tiles_int8(p, rows, from, to);
}

// Activations of great depth would come from beyond a core's cache for each pair of panels: they are taken piece by piece.
TARGET static void matmul_pieces_bf16(const struct seedls_product *p, long rows, long from, long to) {
	enum { PIECE = 2048 }; // words
	struct seedls_product piece = *p;
	for (long k = 0; k < p->depth; k += PIECE) {
		piece.x = p->x + k;
		piece.w = p->w + k * PANEL;
		piece.depth = p->depth - k < PIECE ? p->depth - k : PIECE;
		piece.bias = k == 0 ? p->bias : 0;
		matmul_tiles_bf16(&piece, rows, from, to);
		piece.accumulate = 1;
	}
}

#define MATMUL_BF16 matmul_pieces_bf16
#define MATMUL_INT8 matmul_rows_int8
#else
#define MATMUL_BF16 matmul_bf16
#define MATMUL_INT8 matmul_int8
#endif

#include "rows.h"
#include "training.h"

#define NAME(f) f##_f32
#define PER_WORD 1
#define PACK(to, v) store((float *)(to), v)
#define PRODUCT matmul_f32
#include "attend.h"

#define NAME(f) f##_bf16
#define PER_WORD 2
#define PACK(to, v) store_bf16((uint16_t *)(to), v)
#define PRODUCT MATMUL_BF16
#include "attend.h"

const struct seedls_kernels *TIER(void) {
	static const struct seedls_kernels kernels = {
		.quantize = {quantize_f32, quantize_bf16, quantize_int8},
		.matmul = {matmul_f32, MATMUL_BF16, MATMUL_INT8, matmul_int4},
		.attend = {attend_f32, attend_bf16},
		.rms_norm = rms_norm,
		.swiglu = swiglu,
		.log_sum_exp = log_sum_exp,
		.argmax = argmax,
		.rotate = rotate,
		.keep = {keep_f32, keep_bf16},
		.pack_rows = {pack_rows_f32, pack_rows_bf16},
		.pack_columns = {pack_columns_f32, pack_columns_bf16},
		.quantize_columns = {quantize_columns_f32, quantize_columns_bf16},
		.softmax = softmax,
		.softmax_backward = softmax_backward,
		.cross_entropy_backward = cross_entropy_backward,
		.rms_norm_backward = rms_norm_backward,
		.swiglu_backward = swiglu_backward,
	};
	return SUPPORTED ? &kernels : 0;
}
