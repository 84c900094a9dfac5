// Products on the tile registers of AMX: the activations of 16 rows and 64 bytes, and 16 words of a panel, which is laid
// out as the instructions want it, make 16 x 16 sums. A file that includes this sets, and this unsets:
//
//	NAME(f)             the name f with the precision's suffix
//	SUM                 the vector type of sums
//	TILE_STEP           the intrinsic that multiplies two tiles
//	RESULT(p, sum, row, column)   what the sums are worth
//
// Operands have whole tiles of rows, what is computed of rows that are not there is dropped. Tiles 0 to 3 are sums, 4 and
// 5 activations, 6 and 7 weights; where there is one tile of rows, 5 is weights as well.

INLINE void NAME(finish)(const struct seedls_product *p, const SUM *sums, long row, long rows, long panel) {
	for (long r = 0; r < rows; r++)
		for (int v = 0; v < VECTORS; v++) {
			long column = panel * PANEL + v * LANES;
			float *to = p->y + (row + r) * p->ldy + column;
			vec result = RESULT(p, sums[r * VECTORS + v], row + r, column);
			if (p->bias) result += load(p->bias + column);
			if (p->accumulate) result += load(to);
			store(to, result);
		}
}

// two_by_two multiplies 17 to 32 rows and two panels.
TARGET static void NAME(two_by_two)(const struct seedls_product *p, long row, long rows, long panel) {
	SUM sums[4][PANEL * VECTORS];
	const uint32_t *x = p->x + row * p->ldx, *w = p->w + panel * p->stride;
	_tile_zero(0);
	_tile_zero(1);
	_tile_zero(2);
	_tile_zero(3);
	for (long k = 0; k < p->depth; k += PANEL) {
		_tile_loadd(6, w + k * PANEL, 64);
		_tile_loadd(4, x + k, p->ldx * 4);
		_tile_loadd(7, w + p->stride + k * PANEL, 64);
		_tile_loadd(5, x + 16 * p->ldx + k, p->ldx * 4);
		if (row == 0) // the next panels are on their way while these meet the other rows
			for (long i = 0; i < PANEL; i++) {
				__builtin_prefetch(w + 2 * p->stride + (k + i) * PANEL, 0, 2);
				__builtin_prefetch(w + 3 * p->stride + (k + i) * PANEL, 0, 2);
			}
		TILE_STEP(0, 4, 6);
		TILE_STEP(1, 4, 7);
		TILE_STEP(2, 5, 6);
		TILE_STEP(3, 5, 7);
	}
	_tile_stored(0, sums[0], 64);
	_tile_stored(1, sums[1], 64);
	_tile_stored(2, sums[2], 64);
	_tile_stored(3, sums[3], 64);
	NAME(finish)(p, sums[0], row, 16, panel);
	NAME(finish)(p, sums[1], row, 16, panel + 1);
	NAME(finish)(p, sums[2], row + 16, rows - 16, panel);
	NAME(finish)(p, sums[3], row + 16, rows - 16, panel + 1);
}

// one_by multiplies up to 16 rows and one to four panels.
INLINE void NAME(one_by)(const struct seedls_product *p, long row, long rows, long panel, const int panels) {
	SUM sums[4][PANEL * VECTORS];
	const uint32_t *x = p->x + row * p->ldx, *w = p->w + panel * p->stride;
	_tile_zero(0);
	_tile_zero(1);
	_tile_zero(2);
	_tile_zero(3);
	for (long k = 0; k < p->depth; k += PANEL) {
		_tile_loadd(4, x + k, p->ldx * 4);
		_tile_loadd(5, w + k * PANEL, 64);
		TILE_STEP(0, 4, 5);
		if (panels > 1) {
			_tile_loadd(6, w + p->stride + k * PANEL, 64);
			TILE_STEP(1, 4, 6);
		}
		if (panels > 2) {
			_tile_loadd(7, w + 2 * p->stride + k * PANEL, 64);
			TILE_STEP(2, 4, 7);
		}
		if (panels > 3) {
			_tile_loadd(5, w + 3 * p->stride + k * PANEL, 64);
			TILE_STEP(3, 4, 5);
		}
	}
	_tile_stored(0, sums[0], 64);
	_tile_stored(1, sums[1], 64);
	_tile_stored(2, sums[2], 64);
	_tile_stored(3, sums[3], 64);
	for (int i = 0; i < panels; i++) NAME(finish)(p, sums[i], row, rows, panel + i);
}

// matmul_tiles takes two panels through all rows before the next two, so that weights come from memory once. The last 1 to
// 16 rows meet four panels at a time.
TARGET static void NAME(matmul_tiles)(const struct seedls_product *p, long rows, long from, long to) {
	// The intrinsics do not tell gcc what they read.
	__asm__ volatile("" ::: "memory");
	_tile_loadconfig(&tiles);
	long last = rows % 32 > 16 ? rows : rows / 32 * 32, panel = from;
	for (; last > 0 && panel + 2 <= to; panel += 2)
		for (long row = 0; row < last; row += 32)
			NAME(two_by_two)(p, row, last - row < 32 ? last - row : 32, panel);
	for (; panel < to && last > 0; panel++)
		for (long row = 0; row < last; row += 16)
			NAME(one_by)(p, row, last - row < 16 ? last - row : 16, panel, 1);
	if (last < rows) {
		for (panel = from; panel + 4 <= to; panel += 4) NAME(one_by)(p, last, rows - last, panel, 4);
		switch (to - panel) {
		case 1: NAME(one_by)(p, last, rows - last, panel, 1); break;
		case 2: NAME(one_by)(p, last, rows - last, panel, 2); break;
		case 3: NAME(one_by)(p, last, rows - last, panel, 3); break;
		}
	}
	_tile_release();
}

#undef NAME
#undef SUM
#undef TILE_STEP
#undef RESULT
