/* SPDX-License-Identifier: MIT */
/*
 * The engine of a trace: finds the target, opens a transport, lets the strategy decide, and ends
 * the run. What is sent and what an answer counts as stand in trace_send.c and trace_receive.c.
 */
#include "probe/trace.h"

#include <errno.h>
#include <stdarg.h>

#include "base/option.h"

enum {
    ID_TRIES = 16,           /* random ports or identifiers tried before giving up */
    UDP_PORT = 33434,        /* traceroute's first */
    TCP_PORT = 80,
    FIRST_PORT = 32768,      /* source ports are random from here up */
    ICMP6_SIZE_MAX = 1280,   /* above, an answer could lower this host's path MTU */
    PACKET_MAX = 65536,
    TARGET_MAX = 4 * 256,    /* of the option's 255 octets, escaped */
    RISING = 1,              /* of the option udp-ports */
    PROBES_MAX = 65536       /* as many as a 16-bit sequence number tells apart */
};

#define NAMING_NS INT64_C(500000000)

const npi_net *npi_trace_net(const np_trace *t)
{
    const npi_net *net = t->o.ctx->world.net;
    return net ? net : &npi_net_linux;
}

void npi_trace_fail(np_trace *t, np_status st, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    npi_buf b = npi_buf_in(t->o.error, sizeof t->o.error);
    npi_buf_vprintf(&b, format, args);
    va_end(args);
    npi_object_finish(&t->o, st);
}

const char *npi_trace_method(const np_trace *t)
{
    switch (t->kind) {
    case NP_TRACE_ICMP:
        return t->raw ? "icmp-raw" : "icmp-dgram";
    case NP_TRACE_UDP:
        return t->raw ? "udp-raw" : "udp-recverr";
    case NP_TRACE_TCP:
        return "tcp-connect";
    default:
        return "";
    }
}

static int try_open(np_trace *t, npi_transport_kind kind, bool raw)
{
    const npi_clock *clock = t->o.ctx->world.clock;
    const npi_net *net = npi_trace_net(t);
    bool serial = kind == NPI_TRANSPORT_TCP && t->settings.serial == NP_CHOICE_YES;
    bool has_port = kind == NPI_TRANSPORT_UDP || serial;
    bool fixed = has_port && t->settings.local_port > 0;
    npi_endpoint wanted = {.kind = kind,
                           .family = t->target.family,
                           .id = (uint16_t)t->settings.local_port,
                           .raw = raw,
                           .serial = serial,
                           .egress = &t->egress};
    for (int i = 0; i < (fixed ? 1 : ID_TRIES); i++) {
        if (!fixed && !clock->ops->random(clock, &wanted.id, sizeof wanted.id))
            return EIO;
        if (!fixed && has_port)
            wanted.id |= FIRST_PORT;
        if (wanted.id == 0)
            continue;
        int err = net->ops->open(net, &t->o.mem, &t->o.ctx->reactor, &t->task, &wanted,
                                 &t->transport);
        if (err != EADDRINUSE)
            return err;
    }
    return EADDRINUSE;
}

static bool not_allowed(int err)
{
    return err == EACCES || err == EPERM;
}

static bool not_there(int err)
{
    return err == EAFNOSUPPORT || err == EPROTONOSUPPORT || err == EINVAL;
}

static void note(np_trace *t, const char *why, const char *remedy)
{
    npi_buf b = npi_buf_in(t->note, sizeof t->note);
    npi_buf_printf(&b, "%s%s", why, remedy);
    npi_log(t->o.ctx, NPI_LOG_INFO, "UDP instead of ICMP: %s", t->note);
}

static npi_transport_kind transport_of(np_trace_kind kind)
{
    return kind == NP_TRACE_ICMP  ? NPI_TRANSPORT_ICMP
           : kind == NP_TRACE_TCP ? NPI_TRANSPORT_TCP
                                  : NPI_TRANSPORT_UDP;
}

/* A raw socket takes the place of an ICMP socket that is closed to us, unless it was ruled out. */
static int open_as(np_trace *t, np_trace_kind kind)
{
    int64_t choice = t->settings.raw;
    bool raw = choice == NP_CHOICE_YES;
    int err = try_open(t, transport_of(kind), raw);
    if (kind == NP_TRACE_ICMP && choice == NP_CHOICE_AUTO && (not_allowed(err) || not_there(err))) {
        raw = try_open(t, NPI_TRANSPORT_ICMP, true) == 0;
        err = raw ? 0 : err; /* the remedy for the first needs less privilege */
    }
    if (err == 0) {
        t->kind = kind;
        t->raw = raw;
    }
    return err;
}

