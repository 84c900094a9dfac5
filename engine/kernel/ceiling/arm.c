// Dot products and small matrix products of narrow numbers on arm64. See vector.c for how the loops are made.
#include "ceiling.h"

#if defined(__aarch64__) && (defined(__linux__) || defined(__APPLE__))

#include <arm_neon.h>

#if defined(__linux__)
#include <sys/auxv.h>
static int has_dot(void) { return getauxval(AT_HWCAP) >> 20 & 1; }
static int has_i8mm(void) { return getauxval(AT_HWCAP2) >> 13 & 1; }
static int has_bf16(void) { return getauxval(AT_HWCAP2) >> 14 & 1; }
#else
#include <sys/sysctl.h>
static int feature(const char *name) {
	int on = 0;
	size_t size = sizeof on;
	return sysctlbyname(name, &on, &size, 0, 0) == 0 && on;
}
static int has_dot(void) { return feature("hw.optional.arm.FEAT_DotProd"); }
static int has_i8mm(void) { return feature("hw.optional.arm.FEAT_I8MM"); }
static int has_bf16(void) { return feature("hw.optional.arm.FEAT_BF16"); }
#endif

#if defined(__clang__)
#define EXTENSION(name) __attribute__((target(name)))
#else
#define EXTENSION(name) __attribute__((target("arch=armv8.2-a+" name)))
#endif

EXTENSION("dotprod") static void sdot(long rounds) {
	volatile int8_t one = 1;
	const int8x16_t a = vdupq_n_s8(one);
	int32x4_t x[16];
	for (int i = 0; i < 16; i++) x[i] = vdupq_n_s32(i);
	while (rounds-- > 0)
#pragma GCC unroll 16
		for (int i = 0; i < 16; i++) x[i] = vdotq_s32(x[i], a, a);
	for (int i = 1; i < 16; i++) x[0] = veorq_s32(x[0], x[i]);
	volatile int32_t sink = vaddvq_s32(x[0]);
	(void)sink;
}

EXTENSION("i8mm") static void smmla(long rounds) {
	volatile int8_t one = 1;
	const int8x16_t a = vdupq_n_s8(one);
	int32x4_t x[16];
	for (int i = 0; i < 16; i++) x[i] = vdupq_n_s32(i);
	while (rounds-- > 0)
#pragma GCC unroll 16
		for (int i = 0; i < 16; i++) x[i] = vmmlaq_s32(x[i], a, a);
	for (int i = 1; i < 16; i++) x[0] = veorq_s32(x[0], x[i]);
	volatile int32_t sink = vaddvq_s32(x[0]);
	(void)sink;
}

EXTENSION("bf16") static void bfmmla(long rounds) {
	volatile uint16_t one = 0x3f80;
	const bfloat16x8_t a = vreinterpretq_bf16_u16(vdupq_n_u16(one));
	float32x4_t x[16];
	for (int i = 0; i < 16; i++) x[i] = vdupq_n_f32((float)i);
	while (rounds-- > 0)
#pragma GCC unroll 16
		for (int i = 0; i < 16; i++) x[i] = vbfmmlaq_f32(x[i], a, a);
	for (int i = 1; i < 16; i++) x[0] = vaddq_f32(x[0], x[i]);
	volatile float sink = vaddvq_f32(x[0]);
	(void)sink;
}

const struct ceiling_probe ceiling_arm[] = {
	{"BFMMLA, NEON", "bf16", 16 * 16 * 2, has_bf16, bfmmla},
	{"SDOT, NEON", "int8", 16 * 16 * 2, has_dot, sdot},
	{"SMMLA, NEON", "int8", 16 * 32 * 2, has_i8mm, smmla},
	{0},
};

#else
const struct ceiling_probe ceiling_arm[] = {{0}};
#endif
