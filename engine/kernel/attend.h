// Attention over a cache of one precision: both products are products with panels. A file that includes this sets, and
// this unsets:
//
//	NAME(f)     the name f with the precision's suffix
//	PER_WORD    values in a word
//	PACK        the function that makes operands of rows
//	PRODUCT     the product with panels, for a depth that is a multiple of STEP_WORDS words; NAME(matmul) takes any
//	STEP_WORDS  at most 16

// scores and queries have room for whole tiles of rows.
enum { NAME(ATTEND_ROWS) = 16, NAME(MAX_HEAD_DIM) = 1024 };

TARGET static void NAME(attend)(float *out, long ldo, const float *q, long ldq, long rows, const uint32_t *keys,
	const uint32_t *values, long capacity, long head_dim, const int *visible, float scale, float *scores) {
	uint32_t queries[NAME(ATTEND_ROWS) * NAME(MAX_HEAD_DIM) / PER_WORD] __attribute__((aligned(64)));
	float scaled[NAME(MAX_HEAD_DIM)];
	const long query_words = head_dim / PER_WORD;
	for (; rows > 0; rows -= NAME(ATTEND_ROWS), q += NAME(ATTEND_ROWS) * ldq, out += NAME(ATTEND_ROWS) * ldo,
		visible += NAME(ATTEND_ROWS)) {
		long n = rows < NAME(ATTEND_ROWS) ? rows : NAME(ATTEND_ROWS), most = 0;
		for (long r = 0; r < n; r++) {
			if (visible[r] > most) most = visible[r];
			for (long d = 0; d < head_dim; d++) scaled[d] = q[r * ldq + d] * scale;
			PACK((uint16_t *)(queries + r * query_words), scaled, head_dim);
		}
		struct seedls_product scoring = {.y = scores, .ldy = capacity, .x = queries, .ldx = query_words,
			.w = keys, .stride = query_words * PANEL, .depth = query_words};
		if (query_words % STEP_WORDS == 0) PRODUCT(&scoring, n, 0, (most + PANEL - 1) / PANEL);
		else NAME(matmul)(&scoring, n, 0, (most + PANEL - 1) / PANEL);

		long step = STEP_WORDS * PER_WORD, padded = (most + step - 1) / step * step;
		for (long r = 0; r < n; r++) {
			float *row = scores + r * capacity;
			softmax(row, visible[r]);
			memset(row + visible[r], 0, (padded - visible[r]) * sizeof(float));
			PACK((uint16_t *)row, row, padded);
		}
		struct seedls_product gathering = {.y = out, .ldy = ldo, .x = (uint32_t *)scores, .ldx = capacity,
			.w = values, .stride = capacity / PER_WORD * PANEL, .depth = padded / PER_WORD};
		PRODUCT(&gathering, n, 0, head_dim / PANEL);
	}
}

#undef NAME
#undef PER_WORD
#undef PACK
#undef PRODUCT
#undef STEP_WORDS
