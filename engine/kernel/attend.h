// Attention over a cache of one precision: both products are products with panels. A file that includes this sets, and
// this unsets:
//
//	NAME(f)       the name f with the precision's suffix
//	PER_WORD      values in a word
//	PACK(to, v)   writes a vector of floats as values
//	PRODUCT       the product with panels, for a depth of a multiple of 16 words; NAME(matmul) takes any

// A query, and the scores of as many rows as a tile has.
enum { NAME(ATTEND_ROWS) = 16, NAME(MAX_HEAD_DIM) = 1024 };

// weigh replaces the first n scores by e^(score - maximum), and what follows them by zeros, up to padded, a multiple of
// LANES; it packs them, in place, and returns their sum.
TARGET static float NAME(weigh)(float *scores, long n, long padded) {
	vec high = splat(maximum(scores, n)), total = {};
	ivec lane;
	for (int l = 0; l < LANES; l++) lane[l] = l;
	for (long i = 0; i < padded; i += LANES) {
		vec e = exponential(load(scores + i) - high);
		if (i + LANES > n) e = choose(lane < splat_word((int32_t)(n - i)), e, (vec){});
		total += e;
		PACK((char *)scores + i * 4 / PER_WORD, e);
	}
	return sum(total);
}

TARGET static void NAME(attend)(float *out, long ldo, const float *q, long ldq, long rows, const uint32_t *keys,
	const uint32_t *values, long capacity, long head_dim, const int *visible, float scale, float *scores) {
	uint32_t queries[NAME(ATTEND_ROWS) * NAME(MAX_HEAD_DIM) / PER_WORD] __attribute__((aligned(64)));
	float inverse[NAME(ATTEND_ROWS)];
	const long query_words = head_dim / PER_WORD;
	for (; rows > 0; rows -= NAME(ATTEND_ROWS), q += NAME(ATTEND_ROWS) * ldq, out += NAME(ATTEND_ROWS) * ldo,
		visible += NAME(ATTEND_ROWS)) {
		long n = rows < NAME(ATTEND_ROWS) ? rows : NAME(ATTEND_ROWS), most = 0;
		for (long r = 0; r < n; r++) {
			if (visible[r] > most) most = visible[r];
			for (long d = 0; d < head_dim; d += LANES)
				PACK((char *)(queries + r * query_words) + d * 4 / PER_WORD, load(q + r * ldq + d) * splat(scale));
		}
		struct seedls_product scoring = {.y = scores, .ldy = capacity, .x = queries, .ldx = query_words,
			.w = keys, .stride = query_words * PANEL, .depth = query_words};
		if (query_words % 16 == 0) PRODUCT(&scoring, n, 0, (most + PANEL - 1) / PANEL);
		else NAME(matmul)(&scoring, n, 0, (most + PANEL - 1) / PANEL);

		long padded = (most + 31) & ~31l;
		for (long r = 0; r < n; r++) inverse[r] = 1 / NAME(weigh)(scores + r * capacity, visible[r], padded);
		struct seedls_product gathering = {.y = out, .ldy = ldo, .x = (uint32_t *)scores, .ldx = capacity,
			.w = values, .stride = capacity / PER_WORD * PANEL, .depth = padded / PER_WORD};
		PRODUCT(&gathering, n, 0, head_dim / PANEL);
		for (long r = 0; r < n; r++)
			for (long d = 0; d < head_dim; d += LANES)
				store(out + r * ldo + d, load(out + r * ldo + d) * splat(inverse[r]));
	}
}

#undef NAME
#undef PER_WORD
#undef PACK
#undef PRODUCT
