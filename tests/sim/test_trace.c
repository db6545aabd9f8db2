/* SPDX-License-Identifier: MIT */
/*
 * A whole trace over the scripted world: what is counted, when, and where the trace ends.
 */
#include <errno.h>
#include <stdlib.h>

#include "../check.h"
#include "netprobe.h"
#include "world.h"

typedef struct fixture {
    world *w;
    np_context *ctx;
    np_trace *t;
} fixture;

static fixture begin(int family, int hops)
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

static void end(fixture *f)
{
    np_trace_free(f->t);
    np_context_free(f->ctx);
    assert_int_equal(f->w->opened, f->w->closed);
    assert_int_equal(f->w->lookups_out, 0);
    world_free(f->w);
}

static np_stats stats_of(const np_trace *t, int index)
{
    np_stats s;
    assert_int_equal(np_trace_get_stats(t, index, &s, sizeof s), NP_OK);
    return s;
}

static np_hop hop_of(const np_trace *t, int index)
{
    np_hop h;
    assert_int_equal(np_trace_get_hop(t, index, &h, sizeof h), NP_OK);
    return h;
}

static np_trace_info info_of(const np_trace *t)
{
    np_trace_info i;
    assert_int_equal(np_trace_get(t, &i, sizeof i), NP_OK);
    return i;
}

/* Every probe is in exactly one place. */
static void assert_balance(const np_stats *s)
{
    assert_int_equal(s->sent, s->received + s->lost + s->lost_local + s->pending);
}

/* Let the context work for a stretch of virtual time. */
static void pass(fixture *f, int64_t ns)
{
    np_event ev;
    int64_t until = f->w->now_ns + ns;
    while (f->w->now_ns < until)
        np_next_event(f->ctx, &ev, sizeof ev, until - f->w->now_ns);
}

static void a_path_is_found(void **state)
{
    (void)state;
    for (int family = 4; family <= 6; family += 2) {
        for (int kind = NP_TRACE_ICMP; kind <= NP_TRACE_UDP; kind++) {
            fixture f = begin(family, 5);
            np_trace_set_kind(f.t, kind);
            assert_int_equal(np_trace_run(f.t), NP_OK);
            assert_true(np_trace_reached(f.t));
            assert_int_equal(np_trace_hop_count(f.t), 5);
            for (int i = 0; i < 5; i++) {
                np_hop h = hop_of(f.t, i);
                np_stats s = stats_of(f.t, i);
                assert_int_equal(h.ttl, i + 1);
                assert_string_equal(h.addr, f.w->hops[i].addr);
                assert_int_equal(h.is_target, i == 4);
                assert_string_equal(h.mark, "");
                assert_int_equal(s.sent, 10);
                assert_int_equal(s.received, 10);
                assert_balance(&s);
                assert_true(s.loss == 0);
                assert_int_equal(s.best_ns, (i + 1) * MS);
                assert_int_equal(s.worst_ns, (i + 1) * MS);
                assert_int_equal(s.kernel_stamps, 10);
            }
            np_trace_info info = info_of(f.t);
            assert_int_equal(info.rounds, 10);
            assert_int_equal(info.kind, kind);
            assert_int_equal(info.foreign, 0);
            assert_string_equal(info.source, f.w->source);
            assert_string_equal(np_trace_error(f.t), "");
            end(&f);
        }
    }
}

/* Once the target is known, one probe a round reaches it and none goes beyond. */
static void nothing_goes_beyond_the_target(void **state)
{
    (void)state;
    fixture f = begin(4, 5);
    assert_int_equal(np_trace_run(f.t), NP_OK);
    int first_round = 0, later = 0;
    for (uint64_t i = 0; i < f.w->sent_count; i++) {
        bool first = f.w->sent[i].at_ns < f.w->sent[0].at_ns + SEC / 2;
        first_round += first;
        later += !first;
        assert_true(first || f.w->sent[i].ttl <= 5);
    }
    assert_int_equal(first_round, 30); /* ICMP goes to max-ttl at once */
    assert_int_equal(later, 9 * 5);
    end(&f);
}

/* UDP spends little of the target's budget in the first round: six in all. */
static void udp_feels_its_way(void **state)
{
    (void)state;
    fixture f = begin(4, 8);
    np_trace_set_kind(f.t, NP_TRACE_UDP);
    np_trace_set_cycles(f.t, 1);
    assert_int_equal(np_trace_run(f.t), NP_OK);
    int at_target = 0;
    for (uint64_t i = 0; i < f.w->sent_count; i++)
        at_target += f.w->sent[i].ttl >= 8;
    assert_in_range(at_target, 1, 6);
    assert_int_equal(hop_of(f.t, 7).is_target, 1);
    end(&f);

    f = begin(4, 12); /* eight silent hops in a row are passed all the same */
    for (int i = 2; i < 10; i++)
        f.w->hops[i].manner = WORLD_SILENT;
    np_trace_set_kind(f.t, NP_TRACE_UDP);
    np_trace_set_cycles(f.t, 2);
    assert_int_equal(np_trace_run(f.t), NP_OK);
    assert_int_equal(np_trace_hop_count(f.t), 12);
    assert_true(np_trace_reached(f.t));
    end(&f);
}

