/* SPDX-License-Identifier: MIT */
/*
 * Decides when the next probe may leave; who asks, and for which budget, is the caller's affair.
 */
#include "base/pace.h"

#define SECOND INT64_C(1000000000)

void npi_pace_set(npi_pace *p, int64_t rate, int64_t burst)
{
    p->gap_ns = (SECOND + rate - 1) / rate; /* rounded up: never faster than asked */
    p->burst = burst;
}

npi_mono npi_pace_next(const npi_pace *p, npi_mono now)
{
    int64_t earliest = p->full_ns - (p->burst - 1) * p->gap_ns;
    return earliest > now.ns ? (npi_mono){earliest} : now;
}

void npi_pace_spend(npi_pace *p, npi_mono now)
{
    if (p->full_ns < now.ns)
        p->full_ns = now.ns;
    p->full_ns += p->gap_ns;
}