/* ICMP, or UDP with a note that says why. Returns 0 or the errno of the last try. */
static int open_best(np_trace *t)
{
    if (t->target.family == 6 && t->settings.size > ICMP6_SIZE_MAX) {
        note(t, "ICMPv6 probes above 1280 octets could lower this host's path MTU", "");
        return open_as(t, NP_TRACE_UDP);
    }
    int err = open_as(t, NP_TRACE_ICMP);
    if (t->settings.raw == NP_CHOICE_YES)
        return err; /* UDP would need the same privilege */
    if (err == EPERM && t->egress.mark)
        return err; /* the mark is what is not allowed, with UDP as well */
    if (not_allowed(err))
        note(t, "ICMP is not allowed here; to allow it: ", npi_ping_remedy);
    else if (not_there(err))
        note(t, "this kernel has no ICMP sockets for this family", "");
    else
        return err;
    return open_as(t, NP_TRACE_UDP);
}

static int open_transport(np_trace *t)
{
    np_trace_kind kind = (np_trace_kind)t->settings.kind;
    return kind == NP_TRACE_AUTO ? open_best(t) : open_as(t, kind);
}

static void fail_open(np_trace *t, int err)
{
    const char *kind = t->settings.kind == NP_TRACE_ICMP  ? "ICMP"
                       : t->settings.kind == NP_TRACE_TCP ? "TCP"
                                                          : "UDP";
    if (err == ENOMEM)
        npi_trace_fail(t, NP_ERR_NOMEM, "out of memory");
    else if (err == EADDRNOTAVAIL)
        npi_trace_fail(t, NP_ERR_ROUTE, "the source is no address of this host (see ip addr)");
    else if (err == ENODEV)
        npi_trace_fail(t, NP_ERR_ROUTE, "there is no such interface (see ip link)");
    else if (err == EADDRINUSE)
        npi_trace_fail(t, NP_ERR_SYSTEM, "the local port is in use (see ss -uanp)");
    else if (err == EPERM && t->egress.mark)
        npi_trace_fail(t, NP_ERR_PERMISSION, "a mark needs CAP_NET_ADMIN: run as root");
    else if (not_allowed(err) && t->settings.raw == NP_CHOICE_YES)
        npi_trace_fail(t, NP_ERR_PERMISSION,
                       "raw sockets are not allowed in this process; to allow them: %s; or do "
                       "without raw",
                       npi_raw_remedy);
    else if (not_allowed(err) && t->settings.kind == NP_TRACE_ICMP)
        npi_trace_fail(t, NP_ERR_PERMISSION,
                       "ICMP is not allowed here; to allow it: %s; or take kind udp",
                       npi_ping_remedy);
    else if (not_allowed(err))
        npi_trace_fail(t, NP_ERR_PERMISSION, "%s sockets are not allowed in this process", kind);
    else if (err == EMFILE || err == ENFILE)
        npi_trace_fail(t, NP_ERR_MFILE, "no descriptor is left for a socket (see ulimit -n)");
    else if (not_there(err))
        npi_trace_fail(t, NP_ERR_UNSUPPORTED, "this kernel has no %s sockets for IPv%d", kind,
                       t->target.family);
    else
        npi_trace_fail(t, NP_ERR_SYSTEM, "cannot open a %s socket: errno %d", kind, err);
}

static void init_strategy(np_trace *t, npi_mono now)
{
    const npi_trace_settings *s = &t->settings;
    npi_strategy_config cfg = {.first_ttl = (int)s->first_ttl,
                               .max_ttl = (int)s->max_ttl,
                               .max_unknown = (int)s->max_unknown,
                               .cycles = (uint64_t)s->cycles,
                               .interval_ns = s->interval,
                               .timeout_ns = s->timeout,
                               .grace_ns = s->grace,
                               .window = t->kind != NP_TRACE_ICMP};
    npi_strategy_init(&t->strategy, &cfg, now);
    if (t->o.state == NPI_PAUSED)
        npi_strategy_pause(&t->strategy, now, true);
}

static uint16_t port_of(const np_trace *t)
{
    if (t->kind == NP_TRACE_ICMP || t->settings.port)
        return t->kind == NP_TRACE_ICMP ? 0 : (uint16_t)t->settings.port;
    return t->kind == NP_TRACE_TCP ? TCP_PORT : UDP_PORT;
}