static void silent_hops_end_the_path(void **state)
{
    (void)state;
    for (int kind = NP_TRACE_ICMP; kind <= NP_TRACE_UDP; kind++) {
        fixture f = begin(4, 3);
        f.w->hops[2].manner = WORLD_SILENT;
        np_trace_set_kind(f.t, kind);
        np_trace_set_cycles(f.t, 3);
        np_trace_set_max_unknown(f.t, 4);
        assert_int_equal(np_trace_run(f.t), NP_OK); /* silence is a result */
        assert_false(np_trace_reached(f.t));
        assert_int_equal(np_trace_hop_count(f.t), 3); /* one silent row behind the last answer */
        np_stats s = stats_of(f.t, 2);
        assert_int_equal(s.sent, 3);
        assert_int_equal(s.lost, 3);
        assert_true(s.loss == 1);
        assert_int_equal(s.best_ns, -1);
        assert_int_equal(hop_of(f.t, 2).responder_count, 0);
        int deepest = 0;
        for (uint64_t i = 0; i < f.w->sent_count; i++)
            if (f.w->sent[i].at_ns > f.w->sent[0].at_ns + 900 * MS && f.w->sent[i].ttl > deepest)
                deepest = f.w->sent[i].ttl;
        assert_int_equal(deepest, 2 + 4);
        end(&f);
    }
}

static void an_unreachable_is_shown_and_not_reached(void **state)
{
    (void)state;
    for (int family = 4; family <= 6; family += 2) {
        fixture f = begin(family, 5);
        f.w->hops[2].manner = WORLD_PROHIBITED;
        assert_int_equal(np_trace_run(f.t), NP_OK);
        assert_false(np_trace_reached(f.t));
        assert_int_equal(info_of(f.t).end, NP_END_UNREACHABLE);
        assert_int_equal(info_of(f.t).end_ttl, 3);
        assert_int_equal(np_trace_hop_count(f.t), 3);
        assert_string_equal(hop_of(f.t, 2).mark, "!X");
        assert_string_equal(hop_of(f.t, 2).addr, f.w->hops[2].addr);
        assert_int_equal(stats_of(f.t, 2).received, 10);
        end(&f);
    }
}

static void a_probe_is_lost_at_its_timeout(void **state)
{
    (void)state;
    fixture f = begin(4, 2);
    f.w->hops[0].lose = 2; /* the second probe */
    np_trace_set(f.t, "timeout", "700ms");
    np_trace_set_cycles(f.t, 0);
    assert_int_equal(np_trace_start(f.t), NP_OK);
    pass(&f, SEC + 699 * MS);
    np_stats s = stats_of(f.t, 0);
    assert_int_equal(s.sent, 2);
    assert_int_equal(s.pending, 1);
    assert_true(s.loss == 0); /* what is pending is no loss */
    pass(&f, 2 * MS);
    s = stats_of(f.t, 0);
    assert_int_equal(s.lost, 1);
    assert_int_equal(s.pending, 0);
    assert_true(s.loss == 0.5);
    end(&f);
}

static void a_late_answer_is_counted_as_late(void **state)
{
    (void)state;
    fixture f = begin(4, 2);
    f.w->hops[0].slow_probe = 1;
    f.w->hops[0].slow_ns = 2500 * MS;
    np_trace_set_cycles(f.t, 6);
    assert_int_equal(np_trace_run(f.t), NP_OK);
    np_stats s = stats_of(f.t, 0);
    assert_int_equal(s.sent, 6);
    assert_int_equal(s.received, 5);
    assert_int_equal(s.lost, 1);
    assert_int_equal(s.late, 1);
    assert_int_equal(s.samples, 5);
    assert_int_equal(s.worst_ns, 1 * MS);
    assert_balance(&s);
    end(&f);
}

/* Round trips longer than the interval: mtr would invent loss here. */
static void rounds_overlap(void **state)
{
    (void)state;
    fixture f = begin(4, 3);
    for (int i = 0; i < 3; i++)
        f.w->hops[i].delay_ns = 1900 * MS;
    np_trace_set(f.t, "interval", "100ms");
    np_trace_set_cycles(f.t, 40);
    assert_int_equal(np_trace_start(f.t), NP_OK);
    for (int i = 0; i < 40; i++) {
        pass(&f, 100 * MS);
        assert_true(np_trace_hop_count(f.t) == 0 || stats_of(f.t, 0).loss == 0);
    }
    np_trace_cancel(f.t);
    np_stats s = stats_of(f.t, 0);
    assert_int_equal(s.sent, 40);
    assert_in_range(s.pending, 18, 20);
    assert_balance(&s);
    end(&f);
}

static int64_t duration_of_run(fixture *f)
{
    int64_t start = f->w->now_ns;
    assert_int_equal(np_trace_run(f->t), NP_OK);
    return f->w->now_ns - start;
}

