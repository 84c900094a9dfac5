#if defined(__x86_64__) && defined(__linux__)

#include <cpuid.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "avx512.h"
#define TARGET __attribute__((target(TARGETS ",amx-tile,amx-int8,amx-bf16")))
#define AMX
#define TIER seedls_amx
#define SUPPORTED (SUPPORTED_AVX512 && tiles_permitted())

// Linux gives a process the tile registers when it asks for them.
static int tiles_permitted(void) {
	enum { REQUEST_PERMISSION = 0x1023, TILE_DATA = 18, BF16_TILES = 1 << 22, TILES = 1 << 24, INT8_TILES = 1 << 25 };
	unsigned a, b, c, d;
	const unsigned needed = BF16_TILES | TILES | INT8_TILES;
	return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (d & needed) == needed &&
		syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0;
}

#include "tier.h"

#else
#include "kernels.h"
const struct seedls_kernels *seedls_amx(void) { return 0; }
#endif
