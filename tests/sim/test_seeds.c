/* SPDX-License-Identifier: MIT */
/*
 * Hundreds of random worlds, each from one seed: every figure that the library reports is
 * compared with what the world knows. A failing seed is printed; SEED=n runs it alone.
 */
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "../check.h"
#include "netprobe.h"
#include "world.h"

enum { SEEDS = 400 };

/* How this world's answers behave; per mille, or nanoseconds. */
typedef struct weather {
    uint32_t loss, duplicates, late;
    int64_t spread_ns, timeout_ns;
} weather;

static weather now_blowing;

static int fate(world *w, const world_hop *h, int64_t *delays_ns)
{
    const weather *x = &now_blowing;
    if (world_random(w, 1000) < x->loss)
        return 0;
    int count = world_random(w, 1000) < x->duplicates ? 2 + (int)world_random(w, 3) : 1;
    for (int i = 0; i < count; i++) {
        delays_ns[i] = h->delay_ns + (int64_t)world_random(w, (uint32_t)x->spread_ns) + 1;
        if (world_random(w, 1000) < x->late)
            delays_ns[i] += x->timeout_ns;
    }
    return count;
}

static np_trace *make(world *w, np_context *ctx)
{
    static const world_manner ends[] = {WORLD_TARGET, WORLD_TARGET, WORLD_TARGET, WORLD_SILENT,
                                        WORLD_PROHIBITED, WORLD_ECHO};
    int family = world_random(w, 2) ? 4 : 6;
    int hops = 1 + (int)world_random(w, 12);
    int kind = NP_TRACE_ICMP + (int)world_random(w, 3);
    world_path(w, family, hops);
    for (int i = 0; i < hops; i++) {
        w->hops[i].delay_ns = (int64_t)world_random(w, 30000000);
        if (i < hops - 1 && world_random(w, 8) == 0)
            w->hops[i].manner = WORLD_SILENT;
    }
    world_manner last = ends[world_random(w, 6)];
    bool no_data = last == WORLD_ECHO && kind != NP_TRACE_UDP;
    w->hops[hops - 1].manner = no_data ? WORLD_TARGET : last;
    now_blowing = (weather){.loss = world_random(w, 2) ? world_random(w, 500) : 0,
                            .duplicates = world_random(w, 2) ? world_random(w, 300) : 0,
                            .late = world_random(w, 3) ? 0 : world_random(w, 200),
                            .spread_ns = 1 + (int64_t)world_random(w, 400000000),
                            .timeout_ns = 100000000 + (int64_t)world_random(w, 900000000)};
    w->fate = fate;
    np_trace *t = np_trace_new(ctx);
    np_trace_set_target(t, w->target);
    np_trace_set_kind(t, kind);
    np_trace_set_names(t, NP_CHOICE_NO);
    np_trace_set_cycles(t, 1 + world_random(w, 40));
    np_trace_set_interval(t, 10000000 + (int64_t)world_random(w, 500000000));
    np_trace_set_timeout(t, now_blowing.timeout_ns);
    np_trace_set_max_unknown(t, 1 + world_random(w, 14));
    np_trace_set_events(t, 4096);
    if (world_random(w, 3) == 0)
        np_trace_set_rate(t, 20 + world_random(w, 2000));
    return t;
}

/* What the world knows of one TTL. */
typedef struct truth {
    uint64_t sent, received, lost, late, duplicates;
    int64_t best_ns, worst_ns;
    double sum_ns;
} truth;

static void count_probe(const world *w, const world_sent *p, truth *out)
{
    int64_t first = INT64_MAX;
    int arrived = 0;
    for (int i = 0; i < p->answers; i++) {
        if (p->arrive_ns[i] > w->closed_ns)
            continue;
        arrived++;
        first = p->arrive_ns[i] < first ? p->arrive_ns[i] : first;
    }
    int64_t rtt = first - p->at_ns;
    out->sent++;
    if (arrived > 1)
        out->duplicates += (uint64_t)arrived - 1;
    if (!arrived || rtt > now_blowing.timeout_ns) {
        out->lost++;
        out->late += arrived > 0;
        return;
    }
    if (out->received == 0 || rtt < out->best_ns)
        out->best_ns = rtt;
    if (rtt > out->worst_ns)
        out->worst_ns = rtt;
    out->received++;
    out->sum_ns += (double)rtt;
}

static bool ends_path(world_manner m)
{
    return m == WORLD_TARGET || m == WORLD_ECHO || m == WORLD_PROHIBITED;
}

/* The lowest TTL from which the end of the path has answered, 0 when none did. */
static int true_end(const world *w)
{
    int end = 0;
    for (uint64_t i = 0; i < w->sent_count; i++) {
        const world_sent *p = &w->sent[i];
        bool arrived = false;
        for (int k = 0; k < p->answers; k++)
            arrived = arrived || p->arrive_ns[k] <= w->closed_ns;
        if (arrived && ends_path(p->manner) && (!end || p->ttl < end))
            end = p->ttl;
    }
    return end;
}