/* The end of a run: three times the slowest answer, 200 ms at least, 1 s while blind. */
static void the_end_waits_adaptively(void **state)
{
    (void)state;
    const struct {
        int64_t delay_ns;
        const char *grace, *timeout;
        bool silent;
        int64_t wait_ns;
    } rows[] = {{5 * MS, "0", "2s", false, 200 * MS},  {100 * MS, "0", "2s", false, 300 * MS},
                {0, "0", "2s", true, 1000 * MS},       {5 * MS, "1s", "2s", false, 1000 * MS},
                {100 * MS, "0", "250ms", false, 250 * MS}, {0, "0", "300ms", true, 300 * MS},
                {5 * MS, "10s", "2s", false, 2000 * MS}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fixture f = begin(4, 3);
        for (int h = 0; h < 2; h++) {
            f.w->hops[h].delay_ns = rows[i].delay_ns;
            if (rows[i].silent)
                f.w->hops[h].manner = WORLD_SILENT;
        }
        f.w->hops[2].manner = WORLD_SILENT;
        np_trace_set(f.t, "grace", rows[i].grace);
        np_trace_set(f.t, "timeout", rows[i].timeout);
        np_trace_set_cycles(f.t, 1);
        assert_int_equal(duration_of_run(&f), rows[i].wait_ns);
        end(&f);
    }
    fixture f = begin(4, 3); /* nothing is out any more: no waiting at all */
    np_trace_set_cycles(f.t, 1);
    np_trace_set_max_ttl(f.t, 3);
    assert_int_equal(duration_of_run(&f), 3 * MS);
    end(&f);
}

/* Names never delay a probe; at the end they get half a second, where a resolver answers at all. */
static void names_come_in_the_background(void **state)
{
    (void)state;
    const struct {
        int64_t first_ns, second_ns, run_ns;
        const char *first, *second;
    } rows[] = {
        {30 * MS, 450 * MS, 550 * MS, "one.example", "t\\x1b[31m.example"},
        {30 * MS, 900 * MS, 600 * MS, "one.example", ""},
        {130 * MS, 900 * MS, 100 * MS, "", ""}, /* nothing has answered: nothing is waited for */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fixture f = begin(4, 2);
        f.w->hops[1].delay_ns = 100 * MS;
        f.w->names[0] = (world_name){"one.example", "10.0.0.1", rows[i].first_ns, NP_OK};
        f.w->names[1] = (world_name){"t\x1b[31m.example", "10.0.0.2", rows[i].second_ns, NP_OK};
        np_trace_set(f.t, "names", "yes");
        np_trace_set_cycles(f.t, 1);
        np_trace_set_max_ttl(f.t, 2);
        assert_int_equal(duration_of_run(&f), rows[i].run_ns);
        assert_string_equal(hop_of(f.t, 0).name, rows[i].first);
        assert_string_equal(hop_of(f.t, 1).name, rows[i].second);
        end(&f);
    }
}

/* With a dead resolver a run takes exactly as long as without names. */
static void a_dead_resolver_costs_nothing(void **state)
{
    (void)state;
    int64_t took[2];
    for (int names = 0; names < 2; names++) {
        fixture f = begin(4, 4);
        f.w->resolver_dead = true;
        f.w->hops[1].manner = WORLD_SILENT;
        np_trace_set(f.t, "names", names ? "yes" : "no");
        np_trace_set_cycles(f.t, 3);
        took[names] = duration_of_run(&f);
        end(&f);
    }
    assert_int_equal(took[0], took[1]);
}

static void a_name_is_resolved(void **state)
{
    (void)state;
    fixture f = begin(4, 2);
    f.w->names[0] = (world_name){"host.example", "10.0.0.2", 20 * MS, NP_OK};
    np_trace_set_target(f.t, "host.example");
    assert_int_equal(np_trace_run(f.t), NP_OK);
    assert_string_equal(info_of(f.t).addr, "10.0.0.2");
    assert_string_equal(info_of(f.t).target, "host.example");
    np_trace_set_target(f.t, "nowhere.example");
    assert_int_equal(np_trace_run(f.t), NP_ERR_NAME);
    assert_string_equal(np_trace_error(f.t), "nowhere.example: no such name in this world");
    assert_int_equal(np_trace_hop_count(f.t), 0);
    end(&f);
}

/* In any stretch of time no more than burst and rate allow, for the trace and for the context. */
static void the_pace_is_kept(void **state)
{
    (void)state;
    for (int of_context = 0; of_context < 2; of_context++) {
        fixture f = begin(4, 8);
        np_context_set_burst(f.ctx, 4);
        if (of_context)
            np_context_set_rate(f.ctx, 50);
        else
            np_trace_set_rate(f.t, 50);
        np_trace_set(f.t, "interval", "10ms");
        np_trace_set_cycles(f.t, 20);
        assert_int_equal(np_trace_run(f.t), NP_OK);
        assert_true(f.w->sent_count > 100);
        for (uint64_t i = 0; i < f.w->sent_count; i++) {
            for (uint64_t k = i; k < f.w->sent_count; k++) {
                int64_t span = f.w->sent[k].at_ns - f.w->sent[i].at_ns;
                assert_true((int64_t)(k - i + 1) <= 4 + span * 50 / SEC);
            }
        }
        end(&f);
    }
}

static void duplicates_have_their_own_counter(void **state)
{
    (void)state;
    fixture f = begin(4, 2);
    f.w->hops[0].copies = 3;
    assert_int_equal(np_trace_run(f.t), NP_OK);
    np_stats s = stats_of(f.t, 0);
    assert_int_equal(s.received, 10);
    assert_int_equal(s.duplicates, 20);
    assert_int_equal(s.samples, 10);
    assert_balance(&s);
    end(&f);
}

/* What a forger may change in a reply; each alone must make it foreign. */
static void flip_peer(world *w, npi_reply *r)
{
    (void)w;
    r->peer.octets[3] ^= 1;
}

static void flip_family(world *w, npi_reply *r)
{
    (void)w;
    r->peer.family = r->peer.family == 4 ? 6 : 4;
}

