#if defined(__x86_64__)

// 16 registers: 6 rows x 1 panel of two = 12 sums, 2 weights, 1 activation.
#define TARGET __attribute__((target("avx2,fma")))
#define LANES 8
#define TILE_ROWS 6
#define TILE_PANELS 1
#define TIER seedls_avx2
#define SUPPORTED (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
#include "tier.inc"

#else
#include "kernels.h"
const struct seedls_kernels *seedls_avx2(void) { return 0; }
#endif
