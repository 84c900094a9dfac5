// What a backward pass needs besides, for kernel.Training.

// words_of is 16 words of a packed depth: floats, or two bfloat16 each, the second of the next depth, or zero where high is
// NULL. n < 16 columns are there, the other words are zero.
INLINE void words_f32(uint32_t *words, const float *low, const float *high, long n) {
	if (n < PANEL) memset(words, 0, PANEL * sizeof *words);
	memcpy(words, low, (n < PANEL ? n : PANEL) * sizeof *words);
}

INLINE void words_bf16(uint32_t *words, const float *low, const float *high, long n) {
	float ends[2][PANEL];
	if (n < PANEL) {
		memset(ends, 0, sizeof ends);
		memcpy(ends[0], low, n * sizeof *low);
		if (high) memcpy(ends[1], high, n * sizeof *high);
		low = ends[0];
		high = ends[1];
	}
	for (int v = 0; v < PANEL; v += LANES) {
		uvec word = bfloat16(load(low + v));
		if (high) word |= bfloat16(load(high + v)) << 16;
		memcpy(words + v, &word, sizeof word);
	}
}

// A shuffle takes the lanes of two vectors in turn, from their first and from their second halves.
typedef struct {
	ivec first, second;
} shuffle;

INLINE shuffle riffle(void) {
	int32_t lanes[2][LANES];
	for (int i = 0; i < LANES; i++) {
		lanes[0][i] = i / 2 + i % 2 * LANES;
		lanes[1][i] = lanes[0][i] + LANES / 2;
	}
	shuffle s;
	memcpy(&s.first, lanes[0], sizeof s.first);
	memcpy(&s.second, lanes[1], sizeof s.second);
	return s;
}

// transpose writes the columns of a block as rows that are stride apart: a square whose rows are riffled as often as its
// side can be halved has its columns for rows.
INLINE void transpose(uint32_t *to, long stride, uint32_t block[PANEL][PANEL], shuffle s) {
	for (int row = 0; row < PANEL; row += LANES)
		for (int column = 0; column < PANEL; column += LANES) {
			ivec square[LANES], riffled[LANES];
#pragma GCC unroll 16
			for (int i = 0; i < LANES; i++) square[i] = load_words(&block[row + i][column]);
#pragma GCC unroll 4
			for (int n = 1; n < LANES; n *= 2) {
#pragma GCC unroll 16
				for (int i = 0; i < LANES / 2; i++) {
					riffled[2 * i] = __builtin_shuffle(square[i], square[i + LANES / 2], s.first);
					riffled[2 * i + 1] = __builtin_shuffle(square[i], square[i + LANES / 2], s.second);
				}
#pragma GCC unroll 16
				for (int i = 0; i < LANES; i++) square[i] = riffled[i];
			}
#pragma GCC unroll 16
			for (int i = 0; i < LANES; i++) memcpy(to + (column + i) * stride + row, &square[i], sizeof square[i]);
		}
}

#define COLUMNS(suffix, per_word) \
	/* pack_columns packs rows of length floats as depths of a matrix, words beginning at the first of them. */ \
	TARGET static void pack_columns_##suffix(uint32_t *words, long panel_words, const float *x, long rows, long length, \
		long stride) { \
		for (long r = 0; r < rows; r += per_word, x += per_word * stride, words += PANEL) \
			for (long c = 0; c < length; c += PANEL) \
				words_##suffix(words + c / PANEL * panel_words, x + c, r + per_word - 1 < rows ? x + (per_word - 1) * stride + c : 0, \
					length - c); \
	} \
\
	/* quantize_columns packs rows of length floats as depths of an operand: width words of each of its rows, zeros at the end. */ \
	TARGET static void quantize_columns_##suffix(uint32_t *words, long row_words, long width, const float *x, long rows, \
		long length, long stride) { \
		shuffle s = riffle(); \
		for (long c = 0; c < length; c += PANEL) \
			for (long k = 0; k < width; k += PANEL) { \
				uint32_t block[PANEL][PANEL]; \
				long wide = length - c < PANEL ? length - c : PANEL, deep = width - k < PANEL ? width - k : PANEL; \
				for (long i = 0; i < deep; i++) { \
					long row = (k + i) * per_word; \
					const float *low = x + row * stride + c; \
					if (row < rows) words_##suffix(block[i], low, row + per_word <= rows ? low + (per_word - 1) * stride : 0, wide); \
					else memset(block[i], 0, sizeof block[i]); \
				} \
				uint32_t *to = words + c * row_words + k; \
				if (deep == PANEL && wide == PANEL) transpose(to, row_words, block, s); \
				else \
					for (long j = 0; j < wide; j++) \
						for (long i = 0; i < deep; i++) to[j * row_words + i] = block[i][j]; \
			} \
	}