static void flip_local(world *w, npi_reply *r)
{
    (void)w;
    r->local.octets[3] ^= 1;
}

static void flip_port(world *w, npi_reply *r)
{
    (void)w;
    r->peer.port ^= 1;
}

static void flip_origin(world *w, npi_reply *r)
{
    (void)w;
    r->origin ^= 1;
}

static void flip_octet(world *w, npi_reply *r)
{
    r->data[*(int *)w->tamper_arg] ^= 1;
}

static uint64_t received_when(void (*tamper)(world *, npi_reply *), int kind, int octet,
                              uint64_t *foreign)
{
    fixture f = begin(4, 3);
    f.w->tamper = tamper;
    f.w->tamper_arg = &octet;
    np_trace_set_kind(f.t, kind);
    np_trace_set_cycles(f.t, 2);
    np_trace_set_max_ttl(f.t, 3);
    assert_int_equal(np_trace_run(f.t), NP_OK);
    *foreign = info_of(f.t).foreign;
    uint64_t received = info_of(f.t).received;
    end(&f);
    return received;
}

static void any_wrong_field_is_foreign(void **state)
{
    (void)state;
    uint64_t foreign;
    void (*const fields[])(world *, npi_reply *) = {flip_peer, flip_family, flip_local};
    for (int kind = NP_TRACE_ICMP; kind <= NP_TRACE_UDP; kind++) {
        assert_int_equal(received_when(NULL, kind, 0, &foreign), 6);
        assert_int_equal(foreign, 0);
        for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
            assert_int_equal(received_when(fields[i], kind, 0, &foreign), 0);
            assert_int_equal(foreign, 6);
        }
    }
    assert_int_equal(received_when(flip_port, NP_TRACE_UDP, 0, &foreign), 0);
    assert_int_equal(foreign, 6);
    assert_int_equal(received_when(flip_origin, NP_TRACE_UDP, 0, &foreign), 0);
    assert_int_equal(foreign, 6);
    /* ICMP: type, code, id, sequence, its offset and the key; the checksum is the kernel's. */
    const int icmp[] = {0, 1, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17};
    for (size_t i = 0; i < sizeof icmp / sizeof icmp[0]; i++) {
        assert_int_equal(received_when(flip_octet, NP_TRACE_ICMP, icmp[i], &foreign), 0);
        assert_int_equal(foreign, 6);
    }
    for (int octet = 0; octet < 8; octet++) {
        assert_int_equal(received_when(flip_octet, NP_TRACE_UDP, octet, &foreign), 0);
        assert_int_equal(foreign, 6);
    }
}

/* An answer to a probe that was never sent. */
static void an_answer_before_its_probe_is_foreign(void **state)
{
    (void)state;
    fixture f = begin(4, 2);
    npi_reply r = {.error = true, .origin = 2, .type = 11};
    r.peer = (npi_addr){.family = 4, .octets = {10, 0, 0, 2}, .port = 33434};
    r.offender = (npi_addr){.family = 4, .octets = {10, 0, 0, 1}};
    r.len = 0; /* a quote of nothing */
    np_trace_set_kind(f.t, NP_TRACE_UDP);
    np_trace_set_cycles(f.t, 0);
    np_trace_start(f.t);
    pass(&f, 100 * MS);
    world_inject(f.w, MS, &r);
    pass(&f, 100 * MS);
    assert_int_equal(info_of(f.t).foreign, 1);
    assert_int_equal(stats_of(f.t, 0).received, 1);
    end(&f);
}

/* The probes of a flow differ in nothing that a balancer may look at. */
static void a_flow_is_constant(void **state)
{
    (void)state;
    for (int family = 4; family <= 6; family += 2) {
        fixture f = begin(family, 5);
        np_trace_set_cycles(f.t, 20);
        assert_int_equal(np_trace_run(f.t), NP_OK);
        assert_true(f.w->sent_count > 100);
        const uint8_t *first = f.w->sent[0].head;
        assert_int_equal(first[0], family == 4 ? 8 : 128);
        for (uint64_t i = 1; i < f.w->sent_count; i++) {
            const uint8_t *p = f.w->sent[i].head;
            assert_memory_equal(p, first, 6); /* type, code, checksum, id */
            assert_memory_not_equal(p + 6, f.w->sent[i - 1].head + 6, 2);
            /* What the sequence number adds to the checksum, its offset takes away. */
            assert_int_equal((p[6] << 8 | p[7]) + (p[8] << 8 | p[9]), 0xFFFF);
            assert_memory_equal(p + 10, first + 10, 8);
        }
        end(&f);

        f = begin(family, 5); /* UDP: ports and length */
        np_trace_set_kind(f.t, NP_TRACE_UDP);
        np_trace_set_cycles(f.t, 20);
        assert_int_equal(np_trace_run(f.t), NP_OK);
        assert_true(f.w->sent_count >= 100);
        for (uint64_t i = 0; i < f.w->sent_count; i++) {
            assert_int_equal(f.w->sent[i].to, 33434);
            assert_int_equal(f.w->sent[i].from, f.w->sent[0].from);
            assert_int_equal(f.w->sent[i].len, f.w->sent[0].len);
        }
        end(&f);
    }
}

