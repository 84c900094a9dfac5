// A product with weights of one precision. A file that includes this sets, and this unsets:
//
//	NAME(f)             the name f with the precision's suffix
//	SUM                 the vector type of sums
//	STEP(sum, w, x)     sum and the products of a vector of words of weights with one word of activations in all lanes
//	START(p, row)       the first value of the sums of a row
//	RESULT(p, sum, row, column)   what the sums are worth
//
// It is an outer product: a tile keeps rows x panels x 16 sums in registers, and each step along the depth loads one
// slice of 16 words a panel and broadcasts one word a row. Sums run along the depth in order whatever the tile, so that a
// row's result does not depend on the rows beside it.

INLINE void NAME(tile)(const struct seedls_product *p, long row, long panel, const int rows, const int panels) {
	SUM acc[TILE_ROWS][2 * TILE_PANELS * VECTORS];
	const uint32_t *x = p->x + row * p->ldx, *w = p->w + panel * p->stride;
	const long ldx = p->ldx, stride = p->stride;
#pragma GCC unroll 16
	for (int r = 0; r < rows; r++)
#pragma GCC unroll 16
		for (int v = 0; v < panels * VECTORS; v++) acc[r][v] = START(p, row + r);
	for (long k = 0; k < p->depth; k++) {
		ivec b[2 * TILE_PANELS * VECTORS];
#pragma GCC unroll 16
		for (int v = 0; v < panels * VECTORS; v++)
			b[v] = load_words(w + (v / VECTORS) * stride + k * PANEL + (v % VECTORS) * LANES);
#pragma GCC unroll 16
		for (int r = 0; r < rows; r++) {
			ivec a = splat_word(x[r * ldx + k]);
#pragma GCC unroll 16
			for (int v = 0; v < panels * VECTORS; v++) acc[r][v] = STEP(acc[r][v], b[v], a);
		}
	}
#pragma GCC unroll 16
	for (int r = 0; r < rows; r++)
#pragma GCC unroll 16
		for (int v = 0; v < panels * VECTORS; v++) {
			long column = panel * PANEL + v * LANES;
			float *to = p->y + (row + r) * p->ldy + column;
			vec result = RESULT(p, acc[r][v], row + r, column);
			if (p->bias) result += load(p->bias + column);
			if (p->accumulate) result += load(to);
			store(to, result);
		}
}

// tiles walks down the rows of a group of panels, the last rows in a smaller tile.
INLINE void NAME(tiles)(const struct seedls_product *p, long rows, long panel, const int panels) {
	long row = 0;
	for (; row + TILE_ROWS <= rows; row += TILE_ROWS) NAME(tile)(p, row, panel, TILE_ROWS, panels);
	switch (rows - row) {
#define REST(n) \
	case n: \
		if (n < TILE_ROWS) NAME(tile)(p, row, panel, n < TILE_ROWS ? n : 1, panels); \
		break;
		REST(1) REST(2) REST(3) REST(4) REST(5) REST(6) REST(7)
#undef REST
	}
}

TARGET static void NAME(matmul)(const struct seedls_product *p, long rows, long from, long to) {
	long panel = from;
	if (rows == 1) // twice the panels, so that there are enough sums for the latency of a step
		for (; panel + 2 * TILE_PANELS <= to; panel += 2 * TILE_PANELS) NAME(tile)(p, 0, panel, 1, 2 * TILE_PANELS);
	for (; panel + TILE_PANELS <= to; panel += TILE_PANELS) NAME(tiles)(p, rows, panel, TILE_PANELS);
	for (; panel < to; panel++) NAME(tiles)(p, rows, panel, 1);
}

#undef NAME
#undef SUM
#undef STEP
#undef START
#undef RESULT
