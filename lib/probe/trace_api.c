/* SPDX-License-Identifier: MIT */
/*
 * The public calls of a trace: settings by name and by type, and results copied out.
 */
#include <string.h>

#include "probe/trace.h"
#include "wire/icmp.h"

static np_status refused(np_trace *t, np_status st, const npi_buf *why)
{
    return st < 0 ? npi_object_latch(&t->o, st, npi_buf_text(why)) : NP_OK;
}

/* The target as it may be shown. */
static bool show_target(np_trace *t)
{
    const char *target = t->settings.target;
    npi_buf_clear(&t->target_text);
    if (target)
        npi_buf_escaped(&t->target_text, target, strlen(target));
    return !t->target_text.nomem;
}

np_status np_trace_set(np_trace *t, const char *name, const char *text)
{
    np_status st = npi_object_settable(t ? &t->o : NULL);
    if (st < 0)
        return st;
    char sentence[256];
    npi_buf why = npi_buf_in(sentence, sizeof sentence);
    st = npi_option_set(npi_trace_options, npi_trace_option_count, &t->o.mem, &t->settings, name,
                        text, &why);
    if (st == NP_OK && !show_target(t)) {
        npi_buf_str(&why, "out of memory");
        st = NP_ERR_NOMEM;
    }
    return refused(t, st, &why);
}

static np_status set_number(np_trace *t, const char *name, int64_t value)
{
    np_status st = npi_object_settable(t ? &t->o : NULL);
    if (st < 0)
        return st;
    char sentence[256];
    npi_buf why = npi_buf_in(sentence, sizeof sentence);
    st = npi_option_set_i64(npi_trace_options, npi_trace_option_count, &t->settings, name, value,
                            &why);
    return refused(t, st, &why);
}

np_status np_trace_set_target(np_trace *t, const char *target)
{
    return np_trace_set(t, "target", target);
}

np_status np_trace_set_kind(np_trace *t, int kind)
{
    return set_number(t, "kind", kind);
}

np_status np_trace_set_family(np_trace *t, int family)
{
    return set_number(t, "family", family);
}

np_status np_trace_set_cycles(np_trace *t, int64_t cycles)
{
    return set_number(t, "cycles", cycles);
}

np_status np_trace_set_first_ttl(np_trace *t, int64_t ttl)
{
    return set_number(t, "first-ttl", ttl);
}

np_status np_trace_set_max_ttl(np_trace *t, int64_t ttl)
{
    return set_number(t, "max-ttl", ttl);
}

np_status np_trace_set_max_unknown(np_trace *t, int64_t hops)
{
    return set_number(t, "max-unknown", hops);
}

np_status np_trace_set_interval(np_trace *t, int64_t interval_ns)
{
    return set_number(t, "interval", interval_ns);
}

np_status np_trace_set_timeout(np_trace *t, int64_t timeout_ns)
{
    return set_number(t, "timeout", timeout_ns);
}

np_status np_trace_set_grace(np_trace *t, int64_t grace_ns)
{
    return set_number(t, "grace", grace_ns);
}

np_status np_trace_set_size(np_trace *t, int64_t octets)
{
    return set_number(t, "size", octets);
}

np_status np_trace_set_port(np_trace *t, int64_t port)
{
    return set_number(t, "port", port);
}

np_status np_trace_set_local_port(np_trace *t, int64_t port)
{
    return set_number(t, "local-port", port);
}

np_status np_trace_set_source(np_trace *t, const char *address)
{
    return np_trace_set(t, "source", address);
}

np_status np_trace_set_interface(np_trace *t, const char *name)
{
    return np_trace_set(t, "interface", name);
}

np_status np_trace_set_tos(np_trace *t, int64_t tos)
{
    return set_number(t, "tos", tos);
}

np_status np_trace_set_mark(np_trace *t, int64_t mark)
{
    return set_number(t, "mark", mark);
}

np_status np_trace_set_rate(np_trace *t, int64_t probes_per_second)
{
    return set_number(t, "rate", probes_per_second);
}

np_status np_trace_set_names(np_trace *t, int choice)
{
    return set_number(t, "names", choice);
}

np_status np_trace_set_events(np_trace *t, int64_t count)
{
    return set_number(t, "events", count);
}

np_status np_trace_set_user(np_trace *t, void *user)
{
    return npi_object_set_user(t ? &t->o : NULL, user);
}

void np_trace_free(np_trace *t)
{
    npi_object_free(t ? &t->o : NULL);
}

np_status np_trace_start(np_trace *t)
{
    return npi_object_start(t ? &t->o : NULL);
}

