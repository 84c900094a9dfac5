// Four floats a vector: SSE2 on x86-64, NEON on arm64, plain arithmetic elsewhere. 16 registers at least: 2 rows x 1
// panel of four = 8 sums, 4 weights, 1 activation.
#define TARGET
#define LANES 4
#define TILE_ROWS 2
#define TILE_PANELS 1
#define TIER seedls_portable
#define SUPPORTED 1
#include "tier.h"
