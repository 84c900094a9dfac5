// What the tiers with AVX2 share. 16 registers: 6 rows x 1 panel of two = 12 sums, 2 weights, 1 activation.

#include <immintrin.h>

#define LANES 8
#define TILE_ROWS 6
#define TILE_PANELS 1
#define SUPPORTED_AVX2 (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
