// Products of tiles: AMX of x86-64, which Linux grants to a process that asks.
#include "ceiling.h"

#if defined(__x86_64__) && defined(__linux__)

#include <cpuid.h>
#include <immintrin.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ARCH_REQ_XCOMP_PERM 0x1023
#define XFEATURE_XTILEDATA 18

// permitted asks for the tiles, of a processor that has them and the given bit of CPUID leaf 7, EDX.
static int permitted(int bit) {
	unsigned a, b, c, d;
	if (!__get_cpuid_count(7, 0, &a, &b, &c, &d) || !(d >> 24 & 1) || !(d >> bit & 1)) return 0;
	return syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0;
}

static int has_int8(void) { return permitted(25); }
static int has_bf16(void) { return permitted(22); }

#define TILES __attribute__((target("amx-tile,amx-int8,amx-bf16")))

// Eight tiles of 16 rows of 64 bytes. The intrinsics take addresses without telling the compiler what they read, so that
// only constants are sure to be there.
static const struct {
	uint8_t palette, start_row, reserved[14];
	uint16_t column_bytes[16];
	uint8_t rows[16];
} shape = {.palette = 1, .column_bytes = {[0 ... 7] = 64}, .rows = {[0 ... 7] = 16}};

// A tile of ones of bfloat16, and as bytes of numbers that are not 0 either.
static const uint16_t ones[16 * 32] = {[0 ... 16 * 32 - 1] = 0x3f80};

// begin sets the tiles: sums in 0 to 3, operands in 4 to 7.
TILES static void begin(void) {
	_tile_loadconfig(&shape);
	_tile_zero(0);
	_tile_zero(1);
	_tile_zero(2);
	_tile_zero(3);
	_tile_loadd(4, ones, 64);
	_tile_loadd(5, ones, 64);
	_tile_loadd(6, ones, 64);
	_tile_loadd(7, ones, 64);
}

TILES static void int8(long rounds) {
	begin();
	while (rounds-- > 0) {
		_tile_dpbsud(0, 4, 6);
		_tile_dpbsud(1, 4, 7);
		_tile_dpbsud(2, 5, 6);
		_tile_dpbsud(3, 5, 7);
	}
	_tile_release();
}

TILES static void bf16(long rounds) {
	begin();
	while (rounds-- > 0) {
		_tile_dpbf16ps(0, 4, 6);
		_tile_dpbf16ps(1, 4, 7);
		_tile_dpbf16ps(2, 5, 6);
		_tile_dpbf16ps(3, 5, 7);
	}
	_tile_release();
}

const struct ceiling_probe ceiling_amx[] = {
	{"TDPBF16PS, AMX", "bf16", 4 * 16 * 16 * 32 * 2, has_bf16, bf16},
	{"TDPBSUD, AMX", "int8", 4 * 16 * 16 * 64 * 2, has_int8, int8},
	{0},
};

#else
const struct ceiling_probe ceiling_amx[] = {{0}};
#endif
