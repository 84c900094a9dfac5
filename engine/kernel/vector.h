// Vectors of LANES floats or 32-bit words, in the extensions that gcc and clang share.

#include <math.h>
#include <string.h>

#include "kernels.h"

#define PANEL 16
#define VECTORS (PANEL / LANES)
#define INLINE static inline __attribute__((always_inline)) TARGET

typedef float vec __attribute__((vector_size(LANES * 4)));
typedef int32_t ivec __attribute__((vector_size(LANES * 4)));
typedef uint32_t uvec __attribute__((vector_size(LANES * 4)));

INLINE vec load(const float *p) {
	vec v;
	memcpy(&v, p, sizeof v);
	return v;
}

INLINE ivec load_words(const uint32_t *p) {
	ivec v;
	memcpy(&v, p, sizeof v);
	return v;
}

INLINE void store(float *p, vec v) { memcpy(p, &v, sizeof v); }

INLINE vec splat(float f) { return f - (vec){}; }

INLINE ivec splat_word(int32_t i) { return i - (ivec){}; }

INLINE vec choose(ivec mask, vec yes, vec no) { return (vec)((mask & (ivec)yes) | (~mask & (ivec)no)); }

// Lanes are folded in halves, so that few operations wait for one another.

INLINE float sum(vec v) {
	float lanes[LANES];
	memcpy(lanes, &v, sizeof v);
#pragma GCC unroll 4
	for (int n = LANES / 2; n > 0; n /= 2)
#pragma GCC unroll 8
		for (int i = 0; i < n; i++) lanes[i] += lanes[i + n];
	return lanes[0];
}

INLINE int32_t sum_words(ivec v) {
	int32_t lanes[LANES];
	memcpy(lanes, &v, sizeof v);
#pragma GCC unroll 4
	for (int n = LANES / 2; n > 0; n /= 2)
#pragma GCC unroll 8
		for (int i = 0; i < n; i++) lanes[i] += lanes[i + n];
	return lanes[0];
}

INLINE float largest(vec v) {
	float lanes[LANES];
	memcpy(lanes, &v, sizeof v);
#pragma GCC unroll 4
	for (int n = LANES / 2; n > 0; n /= 2)
#pragma GCC unroll 8
		for (int i = 0; i < n; i++) lanes[i] = lanes[i + n] > lanes[i] ? lanes[i + n] : lanes[i];
	return lanes[0];
}

// part loads n < LANES floats, the rest filled.
INLINE vec part(const float *p, long n, float fill) {
	vec v = splat(fill);
	memcpy(&v, p, n * sizeof(float));
	return v;
}

// exponential is e^x for x <= 0 to within 2 units in the last place: x = n ln 2 + r, a polynomial in r (Cephes' expf
// coefficients), and n added to the exponent's bits. Below -87 the result would be denormal and is 0.
INLINE vec exponential(vec x) {
	const float magic = 12582912.0f; // 1.5 * 2^23: adding it rounds to an integer held in the low bits
	ivec tiny = x < splat(-87.0f);
	x = choose(tiny, splat(-87.0f), x);
	vec shifted = x * splat(1.44269504f) + splat(magic);
	vec n = shifted - splat(magic);
	vec r = x - n * splat(0.693359375f) + n * splat(2.12194440e-4f);
	vec p = splat(1.9875691500e-4f);
	p = p * r + splat(1.3981999507e-3f);
	p = p * r + splat(8.3334519073e-3f);
	p = p * r + splat(4.1665795894e-2f);
	p = p * r + splat(1.6666665459e-1f);
	p = p * r + splat(5.0000001201e-1f);
	p = p * r * r + r + splat(1.0f);
	ivec exponent = ((ivec)shifted << 23) + (ivec)p;
	return choose(tiny, (vec){}, (vec)exponent);
}
