/* SPDX-License-Identifier: MIT */
/*
 * A whole trace whose path, answers and clock come from the input: every probe ends in exactly one
 * state, the run ends, and nothing is left.
 */
#include <string.h>

#include "../sim/world.h"
#include "fuzz.h"
#include "netprobe.h"

static npi_reader input;

static int fate(world *w, const world_hop *h, int64_t *delays_ns)
{
    uint8_t what = npi_reader_u8(&input);
    (void)w;
    int count = what & 3;
    for (int i = 0; i < count; i++)
        delays_ns[i] = h->delay_ns + (int64_t)npi_reader_be16(&input) * 60000;
    return count;
}

/* Some answers are changed on their way, and sometimes a clock is set. */
static void tamper(world *w, npi_reply *r)
{
    uint8_t what = npi_reader_u8(&input);
    if (what < 160)
        return;
    if (what < 200 && r->len > 0)
        r->data[npi_reader_u8(&input) % r->len] ^= npi_reader_u8(&input);
    else if (what < 210)
        r->len = npi_reader_u8(&input) % (r->len + 1);
    else if (what < 220)
        r->offender.octets[3] = npi_reader_u8(&input);
    else if (what < 225)
        r->type = npi_reader_u8(&input);
    else if (what < 230)
        r->code = npi_reader_u8(&input);
    else if (what < 235)
        r->error = !r->error;
    else if (what < 240)
        w->wall_shift += (int64_t)npi_reader_be32(&input) * 1000000 - INT64_C(1000000000000);
    else if (what < 245)
        w->slept_ns += npi_reader_be16(&input) * INT64_C(1000000);
    else if (what < 250)
        w->overflow_next = true;
    else
        r->local.octets[3] ^= 1;
}

static void must_balance(const np_trace *t)
{
    for (int i = 0; i < np_trace_hop_count(t); i++) {
        np_stats s;
        must(np_trace_get_stats(t, i, &s, sizeof s) == NP_OK);
        must(s.sent == s.received + s.lost + s.lost_local + s.pending);
        must(s.pending == 0 && s.loss >= 0 && s.loss <= 1);
        must(s.samples <= s.received);
        must(s.samples == 0 || (s.best_ns >= 0 && s.best_ns <= s.worst_ns));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const world_manner manners[] = {WORLD_TTL, WORLD_TTL, WORLD_SILENT, WORLD_PROHIBITED,
                                           WORLD_TTL, WORLD_TTL, WORLD_DATA, WORLD_ECHO};
    input = npi_reader_over(data, size);
    uint8_t choice = npi_reader_u8(&input);
    int hops = 1 + npi_reader_u8(&input) % 6;
    world *w = world_new();
    np_allocator libc = npi_mem_libc();
    world_path(w, choice & 1 ? 4 : 6, hops);
    bool udp = choice >> 1 & 1;
    for (int i = 0; i < hops; i++) {
        uint8_t hop = npi_reader_u8(&input);
        w->hops[i].short_quote = hop & 8;
        if (i < hops - 1 || hop & 16)
            w->hops[i].manner = manners[hop % (udp ? 8 : 6)];
    }
    w->fate = fate;
    w->tamper = tamper;
    np_context *ctx = npi_context_new_world(&libc, &w->seams);
    np_trace *t = np_trace_new(ctx);
    np_trace_set_target(t, w->target);
    np_trace_set_kind(t, udp ? NP_TRACE_UDP : choice >> 2 & 1 ? NP_TRACE_TCP : NP_TRACE_ICMP);
    np_trace_set_names(t, NP_CHOICE_NO);
    np_trace_set_cycles(t, 1 + (choice >> 3 & 7));
    np_trace_set_interval(t, 200 * MS);
    np_trace_set_max_ttl(t, 12);
    must(np_trace_run(t) == NP_OK);
    must_balance(t);
    must(np_trace_json(t) != NULL);
    np_trace_free(t);
    np_context_free(ctx);
    must(w->opened == w->closed);
    world_free(w);
    return 0;
}
