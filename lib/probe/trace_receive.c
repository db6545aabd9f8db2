/* SPDX-License-Identifier: MIT */
/*
 * The receiving half of a trace: decides which probe a reply answers, what it says about the
 * path, and in which counter it lands.
 */
#include <time.h> /* before errqueue.h, which needs struct timespec */

#include <linux/errqueue.h>

#include "probe/rtt.h"
#include "probe/trace.h"
#include "wire/icmp.h"

void npi_trace_tell(np_trace *t, int ttl, int responder)
{
    npi_event *ev = npi_object_emit(&t->o, NP_EV_HOP);
    if (!ev)
        return;
    const npi_responder *r = &npi_trace_hop(t, ttl)->responders[responder];
    ev->e.ttl = ttl;
    ev->e.index = responder;
    npi_buf b = npi_buf_in(ev->text, NPI_EVENT_TEXT);
    npi_buf_addr(&b, &r->addr);
    if (r->name[0])
        npi_buf_printf(&b, " (%s)", r->name);
}

/* An answer as far as it is understood. */
typedef struct answer {
    npi_answer what;
    const npi_addr *who;
    const npi_reply *reply;
    npi_now got;
    bool short_quote; /* an error that quotes too little to tell its probe */
} answer;

/* False for what says nothing about the path. */
static bool understand(const np_trace *t, const npi_reply *r, answer *a)
{
    a->reply = r;
    a->who = r->error ? &r->offender : &r->peer;
    a->what = NPI_ANSWER_TARGET;
    if (!r->error)
        return true;
    bool target = npi_addr_same(a->who, &t->target);
    switch (npi_icmp_meaning_of(t->target.family, r->type, r->code)) {
    case NPI_ICMP_TTL:
    case NPI_ICMP_MTU: /* not the end of the path, only of this size */
        a->what = NPI_ANSWER_HOP;
        return true;
    case NPI_ICMP_PORT: /* from the target it is an answer; a firewall's is a refusal */
        if (!target || t->kind != NP_TRACE_UDP)
            a->what = NPI_ANSWER_UNREACHABLE;
        return true;
    case NPI_ICMP_UNREACHABLE:
        a->what = NPI_ANSWER_UNREACHABLE;
        return true;
    case NPI_ICMP_REPLY:
    case NPI_ICMP_OTHER:
        break;
    }
    return false;
}

static uint8_t echo_reply(int family)
{
    return family == 4 ? NPI_ICMP4_ECHO_REPLY : NPI_ICMP6_ECHO_REPLY;
}

/*
 * Extensions stand behind the quote. Routers from before RFC 4884 do not tell where, and quote 128
 * octets; what is not ours of that (IP header, and UDP's) the kernel has taken away.
 */
static void take_extension(const np_trace *t, npi_responder *r, const npi_reply *reply)
{
    size_t headers = (t->target.family == 4 ? 20u : 40u) + (t->kind == NP_TRACE_UDP ? 8u : 0u);
    bool told = reply->extension > 0;
    size_t at = told ? reply->extension : NPI_EXTENSION_OFFSET - headers;
    npi_extension e;
    if (!reply->error || t->kind == NP_TRACE_TCP || at >= reply->len)
        return;
    if (!npi_extension_decode(reply->data + at, reply->len - at, !told, &e))
        return;
    r->has_extension = true;
    r->extension = e;
}

static npi_responder *responder_for(np_trace *t, const npi_probe *p, const answer *a, int *index,
                                    bool *made)
{
    npi_hop *h = npi_trace_hop(t, p->ttl);
    npi_responder *r = npi_hop_responder(h, &t->o.mem, a->who, made);
    if (!r)
        return NULL;
    *index = (int)(r - h->responders);
    r->is_target = a->what == NPI_ANSWER_TARGET;
    r->by_data = !a->reply->error && t->kind != NP_TRACE_ICMP;
    r->type = a->reply->error ? a->reply->type : echo_reply(t->target.family);
    r->code = a->reply->error ? a->reply->code : 0;
    r->reply_ttl = a->reply->reply_ttl;
    r->short_quote = a->short_quote;
    r->quoted = a->reply->quoted;
    r->quoted_ttl = a->reply->quoted_ttl;
    r->quoted_tos = a->reply->quoted_tos;
    if (a->reply->error && npi_icmp_meaning_of(t->target.family, r->type, r->code) == NPI_ICMP_MTU)
        r->mtu = a->reply->info;
    take_extension(t, r, a->reply);
    return r;
}

