/* SPDX-License-Identifier: MIT */
/*
 * The sending half of a trace: carries out what the strategy asks for, within the pace, and
 * decides when an unanswered probe counts as lost.
 */
#include <errno.h>

#include "probe/trace.h"

enum { RETRIES = 10 }; /* of a send that the kernel had no room for */

#define RETRY_NS INT64_C(10000000)

static npi_probe *probe_at(np_trace *t, uint64_t id)
{
    return npi_idtab_get(&t->probes, id);
}

static void count_lost(np_trace *t, npi_probe *p)
{
    npi_counts *hop = &npi_trace_hop(t, p->ttl)->counts;
    p->state = NPI_PROBE_LOST;
    hop->pending--;
    t->total.pending--;
    if (p->overflowed) {
        hop->lost_local++;
        t->total.lost_local++;
    } else {
        hop->lost++;
        t->total.lost++;
    }
}

/* Probes leave in the order of their ids and all have one time-out: the oldest is over first. */
static npi_mono expire(np_trace *t, npi_mono now)
{
    for (; t->expire_id < t->probes.next; t->expire_id++) {
        npi_probe *p = probe_at(t, t->expire_id);
        if (!p || p->state != NPI_PROBE_PENDING)
            continue;
        npi_mono over = npi_mono_add(p->sent.mono, t->settings.timeout);
        if (npi_mono_before(now, over))
            return over;
        count_lost(t, p);
    }
    return NPI_NEVER;
}

void npi_trace_give_up(np_trace *t)
{
    expire(t, NPI_NEVER);
}

/* Routes change: the address that the kernel would send from is asked for once a round. */
static void refresh_source(np_trace *t)
{
    const npi_net *net = npi_trace_net(t);
    npi_addr now;
    if (net->ops->source(net, &t->target, &t->egress, &now) != 0)
        return;
    for (uint8_t i = 0; i < NPI_SOURCES; i++) {
        if (npi_addr_same(&t->sources[i], &now)) {
            t->source = i;
            return;
        }
    }
    if (t->sources[t->source].family)
        t->source = (uint8_t)((t->source + 1) % NPI_SOURCES);
    t->sources[t->source] = now;
}

static np_status local_status(int err, const char **why)
{
    switch (err) {
    case ENETUNREACH:
    case EHOSTUNREACH:
    case EINVAL: /* a blackhole route */
        *why = "this host has no route to it (see ip route get)";
        return NP_ERR_ROUTE;
    case ENETDOWN:
    case ENODEV:
    case EADDRNOTAVAIL:
        *why = "the interface towards it is down or has no address (see ip addr)";
        return NP_ERR_ROUTE;
    case EACCES:
    case EPERM:
        *why = "a firewall rule or prohibit route of this host forbids it (see nft list ruleset)";
        return NP_ERR_PERMISSION;
    case EMSGSIZE:
        *why = "probes of that size do not fit the interface: take a smaller size";
        return NP_ERR_RANGE;
    case ENOMEM:
        *why = "out of memory";
        return NP_ERR_NOMEM;
    case ENOBUFS:
    case EAGAIN:
        *why = "the buffers of this host's interface stay full";
        return NP_ERR_SYSTEM;
    default:
        *why = "the kernel refused";
        return NP_ERR_SYSTEM;
    }
}

/* A probe that cannot leave is no loss: it is counted apart, and the trace goes on. */
static void count_failed(np_trace *t, int ttl, int err)
{
    const char *why;
    npi_trace_hop(t, ttl)->counts.failed++;
    t->total.failed++;
    t->local_status = local_status(err, &why);
    if (err != t->local_errno)
        npi_log(t->o.ctx, NPI_LOG_ERROR, "cannot send: %s (errno %d)", why, err);
    t->local_errno = err;
    if (t->total.sent > 0)
        return;
    npi_buf b = npi_buf_in(t->o.error, sizeof t->o.error);
    npi_buf_str(&b, "cannot send to ");
    npi_buf_addr(&b, &t->target);
    npi_buf_printf(&b, ": %s (errno %d)", why, err);
}

