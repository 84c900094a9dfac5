// What is done to rows of activations one by one.

TARGET static float maximum(const float *x, long n) {
	float best = x[0];
	long i = 0;
	if (n >= LANES) {
		vec v = load(x);
		for (i = LANES; i + LANES <= n; i += LANES) {
			vec w = load(x + i);
			v = choose(w > v, w, v);
		}
		best = largest(v);
	}
	for (; i < n; i++)
		if (x[i] > best) best = x[i];
	return best;
}

TARGET static long argmax(const float *x, long n) {
	enum { BLOCK = 256 };
	float best = -INFINITY;
	long at = 0;
	for (long i = 0; i < n; i += BLOCK) {
		float high = maximum(x + i, n - i < BLOCK ? n - i : BLOCK);
		if (high > best) best = high, at = i;
	}
	for (long i = at; i < n && i < at + BLOCK; i++)
		if (x[i] == best) return i;
	return 0;
}

TARGET static void rms_norm(float *y, const float *x, const float *weight, long rows, long width, float eps) {
	for (long r = 0; r < rows; r++, x += width, y += width) {
		vec squares = {};
		for (long i = 0; i < width; i += LANES) {
			vec v = load(x + i);
			squares += v * v;
		}
		vec scale = splat(1 / sqrtf(sum(squares) / (float)width + eps));
		for (long i = 0; i < width; i += LANES) store(y + i, load(x + i) * scale * load(weight + i));
	}
}

TARGET static void rotate(float *x, long rows, long stride, long heads, long head_dim, const float *restrict angles,
	const float *norm, float eps) {
	long half = head_dim / 2;
	for (long r = 0; r < rows; r++, x += stride, angles += head_dim)
		for (long h = 0; h < heads; h++) {
			float *head = x + h * head_dim;
			if (norm) rms_norm(head, head, norm, 1, head_dim, eps);
			float *restrict low = head, *restrict high = head + half;
			for (long i = 0; i < half; i++) {
				float a = low[i], b = high[i], cos = angles[i], sin = angles[half + i];
				low[i] = a * cos - b * sin;
				high[i] = b * cos + a * sin;
			}
		}
}

TARGET static void keep_f32(uint32_t *keys, uint32_t *values, long capacity, long head_dim, long start, const float *key,
	const float *value, long rows, long stride) {
	for (long r = 0; r < rows; r++, key += stride, value += stride) {
		long position = start + r;
		uint32_t *k = keys + position / PANEL * head_dim * PANEL + position % PANEL;
		for (long d = 0; d < head_dim; d++) memcpy(k + d * PANEL, key + d, sizeof *k);
		for (long d = 0; d < head_dim; d += PANEL)
			memcpy(values + d * capacity + position * PANEL, value + d, PANEL * sizeof *values);
	}
}

TARGET static void quantize_f32(uint32_t *words, float *scale, int32_t *sum, int32_t *group_sums, const float *x, long depth) {
	memcpy(words, x, depth * sizeof(float));
}

// bfloat16 rounds to the nearest, ties to even, in the low half of each lane; a NaN stays one.
INLINE uvec bfloat16(vec v) {
	uvec u = (uvec)v;
	uvec nan = (uvec)(v != v);
	return (((u + 0x7fff + (u >> 16 & 1)) & ~nan) | ((u | 0x400000) & nan)) >> 16;
}

typedef uint16_t halves __attribute__((vector_size(LANES * 2)));

INLINE void store_bf16(uint16_t *to, vec v) {
	halves h = __builtin_convertvector(bfloat16(v), halves);
	memcpy(to, &h, sizeof h);
}

TARGET static void round_bf16(uint16_t *to, const float *x, long n) {
	long i = 0;
	for (; i + LANES <= n; i += LANES) store_bf16(to + i, load(x + i));
	if (i < n) {
		halves h = __builtin_convertvector(bfloat16(part(x + i, n - i, 0)), halves);
		memcpy(to + i, &h, (n - i) * sizeof *to);
	}
}