static void begin_probing(np_trace *t, const npi_now *now)
{
    const npi_clock *clock = t->o.ctx->world.clock;
    int err = open_transport(t);
    if (err) {
        fail_open(t, err);
        return;
    }
    npi_flow *f = &t->flow;
    *f = (npi_flow){.kind = transport_of(t->kind), .target = t->target, .id = t->transport->id};
    f->target.port = port_of(t);
    npi_flow_size(f, (size_t)t->settings.size);
    f->fill = (uint8_t)t->settings.pattern;
    if (t->kind == NP_TRACE_UDP && t->settings.udp_ports == RISING)
        npi_flow_rise(f);
    if (!clock->ops->random(clock, f->key, sizeof f->key)) {
        npi_trace_fail(t, NP_ERR_SYSTEM, "this system gives no random numbers");
        return;
    }
    init_strategy(t, now->mono);
    t->phase = NPI_TRACE_PROBING;
    npi_reactor_post(&t->o.ctx->reactor, &t->task);
}

/*
 * The first address with a way to it. Where none has one the first is taken all the same: its
 * probes carry the cause, and a route that appears later is found.
 */
static void choose_target(np_trace *t, const npi_addr *addrs, int count, const npi_now *now)
{
    const npi_net *net = npi_trace_net(t);
    t->target = addrs[0];
    for (int i = 0; i < count; i++) {
        if (net->ops->source(net, &addrs[i], &t->egress, &t->sources[0]) == 0) {
            t->target = addrs[i];
            break;
        }
    }
    if (t->settings.kind == NP_TRACE_ICMP && t->target.family == 6 &&
        t->settings.size > ICMP6_SIZE_MAX) {
        npi_trace_fail(t, NP_ERR_RANGE,
                       "ICMPv6 probes above %d octets could lower this host's path MTU: take "
                       "kind udp or a smaller size",
                       ICMP6_SIZE_MAX);
        return;
    }
    begin_probing(t, now);
}

static void resolve_failed(np_trace *t)
{
    npi_trace_fail(t, t->lookup.status, "%s: %s", npi_buf_text(&t->target_text), t->lookup.why);
}

/* A source address decides the family too. */
static int family_wanted(const np_trace *t)
{
    return t->egress.source.family ? t->egress.source.family : (int)t->settings.family;
}

static void look_up(np_trace *t, const npi_now *now)
{
    char sentence[200];
    npi_addr literal[2] = {{0}};
    npi_buf why = npi_buf_in(sentence, sizeof sentence);
    int found = npi_resolve_literal(t->settings.target, family_wanted(t), literal, &why);
    bool zone = literal[0].scope != 0 || t->egress.interface[0] != '\0';
    if (found > 0 && npi_addr_link_local(&literal[0]) && !zone) {
        npi_trace_fail(t, NP_ERR_NAME, "%s: a link-local address needs its zone, as %s%%eth0",
                       npi_buf_text(&t->target_text), npi_buf_text(&t->target_text));
        return;
    }
    if (found > 0) {
        choose_target(t, literal, found, now);
        return;
    }
    if (found < 0) {
        npi_trace_fail(t, NP_ERR_NAME, "%s", sentence);
        return;
    }
    npi_resolver *r = npi_context_resolver(t->o.ctx);
    if (!r) {
        npi_trace_fail(t, NP_ERR_NOMEM, "out of memory");
        return;
    }
    npi_list_init(&t->lookup.link);
    t->lookup.task = &t->task;
    t->lookup.busy = true; /* this is how resolving() knows that it was asked */
    r->ops->forward(r, &t->lookup, t->settings.target, family_wanted(t));
}

static void resolving(np_trace *t, const npi_now *now)
{
    if (t->lookup.busy)
        return;
    if (!t->lookup.task) {
        look_up(t, now);
        if (t->phase != NPI_TRACE_RESOLVING || t->lookup.busy || !t->lookup.task)
            return;
    }
    t->resolver_answered = t->lookup.status == NP_OK;
    if (t->lookup.status == NP_OK && t->lookup.count > 0)
        choose_target(t, t->lookup.addrs, t->lookup.count, now);
    else
        resolve_failed(t);
}

static void take_names(np_trace *t)
{
    const npi_name *name;
    while ((name = npi_names_take(&t->names)) != NULL) {
        for (int ttl = 1; ttl <= t->hop_limit; ttl++) {
            npi_hop *h = npi_trace_hop(t, ttl);
            for (int i = 0; i < h->responder_count; i++) {
                if (!npi_addr_same(&h->responders[i].addr, &name->addr))
                    continue;
                h->responders[i].name = name->text;
                npi_trace_tell(t, ttl, i);
            }
        }
    }
}

