/* SPDX-License-Identifier: MIT */
/*
 * Memory: every allocation of the library goes through an npi_mem, the host's allocator.
 * It is copied by value into each object, so that objects can be freed after their context.
 */
#ifndef NPI_BASE_MEM_H
#define NPI_BASE_MEM_H

#include <stdbool.h>
#include <stddef.h>

#include "netprobe/context.h"

typedef np_allocator npi_mem;

/* realloc and free of libc, as an allocator. */
npi_mem npi_mem_libc(void);

/* count * size octets of zeros; NULL when out of memory or when the product overflows. */
void *npi_alloc(const npi_mem *mem, size_t count, size_t size);

/* As realloc to count * size octets; what is new is not cleared. NULL leaves `old` as it was. */
void *npi_realloc(const npi_mem *mem, void *old, size_t count, size_t size);

/*
 * Room for one more element of `size` octets in an array that holds `count` and has *room: doubles
 * it where it is full. `array` is the address of the pointer to it. False when out of memory.
 */
bool npi_make_room(const npi_mem *mem, void *array, size_t count, size_t *room, size_t size);

void npi_free(const npi_mem *mem, void *memory);

#endif
