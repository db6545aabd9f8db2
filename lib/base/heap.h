/* SPDX-License-Identifier: MIT */
/*
 * Timer heap: an intrusive pairing heap ordered by time, so that arming a timer never allocates.
 * A zeroed npi_timer is not armed. Timers with equal times come out in the order of arming.
 */
#ifndef NPI_BASE_HEAP_H
#define NPI_BASE_HEAP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"

typedef struct npi_timer {
    npi_mono at;
    uint64_t order; /* breaks ties */
    bool armed;
    struct npi_timer *child, *next, *prev; /* prev: elder sibling, or parent of the first child */
} npi_timer;

typedef struct npi_heap {
    npi_timer *root;
    uint64_t armed_ever;
} npi_heap;

/* Arm or re-arm. NPI_NEVER disarms. */
void npi_heap_arm(npi_heap *h, npi_timer *t, npi_mono at);

void npi_heap_disarm(npi_heap *h, npi_timer *t);

/* The earliest timer, NULL when none is armed. */
npi_timer *npi_heap_first(const npi_heap *h);

#endif
