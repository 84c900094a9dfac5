// What the tiers with NEON share. 32 registers: 6 rows x 1 panel of four = 24 sums, 4 weights, 1 activation.

#include <arm_neon.h>

#define LANES 4
#define TILE_ROWS 6
#define TILE_PANELS 1

#if defined(__clang__)
#define NEON_TARGET(name) __attribute__((target(name)))
#else
#define NEON_TARGET(name) __attribute__((target("arch=armv8.2-a+" name)))
#endif

#if defined(__linux__)
#include <sys/auxv.h>
static int has(unsigned long kind, unsigned long bit) { return (getauxval(kind) & bit) != 0; }
#define HAS_DOTPROD has(AT_HWCAP, 1ul << 20)
#define HAS_I8MM has(AT_HWCAP2, 1ul << 13)
#elif defined(__APPLE__)
#include <sys/sysctl.h>
static int has(const char *feature) {
	int value = 0;
	size_t size = sizeof value;
	return sysctlbyname(feature, &value, &size, 0, 0) == 0 && value;
}
#define HAS_DOTPROD has("hw.optional.arm.FEAT_DotProd")
#define HAS_I8MM has("hw.optional.arm.FEAT_I8MM")
#else
#define HAS_DOTPROD 0
#define HAS_I8MM 0
#endif
