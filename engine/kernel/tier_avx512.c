#if defined(__x86_64__)

// 32 registers: 8 rows x 2 panels = 16 sums, 2 weights, 1 activation; 16 independent sums cover the latency of 4
// cycles at 2 multiply-adds a cycle.
#define TARGET __attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,fma")))
#define LANES 16
#define TILE_ROWS 8
#define TILE_PANELS 2
#define TIER seedls_avx512
#define SUPPORTED (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && \
	__builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("fma"))
#include "tier.inc"

#else
#include "kernels.h"
const struct seedls_kernels *seedls_avx512(void) { return 0; }
#endif
