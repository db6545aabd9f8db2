/* SPDX-License-Identifier: MIT */
/*
 * Answers in the scripted world: which probe each belongs to, and in which counter it lands.
 */
#include <errno.h>

#include "fixture.h"

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

/* Router 2 tells labels, at the place that the kernel names; router 3 where routers once did. */
static void append_labels(world *w, npi_reply *r)
{
    static const uint8_t labels[] = {0x20, 0, 0, 0, 0, 8, 1, 1, 0x03, 0xe8, 0x11, 0x05};
    bool new_style = r->offender.octets[3] == 2 || r->offender.octets[15] == 2;
    bool old_style = r->offender.octets[3] == 3 || r->offender.octets[15] == 3;
    bool v6 = r->peer.family == 6, icmp = *(int *)w->tamper_arg == NP_TRACE_ICMP;
    size_t place = 128 - (v6 ? 40u : 20u) - (icmp ? 0u : 8u);
    uint16_t sum = 0;
    if (!r->error || (!new_style && !old_style))
        return;
    memset(r->data + r->len, 0, place - r->len);
    memcpy(r->data + place, labels, sizeof labels);
    for (size_t i = 0; i < sizeof labels; i += 2) { /* one's complement, by hand */
        uint32_t both = (uint32_t)sum + (uint32_t)(labels[i] << 8 | labels[i + 1]);
        sum = (uint16_t)(both + (both >> 16));
    }
    r->data[place + 2] = (uint8_t)(~sum >> 8);
    r->data[place + 3] = (uint8_t)~sum;
    r->len = place + sizeof labels;
    r->extension = new_style ? place : 0;
}

static void labels_belong_to_their_responder(void **state)
{
    (void)state;
    for (int family = 4; family <= 6; family += 2)
        for (int kind = NP_TRACE_ICMP; kind <= NP_TRACE_UDP; kind++) {
            fixture f = begin(family, 5);
            f.w->tamper = append_labels;
            f.w->tamper_arg = &kind;
            np_trace_set_kind(f.t, kind);
            assert_int_equal(np_trace_run(f.t), NP_OK);
            for (int i = 0; i < 5; i++) {
                np_responder r;
                np_label l;
                bool labelled = i == 1 || i == 2;
                assert_int_equal(np_trace_get_responder(f.t, i, 0, &r, sizeof r), NP_OK);
                assert_int_equal(r.label_count, labelled);
                assert_int_equal(np_trace_get_label(f.t, i, 0, 0, &l, sizeof l),
                                 labelled ? NP_OK : NP_ERR_RANGE);
                assert_int_equal(l.label, labelled ? 16001 : 0);
                assert_int_equal(l.bottom, labelled);
                assert_int_equal(l.ttl, labelled ? 5 : 0);
                assert_int_equal(stats_of(f.t, i).received, 10); /* it matches all the same */
            }
            assert_int_equal(info_of(f.t).foreign, 0);
            end(&f);
        }
}

/* The port tells the probe: no probing alone, nothing given up, although the quotes are short. */
static void rising_ports_need_no_quote(void **state)
{
    (void)state;
    for (int family = 4; family <= 6; family += 2) {
        fixture f = begin(family, 6);
        f.w->hops[2].short_quote = true;
        f.w->hops[3].short_quote = true;
        np_trace_set_kind(f.t, NP_TRACE_UDP);
        assert_int_equal(np_trace_set(f.t, "udp-ports", "rising"), NP_OK);
        assert_int_equal(np_trace_run(f.t), NP_OK);
        assert_int_equal(info_of(f.t).flow_varies, 1);
        for (int i = 0; i < 6; i++) {
            assert_int_equal(stats_of(f.t, i).received, 10);
            assert_int_equal(hop_of(f.t, i).short_quote, 0);
        }
        for (uint64_t n = 1; n < f.w->sent_count; n++)
            assert_int_equal(f.w->sent[n].to, f.w->sent[n - 1].to + 1);
        end(&f);
    }
}

/* Near the end of all ports there are fewer to rise through. */
static void rising_ports_stay_within_their_range(void **state)
{
    (void)state;
    fixture f = begin(4, 3);
    np_trace_set_kind(f.t, NP_TRACE_UDP);
    np_trace_set_port(f.t, 65530);
    np_trace_set(f.t, "udp-ports", "rising");
    assert_int_equal(np_trace_run(f.t), NP_OK);
    assert_int_equal(stats_of(f.t, 2).received, 10);
    for (uint64_t n = 0; n < f.w->sent_count; n++)
        assert_true(f.w->sent[n].to >= 65530 && f.w->sent[n].to <= 65533);
    end(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_late_answer_is_counted_as_late),
        cmocka_unit_test(duplicates_have_their_own_counter),
        cmocka_unit_test(any_wrong_field_is_foreign),
        cmocka_unit_test(an_answer_before_its_probe_is_foreign),
        cmocka_unit_test(a_flow_is_constant),
        cmocka_unit_test(udp_data_is_an_answer),
        cmocka_unit_test(short_quotes_are_told_apart),
        cmocka_unit_test(tcp_tells_the_port),
        cmocka_unit_test(our_own_overflow_is_no_loss),
        cmocka_unit_test(clocks_may_be_set),
        cmocka_unit_test(responders_are_kept_apart),
        cmocka_unit_test(sequence_numbers_wrap),
        cmocka_unit_test(labels_belong_to_their_responder),
        cmocka_unit_test(rising_ports_need_no_quote),
        cmocka_unit_test(rising_ports_stay_within_their_range),
    };
    return RUN(tests);
}
