/* SPDX-License-Identifier: MIT */
/*
 * The JSON document of a trace, schema netprobe.trace/1, described field by field in
 * netprobe(3). Written from the public results, so that both say the same.
 */
#include "base/json.h"
#include "probe/trace.h"

enum { DECIMALS = 3 }; /* of means and deviations in nanoseconds */

static void put_known_double(npi_json *j, const char *key, double v)
{
    if (v < 0)
        npi_json_null(j, key);
    else
        npi_json_fixed(j, key, v, DECIMALS);
}

static void put_stats(npi_json *j, const np_stats *s)
{
    npi_json_object(j, "stats");
    npi_json_u64(j, "sent", s->sent);
    npi_json_u64(j, "received", s->received);
    npi_json_u64(j, "lost", s->lost);
    npi_json_u64(j, "lost_local", s->lost_local);
    npi_json_u64(j, "pending", s->pending);
    npi_json_u64(j, "late", s->late);
    npi_json_u64(j, "duplicates", s->duplicates);
    npi_json_u64(j, "failed", s->failed);
    npi_json_fixed(j, "loss", s->loss, 6);
    npi_json_u64(j, "samples", s->samples);
    npi_json_u64(j, "kernel_stamps", s->kernel_stamps);
    npi_json_known(j, "last_ns", s->last_ns);
    npi_json_known(j, "best_ns", s->best_ns);
    npi_json_known(j, "worst_ns", s->worst_ns);
    put_known_double(j, "mean_ns", s->mean_ns);
    put_known_double(j, "stdev_ns", s->stdev_ns);
    put_known_double(j, "gmean_ns", s->gmean_ns);
    npi_json_u64(j, "jitter_samples", s->jitter_samples);
    npi_json_known(j, "jitter_last_ns", s->jitter_last_ns);
    put_known_double(j, "jitter_mean_ns", s->jitter_mean_ns);
    npi_json_known(j, "jitter_worst_ns", s->jitter_worst_ns);
    put_known_double(j, "jitter_rfc3550_ns", s->jitter_rfc3550_ns);
    npi_json_object_end(j);
}

static void put_responder(npi_json *j, const np_responder *r)
{
    npi_json_text(j, "addr", r->addr);
    npi_json_text(j, "name", r->name);
    npi_json_bool(j, "is_target", r->is_target != 0);
    npi_json_str(j, "mark", r->mark);
    npi_json_known(j, "icmp_type", r->icmp_type);
    npi_json_known(j, "icmp_code", r->icmp_code);
    npi_json_known(j, "reply_ttl", r->reply_ttl);
    npi_json_bool(j, "short_quote", r->short_quote != 0);
}

/* What routers append to their errors; left out where there is nothing. */
static void put_extension(npi_json *j, const np_trace *t, int index, int responder,
                          const np_responder *r)
{
    np_label l;
    if (r->quoted) {
        npi_json_object(j, "quoted");
        npi_json_i64(j, "ttl", r->quoted_ttl);
        npi_json_i64(j, "tos", r->quoted_tos);
        npi_json_object_end(j);
    }
    if (r->mtu)
        npi_json_i64(j, "mtu", r->mtu);
    if (r->ingress_index || r->ingress_name[0] || r->ingress_addr[0]) {
        npi_json_object(j, "ingress");
        npi_json_i64(j, "index", r->ingress_index);
        npi_json_text(j, "name", r->ingress_name);
        npi_json_text(j, "addr", r->ingress_addr);
        npi_json_i64(j, "mtu", r->ingress_mtu);
        npi_json_object_end(j);
    }
    if (r->label_count == 0)
        return;
    npi_json_array(j, "labels");
    for (int i = 0; np_trace_get_label(t, index, responder, i, &l, sizeof l) == NP_OK; i++) {
        npi_json_object(j, NULL);
        npi_json_i64(j, "label", l.label);
        npi_json_i64(j, "traffic_class", l.traffic_class);
        npi_json_bool(j, "bottom", l.bottom != 0);
        npi_json_i64(j, "ttl", l.ttl);
        npi_json_object_end(j);
    }
    npi_json_array_end(j);
}

