/* SPDX-License-Identifier: MIT */
/*
 * Pace: a token bucket in the form of the generic cell rate algorithm (ITU-T I.371): one number,
 * the time at which the bucket would be full again. In any span of s seconds at most
 * burst + rate * s probes pass.
 */
#ifndef NPI_BASE_PACE_H
#define NPI_BASE_PACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/time.h"

typedef struct npi_pace {
    int64_t gap_ns;  /* between two probes at full rate, rounded up */
    int64_t burst;
    int64_t full_ns; /* monotonic time at which all tokens are back */
} npi_pace;

/* rate in probes per second, 1 to 10^9; burst at least 1. Keeps what was spent. */
void npi_pace_set(npi_pace *p, int64_t rate, int64_t burst);

/* When the next probe may pass: `now` or later. */
npi_mono npi_pace_next(const npi_pace *p, npi_mono now);

/* A probe passes. */
void npi_pace_spend(npi_pace *p, npi_mono now);

#endif
