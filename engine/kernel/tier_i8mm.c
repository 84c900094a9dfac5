#if defined(__aarch64__)

#include "neon.h"
#define TARGET NEON_TARGET("i8mm")
#define DOT_INT8(sum, w, x) ((ivec)vusdotq_s32((int32x4_t)(sum), (uint8x16_t)(w), (int8x16_t)(x)))
#define INT8_ZERO 128
#define TIER seedls_i8mm
#define SUPPORTED HAS_I8MM
#include "tier.h"

#else
#include "kernels.h"
const struct seedls_kernels *seedls_i8mm(void) { return 0; }
#endif