static void count_duplicate(np_trace *t, const npi_probe *p, npi_responder *r)
{
    npi_trace_hop(t, p->ttl)->counts.duplicates++;
    t->total.duplicates++;
    if (r)
        r->counts.duplicates++;
}

/* An answer after the time-out: the responder is known from it, its time is not counted. */
static void count_late(np_trace *t, npi_probe *p, npi_responder *r)
{
    p->state = NPI_PROBE_ANSWERED;
    npi_trace_hop(t, p->ttl)->counts.late++;
    t->total.late++;
    if (r)
        r->counts.late++;
}

/* Returns the round-trip time, -1 when it is not known. */
static int64_t count_received(np_trace *t, npi_probe *p, npi_responder *r, const answer *a)
{
    npi_counts *hop = &npi_trace_hop(t, p->ttl)->counts;
    p->state = NPI_PROBE_ANSWERED;
    hop->pending--;
    hop->received++;
    t->total.pending--;
    t->total.received++;
    npi_rtt rtt = npi_rtt_measure(&p->sent, &a->got, a->reply->stamped, a->reply->stamp);
    if (a->reply->rtt_ns >= 0)
        rtt = (npi_rtt){.valid = true, .kernel = true, .ns = a->reply->rtt_ns};
    if (r) {
        r->counts.received++;
        if (rtt.valid)
            npi_times_add(&r->times, p->seq, rtt.ns, rtt.kernel);
    }
    return rtt.valid ? rtt.ns : -1;
}

static void answered(np_trace *t, npi_probe *p, const answer *a)
{
    bool made = false;
    int index = 0;
    int64_t rtt_ns = -1;
    if (p->state == NPI_PROBE_NONE || p->state == NPI_PROBE_VOID)
        return;
    npi_responder *r = responder_for(t, p, a, &index, &made);
    if (!r && !made) {
        npi_trace_fail(t, NP_ERR_NOMEM, "out of memory");
        return;
    }
    if (p->state == NPI_PROBE_ANSWERED) {
        count_duplicate(t, p, r);
        return;
    }
    if (p->state == NPI_PROBE_LOST)
        count_late(t, p, r);
    else
        rtt_ns = count_received(t, p, r, a);
    if (a->reply->tcp)
        t->port_state = a->reply->tcp == NPI_TCP_OPEN ? NP_PORT_OPEN : NP_PORT_CLOSED;
    npi_strategy_answer(&t->strategy, a->got.mono, p->ttl, a->what, p->sent.mono, rtt_ns);
    bool beyond = t->strategy.end_ttl && p->ttl > t->strategy.end_ttl;
    if (!made || !r || beyond)
        return; /* nothing new, or a probe of the first round that went too far */
    r->name = npi_names_get(&t->names, a->who);
    npi_trace_tell(t, p->ttl, index);
    if (!npi_names_ask(&t->names, a->who))
        npi_trace_fail(t, NP_ERR_NOMEM, "out of memory");
}

static void foreign(np_trace *t, const npi_reply *r)
{
    char who[64];
    npi_buf b = npi_buf_in(who, sizeof who);
    npi_buf_addr(&b, r->error ? &r->offender : &r->peer);
    npi_log(t->o.ctx, NPI_LOG_DEBUG, "foreign answer from %s", who);
    t->foreign++;
}

/* The probe is given up without a verdict: as if it had not been sent. */
static void make_void(np_trace *t, npi_probe *p)
{
    npi_counts *hop = &npi_trace_hop(t, p->ttl)->counts;
    p->state = NPI_PROBE_VOID;
    hop->pending--;
    hop->sent--;
    t->total.pending--;
    t->total.sent--;
}

/* What is out, newest first, between two TTLs; NULL when there is none. */
static npi_probe *newest_pending(np_trace *t, int first, int last)
{
    for (uint64_t id = t->probes.next; id-- > t->expire_id;) {
        npi_probe *p = npi_idtab_get(&t->probes, id);
        if (p && p->state == NPI_PROBE_PENDING && p->ttl >= first && p->ttl <= last)
            return p;
    }
    return NULL;
}

/* The TTL at which an address is known to answer without telling to which probe; 0 when none. */
static int known_at(np_trace *t, const npi_addr *who)
{
    for (int ttl = 1; ttl <= t->hop_limit; ttl++) {
        npi_hop *h = npi_trace_hop(t, ttl);
        for (int i = 0; i < h->responder_count; i++)
            if (h->responders[i].short_quote && npi_addr_same(&h->responders[i].addr, who))
                return ttl;
    }
    return 0;
}