/* All is measured. Nothing sent at all is the run's failure, with the cause of the last try. */
static void conclude(np_trace *t)
{
    bool measured = t->total.sent > 0 || t->total.failed == 0;
    npi_object_finish(&t->o, measured ? NP_OK : t->local_status);
}

/* Names are waited for only where somebody answers such questions at all. */
static void naming(np_trace *t, const npi_now *now)
{
    take_names(t);
    bool hope = t->names.answered || t->resolver_answered;
    if (t->names.open == 0 || !hope || !npi_mono_before(now->mono, t->naming_until)) {
        conclude(t);
        return;
    }
    npi_reactor_alarm(&t->o.ctx->reactor, &t->alarm, t->naming_until);
}

static void probing(np_trace *t, npi_now *now, int *budget)
{
    take_names(t);
    npi_trace_receive(t, budget);
    if (t->phase != NPI_TRACE_PROBING || !npi_trace_send(t, now, budget))
        return;
    npi_trace_give_up(t);
    t->transport->ops->close(t->transport);
    t->transport = NULL;
    t->phase = NPI_TRACE_NAMING;
    t->naming_until = npi_mono_add(now->mono, NAMING_NS);
    naming(t, now);
}

static void pump(npi_task *task, const npi_now *started, int *budget)
{
    np_trace *t = npi_container(task, np_trace, task);
    npi_now now = *started;
    switch (t->phase) {
    case NPI_TRACE_IDLE:
        return;
    case NPI_TRACE_RESOLVING:
        resolving(t, &now);
        return;
    case NPI_TRACE_PROBING:
        probing(t, &now, budget);
        return;
    case NPI_TRACE_NAMING:
        naming(t, &now);
        return;
    }
}

static np_trace *trace_of(npi_object *o)
{
    return npi_container(o, np_trace, o);
}

static void clear_counts(np_trace *t)
{
    for (int i = 0; i < t->hop_limit; i++)
        npi_hop_clear(&t->hops[i], &t->o.mem);
    t->total = (npi_counts){0};
    t->foreign = 0;
    t->first_id = t->expire_id = t->probes.next;
}

static void clear(npi_object *o)
{
    np_trace *t = trace_of(o);
    clear_counts(t);
    npi_buf_free(&t->json);
    if (npi_object_live(o)) {
        npi_now now;
        npi_context_now(o->ctx, &now);
        if (t->phase == NPI_TRACE_PROBING)
            init_strategy(t, now.mono);
        npi_reactor_post(&o->ctx->reactor, &t->task);
        return;
    }
    npi_names_free(&t->names);
    npi_idtab_free(&t->probes);
    npi_free(&t->o.mem, t->hops);
    t->hops = NULL;
    t->hop_limit = 0;
    t->kind = NP_TRACE_AUTO;
    t->raw = false;
    t->note[0] = '\0';
    t->port_state = NP_PORT_UNKNOWN;
    t->target = (npi_addr){0};
    t->source = 0;
    t->strategy = (npi_strategy){0};
    t->began = t->ended = (npi_now){0};
    for (int i = 0; i < NPI_SOURCES; i++)
        t->sources[i] = (npi_addr){0};
}

static bool probe_busy(const void *entry)
{
    return ((const npi_probe *)entry)->state == NPI_PROBE_PENDING;
}

static np_status usage(np_trace *t, np_status st, const char *sentence)
{
    npi_buf b = npi_buf_in(t->o.error, sizeof t->o.error);
    npi_buf_str(&b, sentence);
    return st;
}

/* The settings that say by which way probes leave. */
static bool take_egress(np_trace *t)
{
    const npi_trace_settings *s = &t->settings;
    t->egress = (npi_egress){.tos = (uint8_t)s->tos,
                             .mark = (uint32_t)s->mark,
                             .dont_fragment = s->dont_fragment == NP_CHOICE_YES};
    npi_buf name = npi_buf_in(t->egress.interface, sizeof t->egress.interface);
    npi_buf_str(&name, s->interface);
    return !s->source || npi_addr_parse(s->source, &t->egress.source);
}

