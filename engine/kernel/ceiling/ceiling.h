// The C probes of package ceiling.
#ifndef SEEDLS_CEILING_H
#define SEEDLS_CEILING_H

#include <stddef.h>

// A probe does one kind of arithmetic in registers and nothing else.
struct ceiling_probe {
	const char *name;
	const char *arithmetic;  // "f32", "bf16" or "int8"
	double operations;       // of a round, a multiply-add counted as two
	int (*supported)(void);  // by this processor and this operating system
	void (*run)(long rounds);
};

// The probes of each family, ended by one without a name.
extern const struct ceiling_probe ceiling_vector[], ceiling_x86[], ceiling_amx[], ceiling_arm[];

// ceiling_allocate returns an array that is aligned to 64 bytes and backed by large pages where there are such, or NULL.
// Whoever reads it should fill it, so that it lies in memory that is near.
void *ceiling_allocate(size_t bytes);
void ceiling_fill(void *array, size_t bytes);
void ceiling_free(void *array);

// ceiling_read reads an array, whose size is a multiple of 64 KiB, once: variant, below CEILING_READS, says in how many
// streams and whether with prefetches.
#define CEILING_READS 6
void ceiling_read(const void *array, size_t bytes, int variant);

#endif
