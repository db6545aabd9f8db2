/* SPDX-License-Identifier: MIT */
/*
 * Hop statistics against vectors that stats_vectors.py computes exactly; and values at the edge.
 * The file of vectors is named by the environment variable VECTORS.
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "../check.h"
#include "probe/stats.h"

#define CLOSE 1e-9

static void generate(npi_times *t, uint64_t count, uint64_t seed, uint64_t low, uint64_t span)
{
    for (uint64_t seq = 0; seq < count; seq++) {
        seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        npi_times_add(t, seq, (int64_t)(low + (seed >> 33) % span), true);
    }
}

static double field(const np_stats *s, const char *name)
{
    const struct {
        const char *name;
        double value;
    } fields[] = {{"samples", (double)s->samples},
                  {"last", (double)s->last_ns},
                  {"best", (double)s->best_ns},
                  {"worst", (double)s->worst_ns},
                  {"mean", s->mean_ns},
                  {"stdev", s->stdev_ns},
                  {"gmean", s->gmean_ns},
                  {"jitters", (double)s->jitter_samples},
                  {"jitter_last", (double)s->jitter_last_ns},
                  {"jitter_worst", (double)s->jitter_worst_ns},
                  {"jitter_mean", s->jitter_mean_ns},
                  {"jitter_rfc3550", s->jitter_rfc3550_ns}};
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (strcmp(fields[i].name, name) == 0)
            return fields[i].value;
    fail_msg("no field %s", name);
    return 0;
}

static void the_formulas_are_exact(void **state)
{
    (void)state;
    const char *path = getenv("VECTORS");
    FILE *f = path ? fopen(path, "r") : NULL;
    assert_non_null(f);
    char line[256], name[64], value[128];
    npi_times t = {0};
    np_stats s;
    int vectors = 0, wants = 0;
    while (fgets(line, sizeof line, f)) {
        uint64_t a, b, c, d;
        if (strncmp(line, "vector", 6) == 0) {
            memset(&t, 0, sizeof t);
            vectors++;
        } else if (sscanf(line, "sample %" SCNu64 " %" SCNu64, &a, &b) == 2) {
            npi_times_add(&t, a, (int64_t)b, true);
        } else if (sscanf(line, "generate %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64, &a, &b,
                          &c, &d) == 4) {
            generate(&t, a, b, c, d);
        } else if (sscanf(line, "want %63s %127s", name, value) == 2) {
            npi_stats_export(NULL, &t, &s);
            assert_close(field(&s, name), strtod(value, NULL), CLOSE);
            wants++;
        }
    }
    fclose(f);
    assert_int_equal(vectors, 14);
    assert_true(wants > 120);
}

static void values_at_the_edge(void **state)
{
    (void)state;
    npi_times t = {0};
    np_stats s;
    const int64_t edge[] = {0, 1, NPI_RTT_MAX, NPI_RTT_MAX + 1, INT64_MAX, -1, INT64_MIN, 0};
    for (uint64_t i = 0; i < sizeof edge / sizeof edge[0]; i++)
        npi_times_add(&t, i * (UINT64_MAX / 8), edge[i], false);
    npi_times_add(&t, UINT64_MAX, 5, false);
    npi_times_add(&t, 0, 5, false);
    npi_stats_export(NULL, &t, &s);
    assert_int_equal(s.worst_ns, NPI_RTT_MAX);
    assert_int_equal(s.best_ns, 0);
    assert_int_equal(s.kernel_stamps, 0);
    assert_true(isfinite(s.mean_ns) && isfinite(s.stdev_ns) && isfinite(s.gmean_ns));
}

static void counts_never_divide_by_zero(void **state)
{
    (void)state;
    np_stats s;
    const npi_counts rows[] = {{0}, {.sent = 1}, {.received = 9}, {.sent = 3, .lost = 3},
                               {.received = UINT64_MAX / 2, .lost = UINT64_MAX / 2}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        npi_stats_export(&rows[i], NULL, &s);
        assert_true(s.loss >= 0 && s.loss <= 1);
        assert_int_equal(s.best_ns, -1);
        assert_true(s.mean_ns == -1 && s.jitter_mean_ns == -1);
    }
    npi_stats_export(&(npi_counts){.sent = 4, .received = 2, .lost = 1, .pending = 1}, NULL, &s);
    assert_close(s.loss, 1.0 / 3, CLOSE); /* what is pending is no loss */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_formulas_are_exact),
        cmocka_unit_test(values_at_the_edge),
        cmocka_unit_test(counts_never_divide_by_zero),
    };
    return RUN(tests);
}
