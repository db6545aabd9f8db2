/* SPDX-License-Identifier: MIT */
/*
 * Hop statistics: counts of one TTL, and times of one responder, in numbers that do not drift.
 *
 * Sources: mean and variance after Welford (1962), n - 1; geometric mean through the running
 * mean of logarithms; jitter as |difference| of the round-trip times of consecutive probes that
 * were both answered, in the spirit of RFC 3393; J of RFC 3550 6.4.1 in real units.
 */
#ifndef NPI_PROBE_STATS_H
#define NPI_PROBE_STATS_H

#include <stdbool.h>
#include <stdint.h>

#include "netprobe/trace.h"

enum {
    NPI_STATS_REORDER = 16 /* an answer that is overtaken by more probes gives no jitter pair */
};

/* Longest round-trip time that is believed: what is longer is cut. */
#define NPI_RTT_MAX (INT64_C(3600) * 1000000000)

typedef struct npi_times {
    uint64_t samples, kernel_stamps;
    uint64_t sum_ns; /* exact: 2^64 ns are 584 years of round-trip time */
    double mean, m2; /* Welford's */
    double log_mean;
    int64_t last_ns, best_ns, worst_ns;
    uint64_t jitter_samples, jitter_sum_ns;
    int64_t jitter_last_ns, jitter_worst_ns;
    double jitter_rfc3550;
    struct {
        uint64_t seq;   /* probe number + 1; 0 is empty */
        int64_t rtt_ns;
    } recent[NPI_STATS_REORDER];
} npi_times;

/* An answered probe: `seq` counts the probes to this TTL from 0 on, rtt_ns >= 0. */
void npi_times_add(npi_times *t, uint64_t seq, int64_t rtt_ns, bool kernel_stamp);

typedef struct npi_counts {
    uint64_t sent, received, lost, lost_local, pending, late, duplicates, failed;
} npi_counts;

/* As the public interface shows them. Either may be NULL. */
void npi_stats_export(const npi_counts *c, const npi_times *t, np_stats *out);

#endif