COLUMNS(f32, 1)
COLUMNS(bf16, 2)

// pack_rows packs rows of depth floats as outputs of a matrix, from first on.
TARGET static void pack_rows_f32(uint32_t *words, long panel_words, long first, const float *x, long rows, long depth) {
	for (long r = 0; r < rows; r++) {
		uint32_t *to = words + (first + r) / PANEL * panel_words + (first + r) % PANEL;
		for (long k = 0; k < depth; k++) memcpy(to + k * PANEL, x + r * depth + k, sizeof *to);
	}
}

TARGET static void pack_rows_bf16(uint32_t *words, long panel_words, long first, const float *x, long rows, long depth) {
	for (long r = 0; r < rows; r++) {
		uint32_t *to = words + (first + r) / PANEL * panel_words + (first + r) % PANEL;
		for (long k = 0; k < depth; k += 2 * PANEL) {
			uint16_t halves[2 * PANEL] = {};
			uint32_t pairs[PANEL];
			long n = depth - k < 2 * PANEL ? depth - k : 2 * PANEL;
			round_bf16(halves, x + r * depth + k, n);
			memcpy(pairs, halves, sizeof pairs);
			for (long i = 0; i < (n + 1) / 2; i++) to[(k / 2 + i) * PANEL] = pairs[i];
		}
	}
}

TARGET static void softmax(float *x, long rows, long width, float scale) {
	for (long r = 0; r < rows; r++, x += width) {
		vec top = splat(maximum(x, width)), total = {};
		for (long i = 0; i < width; i += LANES) {
			vec e = exponential((load(x + i) - top) * splat(scale));
			store(x + i, e);
			total += e;
		}
		vec inverse = splat(1 / sum(total));
		for (long i = 0; i < width; i += LANES) store(x + i, load(x + i) * inverse);
	}
}

TARGET static void softmax_backward(float *d, const float *y, long rows, long width, float scale) {
	for (long r = 0; r < rows; r++, d += width, y += width) {
		vec products = {};
		for (long i = 0; i < width; i += LANES) products += load(d + i) * load(y + i);
		vec along = splat(sum(products));
		for (long i = 0; i < width; i += LANES) store(d + i, splat(scale) * load(y + i) * (load(d + i) - along));
	}
}

TARGET static void cross_entropy_backward(float *logits, long n, long target, float lse, float scale) {
	long i = 0;
	for (; i + LANES <= n; i += LANES) store(logits + i, splat(scale) * exponential(load(logits + i) - splat(lse)));
	if (i < n) {
		vec rest = splat(scale) * exponential(part(logits + i, n - i, lse) - splat(lse));
		memcpy(logits + i, &rest, (n - i) * sizeof *logits);
	}
	logits[target] -= scale;
}

TARGET static void rms_norm_backward(float *dx, float *dweight, const float *x, const float *dy, const float *weight, long rows,
	long width, long stride, float eps, int accumulate) {
	for (long r = 0; r < rows; r++, dx += stride, x += stride, dy += stride) {
		vec squares = {}, products = {};
		for (long i = 0; i < width; i += LANES) {
			vec v = load(x + i);
			squares += v * v;
			products += load(weight + i) * load(dy + i) * v;
		}
		float inverse = 1 / sqrtf(sum(squares) / (float)width + eps);
		vec scale = splat(inverse), along = splat(sum(products) * inverse * inverse / (float)width);
		for (long i = 0; i < width; i += LANES) {
			vec v = load(x + i), d = load(dy + i);
			store(dweight + i, load(dweight + i) + d * v * scale);
			d = scale * (load(weight + i) * d - along * v);
			if (accumulate) d += load(dx + i);
			store(dx + i, d);
		}
	}
}

TARGET static void swiglu_backward(float *dgate_up, float *y, const float *gate_up, const float *dy, long rows, long width) {
	for (long r = 0; r < rows; r++, y += width, dy += width, gate_up += 2 * width, dgate_up += 2 * width)
		for (long i = 0; i < width; i += LANES) {
			vec gate = load(gate_up + i), up = load(gate_up + width + i), d = load(dy + i);
			vec sigmoid = logistic(gate), silu = gate * sigmoid;
			store(y + i, silu * up);
			store(dgate_up + width + i, d * silu);
			store(dgate_up + i, d * up * (sigmoid + silu * (splat(1.0f) - sigmoid)));
		}
}
