// What the tiers with AVX-512 share. 32 registers: 8 rows x 2 panels = 16 sums, 2 weights, 1 activation; 16 independent
// sums cover the latency of 4 cycles at 2 multiply-adds a cycle.

#include <immintrin.h>

#define TARGETS "avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,fma"
#define LANES 16
#define TILE_ROWS 8
#define TILE_PANELS 2
#define DOT_INT8(sum, w, x) ((ivec)_mm512_dpbusd_epi32((__m512i)(sum), (__m512i)(w), (__m512i)(x)))
#define INT8_ZERO 128
#define SUPPORTED_AVX512 \
	(__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && \
		__builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("fma"))