static void put_hop(npi_json *j, const np_trace *t, int index)
{
    np_hop h;
    np_stats s;
    np_responder r;
    np_trace_get_hop(t, index, &h, sizeof h);
    np_trace_get_stats(t, index, &s, sizeof s);
    npi_trace_export_responder(t, npi_hop_main(&t->hops[h.ttl - 1]), &r);
    npi_json_object(j, NULL);
    npi_json_i64(j, "ttl", h.ttl);
    put_responder(j, &r);
    put_stats(j, &s);
    npi_json_array(j, "responders");
    for (int i = 0; i < h.responder_count; i++) {
        np_trace_get_responder(t, index, i, &r, sizeof r);
        np_trace_get_responder_stats(t, index, i, &s, sizeof s);
        npi_json_object(j, NULL);
        put_responder(j, &r);
        put_extension(j, t, index, i, &r);
        put_stats(j, &s);
        npi_json_object_end(j);
    }
    npi_json_array_end(j);
    npi_json_object_end(j);
}

static const char *kind_name(int kind)
{
    static const char *const names[] = {"auto", "icmp", "udp", "tcp"};
    return names[kind];
}

static const char *end_name(int end)
{
    return end == NP_END_REACHED       ? "reached"
           : end == NP_END_UNREACHABLE ? "unreachable"
                                       : "unknown";
}

/* NULL is null: unknown. */
static const char *port_state_name(int state)
{
    return state == NP_PORT_OPEN ? "open" : state == NP_PORT_CLOSED ? "closed" : NULL;
}

static void put_settings(npi_json *j, const np_trace *t)
{
    npi_json_i64(j, "interval_ns", t->settings.interval);
    npi_json_i64(j, "timeout_ns", t->settings.timeout);
    npi_json_str(j, "interface", t->settings.interface);
    npi_json_i64(j, "tos", t->settings.tos);
    npi_json_i64(j, "size", t->settings.size);
    if (t->flow.target.port)
        npi_json_i64(j, "port", t->flow.target.port);
    else
        npi_json_null(j, "port");
}

static void put_trace(npi_json *j, const np_trace *t)
{
    np_trace_info i;
    np_trace_get(t, &i, sizeof i);
    npi_json_str(j, "schema", "netprobe.trace/1");
    npi_json_str(j, "target", i.target);
    npi_json_str(j, "addr", i.addr);
    npi_json_str(j, "source", i.source);
    if (i.family)
        npi_json_i64(j, "family", i.family);
    else
        npi_json_null(j, "family");
    npi_json_str(j, "kind", kind_name(i.kind));
    npi_json_str(j, "method", i.method);
    npi_json_str(j, "note", i.note);
    npi_json_str(j, "status", np_status_name(npi_object_status(&t->o)));
    npi_json_str(j, "error", np_trace_error(t));
    npi_json_str(j, "send_status", np_status_name((np_status)i.send_status));
    npi_json_str(j, "end", end_name(i.end));
    npi_json_known(j, "end_ttl", i.end_ttl ? i.end_ttl : -1);
    npi_json_bool(j, "reached", i.end == NP_END_REACHED);
    npi_json_bool(j, "flow_varies", i.flow_varies != 0);
    npi_json_str(j, "port_state", port_state_name(i.port_state));
    npi_json_u64(j, "rounds", i.rounds);
    put_settings(j, t);
    npi_json_u64(j, "sent", i.sent);
    npi_json_u64(j, "received", i.received);
    npi_json_u64(j, "failed", i.failed);
    npi_json_u64(j, "foreign", i.foreign);
    npi_json_known(j, "start_ns", i.start_ns);
    npi_json_known(j, "end_ns", i.end_ns);
}

const char *np_trace_json(np_trace *t)
{
    if (!t)
        return NULL;
    npi_buf_clear(&t->json);
    npi_json j = npi_json_into(&t->json);
    npi_json_object(&j, NULL);
    put_trace(&j, t);
    npi_json_array(&j, "hops");
    int count = np_trace_hop_count(t);
    for (int i = 0; i < count; i++)
        put_hop(&j, t, i);
    npi_json_array_end(&j);
    npi_json_object_end(&j);
    npi_buf_char(&t->json, '\n');
    return t->json.nomem ? NULL : npi_buf_text(&t->json);
}
