/* SPDX-License-Identifier: MIT */
/*
 * An allocator that counts and fails on purpose: the n-th request, or that and all later ones.
 */
#ifndef TESTS_FAILMEM_H
#define TESTS_FAILMEM_H

#include <stdbool.h>
#include <stdlib.h>

#include <netprobe/context.h>

typedef struct failmem {
    unsigned long requests; /* allocations and resizings so far */
    unsigned long fail_at;  /* 0: never; else the number of the request that fails, from 1 */
    bool sticky;            /* all later ones fail too */
    unsigned long failed;
    long live; /* blocks not yet freed */
} failmem;

static void *failmem_resize(void *user, void *memory, size_t size)
{
    failmem *m = user;
    if (size == 0) {
        m->live -= memory != NULL;
        free(memory);
        return NULL;
    }
    m->requests++;
    if (m->fail_at && (m->requests == m->fail_at || (m->sticky && m->requests > m->fail_at))) {
        m->failed++;
        return NULL;
    }
    void *p = realloc(memory, size);
    m->live += p && !memory;
    return p;
}

static inline np_allocator failmem_allocator(failmem *m)
{
    return (np_allocator){failmem_resize, m};
}

#endif
