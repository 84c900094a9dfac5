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

// FOLD defines a function that makes one of all lanes, a and b at a time, in halves, so that few operations wait for one
// another.
#define FOLD(name, scalar, vector, one_of_a_and_b) \
	INLINE scalar name(vector v) { \
		scalar lanes[LANES]; \
		memcpy(lanes, &v, sizeof v); \
		_Pragma("GCC unroll 4") for (int n = LANES / 2; n > 0; n /= 2) \
			_Pragma("GCC unroll 8") for (int i = 0; i < n; i++) { \
				scalar a = lanes[i], b = lanes[i + n]; \
				lanes[i] = one_of_a_and_b; \
			} \
		return lanes[0]; \
	}

FOLD(sum, float, vec, a + b)
FOLD(sum_words, int32_t, ivec, a + b)
FOLD(largest, float, vec, b > a ? b : a)

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
