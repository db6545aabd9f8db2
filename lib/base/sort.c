/* SPDX-License-Identifier: MIT */
/*
 * Heap sort: n log n in the worst case too, which matters where a peer chooses the input.
 */
#include "base/sort.h"

#include <stdint.h>
#include <string.h>

enum { CHUNK = 64 };

static void swap(uint8_t *a, uint8_t *b, size_t size)
{
    uint8_t t[CHUNK];
    for (size_t n; size > 0; size -= n, a += n, b += n) {
        n = size < CHUNK ? size : CHUNK;
        memcpy(t, a, n);
        memcpy(a, b, n);
        memcpy(b, t, n);
    }
}

/* The larger child of i in a heap of n; n where it has none. */
static size_t larger_child(const uint8_t *base, size_t i, size_t n, size_t size,
                           npi_compare *compare, const void *with)
{
    size_t child = 2 * i + 1;
    if (child >= n)
        return n;
    if (child + 1 < n && compare(base + child * size, base + (child + 1) * size, with) < 0)
        child++;
    return child;
}

/* Let element i of a heap of n sink to its place; the largest is on top. */
static void sink(uint8_t *base, size_t i, size_t n, size_t size, npi_compare *compare,
                 const void *with)
{
    for (;;) {
        size_t child = larger_child(base, i, n, size, compare, with);
        if (child == n || compare(base + i * size, base + child * size, with) >= 0)
            return;
        swap(base + i * size, base + child * size, size);
        i = child;
    }
}

/* The same for small elements: those on the way move up, and only then it takes its place. */
static void sink_small(uint8_t *base, size_t i, size_t n, size_t size, npi_compare *compare,
                       const void *with)
{
    _Alignas(8) uint8_t sinking[CHUNK];
    memcpy(sinking, base + i * size, size);
    for (;;) {
        size_t child = larger_child(base, i, n, size, compare, with);
        if (child == n || compare(sinking, base + child * size, with) >= 0)
            break;
        memcpy(base + i * size, base + child * size, size);
        i = child;
    }
    memcpy(base + i * size, sinking, size);
}

void npi_sort(void *base, size_t count, size_t size, npi_compare *compare, const void *with)
{
    uint8_t *p = base;
    void (*let_sink)(uint8_t *, size_t, size_t, size_t, npi_compare *, const void *) =
        size <= CHUNK ? sink_small : sink;
    for (size_t i = count / 2; i > 0; i--)
        let_sink(p, i - 1, count, size, compare, with);
    for (size_t n = count; n > 1; n--) {
        swap(p, p + (n - 1) * size, size);
        let_sink(p, 0, n - 1, size, compare, with);
    }
}

size_t npi_lower_bound(const void *key, const void *base, size_t count, size_t size,
                       npi_compare *compare, const void *with)
{
    size_t low = 0;
    while (count > low) {
        size_t middle = low + (count - low) / 2;
        if (compare((const uint8_t *)base + middle * size, key, with) < 0)
            low = middle + 1;
        else
            count = middle;
    }
    return low;
}