/* The lowest TTL that is out and where nobody has answered yet; 0 when there is none. */
static int lowest_mute(np_trace *t)
{
    for (int ttl = 1; ttl <= t->hop_limit; ttl++)
        if (npi_trace_hop(t, ttl)->responder_count == 0 && newest_pending(t, ttl, ttl))
            return ttl;
    return 0;
}

/* One probe at a time from `ttl` on; what is out there is given up. */
static void go_serial(np_trace *t, const answer *a, int ttl)
{
    npi_probe *p;
    while ((p = newest_pending(t, ttl, t->hop_limit)) != NULL)
        make_void(t, p);
    npi_strategy_serial(&t->strategy, a->got.mono, ttl);
}

/*
 * An answer of this flow that does not tell which probe it is to: UDP data of the target's own, or
 * an error that quotes too little. Whoever is known answers his own TTL; else a single probe has
 * to be out for it.
 */
static void bare_answer(np_trace *t, const answer *a)
{
    npi_strategy *s = &t->strategy;
    bool error = a->reply->error;
    int known = error ? known_at(t, a->who) : s->end_ttl;
    npi_probe *p = known ? newest_pending(t, known, known) : NULL;
    if (!p && !known && npi_mono_before(a->got.mono, s->quiet))
        return; /* to a probe that was given up */
    if (!p && !known && s->serial)
        p = newest_pending(t, s->deepest + 1, t->hop_limit);
    if (p) {
        answered(t, p, a);
        return;
    }
    int mute = error ? lowest_mute(t) : s->deepest + 1;
    if (!known && !s->serial && mute && newest_pending(t, mute, t->hop_limit))
        go_serial(t, a, mute);
    else
        foreign(t, a->reply);
}

/*
 * Our own kernel reports that the next hop does not answer neighbour discovery, in the guise of
 * an ICMP error from our own address. That is no hop.
 */
static bool is_neighbour_failure(const np_trace *t, const npi_reply *r)
{
    const npi_addr *own = &t->sources[t->source];
    return r->error && own->family && npi_addr_same(&r->offender, own) &&
           !npi_addr_same(&t->target, own);
}

static bool to_our_address(const np_trace *t, const npi_probe *p, const npi_reply *r)
{
    const npi_addr *own = &t->sources[p->source];
    return !r->local.family || !own->family || npi_addr_same(&r->local, own);
}

static void handle(np_trace *t, const npi_reply *r)
{
    answer a;
    uint64_t low = 0, id;
    unsigned bits = 0;
    npi_context_now(t->o.ctx, &a.got);
    if (r->error && (r->origin == SO_EE_ORIGIN_LOCAL || is_neighbour_failure(t, r))) {
        npi_log(t->o.ctx, NPI_LOG_INFO, "this host reports errno %d for a probe", r->err);
        return;
    }
    npi_match match = npi_flow_match(&t->flow, r, &low, &bits);
    if (match == NPI_MATCH_FOREIGN || !understand(t, r, &a)) {
        foreign(t, r);
        return;
    }
    a.short_quote = match == NPI_MATCH_BARE && r->error;
    if (match == NPI_MATCH_BARE) {
        bare_answer(t, &a);
        return;
    }
    npi_probe *p = NULL;
    if (npi_idtab_find(&t->probes, low, bits, &id))
        p = npi_idtab_get(&t->probes, id);
    if (p && id < t->first_id)
        return; /* its statistics were cleared */
    if (!p || p->state == NPI_PROBE_NONE || !to_our_address(t, p, r))
        foreign(t, r);
    else
        answered(t, p, &a);
}

/* What is out now may have been answered, and the answer dropped at our own door. */
static void mark_overflow(np_trace *t)
{
    for (uint64_t id = t->expire_id; id < t->probes.next; id++) {
        npi_probe *p = npi_idtab_get(&t->probes, id);
        if (p && p->state == NPI_PROBE_PENDING)
            p->overflowed = true;
    }
}

void npi_trace_receive(np_trace *t, int *budget)
{
    npi_reply r;
    while (t->phase == NPI_TRACE_PROBING && *budget > 0) {
        if (!t->transport->ops->recv(t->transport, &r))
            break;
        --*budget;
        handle(t, &r);
    }
    if (t->phase != NPI_TRACE_PROBING)
        return;
    if (*budget <= 0)
        npi_reactor_post(&t->o.ctx->reactor, &t->task); /* there may be more */
    if (t->transport->ops->overflowed(t->transport))
        mark_overflow(t);
}