static void count_sent(np_trace *t, npi_probe *p, int ttl, const npi_now *sent)
{
    npi_hop *h = npi_trace_hop(t, ttl);
    *p = (npi_probe){.sent = *sent,
                     .seq = h->probes++,
                     .ttl = (uint8_t)ttl,
                     .state = NPI_PROBE_PENDING,
                     .source = t->source};
    h->counts.sent++;
    h->counts.pending++;
    t->total.sent++;
    t->total.pending++;
    t->o.error[0] = '\0';
    t->local_status = NP_OK;
    t->local_errno = 0;
    npi_pace_spend(&t->pace, sent->mono);
    npi_pace_spend(&t->o.ctx->pace, sent->mono);
}

/* What may be over in a moment. */
static bool no_room(int err)
{
    return err == EAGAIN || err == ENOBUFS || err == ENOMEM;
}

/* True when the probe has left or is given up; false to try again at t->retry_at. */
static bool send_probe(np_trace *t, int ttl, const npi_now *now)
{
    uint64_t id;
    void *entry;
    npi_idtab_result r = npi_idtab_add(&t->probes, &id, &entry);
    t->retry_at = npi_mono_add(now->mono, RETRY_NS);
    if (r == NPI_IDTAB_FULL)
        return false;
    npi_buf_clear(&t->packet);
    npi_flow_encode(&t->flow, id, &t->packet);
    if (r == NPI_IDTAB_NOMEM || t->packet.nomem) {
        npi_trace_fail(t, NP_ERR_NOMEM, "out of memory");
        return false;
    }
    npi_probe_out out = {.to = t->flow.target,
                         .ttl = ttl,
                         .number = (uint32_t)id,
                         .data = t->packet.data,
                         .len = t->packet.len};
    out.to.port = npi_flow_port(&t->flow, id);
    npi_now sent;
    int err = t->transport->ops->send(t->transport, &out, &sent);
    if (err == EBUSY || (no_room(err) && t->send_retries++ < RETRIES))
        return false;
    t->send_retries = 0;
    t->retry_at = now->mono;
    if (err)
        count_failed(t, ttl, err);
    else
        count_sent(t, entry, ttl, &sent);
    npi_strategy_sent(&t->strategy, now->mono);
    return true;
}

static void emit_round(np_trace *t)
{
    npi_event *ev = npi_object_emit(&t->o, NP_EV_ROUND);
    if (ev)
        ev->e.index = (int32_t)(t->strategy.round - 1);
}

/* The next time at which a probe may leave as far as pace and full buffers go. */
static npi_mono allowed(const np_trace *t, npi_mono now)
{
    npi_mono own = npi_pace_next(&t->pace, now);
    npi_mono shared = npi_pace_next(&t->o.ctx->pace, now);
    npi_mono at = npi_mono_before(own, shared) ? shared : own;
    return npi_mono_before(at, t->retry_at) ? t->retry_at : at;
}

/* One step; true when there may be another at once. `at`: when to come back otherwise. */
static bool step(np_trace *t, const npi_now *now, int *budget, bool *complete, npi_mono *at)
{
    int ttl = 0;
    switch (npi_strategy_next(&t->strategy, now->mono, t->total.pending, &ttl, at)) {
    case NPI_ACTION_WAIT:
        return false;
    case NPI_ACTION_ROUND:
        emit_round(t);
        return true;
    case NPI_ACTION_DONE:
        *complete = true;
        return false;
    case NPI_ACTION_SEND:
        break;
    }
    *at = allowed(t, now->mono);
    if (npi_mono_before(now->mono, *at))
        return false;
    *at = now->mono;
    if (*budget <= 0)
        return false;
    --*budget;
    if (ttl == t->strategy.cfg.first_ttl)
        refresh_source(t);
    if (send_probe(t, ttl, now))
        return true;
    *at = t->retry_at;
    return false;
}

bool npi_trace_send(np_trace *t, npi_now *now, int *budget)
{
    bool complete = false;
    bool more = true;
    npi_mono at = NPI_NEVER, over = NPI_NEVER;
    while (more && t->phase == NPI_TRACE_PROBING) {
        npi_context_now(t->o.ctx, now);
        over = expire(t, now->mono);
        more = step(t, now, budget, &complete, &at);
    }
    if (!complete && t->phase == NPI_TRACE_PROBING)
        npi_reactor_alarm(&t->o.ctx->reactor, &t->alarm, npi_mono_min(at, over));
    return complete;
}
