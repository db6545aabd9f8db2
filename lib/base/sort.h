/* SPDX-License-Identifier: MIT */
/*
 * Sorting without memory: qsort of the C library allocates behind the host's back.
 */
#ifndef NPI_BASE_SORT_H
#define NPI_BASE_SORT_H

#include <stddef.h>

/* Negative, 0, positive, as for qsort; `with` is whatever the caller handed over. */
typedef int npi_compare(const void *a, const void *b, const void *with);

/* Heap sort of `count` elements of `size` octets; not stable, so compare to the last tie. */
void npi_sort(void *base, size_t count, size_t size, npi_compare *compare, const void *with);

/* The first element of a sorted array that is not less than `key`; count where all are. */
size_t npi_lower_bound(const void *key, const void *base, size_t count, size_t size,
                       npi_compare *compare, const void *with);

#endif