static void udp_data_is_an_answer(void **state)
{
    (void)state;
    for (int silent_before = 0; silent_before < 2; silent_before++) {
        fixture f = begin(4, 5);
        f.w->hops[4].manner = WORLD_DATA;
        if (silent_before)
            f.w->hops[3].manner = WORLD_SILENT;
        np_trace_set_kind(f.t, NP_TRACE_UDP);
        assert_int_equal(np_trace_run(f.t), NP_OK);
        assert_true(np_trace_reached(f.t));
        assert_int_equal(info_of(f.t).end_ttl, 5);
        assert_int_equal(hop_of(f.t, 4).icmp_type, -1);
        np_stats s = stats_of(f.t, 4);
        assert_int_equal(s.sent, 10);
        assert_int_equal(s.received, 10);
        assert_int_equal(s.best_ns, 5 * MS);
        assert_int_equal(s.worst_ns, 5 * MS);
        for (int i = 0; i < 5; i++) {
            s = stats_of(f.t, i);
            assert_balance(&s);
        }
        end(&f);
    }
    fixture f = begin(4, 5); /* a server that sends back what it got says which probe it was */
    f.w->hops[4].manner = WORLD_ECHO;
    np_trace_set_kind(f.t, NP_TRACE_UDP);
    assert_int_equal(np_trace_run(f.t), NP_OK);
    assert_int_equal(info_of(f.t).end_ttl, 5);
    assert_int_equal(stats_of(f.t, 4).received, 10);
    end(&f);
}

/* Routers that quote eight octets: found by probing alone, known by their address since. */
static void short_quotes_are_told_apart(void **state)
{
    (void)state;
    for (int family = 4; family <= 6; family += 2) {
        for (unsigned which = 1; which < 32; which++) { /* any of five routers */
            fixture f = begin(family, 6);
            for (int i = 0; i < 5; i++)
                f.w->hops[i].short_quote = which >> i & 1;
            np_trace_set_kind(f.t, NP_TRACE_UDP);
            np_trace_set_cycles(f.t, 20);
            assert_int_equal(np_trace_run(f.t), NP_OK);
            assert_int_equal(info_of(f.t).end_ttl, 6);
            for (int i = 0; i < 6; i++) {
                np_stats s = stats_of(f.t, i);
                assert_string_equal(hop_of(f.t, i).addr, f.w->hops[i].addr);
                assert_int_equal(hop_of(f.t, i).responder_count, 1);
                assert_int_equal(hop_of(f.t, i).short_quote, f.w->hops[i].short_quote);
                assert_in_range(s.sent, 19, 20);
                assert_int_equal(s.received, s.sent);
                assert_int_equal(s.best_ns, (i + 1) * MS);
                assert_int_equal(s.worst_ns, (i + 1) * MS);
                assert_balance(&s);
            }
            end(&f);
        }
    }
    fixture f = begin(4, 8); /* among silent hops, and in front of a silent target */
    f.w->hops[1].manner = f.w->hops[3].manner = f.w->hops[7].manner = WORLD_SILENT;
    f.w->hops[2].short_quote = f.w->hops[4].short_quote = true;
    np_trace_set_kind(f.t, NP_TRACE_UDP);
    assert_int_equal(np_trace_run(f.t), NP_OK);
    for (int i = 0; i < 7; i++) {
        bool silent = f.w->hops[i].manner == WORLD_SILENT;
        assert_string_equal(hop_of(f.t, i).addr, silent ? "" : f.w->hops[i].addr);
        np_stats s = stats_of(f.t, i);
        assert_int_equal(s.received, silent ? 0 : s.sent);
    }
    assert_false(np_trace_reached(f.t));
    end(&f);
}

static void tcp_tells_the_port(void **state)
{
    (void)state;
    for (int family = 4; family <= 6; family += 2) {
        for (int closed = 0; closed < 2; closed++) {
            fixture f = begin(family, 7);
            f.w->hops[6].port_closed = closed;
            np_trace_set_kind(f.t, NP_TRACE_TCP);
            assert_int_equal(np_trace_run(f.t), NP_OK);
            assert_int_equal(info_of(f.t).end_ttl, 7);
            assert_true(np_trace_reached(f.t));
            assert_int_equal(info_of(f.t).port_state, closed ? NP_PORT_CLOSED : NP_PORT_OPEN);
            assert_int_equal(info_of(f.t).flow_varies, 1);
            assert_string_equal(info_of(f.t).method, "tcp-connect");
            assert_int_equal(f.w->sent[0].to, 80);
            assert_int_equal(hop_of(f.t, 6).icmp_type, -1);
            for (int i = 0; i < 7; i++)
                assert_int_equal(stats_of(f.t, i).received, 10);
            end(&f);
        }
    }
    fixture f = begin(4, 3); /* as many attempts as may be: wait, and lose none */
    f.w->send_errno = EBUSY;
    f.w->send_errno_count = 500;
    np_trace_set_kind(f.t, NP_TRACE_TCP);
    np_trace_set_port(f.t, 443);
    assert_int_equal(np_trace_run(f.t), NP_OK);
    assert_int_equal(info_of(f.t).failed, 0);
    assert_int_equal(stats_of(f.t, 2).received, 10);
    assert_int_equal(f.w->sent[0].to, 443);
    f.w->open_errno_tcp = EMFILE;
    assert_int_equal(np_trace_run(f.t), NP_ERR_MFILE);
    end(&f);
}

