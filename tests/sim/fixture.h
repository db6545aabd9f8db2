/* SPDX-License-Identifier: MIT */
/*
 * A trace in a scripted world, for the tests beside this file.
 */
#ifndef TESTS_SIM_FIXTURE_H
#define TESTS_SIM_FIXTURE_H

#include "../check.h"
#include "netprobe.h"
#include "world.h"

typedef struct fixture {
    world *w;
    np_context *ctx;
    np_trace *t;
} fixture;

static inline fixture begin(int family, int hops)
{
    fixture f = {.w = world_new()};
    np_allocator libc = npi_mem_libc();
    world_path(f.w, family, hops);
    f.ctx = npi_context_new_world(&libc, &f.w->seams);
    f.t = np_trace_new(f.ctx);
    np_trace_set_target(f.t, f.w->target);
    np_trace_set(f.t, "names", "no");
    return f;
}

static inline void end(fixture *f)
{
    np_trace_free(f->t);
    np_context_free(f->ctx);
    assert_int_equal(f->w->opened, f->w->closed);
    assert_int_equal(f->w->lookups_out, 0);
    world_free(f->w);
}

static inline np_stats stats_of(const np_trace *t, int index)
{
    np_stats s;
    assert_int_equal(np_trace_get_stats(t, index, &s, sizeof s), NP_OK);
    return s;
}

static inline np_hop hop_of(const np_trace *t, int index)
{
    np_hop h;
    assert_int_equal(np_trace_get_hop(t, index, &h, sizeof h), NP_OK);
    return h;
}

static inline np_trace_info info_of(const np_trace *t)
{
    np_trace_info i;
    assert_int_equal(np_trace_get(t, &i, sizeof i), NP_OK);
    return i;
}

/* Every probe is in exactly one place. */
static inline void assert_balance(const np_stats *s)
{
    assert_int_equal(s->sent, s->received + s->lost + s->lost_local + s->pending);
}

/* Let the context work for a stretch of virtual time. */
static inline void pass(fixture *f, int64_t ns)
{
    np_event ev;
    int64_t until = f->w->now_ns + ns;
    while (f->w->now_ns < until)
        np_next_event(f->ctx, &ev, sizeof ev, until - f->w->now_ns);
}

#endif