np_status np_trace_run(np_trace *t)
{
    return npi_object_run(t ? &t->o : NULL);
}

np_status np_trace_pause(np_trace *t)
{
    return npi_object_pause(t ? &t->o : NULL);
}

np_status np_trace_resume(np_trace *t)
{
    return npi_object_resume(t ? &t->o : NULL);
}

np_status np_trace_cancel(np_trace *t)
{
    return npi_object_cancel(t ? &t->o : NULL);
}

np_status np_trace_clear(np_trace *t)
{
    return npi_object_clear(t ? &t->o : NULL);
}

np_status np_trace_reset(np_trace *t)
{
    return npi_object_reset(t ? &t->o : NULL);
}

const char *np_trace_error(const np_trace *t)
{
    return t ? t->o.error : "no object: out of memory, or never made";
}

int np_trace_reached(const np_trace *t)
{
    return t && t->strategy.end == NP_END_REACHED;
}

int np_trace_hop_count(const np_trace *t)
{
    if (!t || t->total.sent + t->total.failed == 0)
        return 0;
    return npi_strategy_last_row(&t->strategy) - t->strategy.cfg.first_ttl + 1;
}

static void put_addr(char *out, size_t size, const npi_addr *a)
{
    npi_buf b = npi_buf_in(out, size);
    npi_buf_addr(&b, a);
}

np_status np_trace_get(const np_trace *t, np_trace_info *out, size_t out_size)
{
    np_trace_info i = {.target = "", .method = "", .note = "", .start_ns = -1, .end_ns = -1};
    if (!out)
        return t ? NP_ERR_INVALID : NP_ERR_NOMEM;
    npi_export(out, out_size, &(np_trace_info){0}, sizeof i);
    if (!t)
        return NP_ERR_NOMEM;
    put_addr(i.addr, sizeof i.addr, &t->target);
    put_addr(i.source, sizeof i.source, &t->sources[t->source]);
    i.target = npi_buf_text(&t->target_text);
    i.family = t->target.family;
    i.kind = t->kind;
    i.method = npi_trace_method(t);
    i.note = t->note;
    i.end = t->strategy.end;
    i.end_ttl = t->strategy.end_ttl;
    i.rounds = t->strategy.round;
    i.sent = t->total.sent;
    i.received = t->total.received;
    i.failed = t->total.failed;
    i.foreign = t->foreign;
    i.send_status = t->local_status;
    i.flow_varies = t->flow.ports > 0 ||
                    (t->kind == NP_TRACE_TCP && t->settings.serial != NP_CHOICE_YES);
    i.port_state = t->port_state;
    if (t->began.wall.ns)
        i.start_ns = t->began.wall.ns;
    if (t->ended.wall.ns)
        i.end_ns = t->ended.wall.ns;
    npi_export(out, out_size, &i, sizeof i);
    return NP_OK;
}

/* The hop of a row; NULL where there is none. */
static const npi_hop *row(const np_trace *t, int index)
{
    if (index < 0 || index >= np_trace_hop_count(t))
        return NULL;
    return &t->hops[t->strategy.cfg.first_ttl + index - 1];
}

static int label_count(const npi_responder *r)
{
    int count = r->has_extension ? r->extension.label_count : 0;
    return count < NPI_LABELS ? count : NPI_LABELS;
}

static void export_extension(const npi_responder *r, np_responder *out)
{
    const npi_ingress *i = &r->extension.ingress;
    out->label_count = label_count(r);
    if (!r->has_extension || !i->known)
        return;
    out->ingress_index = i->index <= INT32_MAX ? (int32_t)i->index : 0;
    out->ingress_mtu = i->mtu <= INT32_MAX ? (int32_t)i->mtu : 0;
    npi_buf name = npi_buf_in(out->ingress_name, sizeof out->ingress_name);
    npi_buf_escaped(&name, i->name, strlen(i->name));
    put_addr(out->ingress_addr, sizeof out->ingress_addr, &i->addr);
}

void npi_trace_export_responder(const np_trace *t, const npi_responder *r, np_responder *out)
{
    *out = (np_responder){.name = "", .reply_ttl = -1, .icmp_type = -1, .icmp_code = -1};
    if (!r)
        return;
    put_addr(out->addr, sizeof out->addr, &r->addr);
    out->name = r->name;
    out->is_target = r->is_target;
    out->reply_ttl = r->reply_ttl;
    out->short_quote = r->short_quote;
    if (r->by_data)
        return;
    out->icmp_type = r->type;
    out->icmp_code = r->code;
    out->quoted = r->quoted;
    out->quoted_ttl = r->quoted_ttl;
    out->quoted_tos = r->quoted_tos;
    out->mtu = r->mtu <= INT32_MAX ? (int32_t)r->mtu : 0;
    export_extension(r, out);
    npi_buf mark = npi_buf_in(out->mark, sizeof out->mark);
    npi_icmp_mark(&mark, t->target.family, r->type, r->code, r->is_target);
}