static np_status start(npi_object *o)
{
    np_trace *t = trace_of(o);
    const npi_trace_settings *s = &t->settings;
    if (!s->target)
        return usage(t, NP_ERR_INVALID, "no target is set: a host name or an address");
    if (s->first_ttl > s->max_ttl)
        return usage(t, NP_ERR_RANGE, "first-ttl lies beyond max-ttl");
    if (s->raw == NP_CHOICE_YES && s->kind == NP_TRACE_TCP)
        return usage(t, NP_ERR_UNSUPPORTED, "raw sockets serve ICMP and UDP probes, not TCP");
    if (!take_egress(t))
        return usage(t, NP_ERR_INVALID, "the source is no numeric address");
    if (t->egress.source.family && s->family && t->egress.source.family != s->family)
        return usage(t, NP_ERR_INVALID, "source and family do not go together");
    t->hops = npi_alloc(&o->mem, (size_t)s->max_ttl, sizeof *t->hops);
    if (!t->hops || !npi_ring_make(&o->ring, &o->mem, o, (size_t)s->events))
        return NP_ERR_NOMEM;
    t->hop_limit = (int)s->max_ttl;
    npi_resolver *r = s->names == NP_CHOICE_NO ? NULL : npi_context_resolver(o->ctx);
    if (!r && s->names != NP_CHOICE_NO)
        return NP_ERR_NOMEM;
    npi_names_init(&t->names, &o->mem, r, &t->task);
    npi_idtab_init(&t->probes, &o->mem, sizeof(npi_probe), PROBES_MAX, probe_busy);
    t->first_id = t->expire_id = 0;
    npi_pace_set(&t->pace, s->rate, o->ctx->settings.burst);
    t->pace.full_ns = 0;
    t->lookup = (npi_lookup){0};
    t->resolver_answered = false;
    t->local_status = NP_OK;
    t->send_retries = 0;
    t->retry_at = (npi_mono){INT64_MIN};
    npi_context_now(o->ctx, &t->began);
    t->phase = NPI_TRACE_RESOLVING;
    npi_reactor_post(&o->ctx->reactor, &t->task);
    return NP_OK;
}

static void stop(npi_object *o)
{
    np_trace *t = trace_of(o);
    if (!o->ctx || t->phase == NPI_TRACE_IDLE)
        return;
    npi_context_now(o->ctx, &t->ended);
    if (t->lookup.busy)
        o->ctx->resolver->ops->cancel(o->ctx->resolver, &t->lookup);
    t->lookup.busy = false;
    npi_names_stop(&t->names);
    if (t->transport)
        t->transport->ops->close(t->transport);
    t->transport = NULL;
    npi_reactor_alarm(&o->ctx->reactor, &t->alarm, NPI_NEVER);
    npi_task_unpost(&t->task);
    npi_buf_free(&t->packet);
    t->phase = NPI_TRACE_IDLE;
}

static void pause_or_resume(npi_object *o)
{
    np_trace *t = trace_of(o);
    npi_now now;
    npi_context_now(o->ctx, &now);
    if (t->phase == NPI_TRACE_PROBING)
        npi_strategy_pause(&t->strategy, now.mono, o->state == NPI_PAUSED);
    npi_reactor_post(&o->ctx->reactor, &t->task);
}

#define OPTION_ROW(field, name, type, min, max, initial, values, text)                            \
    {name, NPI_OPTION_##type, offsetof(npi_trace_settings, field), min, max, initial, values},

const npi_option npi_trace_options[] = {NPI_TRACE_OPTIONS(OPTION_ROW)};
const size_t npi_trace_option_count = sizeof npi_trace_options / sizeof npi_trace_options[0];

static void reset(npi_object *o)
{
    np_trace *t = trace_of(o);
    npi_options_default(npi_trace_options, npi_trace_option_count, &o->mem, &t->settings);
    npi_buf_clear(&t->target_text);
}

static void destroy(npi_object *o)
{
    np_trace *t = trace_of(o);
    clear_counts(t);
    npi_free(&o->mem, t->hops);
    npi_names_free(&t->names);
    npi_idtab_free(&t->probes);
    npi_buf_free(&t->packet);
    npi_buf_free(&t->json);
    npi_buf_free(&t->target_text);
    npi_options_free(npi_trace_options, npi_trace_option_count, &o->mem, &t->settings);
}

static const npi_noun noun = {start, stop, pause_or_resume, clear, reset, destroy, .keeps = false};

np_trace *np_trace_new(np_context *ctx)
{
    np_trace *t = npi_object_new(ctx, &noun, sizeof *t);
    if (!t)
        return NULL;
    npi_task_init(&t->task, pump);
    t->alarm.task = &t->task;
    t->packet = npi_buf_grow(&t->o.mem, PACKET_MAX);
    t->names.mem = t->probes.mem = &t->o.mem;
    t->json = npi_buf_grow(&t->o.mem, SIZE_MAX);
    t->target_text = npi_buf_grow(&t->o.mem, TARGET_MAX);
    return t;
}
