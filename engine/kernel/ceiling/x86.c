// Dot products of narrow numbers in vector registers of x86-64. See vector.c for how the loops are made.
#include "ceiling.h"

#if defined(__x86_64__)

#include <cpuid.h>
#include <immintrin.h>

// has says whether a bit of a register of CPUID leaf 7 is set; registers are counted from EAX.
static int has(unsigned subleaf, int which, int bit) {
	unsigned r[4] = {0};
	return __get_cpuid_count(7, subleaf, &r[0], &r[1], &r[2], &r[3]) && r[which] >> bit & 1;
}

static int has_vnni512(void) { return __builtin_cpu_supports("avx512f") && has(0, 2, 11); }
static int has_vnni256(void) { return __builtin_cpu_supports("avx2") && has(1, 0, 4); }
static int has_bf16(void) { return __builtin_cpu_supports("avx512f") && has(1, 0, 5); }

__attribute__((target("avx512f,avx512vnni"))) static void vnni512(long rounds) {
	volatile int ones = 0x01010101;
	const __m512i a = _mm512_set1_epi32(ones);
	__m512i x[16];
	for (int i = 0; i < 16; i++) x[i] = _mm512_set1_epi32(i);
	while (rounds-- > 0)
#pragma GCC unroll 16
		for (int i = 0; i < 16; i++) x[i] = _mm512_dpbusd_epi32(x[i], a, a);
	for (int i = 1; i < 16; i++) x[0] = _mm512_xor_si512(x[0], x[i]);
	volatile int sink = _mm512_reduce_add_epi32(x[0]);
	(void)sink;
}

__attribute__((target("avx2,avxvnni"))) static void vnni256(long rounds) {
	volatile int ones = 0x01010101;
	const __m256i a = _mm256_set1_epi32(ones);
	__m256i x[12];
	for (int i = 0; i < 12; i++) x[i] = _mm256_set1_epi32(i);
	while (rounds-- > 0)
#pragma GCC unroll 16
		for (int i = 0; i < 12; i++) x[i] = _mm256_dpbusd_avx_epi32(x[i], a, a);
	for (int i = 1; i < 12; i++) x[0] = _mm256_xor_si256(x[0], x[i]);
	volatile int sink = _mm256_extract_epi32(x[0], 0);
	(void)sink;
}

__attribute__((target("avx512f,avx512bf16"))) static void bf16(long rounds) {
	volatile int ones = 0x3f803f80; // two of bfloat16
	const __m512bh a = (__m512bh)_mm512_set1_epi32(ones);
	__m512 x[16];
	for (int i = 0; i < 16; i++) x[i] = _mm512_set1_ps((float)i);
	while (rounds-- > 0)
#pragma GCC unroll 16
		for (int i = 0; i < 16; i++) x[i] = _mm512_dpbf16_ps(x[i], a, a);
	for (int i = 1; i < 16; i++) x[0] = _mm512_add_ps(x[0], x[i]);
	volatile float sink = _mm512_reduce_add_ps(x[0]);
	(void)sink;
}

const struct ceiling_probe ceiling_x86[] = {
	{"VDPBF16PS, 512 bits", "bf16", 16 * 32 * 2, has_bf16, bf16},
	{"VPDPBUSD, 256 bits", "int8", 12 * 32 * 2, has_vnni256, vnni256},
	{"VPDPBUSD, 512 bits", "int8", 16 * 64 * 2, has_vnni512, vnni512},
	{0},
};

#else
const struct ceiling_probe ceiling_x86[] = {{0}};
#endif