static void a_probe_that_cannot_leave_is_no_loss(void **state)
{
    (void)state;
    fixture f = begin(4, 3);
    f.w->send_errno = ENETUNREACH;
    f.w->send_errno_count = -1;
    assert_int_equal(np_trace_run(f.t), NP_ERR_ROUTE);
    assert_non_null(strstr(np_trace_error(f.t), "no route"));
    assert_int_equal(info_of(f.t).sent, 0);
    assert_int_equal(stats_of(f.t, 0).failed, 10);
    assert_true(stats_of(f.t, 0).loss == 0);
    end(&f);

    f = begin(4, 3); /* a route that comes back is found */
    f.w->source_errno = ENETUNREACH;
    f.w->send_errno = ENETUNREACH;
    f.w->send_errno_count = -1;
    assert_int_equal(np_trace_start(f.t), NP_OK);
    pass(&f, 3500 * MS);
    assert_int_equal(info_of(f.t).send_status, NP_ERR_ROUTE);
    f.w->send_errno = f.w->source_errno = 0;
    pass(&f, 20 * SEC);
    assert_true(np_trace_reached(f.t));
    assert_int_equal(stats_of(f.t, 2).received, 6);
    assert_int_equal(stats_of(f.t, 2).failed, 4);
    assert_string_equal(np_trace_error(f.t), "");
    end(&f);
}

static void full_buffers_are_waited_for(void **state)
{
    (void)state;
    fixture f = begin(4, 3);
    f.w->send_errno = ENOBUFS;
    f.w->send_errno_count = 5;
    assert_int_equal(np_trace_run(f.t), NP_OK);
    assert_int_equal(info_of(f.t).failed, 0);
    assert_int_equal(stats_of(f.t, 0).received, 10);
    end(&f);

    f = begin(4, 3); /* for ever full: counted, and the trace ends all the same */
    f.w->send_errno = EAGAIN;
    f.w->send_errno_count = -1;
    np_trace_set_cycles(f.t, 2);
    assert_int_equal(np_trace_run(f.t), NP_ERR_SYSTEM);
    assert_int_equal(info_of(f.t).sent, 0);
    end(&f);
}

static void our_own_overflow_is_no_loss(void **state)
{
    (void)state;
    fixture f = begin(4, 2);
    f.w->hops[0].lose = 9; /* the first and the fourth probe are not answered ... */
    np_trace_set_cycles(f.t, 0);
    np_trace_start(f.t);
    pass(&f, MS / 2);
    f.w->overflow_next = true; /* ... and our queue is full while the first is out */
    pass(&f, 9 * SEC);
    np_stats s = stats_of(f.t, 0);
    assert_int_equal(s.lost_local, 1);
    assert_int_equal(s.lost, 1);
    assert_true(s.received > 5);
    assert_balance(&s);
    end(&f);
}

static void kinds_fall_back(void **state)
{
    (void)state;
    const int refusals[] = {EACCES, EPERM, EAFNOSUPPORT, EPROTONOSUPPORT};
    for (size_t i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        fixture f = begin(4, 2);
        f.w->open_errno_icmp = refusals[i];
        assert_int_equal(np_trace_run(f.t), NP_OK);
        assert_int_equal(info_of(f.t).kind, NP_TRACE_UDP);
        assert_string_equal(info_of(f.t).method, "udp-recverr");
        assert_true(info_of(f.t).note[0] != 0);
        np_trace_set_kind(f.t, NP_TRACE_ICMP);
        assert_int_equal(np_trace_run(f.t), i < 2 ? NP_ERR_PERMISSION : NP_ERR_UNSUPPORTED);
        assert_true(np_trace_error(f.t)[0] != 0);
        end(&f);
    }
    fixture f = begin(4, 2);
    f.w->open_errno_icmp = EMFILE;
    assert_int_equal(np_trace_run(f.t), NP_ERR_MFILE);
    f.w->open_errno_icmp = 0;
    f.w->open_taken = 3; /* identifiers that others use */
    assert_int_equal(np_trace_run(f.t), NP_OK);
    end(&f);

    f = begin(6, 2); /* ICMPv6 above 1280 octets could change this host's path MTU */
    np_trace_set_size(f.t, 1281);
    assert_int_equal(np_trace_run(f.t), NP_OK);
    assert_int_equal(info_of(f.t).kind, NP_TRACE_UDP);
    np_trace_set_kind(f.t, NP_TRACE_ICMP);
    assert_int_equal(np_trace_run(f.t), NP_ERR_RANGE);
    np_trace_set_size(f.t, 1280);
    assert_int_equal(np_trace_run(f.t), NP_OK);
    assert_int_equal(f.w->sent[f.w->sent_count - 1].len, 1240);
    end(&f);
}

