// Multiply-adds of float32, and reading memory, in the vector extensions that gcc and clang share: one text for every
// instruction set.
#include "ceiling.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#if defined(_WIN32)
#include <malloc.h>
#elif defined(__linux__)
#include <sys/mman.h>
#endif

// FMA defines a probe of x = x * 0.5 + 0.5, which goes to 1: no infinity, no denormal. SUMS independent chains cover the
// latency and leave registers for both operands. Each begins with another value, so that none can stand for another.
#define FMA(function, TARGET, LANES, SUMS) \
	TARGET static void function(long rounds) { \
		typedef float vec __attribute__((vector_size(LANES * 4))); \
		volatile float half = 0.5f; \
		const vec m = half - (vec){}; \
		vec x[SUMS]; \
		for (int i = 0; i < SUMS; i++) x[i] = (float)i - (vec){}; \
		while (rounds-- > 0) \
			_Pragma("GCC unroll 16") for (int i = 0; i < SUMS; i++) x[i] = x[i] * m + m; \
		for (int i = 1; i < SUMS; i++) x[0] += x[i]; \
		volatile float sink = x[0][0]; \
		(void)sink; \
	}

// READ defines a function that reads an array once, as streams that begin at equal distances, four lines of 64 bytes of
// each at a time, into four independent sums.
#define READ(function, TARGET) \
	TARGET static inline __attribute__((always_inline)) void function##_streams(const char *array, size_t bytes, \
		const int streams, const int prefetch) { \
		typedef uint64_t line __attribute__((vector_size(64))); \
		line sums[4] = {}; \
		const size_t part = bytes / streams; \
		for (size_t at = 0; at < part; at += 4 * sizeof(line)) \
			_Pragma("GCC unroll 8") for (int s = 0; s < streams; s++) \
				_Pragma("GCC unroll 4") for (int i = 0; i < 4; i++) { \
					const char *p = array + s * part + at + i * sizeof(line); \
					if (prefetch) __builtin_prefetch(p + prefetch); \
					sums[i] += *(const line *)p; \
				} \
		line sum = sums[0] + sums[1] + sums[2] + sums[3]; \
		volatile uint64_t sink = sum[0] ^ sum[1] ^ sum[2] ^ sum[3] ^ sum[4] ^ sum[5] ^ sum[6] ^ sum[7]; \
		(void)sink; \
	} \
	TARGET static void function(const void *array, size_t bytes, int variant) { \
		switch (variant) { \
		case 0: function##_streams(array, bytes, 1, 0); break; \
		case 1: function##_streams(array, bytes, 1, 2048); break; \
		case 2: function##_streams(array, bytes, 4, 0); break; \
		case 3: function##_streams(array, bytes, 4, 1024); break; \
		case 4: function##_streams(array, bytes, 8, 0); break; \
		case 5: function##_streams(array, bytes, 8, 512); break; \
		} \
	}

static int always(void) { return 1; }

FMA(fma_portable, , 4, 12)
READ(read_portable, )

#if defined(__x86_64__)

#define AVX2 __attribute__((target("avx2,fma")))
#define AVX512 __attribute__((target("avx512f,fma")))

static int has_avx2(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
static int has_avx512(void) { return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("fma"); }

FMA(fma_avx2, AVX2, 8, 12)
FMA(fma_avx512, AVX512, 16, 16)
READ(read_avx2, AVX2)
READ(read_avx512, AVX512)

const struct ceiling_probe ceiling_vector[] = {
	{"multiply-add, SSE2", "f32", 12 * 4 * 2, always, fma_portable},
	{"multiply-add, AVX2", "f32", 12 * 8 * 2, has_avx2, fma_avx2},
	{"multiply-add, AVX-512", "f32", 16 * 16 * 2, has_avx512, fma_avx512},
	{0},
};

void ceiling_read(const void *array, size_t bytes, int variant) {
	if (has_avx512()) read_avx512(array, bytes, variant);
	else if (has_avx2()) read_avx2(array, bytes, variant);
	else read_portable(array, bytes, variant);
}

#else

#if defined(__aarch64__)
#define NAME "multiply-add, NEON"
#else
#define NAME "multiply-add"
#endif

const struct ceiling_probe ceiling_vector[] = {{NAME, "f32", 12 * 4 * 2, always, fma_portable}, {0}};

void ceiling_read(const void *array, size_t bytes, int variant) { read_portable(array, bytes, variant); }

#endif

// A large page of x86-64 and of most arm64.
#define LARGE_PAGE (2 << 20)

#if defined(_WIN32)

void *ceiling_allocate(size_t bytes) { return _aligned_malloc(bytes, LARGE_PAGE); }
void ceiling_free(void *array) { _aligned_free(array); }

#else

void *ceiling_allocate(size_t bytes) {
	void *array = 0;
	if (posix_memalign(&array, LARGE_PAGE, bytes)) return 0;
#if defined(__linux__)
	madvise(array, bytes, MADV_HUGEPAGE); // where it is refused, small pages do
#endif
	return array;
}

void ceiling_free(void *array) { free(array); }

#endif

void ceiling_fill(void *array, size_t bytes) { memset(array, 1, bytes); }
