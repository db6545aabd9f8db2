/* SPDX-License-Identifier: MIT */
/*
 * The trace from inside: the engine (trace.c), the public calls (trace_api.c) and the JSON
 * document (trace_json.c) share this struct.
 */
#ifndef NPI_PROBE_TRACE_H
#define NPI_PROBE_TRACE_H

#include "base/idtab.h"
#include "base/option.h"
#include "base/pace.h"
#include "core/object.h"
#include "probe/flow.h"
#include "probe/hops.h"
#include "probe/names.h"
#include "probe/strategy.h"
#include "probe/trace_options.h"
#include "probe/transport.h"

typedef struct npi_trace_settings {
    char *target, *source, *interface;
    int64_t kind, family, cycles, first_ttl, max_ttl, max_unknown;
    int64_t interval, timeout, grace, size, port, local_port, tos, mark, rate, names, events;
    int64_t pattern, dont_fragment, serial, raw, udp_ports;
} npi_trace_settings;

typedef enum npi_trace_phase {
    NPI_TRACE_IDLE,
    NPI_TRACE_RESOLVING,
    NPI_TRACE_PROBING,
    NPI_TRACE_NAMING /* all is measured; names may still come, for a moment */
} npi_trace_phase;

typedef enum npi_probe_state {
    NPI_PROBE_NONE,
    NPI_PROBE_PENDING,
    NPI_PROBE_ANSWERED,
    NPI_PROBE_LOST,
    NPI_PROBE_VOID /* given up without a verdict; answers to it count nowhere */
} npi_probe_state;

typedef struct npi_probe {
    npi_now sent;
    uint32_t seq; /* counts the probes to its TTL */
    uint8_t ttl;
    uint8_t state;
    uint8_t source;  /* index into np_trace.sources */
    bool overflowed; /* our own queue was full while it was out */
} npi_probe;

enum { NPI_SOURCES = 4 }; /* local addresses remembered while routes change */

struct np_trace {
    npi_object o;
    npi_trace_settings settings;
    npi_buf target_text; /* settings.target, escaped */
    npi_trace_phase phase;
    npi_task task;
    npi_alarm alarm;
    npi_lookup lookup; /* of the target */
    bool resolver_answered;
    npi_now began, ended; /* wall 0: not yet */
    npi_mono naming_until;

    np_trace_kind kind; /* what is really sent; AUTO while unknown */
    bool raw;           /* by a raw socket */
    char note[160];     /* why it is not what was preferred */
    npi_addr target;
    npi_egress egress;
    npi_addr sources[NPI_SOURCES];
    uint8_t source; /* the one that the kernel takes now */
    npi_transport *transport;
    npi_flow flow;
    np_port_state port_state;
    npi_buf packet;
    npi_pace pace;
    npi_strategy strategy;
    npi_idtab probes;
    uint64_t first_id; /* older probes belong to statistics that were cleared */
    uint64_t expire_id; /* no older probe is pending */
    int send_retries;
    npi_mono retry_at;

    npi_hop *hops; /* by TTL - 1; settings.max_ttl of them */
    int hop_limit;
    npi_counts total;
    uint64_t foreign;
    np_status local_status; /* why the last probe could not be sent */
    int local_errno;
    npi_names names;
    npi_buf json;
};

extern const npi_option npi_trace_options[];
extern const size_t npi_trace_option_count;

/* trace_receive.c: take replies in, within the budget. */
void npi_trace_receive(np_trace *t, int *budget);

/*
 * trace_send.c: decide on probes whose time is over, send what is due, and set the alarm.
 * True when the measurement is complete.
 */
bool npi_trace_send(np_trace *t, npi_now *now, int *budget);

/* trace_send.c: what is still out has had its time. */
void npi_trace_give_up(np_trace *t);

/* Tell the program about a responder, where it wants events: it is new, or got its name. */
void npi_trace_tell(np_trace *t, int ttl, int responder);

/* The net that this trace's context sends through. */
const npi_net *npi_trace_net(const np_trace *t);

/* End the run at once with a sentence. */
void npi_trace_fail(np_trace *t, np_status st, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* trace_api.c: a responder as the public interface shows it; NULL is silence. */
void npi_trace_export_responder(const np_trace *t, const npi_responder *r, np_responder *out);

static inline npi_hop *npi_trace_hop(np_trace *t, int ttl)
{
    return &t->hops[ttl - 1];
}

/* How the trace sends, as np_trace_info.method names it. */
const char *npi_trace_method(const np_trace *t);

#endif
