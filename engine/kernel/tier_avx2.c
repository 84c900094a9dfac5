#if defined(__x86_64__)

#include "avx2.h"
#define TARGET __attribute__((target("avx2,fma")))
// VPMADDUBSW wants one side without signs and saturates at 16 bits: the signs of x go to w, and no byte is -128.
#define DOT_INT8(sum, w, x) ((ivec)dot_int8((__m256i)(sum), (__m256i)(w), (__m256i)(x)))
#define INT8_ZERO 0
static inline __attribute__((always_inline)) TARGET __m256i dot_int8(__m256i sum, __m256i w, __m256i x) {
	__m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(x), _mm256_sign_epi8(w, x));
	return _mm256_add_epi32(sum, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
}
#define TIER seedls_avx2
#define SUPPORTED SUPPORTED_AVX2
#include "tier.h"

#else
#include "kernels.h"
const struct seedls_kernels *seedls_avx2(void) { return 0; }
#endif
