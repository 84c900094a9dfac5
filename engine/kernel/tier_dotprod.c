#if defined(__aarch64__)

#include "neon.h"
#define TARGET NEON_TARGET("dotprod")
#define DOT_INT8(sum, w, x) ((ivec)vdotq_s32((int32x4_t)(sum), (int8x16_t)(w), (int8x16_t)(x)))
#define INT8_ZERO 0
#define TIER seedls_dotprod
#define SUPPORTED HAS_DOTPROD
#include "tier.h"

#else
#include "kernels.h"
const struct seedls_kernels *seedls_dotprod(void) { return 0; }
#endif
