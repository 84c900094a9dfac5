#if defined(__x86_64__)

#include <cpuid.h>

#include "avx2.h"
#define TARGET __attribute__((target("avx2,fma,avxvnni")))
#define DOT_INT8(sum, w, x) ((ivec)_mm256_dpbusd_avx_epi32((__m256i)(sum), (__m256i)(w), (__m256i)(x)))
#define INT8_ZERO 128
#define TIER seedls_avxvnni
#define SUPPORTED (SUPPORTED_AVX2 && has_avxvnni())

static int has_avxvnni(void) {
	unsigned a, b, c, d;
	return __get_cpuid_count(7, 1, &a, &b, &c, &d) && (a & 1 << 4);
}

#include "tier.h"

#else
#include "kernels.h"
const struct seedls_kernels *seedls_avxvnni(void) { return 0; }
#endif
