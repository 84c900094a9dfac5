// The product with weights of Int4: the eight values of a word are taken apart in registers and meet the activations of
// Int8; every 32 values the exact sums are scaled and added up as floats. The zero of a weight is 8, whose share of a
// sum is 8 times the sum of the activations of the group.

INLINE void tile_int4(const struct seedls_product *p, long row, long panel, const int rows, const int panels) {
	vec total[TILE_ROWS][2 * TILE_PANELS * VECTORS];
	const uint32_t *x = p->x + row * p->ldx, *w = p->w + panel * p->stride;
	const long ldx = p->ldx, stride = p->stride, groups = p->depth / 8;
	const uint16_t *scales = p->w_group_scales + panel * groups * PANEL;
	const int32_t *sums = p->x_group_sums + row * groups;
#pragma GCC unroll 16
	for (int r = 0; r < rows; r++)
#pragma GCC unroll 16
		for (int v = 0; v < panels * VECTORS; v++) total[r][v] = (vec){};
	for (long g = 0; g < groups; g++) {
		ivec acc[TILE_ROWS][2 * TILE_PANELS * VECTORS];
#pragma GCC unroll 16
		for (int r = 0; r < rows; r++)
#pragma GCC unroll 16
			for (int v = 0; v < panels * VECTORS; v++) acc[r][v] = splat_word(-8 * sums[r * groups + g]);
#pragma GCC unroll 4
		for (long k = 4 * g; k < 4 * g + 4; k++)
#pragma GCC unroll 16
			for (int v = 0; v < panels * VECTORS; v++) {
				ivec b = load_words(w + (v / VECTORS) * stride + k * PANEL + (v % VECTORS) * LANES);
				ivec low = b & 0x0f0f0f0f, high = (ivec)((uvec)b >> 4) & 0x0f0f0f0f;
#pragma GCC unroll 16
				for (int r = 0; r < rows; r++) {
					acc[r][v] = DOT_INT8(acc[r][v], low, splat_word(x[r * ldx + 2 * k]));
					acc[r][v] = DOT_INT8(acc[r][v], high, splat_word(x[r * ldx + 2 * k + 1]));
				}
			}
#pragma GCC unroll 16
		for (int v = 0; v < panels * VECTORS; v++) {
			typedef uint16_t halves __attribute__((vector_size(LANES * 2)));
			halves h;
			memcpy(&h, scales + ((v / VECTORS) * groups + g) * PANEL + (v % VECTORS) * LANES, sizeof h);
			vec scale = (vec)(__builtin_convertvector(h, uvec) << 16);
#pragma GCC unroll 16
			for (int r = 0; r < rows; r++) total[r][v] += __builtin_convertvector(acc[r][v], vec) * scale;
		}
	}
#pragma GCC unroll 16
	for (int r = 0; r < rows; r++)
#pragma GCC unroll 16
		for (int v = 0; v < panels * VECTORS; v++) {
			long column = panel * PANEL + v * LANES;
			float *to = p->y + (row + r) * p->ldy + column;
			vec result = total[r][v] * splat(p->x_scales[row + r]);
			if (p->bias) result += load(p->bias + column);
			if (p->accumulate) result += load(to);
			store(to, result);
		}
}

// Half the rows of the other precisions: a tile has sums of two kinds.
TARGET static void matmul_int4(const struct seedls_product *p, long rows, long from, long to) {
	long panel = from;
	if (rows == 1)
		for (; panel + 2 * TILE_PANELS <= to; panel += 2 * TILE_PANELS) tile_int4(p, 0, panel, 1, 2 * TILE_PANELS);
	for (; panel < to; panel++) {
		long row = 0;
		for (; row + TILE_ROWS <= rows; row += TILE_ROWS) tile_int4(p, row, panel, TILE_ROWS, 1);
		for (; row < rows; row++) tile_int4(p, row, panel, 1, 1);
	}
}
