/* SPDX-License-Identifier: MIT */
/*
 * Seam 1, clock and wait: the only place where time is read and where anybody sleeps. Linux is
 * one implementation; tests bring a scripted one.
 */
#ifndef NPI_CORE_CLOCK_H
#define NPI_CORE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>

#include "base/time.h"

typedef struct npi_clock npi_clock;

typedef struct npi_clock_ops {
    /*
     * Give the descriptor that goes into the context's epoll set and is readable from the armed
     * time on; the context closes it. Returns -1 with errno.
     */
    int (*open)(const npi_clock *c);
    void (*now)(const npi_clock *c, npi_now *out);
    /* Make fd (from open) readable from `at` on; NPI_NEVER: not at all. Clears an older firing. */
    void (*arm)(const npi_clock *c, int fd, npi_mono at);
    /*
     * Wait until the epoll descriptor is readable or timeout_ns is over (-1: without bound).
     * False when a signal cut it short. A virtual clock advances here instead of sleeping.
     */
    bool (*wait)(const npi_clock *c, int epoll_fd, int64_t timeout_ns);
    /* Fill with unpredictable octets (a test: with seeded ones). False when there are none. */
    bool (*random)(const npi_clock *c, void *out, size_t len);
} npi_clock_ops;

struct npi_clock {
    const npi_clock_ops *ops;
};

/* The machine's own clocks. Has no state. */
extern const npi_clock npi_clock_linux;

#endif