static void compare_row(const np_trace *t, const world *w, int index)
{
    np_stats s;
    np_hop h;
    truth want = {0};
    assert_int_equal(np_trace_get_stats(t, index, &s, sizeof s), NP_OK);
    assert_int_equal(np_trace_get_hop(t, index, &h, sizeof h), NP_OK);
    for (uint64_t i = 0; i < w->sent_count; i++)
        if (w->sent[i].ttl == h.ttl)
            count_probe(w, &w->sent[i], &want);
    assert_int_equal(s.sent, want.sent);
    assert_int_equal(s.received, want.received);
    assert_int_equal(s.lost, want.lost);
    assert_int_equal(s.late, want.late);
    assert_int_equal(s.duplicates, want.duplicates);
    assert_int_equal(s.pending + s.lost_local + s.failed, 0);
    assert_int_equal(s.sent, s.received + s.lost);
    assert_int_equal(s.samples, want.received);
    if (want.received > 0) {
        assert_int_equal(s.best_ns, want.best_ns);
        assert_int_equal(s.worst_ns, want.worst_ns);
        assert_close(s.mean_ns, want.sum_ns / (double)want.received, 1e-9);
        assert_true(s.stdev_ns >= 0 && s.gmean_ns <= s.mean_ns * (1 + 1e-9));
    }
    bool answered = want.received + want.late > 0;
    int hop = h.ttl <= w->hop_count ? h.ttl - 1 : w->hop_count - 1;
    assert_string_equal(h.addr, answered ? w->hops[hop].addr : "");
    assert_int_equal(h.is_target, answered && (w->hops[hop].manner == WORLD_TARGET ||
                                               w->hops[hop].manner == WORLD_ECHO));
}

static void compare(const np_trace *t, const world *w)
{
    np_trace_info info;
    np_trace_get(t, &info, sizeof info);
    int end = true_end(w);
    assert_int_equal(info.end_ttl, end);
    assert_int_equal(info.end != NP_END_UNKNOWN, end != 0);
    assert_int_equal(info.foreign, 0);
    assert_int_equal(info.sent, w->sent_count);
    assert_true(end == 0 || np_trace_hop_count(t) == end);
    for (int i = 0; i < np_trace_hop_count(t); i++)
        compare_row(t, w, i);
}

/* Everything that happened, and the document: the same under each driver. */
static char *transcript(uint32_t seed, int driver)
{
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    world *w = world_new();
    np_allocator libc = npi_mem_libc();
    np_event ev = {0};
    w->seed = seed * 2654435761u;
    np_context *ctx = npi_context_new_world(&libc, &w->seams);
    np_trace *t = make(w, ctx);
    assert_int_equal(np_trace_start(t), NP_OK);
    struct pollfd p = {np_context_fd(ctx), POLLIN, 0};
    while (ev.type != NP_EV_DONE) {
        while (driver == 1 && poll(&p, 1, 0) == 0)
            assert_true(world_advance(w, INT64_MAX));
        int64_t timeout_ns = driver == 0 ? NP_FOREVER : driver == 1 ? 0 : 3333333;
        int n = np_next_event(ctx, &ev, sizeof ev, timeout_ns);
        assert_true(n >= 0);
        if (n > 0)
            fprintf(out, "%lld %d %d %d %d %s\n", (long long)ev.time_ns, ev.type, ev.status,
                    ev.ttl, ev.index, ev.text);
    }
    assert_int_equal(ev.status, NP_OK);
    assert_int_equal(ev.lost, 0);
    compare(t, w);
    fputs(np_trace_json(t), out);
    np_trace_free(t);
    np_context_free(ctx);
    assert_int_equal(w->opened, w->closed);
    world_free(w);
    fclose(out);
    return text;
}

static uint32_t current;

static void every_seed(void **state)
{
    (void)state;
    const char *seed_text = getenv("SEED");
    bool only = seed_text && seed_text[0];
    uint32_t first = only ? (uint32_t)strtoul(seed_text, NULL, 10) : 1;
    uint32_t last = only ? first : SEEDS;
    for (uint32_t seed = first; seed <= last; seed++) {
        char *texts[3];
        current = seed;
        for (int driver = 0; driver < 3; driver++)
            texts[driver] = transcript(seed, driver);
        assert_string_equal(texts[0], texts[1]);
        assert_string_equal(texts[0], texts[2]);
        for (int driver = 0; driver < 3; driver++)
            free(texts[driver]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_seed)};
    int failed = RUN(tests);
    if (failed)
        fprintf(stderr, "failed with seed %u: make check-sim SEED=%u\n", current, current);
    return failed;
}