TARGET static void keep_bf16(uint32_t *keys, uint32_t *values, long capacity, long head_dim, long start, const float *key,
	const float *value, long rows, long stride) {
	for (long r = 0; r < rows; r++, key += stride, value += stride) {
		long position = start + r;
		uint32_t *k = keys + position / PANEL * head_dim / 2 * PANEL + position % PANEL;
		for (long d = 0; d < head_dim; d += PANEL) {
			uint16_t h[PANEL];
			round_bf16(h, key + d, PANEL);
			for (int i = 0; i < PANEL / 2; i++) memcpy(k + (d / 2 + i) * PANEL, h + 2 * i, sizeof *k);
			round_bf16(h, value + d, PANEL);
			uint16_t *v = (uint16_t *)(values + d * capacity / 2 + position / 2 * PANEL) + position % 2;
			for (int i = 0; i < PANEL; i++) v[2 * i] = h[i];
		}
	}
}

TARGET static void quantize_bf16(uint32_t *words, float *scale, int32_t *sum, int32_t *group_sums, const float *x, long depth) {
	uint16_t *to = (uint16_t *)words;
	round_bf16(to, x, depth);
	memset(to + depth, 0, (-depth & 31) * sizeof *to);
}

TARGET static void quantize_int8(uint32_t *words, float *scale, int32_t *row_sum, int32_t *group_sums, const float *x, long depth) {
	typedef int8_t bytes __attribute__((vector_size(LANES)));
	const float magic = 12582912.0f; // as in exponential
	vec sizes = {}, poison = {};
	for (long i = 0; i < depth; i += LANES) {
		vec v = i + LANES <= depth ? load(x + i) : part(x + i, depth - i, 0);
		vec size = (vec)((ivec)v & 0x7fffffff);
		sizes = choose(size > sizes, size, sizes);
		poison += v - v; // NaN where v is not finite
	}
	float most = largest(sizes), inverse = most > 0 ? 127 / most : 0;
	*scale = most / 127 + sum(poison);
	int8_t *to = (int8_t *)words;
	ivec total = {};
	long padded = (depth + 63) & ~63l;
	for (long i = 0; i < padded; i += 32) {
		ivec group = {};
#pragma GCC unroll 8
		for (long j = i; j < i + 32; j += LANES) {
			vec v = j + LANES <= depth ? load(x + j) : j < depth ? part(x + j, depth - j, 0) : (vec){};
			ivec q = (ivec)(v * splat(inverse) + splat(magic)) - 0x4b400000;
			bytes b = __builtin_convertvector(q, bytes);
			memcpy(to + j, &b, sizeof b);
			group += q;
		}
		if (group_sums) group_sums[i / 32] = sum_words(group);
		total += group;
	}
	*row_sum = sum_words(total);
}

// logistic is 1 / (1 + e^-x), from e^-|x|, which cannot overflow.
INLINE vec logistic(vec x) {
	vec e = exponential(choose(x < (vec){}, x, -x));
	return choose(x < (vec){}, e, splat(1.0f)) / (splat(1.0f) + e);
}

TARGET static void swiglu(float *y, const float *gate_up, long rows, long width) {
	for (long r = 0; r < rows; r++, y += width, gate_up += 2 * width)
		for (long i = 0; i < width; i += LANES) {
			vec gate = load(gate_up + i), up = load(gate_up + width + i);
			store(y + i, gate * logistic(gate) * up);
		}
}

TARGET static void log_sum_exp(const float *logits, long n, float *lse, float *entropy) {
	float top = maximum(logits, n);
	vec high = splat(top), total = {}, weighted = {};
	long i = 0;
	for (; i + LANES <= n; i += LANES) {
		vec x = load(logits + i) - high, e = exponential(x);
		total += e;
		weighted += e * x;
	}
	if (i < n) {
		vec x = part(logits + i, n - i, top - 100) - high, e = exponential(x);
		total += e;
		weighted += e * x;
	}
	float mass = sum(total), log_mass = logf(mass);
	*lse = top + log_mass;
	*entropy = log_mass - sum(weighted) / mass;
}