np_status np_trace_get_hop(const np_trace *t, int index, np_hop *out, size_t out_size)
{
    if (!out)
        return t ? NP_ERR_INVALID : NP_ERR_NOMEM;
    npi_export(out, out_size, &(np_hop){0}, sizeof *out);
    if (!t)
        return NP_ERR_NOMEM;
    const npi_hop *h = row(t, index);
    if (!h)
        return NP_ERR_RANGE;
    np_responder r;
    npi_trace_export_responder(t, npi_hop_main(h), &r);
    np_hop hop = {.ttl = t->strategy.cfg.first_ttl + index,
                  .responder_count = h->responder_count,
                  .name = r.name,
                  .is_target = r.is_target,
                  .reply_ttl = r.reply_ttl,
                  .icmp_type = r.icmp_type,
                  .icmp_code = r.icmp_code,
                  .short_quote = r.short_quote};
    memcpy(hop.addr, r.addr, sizeof hop.addr);
    memcpy(hop.mark, r.mark, sizeof hop.mark);
    npi_export(out, out_size, &hop, sizeof hop);
    return NP_OK;
}

np_status np_trace_get_stats(const np_trace *t, int index, np_stats *out, size_t out_size)
{
    np_stats s;
    if (!out)
        return t ? NP_ERR_INVALID : NP_ERR_NOMEM;
    npi_export(out, out_size, &(np_stats){0}, sizeof s);
    if (!t)
        return NP_ERR_NOMEM;
    const npi_hop *h = row(t, index);
    if (!h)
        return NP_ERR_RANGE;
    const npi_responder *r = npi_hop_main(h);
    npi_stats_export(&h->counts, r ? &r->times : NULL, &s);
    npi_export(out, out_size, &s, sizeof s);
    return NP_OK;
}

int np_trace_responder_count(const np_trace *t, int index)
{
    const npi_hop *h = row(t, index);
    return h ? h->responder_count : 0;
}

static const npi_responder *responder_at(const np_trace *t, int index, int responder)
{
    const npi_hop *h = row(t, index);
    return h && responder >= 0 && responder < h->responder_count ? &h->responders[responder]
                                                                 : NULL;
}

np_status np_trace_get_responder(const np_trace *t, int index, int responder, np_responder *out,
                                 size_t out_size)
{
    if (!out)
        return t ? NP_ERR_INVALID : NP_ERR_NOMEM;
    npi_export(out, out_size, &(np_responder){0}, sizeof *out);
    if (!t)
        return NP_ERR_NOMEM;
    const npi_responder *r = responder_at(t, index, responder);
    if (!r)
        return NP_ERR_RANGE;
    np_responder copy;
    npi_trace_export_responder(t, r, &copy);
    npi_export(out, out_size, &copy, sizeof copy);
    return NP_OK;
}

np_status np_trace_get_label(const np_trace *t, int index, int responder, int label, np_label *out,
                             size_t out_size)
{
    if (!out)
        return t ? NP_ERR_INVALID : NP_ERR_NOMEM;
    npi_export(out, out_size, &(np_label){0}, sizeof *out);
    if (!t)
        return NP_ERR_NOMEM;
    const npi_responder *r = responder_at(t, index, responder);
    if (!r || label < 0 || label >= label_count(r))
        return NP_ERR_RANGE;
    const npi_label *l = &r->extension.labels[label];
    np_label copy = {(int32_t)l->label, l->traffic_class, l->bottom, l->ttl};
    npi_export(out, out_size, &copy, sizeof copy);
    return NP_OK;
}

np_status np_trace_get_responder_stats(const np_trace *t, int index, int responder,
                                       np_stats *out, size_t out_size)
{
    np_stats s;
    if (!out)
        return t ? NP_ERR_INVALID : NP_ERR_NOMEM;
    npi_export(out, out_size, &(np_stats){0}, sizeof s);
    if (!t)
        return NP_ERR_NOMEM;
    const npi_responder *r = responder_at(t, index, responder);
    if (!r)
        return NP_ERR_RANGE;
    npi_stats_export(&r->counts, &r->times, &s);
    npi_export(out, out_size, &s, sizeof s);
    return NP_OK;
}