static void clocks_may_be_set(void **state)
{
    (void)state;
    const int64_t steps[] = {SEC, -SEC, 3600 * SEC, -3600 * SEC, INT64_C(946080000) * SEC,
                             -INT64_C(946080000) * SEC, 500 * 1000};
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        fixture f = begin(4, 1);
        f.w->hops[0].delay_ns = 100 * MS;
        f.w->user_lag_ns = 2 * MS;
        np_trace_set_max_ttl(f.t, 1);
        np_trace_set_cycles(f.t, 0);
        np_trace_start(f.t);
        pass(&f, 1050 * MS); /* the second probe is out */
        f.w->wall_shift += steps[i];
        pass(&f, SEC);
        np_stats s = stats_of(f.t, 0);
        assert_int_equal(s.received, 2);
        assert_in_range(s.best_ns, 100 * MS, 105 * MS);
        assert_in_range(s.worst_ns, 100 * MS, 105 * MS);
        assert_int_equal(s.kernel_stamps, 1); /* the other one's stamp is not believed */
        end(&f);
    }
    fixture f = begin(4, 1); /* suspended while a probe was out: answered, but no time */
    f.w->hops[0].delay_ns = 100 * MS;
    np_trace_set_max_ttl(f.t, 1);
    np_trace_set_cycles(f.t, 0);
    np_trace_start(f.t);
    pass(&f, 1050 * MS);
    f.w->slept_ns += 10 * SEC;
    f.w->wall_shift += 10 * SEC;
    pass(&f, SEC);
    np_stats s = stats_of(f.t, 0);
    assert_int_equal(s.received, 2);
    assert_int_equal(s.samples, 1);
    end(&f);

    f = begin(4, 1); /* no stamps at all: the process's own clock, and said so */
    f.w->no_stamps = true;
    np_trace_set_max_ttl(f.t, 1);
    assert_int_equal(np_trace_run(f.t), NP_OK);
    s = stats_of(f.t, 0);
    assert_int_equal(s.samples, 10);
    assert_int_equal(s.kernel_stamps, 0);
    end(&f);
}

static void the_path_may_change(void **state)
{
    (void)state;
    fixture f = begin(4, 3);
    np_trace_set_cycles(f.t, 0);
    np_trace_start(f.t);
    pass(&f, 2500 * MS);
    assert_int_equal(np_trace_hop_count(f.t), 3);
    world_path(f.w, 4, 5); /* longer, with another target address: the third is a router now */
    f.w->hops[4].addr = "10.0.0.3";
    f.w->hops[2].addr = "10.0.0.9";
    pass(&f, 3 * SEC);
    assert_int_equal(np_trace_hop_count(f.t), 5);
    assert_int_equal(hop_of(f.t, 2).responder_count, 2);
    world_path(f.w, 4, 2); /* shorter */
    f.w->hops[1].addr = "10.0.0.3";
    pass(&f, 3 * SEC);
    assert_int_equal(np_trace_hop_count(f.t), 2);
    assert_true(np_trace_reached(f.t));
    end(&f);
}

static void alternate_offender(world *w, npi_reply *r)
{
    int *count = w->tamper_arg;
    if (r->error && r->offender.octets[3] == 1 && ++*count % 3 == 0)
        r->offender.octets[2] = 77;
}

static void responders_are_kept_apart(void **state)
{
    (void)state;
    int count = 0;
    fixture f = begin(4, 2);
    f.w->tamper = alternate_offender;
    f.w->tamper_arg = &count;
    np_trace_set_cycles(f.t, 9);
    assert_int_equal(np_trace_run(f.t), NP_OK);
    assert_int_equal(np_trace_responder_count(f.t, 0), 2);
    assert_string_equal(hop_of(f.t, 0).addr, "10.0.0.1");
    np_responder r;
    np_stats s;
    assert_int_equal(np_trace_get_responder(f.t, 0, 1, &r, sizeof r), NP_OK);
    assert_string_equal(r.addr, "10.0.77.1");
    assert_int_equal(np_trace_get_responder_stats(f.t, 0, 1, &s, sizeof s), NP_OK);
    assert_int_equal(s.received, 3);
    assert_int_equal(s.samples, 3);
    assert_int_equal(np_trace_get_responder(f.t, 0, 2, &r, sizeof r), NP_ERR_RANGE);
    assert_int_equal(stats_of(f.t, 0).received, 9);
    assert_int_equal(stats_of(f.t, 0).samples, 6); /* of the one that answered most */
    end(&f);
}

static void pause_resume_clear(void **state)
{
    (void)state;
    fixture f = begin(4, 2);
    np_trace_set_cycles(f.t, 0);
    np_trace_start(f.t);
    pass(&f, 2500 * MS);
    assert_int_equal(stats_of(f.t, 0).sent, 3);
    assert_int_equal(np_trace_pause(f.t), NP_OK);
    pass(&f, 5 * SEC);
    assert_int_equal(stats_of(f.t, 0).sent, 3);
    assert_int_equal(np_trace_resume(f.t), NP_OK);
    pass(&f, 100 * MS);
    assert_int_equal(stats_of(f.t, 0).sent, 4);

    f.w->hops[0].delay_ns = 300 * MS; /* an answer to a probe from before the clear */
    pass(&f, SEC);
    assert_int_equal(stats_of(f.t, 0).pending, 1);
    assert_int_equal(np_trace_clear(f.t), NP_OK);
    assert_int_equal(np_trace_hop_count(f.t), 0);
    pass(&f, 2500 * MS);
    np_stats s = stats_of(f.t, 0);
    assert_int_equal(s.sent, 3);
    assert_int_equal(s.received, 3);
    assert_int_equal(s.duplicates + s.late, 0);
    assert_int_equal(info_of(f.t).foreign, 0);
    end(&f);
}

