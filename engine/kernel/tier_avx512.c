#if defined(__x86_64__)

#include "avx512.h"
#define TARGET __attribute__((target(TARGETS)))
#define TIER seedls_avx512
#define SUPPORTED SUPPORTED_AVX512
#include "tier.h"

#else
#include "kernels.h"
const struct seedls_kernels *seedls_avx512(void) { return 0; }
#endif
