#if defined(__x86_64__)

#include "avx512.h"
#define TARGET __attribute__((target(TARGETS ",avx512bf16")))
#define DOT_BF16(sum, w, x) ((vec)_mm512_dpbf16_ps((__m512)(sum), (__m512bh)(w), (__m512bh)(x)))
#define TIER seedls_avx512bf16
#define SUPPORTED (SUPPORTED_AVX512 && __builtin_cpu_supports("avx512bf16"))
#include "tier.h"

#else
#include "kernels.h"
const struct seedls_kernels *seedls_avx512bf16(void) { return 0; }
#endif
