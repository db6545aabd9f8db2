/* SPDX-License-Identifier: MIT */
/*
 * A whole trace over the scripted world: where it goes, when, and where it ends.
 */
#include <errno.h>

#include "fixture.h"

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

static void raw_where_icmp_is_closed(void **state)
{
    (void)state;
    np_responder r;
    fixture f = begin(4, 3);
    f.w->open_errno_icmp = EACCES;
    f.w->raw_allowed = true;
    np_trace_set_tos(f.t, 184);
    assert_int_equal(np_trace_run(f.t), NP_OK);
    assert_int_equal(info_of(f.t).kind, NP_TRACE_ICMP);
    assert_string_equal(info_of(f.t).method, "icmp-raw");
    assert_string_equal(info_of(f.t).note, "");
    assert_int_equal(np_trace_get_responder(f.t, 0, 0, &r, sizeof r), NP_OK);
    assert_int_equal(r.quoted, 1);
    assert_int_equal(r.quoted_ttl, 1);
    assert_int_equal(r.quoted_tos, 184);
    assert_int_equal(np_trace_get_responder(f.t, 2, 0, &r, sizeof r), NP_OK);
    assert_int_equal(r.quoted, 0); /* an echo reply quotes nothing */

    assert_int_equal(np_trace_set(f.t, "raw", "no"), NP_OK);
    assert_int_equal(np_trace_run(f.t), NP_OK);
    assert_string_equal(info_of(f.t).method, "udp-recverr");

    f.w->open_errno_icmp = 0; /* what needs no privilege comes first */
    np_trace_set(f.t, "raw", "auto");
    assert_int_equal(np_trace_run(f.t), NP_OK);
    assert_string_equal(info_of(f.t).method, "icmp-dgram");
    assert_int_equal(np_trace_get_responder(f.t, 0, 0, &r, sizeof r), NP_OK);
    assert_int_equal(r.quoted, 0);

    np_trace_set(f.t, "raw", "yes");
    assert_int_equal(np_trace_run(f.t), NP_OK);
    assert_string_equal(info_of(f.t).method, "icmp-raw");
    np_trace_set_kind(f.t, NP_TRACE_UDP);
    assert_int_equal(np_trace_run(f.t), NP_OK);
    assert_string_equal(info_of(f.t).method, "udp-raw");

    f.w->raw_allowed = false; /* asked for is asked for: nothing else is taken */
    for (int kind = NP_TRACE_AUTO; kind <= NP_TRACE_UDP; kind++) {
        np_trace_set_kind(f.t, kind);
        assert_int_equal(np_trace_run(f.t), NP_ERR_PERMISSION);
        assert_non_null(strstr(np_trace_error(f.t), "cap_net_raw"));
    }
    np_trace_set_kind(f.t, NP_TRACE_TCP);
    assert_int_equal(np_trace_run(f.t), NP_ERR_UNSUPPORTED);
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

/* Ten days, a round an hour, with the machine asleep for one night: nothing drifts. */
static void days_pass_in_a_moment(void **state)
{
    (void)state;
    enum { ROUNDS = 240, HOPS = 5 };
    fixture f = begin(4, HOPS);
    np_event ev;
    np_trace_set(f.t, "cycles", "240");
    np_trace_set(f.t, "interval", "1h");
    assert_int_equal(np_trace_start(f.t), NP_OK);
    int64_t begin_ns = f.w->now_ns;
    pass(&f, 100 * INT64_C(3600) * SEC);
    f.w->slept_ns += 8 * INT64_C(3600) * SEC;
    while (np_next_event(f.ctx, &ev, sizeof ev, NP_FOREVER) >= 0 && ev.type != NP_EV_DONE)
        ;
    assert_int_equal(ev.status, NP_OK);
    int64_t took = f.w->now_ns - begin_ns;
    assert_true(took >= (ROUNDS - 1) * INT64_C(3600) * SEC && took < ROUNDS * INT64_C(3600) * SEC);
    assert_int_equal(info_of(f.t).rounds, ROUNDS);
    for (int i = 0; i < HOPS; i++) {
        np_stats s = stats_of(f.t, i);
        assert_int_equal(s.sent, ROUNDS);
        assert_int_equal(s.received, ROUNDS);
        assert_int_equal(s.best_ns, (i + 1) * MS);
        assert_int_equal(s.worst_ns, (i + 1) * MS);
        assert_balance(&s);
    }
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
        cmocka_unit_test(rounds_overlap),
        cmocka_unit_test(the_end_waits_adaptively),
        cmocka_unit_test(names_come_in_the_background),
        cmocka_unit_test(a_dead_resolver_costs_nothing),
        cmocka_unit_test(a_name_is_resolved),
        cmocka_unit_test(the_pace_is_kept),
        cmocka_unit_test(a_probe_that_cannot_leave_is_no_loss),
        cmocka_unit_test(full_buffers_are_waited_for),
        cmocka_unit_test(raw_where_icmp_is_closed),
        cmocka_unit_test(kinds_fall_back),
        cmocka_unit_test(the_path_may_change),
        cmocka_unit_test(days_pass_in_a_moment),
        cmocka_unit_test(pause_resume_clear),
        cmocka_unit_test(probes_leave_as_asked),
        cmocka_unit_test(json_is_there_in_every_state),
    };
    return RUN(tests);
}
