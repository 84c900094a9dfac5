// Attention over a cache of one precision: both products are products with panels. A file that includes this sets, and
// this unsets:
//
//	NAME(f)     the name f with the precision's suffix
//	PER_WORD    values in a word
//	PACK        the function that makes operands of rows

enum { NAME(ATTEND_ROWS) = 8, NAME(MAX_HEAD_DIM) = 1024 };

TARGET static void NAME(attend)(float *out, long ldo, const float *q, long ldq, long rows, const uint32_t *keys,
	const uint32_t *values, long capacity, long head_dim, const int *visible, float scale, float *scores) {
	uint32_t queries[NAME(ATTEND_ROWS) * NAME(MAX_HEAD_DIM)] __attribute__((aligned(64)));
	float scaled[NAME(MAX_HEAD_DIM)];
	for (; rows > 0; rows -= NAME(ATTEND_ROWS), q += NAME(ATTEND_ROWS) * ldq, out += NAME(ATTEND_ROWS) * ldo,
		visible += NAME(ATTEND_ROWS)) {
		long n = rows < NAME(ATTEND_ROWS) ? rows : NAME(ATTEND_ROWS), most = 0;
		for (long r = 0; r < n; r++) {
			if (visible[r] > most) most = visible[r];
			for (long d = 0; d < head_dim; d++) scaled[d] = q[r * ldq + d] * scale;
			PACK((uint16_t *)(queries + r * NAME(MAX_HEAD_DIM)), scaled, head_dim);
		}
		long words = (most + PER_WORD - 1) / PER_WORD;
		struct seedls_product scoring = {.y = scores, .ldy = capacity, .x = queries, .ldx = NAME(MAX_HEAD_DIM),
			.w = keys, .stride = head_dim / PER_WORD * PANEL, .depth = head_dim / PER_WORD};
		NAME(matmul)(&scoring, n, 0, (most + PANEL - 1) / PANEL);
		for (long r = 0; r < n; r++) {
			float *row = scores + r * capacity;
			softmax(row, visible[r]);
			memset(row + visible[r], 0, (words * PER_WORD - visible[r]) * sizeof(float));
			PACK((uint16_t *)row, row, words * PER_WORD);
		}
		struct seedls_product gathering = {.y = out, .ldy = ldo, .x = (uint32_t *)scores, .ldx = capacity,
			.w = values, .stride = capacity / PER_WORD * PANEL, .depth = words};
		NAME(matmul)(&gathering, n, 0, head_dim / PANEL);
	}
}

#undef NAME
#undef PER_WORD
#undef PACK