/* By which way probes leave is handed to the net as it was set. */
static void probes_leave_as_asked(void **state)
{
    (void)state;
    fixture f = begin(4, 2);
    np_trace_set_kind(f.t, NP_TRACE_UDP);
    np_trace_set_source(f.t, "10.0.0.100");
    np_trace_set_interface(f.t, "eth7");
    np_trace_set_tos(f.t, 0xB8);
    np_trace_set_mark(f.t, INT64_C(0xFFFFFFFF));
    np_trace_set_local_port(f.t, 4321);
    np_trace_set_port(f.t, 53);
    assert_int_equal(np_trace_run(f.t), NP_OK);
    assert_int_equal(f.w->egress.source.octets[3], 100);
    assert_string_equal(f.w->egress.interface, "eth7");
    assert_int_equal(f.w->egress.tos, 0xB8);
    assert_true(f.w->egress.mark == 0xFFFFFFFF);
    assert_int_equal(f.w->sent[0].from, 4321);
    assert_int_equal(f.w->sent[0].to, 53);
    assert_non_null(strstr(np_trace_json(f.t), "\"interface\": \"eth7\""));

    f.w->open_taken = 1; /* a port of one's own choice is not tried twice */
    assert_int_equal(np_trace_run(f.t), NP_ERR_SYSTEM);
    const struct {
        int err;
        np_status status;
    } rows[] = {{EADDRNOTAVAIL, NP_ERR_ROUTE}, {ENODEV, NP_ERR_ROUTE}, {EPERM, NP_ERR_PERMISSION}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        f.w->open_errno_udp = rows[i].err;
        assert_int_equal(np_trace_run(f.t), rows[i].status);
        assert_true(np_trace_error(f.t)[0] != 0);
    }
    end(&f);

    f = begin(4, 2); /* settings that do not go together */
    np_trace_set_source(f.t, "not-an-address");
    assert_int_equal(np_trace_run(f.t), NP_ERR_INVALID);
    np_trace_set_source(f.t, "fd00::100");
    np_trace_set_family(f.t, NP_FAMILY_IPV4);
    assert_int_equal(np_trace_run(f.t), NP_ERR_INVALID);
    np_trace_set_family(f.t, NP_FAMILY_AUTO); /* the target's literal is of the other family */
    assert_int_equal(np_trace_run(f.t), NP_ERR_NAME);
    end(&f);
}

static void sequence_numbers_wrap(void **state)
{
    (void)state;
    fixture f = begin(4, 1);
    np_trace_set(f.t, "interval", "10ms");
    np_trace_set_max_ttl(f.t, 1);
    np_trace_set_cycles(f.t, 200000);
    f.w->hops[0].lose = 1;
    assert_int_equal(np_trace_run(f.t), NP_OK);
    np_stats s = stats_of(f.t, 0);
    assert_int_equal(s.sent, 200000);
    assert_int_equal(s.lost, 3125);
    assert_int_equal(s.received, 200000 - 3125);
    assert_int_equal(s.duplicates + s.late + info_of(f.t).foreign, 0);
    end(&f);
}

static void json_is_there_in_every_state(void **state)
{
    (void)state;
    fixture f = begin(4, 2);
    assert_non_null(strstr(np_trace_json(f.t), "\"schema\": \"netprobe.trace/1\""));
    np_trace_start(f.t);
    pass(&f, 1500 * MS);
    assert_non_null(strstr(np_trace_json(f.t), "\"end_ns\": null"));
    np_trace_cancel(f.t);
    assert_non_null(strstr(np_trace_json(f.t), "\"status\": \"cancelled\""));
    assert_non_null(strstr(np_trace_json(f.t), "\"best_ns\": 1000000"));
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_path_is_found),
        cmocka_unit_test(nothing_goes_beyond_the_target),
        cmocka_unit_test(udp_feels_its_way),
        cmocka_unit_test(silent_hops_end_the_path),
        cmocka_unit_test(an_unreachable_is_shown_and_not_reached),
        cmocka_unit_test(a_probe_is_lost_at_its_timeout),
        cmocka_unit_test(a_late_answer_is_counted_as_late),
        cmocka_unit_test(rounds_overlap),
        cmocka_unit_test(the_end_waits_adaptively),
        cmocka_unit_test(names_come_in_the_background),
        cmocka_unit_test(a_dead_resolver_costs_nothing),
        cmocka_unit_test(a_name_is_resolved),
        cmocka_unit_test(the_pace_is_kept),
        cmocka_unit_test(duplicates_have_their_own_counter),
        cmocka_unit_test(any_wrong_field_is_foreign),
        cmocka_unit_test(an_answer_before_its_probe_is_foreign),
        cmocka_unit_test(a_flow_is_constant),
        cmocka_unit_test(udp_data_is_an_answer),
        cmocka_unit_test(short_quotes_are_told_apart),
        cmocka_unit_test(tcp_tells_the_port),
        cmocka_unit_test(a_probe_that_cannot_leave_is_no_loss),
        cmocka_unit_test(full_buffers_are_waited_for),
        cmocka_unit_test(our_own_overflow_is_no_loss),
        cmocka_unit_test(kinds_fall_back),
        cmocka_unit_test(clocks_may_be_set),
        cmocka_unit_test(the_path_may_change),
        cmocka_unit_test(responders_are_kept_apart),
        cmocka_unit_test(pause_resume_clear),
        cmocka_unit_test(probes_leave_as_asked),
        cmocka_unit_test(sequence_numbers_wrap),
        cmocka_unit_test(json_is_there_in_every_state),
    };
    return RUN(tests);
}
