/* SPDX-License-Identifier: MIT */
/*
 * Time: monotonic and wall time are two types, so that they cannot be mixed by accident.
 */
#ifndef NPI_BASE_TIME_H
#define NPI_BASE_TIME_H

#include <stdbool.h>
#include <stdint.h>

typedef struct npi_mono {
    int64_t ns; /* CLOCK_MONOTONIC */
} npi_mono;

typedef struct npi_wall {
    int64_t ns; /* CLOCK_REALTIME */
} npi_wall;

/* One reading of all clocks. */
typedef struct npi_now {
    npi_mono mono;
    npi_wall wall;
    int64_t slept_ns; /* CLOCK_BOOTTIME - CLOCK_MONOTONIC: grows while the machine is suspended */
} npi_now;

#define NPI_NEVER ((npi_mono){INT64_MAX})

static inline npi_mono npi_mono_add(npi_mono t, int64_t ns)
{
    if (ns > 0 && t.ns > INT64_MAX - ns)
        return NPI_NEVER;
    return (npi_mono){t.ns + ns};
}

static inline int64_t npi_mono_sub(npi_mono a, npi_mono b)
{
    return a.ns - b.ns;
}

static inline bool npi_mono_before(npi_mono a, npi_mono b)
{
    return a.ns < b.ns;
}

static inline npi_mono npi_mono_min(npi_mono a, npi_mono b)
{
    return a.ns < b.ns ? a : b;
}

#endif
