/* SPDX-License-Identifier: MIT */
/*
 * The formulas of hop statistics. Each runs in constant memory and does not drift: sums are
 * integers, means are updated in doubles, nothing is rounded on the way.
 */
#include "probe/stats.h"

#include <math.h>
#include <string.h>

static int64_t distance(int64_t a, int64_t b)
{
    return a > b ? a - b : b - a;
}

static void add_jitter(npi_times *t, int64_t d)
{
    t->jitter_last_ns = d;
    if (t->jitter_samples == 0 || d > t->jitter_worst_ns)
        t->jitter_worst_ns = d;
    t->jitter_samples++;
    t->jitter_sum_ns += (uint64_t)d;
    t->jitter_rfc3550 += ((double)d - t->jitter_rfc3550) / 16; /* RFC 3550 6.4.1 */
}

/* Pairs with the neighbours before and behind, whichever has been answered already. */
static void pair_up(npi_times *t, uint64_t seq, int64_t rtt_ns)
{
    uint64_t key = seq + 1;
    for (int side = -1; side <= 1; side += 2) {
        uint64_t other = side < 0 ? key - 1 : key + 1;
        size_t at = other % NPI_STATS_REORDER;
        if (other > 0 && t->recent[at].seq == other)
            add_jitter(t, distance(rtt_ns, t->recent[at].rtt_ns));
    }
    size_t at = key % NPI_STATS_REORDER;
    if (t->recent[at].seq < key) { /* an overtaken answer must not push out a younger one */
        t->recent[at].seq = key;
        t->recent[at].rtt_ns = rtt_ns;
    }
}

void npi_times_add(npi_times *t, uint64_t seq, int64_t rtt_ns, bool kernel_stamp)
{
    if (rtt_ns < 0)
        rtt_ns = 0;
    if (rtt_ns > NPI_RTT_MAX)
        rtt_ns = NPI_RTT_MAX;
    t->samples++;
    t->kernel_stamps += kernel_stamp;
    double n = (double)t->samples;
    double x = (double)rtt_ns;
    double before = x - t->mean;
    t->sum_ns += (uint64_t)rtt_ns;
    t->mean += before / n;
    t->m2 += before * (x - t->mean);
    /* log 0 has no value: times below the clock's tick count as one. */
    t->log_mean += (log(rtt_ns > 0 ? x : 1) - t->log_mean) / n;
    t->last_ns = rtt_ns;
    if (t->samples == 1 || rtt_ns < t->best_ns)
        t->best_ns = rtt_ns;
    if (t->samples == 1 || rtt_ns > t->worst_ns)
        t->worst_ns = rtt_ns;
    pair_up(t, seq, rtt_ns);
}

static void export_counts(const npi_counts *c, np_stats *out)
{
    out->sent = c->sent;
    out->received = c->received;
    out->lost = c->lost;
    out->lost_local = c->lost_local;
    out->pending = c->pending;
    out->late = c->late;
    out->duplicates = c->duplicates;
    out->failed = c->failed;
    uint64_t decided = c->received + c->lost;
    out->loss = decided ? (double)c->lost / (double)decided : 0;
}

static void export_times(const npi_times *t, np_stats *out)
{
    double n = (double)t->samples;
    out->samples = t->samples;
    out->kernel_stamps = t->kernel_stamps;
    if (t->samples > 0) {
        out->last_ns = t->last_ns;
        out->best_ns = t->best_ns;
        out->worst_ns = t->worst_ns;
        out->mean_ns = (double)t->sum_ns / n;
        out->stdev_ns = t->samples > 1 ? sqrt(t->m2 / (n - 1)) : 0;
        out->gmean_ns = exp(t->log_mean);
    }
    out->jitter_samples = t->jitter_samples;
    if (t->jitter_samples > 0) {
        out->jitter_last_ns = t->jitter_last_ns;
        out->jitter_mean_ns = (double)t->jitter_sum_ns / (double)t->jitter_samples;
        out->jitter_worst_ns = t->jitter_worst_ns;
        out->jitter_rfc3550_ns = t->jitter_rfc3550;
    }
}

void npi_stats_export(const npi_counts *c, const npi_times *t, np_stats *out)
{
    memset(out, 0, sizeof *out);
    out->last_ns = out->best_ns = out->worst_ns = -1;
    out->jitter_last_ns = out->jitter_worst_ns = -1;
    out->mean_ns = out->stdev_ns = out->gmean_ns = -1;
    out->jitter_mean_ns = out->jitter_rfc3550_ns = -1;
    if (c)
        export_counts(c, out);
    if (t)
        export_times(t, out);
}
