/* SPDX-License-Identifier: MIT */
/*
 * The scripted world: one queue of things to come, ordered by time; everything else follows.
 */
#include "world.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <linux/errqueue.h>

typedef struct coming {
    struct coming *next;
    int64_t at_ns;
    int transport; /* reply */
    npi_reply reply;
    npi_lookup *lookup; /* answer of the resolver */
    npi_addr addr;
    char name[NPI_NAME_MAX];
    np_status status;
} coming;

typedef struct transport {
    npi_transport t;
    world *w;
    npi_reactor *reactor;
    npi_task *task;
    npi_transport_kind kind;
    bool raw;
    int family;
    bool open;
    coming *inbox, **inbox_end;
} transport;

struct world_private {
    npi_clock clock;
    npi_net net;
    npi_resolver resolver;
    world *w;
    int clock_fd;
    int64_t armed_ns; /* INT64_MAX: not */
    coming *queue;
    npi_reactor *reactor;
    transport transports[WORLD_TRANSPORTS];
    int transport_count;
    uint32_t entropy;
    uint64_t probes_to[256]; /* probes to a TTL so far */
    int answers_of[WORLD_HOPS];
};

static npi_addr addr_of(const char *text)
{
    npi_addr a = {0};
    if (inet_pton(AF_INET, text, a.octets) == 1)
        a.family = 4;
    else if (inet_pton(AF_INET6, text, a.octets) == 1)
        a.family = 6;
    return a;
}

static void enqueue(world *w, coming *c)
{
    coming **at = &w->p->queue;
    while (*at && (*at)->at_ns <= c->at_ns)
        at = &(*at)->next;
    c->next = *at;
    *at = c;
}

static coming *new_coming(world *w, int64_t delay_ns)
{
    coming *c = calloc(1, sizeof *c);
    if (!c)
        abort();
    c->at_ns = w->now_ns + delay_ns;
    enqueue(w, c);
    return c;
}

/* ---- clock ---- */

static world *of_clock(const npi_clock *c)
{
    return npi_container(c, struct world_private, clock)->w;
}

static int clock_open(const npi_clock *c)
{
    world *w = of_clock(c);
    w->p->clock_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return w->p->clock_fd;
}

static void clock_now(const npi_clock *c, npi_now *out)
{
    world *w = of_clock(c);
    out->mono.ns = w->now_ns;
    out->wall.ns = w->now_ns + w->wall_shift;
    out->slept_ns = w->slept_ns;
}

static void fire(world *w)
{
    uint64_t one = 1;
    if (write(w->p->clock_fd, &one, sizeof one) != sizeof one)
        abort();
}

static void clock_arm(const npi_clock *c, int fd, npi_mono at)
{
    world *w = of_clock(c);
    uint64_t drain;
    if (read(fd, &drain, sizeof drain) < 0 && errno != EAGAIN)
        abort();
    w->p->armed_ns = at.ns;
    if (at.ns <= w->now_ns)
        fire(w);
}

static bool readable(int fd)
{
    struct pollfd p = {fd, POLLIN, 0};
    return poll(&p, 1, 0) > 0;
}

static bool clock_wait(const npi_clock *c, int epoll_fd, int64_t timeout_ns)
{
    world *w = of_clock(c);
    int64_t limit = timeout_ns < 0 ? INT64_MAX : w->now_ns + timeout_ns;
    while (!readable(epoll_fd) && w->now_ns < limit) {
        if (!world_advance(w, limit)) {
            fprintf(stderr, "world: everybody waits for ever\n");
            abort();
        }
    }
    return true;
}

static bool clock_random(const npi_clock *c, void *out, size_t len)
{
    world *w = of_clock(c);
    uint8_t *p = out;
    for (size_t i = 0; i < len; i++) {
        w->p->entropy = w->p->entropy * 1664525u + 1013904223u;
        p[i] = (uint8_t)(w->p->entropy >> 24);
    }
    return true;
}

static const npi_clock_ops clock_ops = {clock_open, clock_now, clock_arm, clock_wait,
                                        clock_random};

/* ---- things that come ---- */

static void deliver_reply(world *w, coming *c)
{
    transport *t = &w->p->transports[c->transport];
    if (!t->open) {
        free(c);
        return;
    }
    c->next = NULL;
    *t->inbox_end = c;
    t->inbox_end = &c->next;
    npi_reactor_post(t->reactor, t->task);
}

static void deliver_lookup(world *w, coming *c)
{
    npi_lookup *l = c->lookup;
    if (l) {
        w->lookups_out--;
        l->busy = false;
        l->status = c->status;
        snprintf(l->name, sizeof l->name, "%s", c->name);
        l->count = c->addr.family ? 1 : 0;
        l->addrs[0] = c->addr;
        snprintf(l->why, sizeof l->why, "%s", c->status < 0 ? "no such name in this world" : "");
        npi_reactor_post(w->p->reactor, l->task);
    }
    free(c);
}

bool world_advance(world *w, int64_t limit_ns)
{
    coming *c = w->p->queue;
    int64_t at = w->p->armed_ns;
    if (c && c->at_ns < at)
        at = c->at_ns;
    if (at > limit_ns)
        at = limit_ns;
    if (at == INT64_MAX)
        return false;
    if (at > w->now_ns)
        w->now_ns = at;
    bool news = false;
    while (w->p->queue && w->p->queue->at_ns <= w->now_ns) {
        c = w->p->queue;
        w->p->queue = c->next;
        if (c->lookup || c->transport < 0)
            deliver_lookup(w, c);
        else
            deliver_reply(w, c);
        news = true;
    }
    if (w->p->armed_ns <= w->now_ns) {
        w->p->armed_ns = INT64_MAX;
        news = true;
    }
    if (news)
        fire(w);
    w->now_ns += news ? w->user_lag_ns : 0;
    return true;
}

/* ---- transport ---- */

static const world_hop *hop_at(const world *w, int ttl)
{
    for (int i = 0; i < w->hop_count && i < ttl; i++)
        if (w->hops[i].manner == WORLD_PROHIBITED)
            return &w->hops[i];
    return &w->hops[ttl <= w->hop_count ? ttl - 1 : w->hop_count - 1];
}

static void fill_error(npi_reply *r, const npi_probe_out *out, int family, int type, int code,
                       const char *who)
{
    r->error = true;
    r->origin = family == 4 ? SO_EE_ORIGIN_ICMP : SO_EE_ORIGIN_ICMP6;
    r->type = (uint8_t)type;
    r->code = (uint8_t)code;
    r->offender = addr_of(who);
    r->peer = out->to;
}

static void fill_reply(const transport *t, const world_hop *h, const npi_probe_out *out,
                       npi_reply *r)
{
    bool v4 = t->family == 4;
    r->len = out->len < sizeof r->data ? out->len : sizeof r->data;
    if (r->len > 0)
        memcpy(r->data, out->data, r->len);
    r->peer = out->to;
    r->local = addr_of(t->w->source);
    r->reply_ttl = 60;
    r->rtt_ns = -1;
    r->number = t->kind == NPI_TRANSPORT_TCP ? out->number : 0;
    switch (h->manner) {
    case WORLD_TTL:
        fill_error(r, out, t->family, v4 ? 11 : 3, 0, h->addr);
        break;
    case WORLD_PROHIBITED:
        fill_error(r, out, t->family, v4 ? 3 : 1, v4 ? 13 : 1, h->addr);
        break;
    case WORLD_TARGET:
        if (t->kind == NPI_TRANSPORT_TCP)
            r->tcp = h->port_closed ? NPI_TCP_CLOSED : NPI_TCP_OPEN;
        else if (t->kind == NPI_TRANSPORT_ICMP)
            r->data[0] = v4 ? 0 : 129;
        else
            fill_error(r, out, t->family, v4 ? 3 : 1, v4 ? 3 : 4, h->addr);
        break;
    case WORLD_DATA:
        r->len = 5;
        memcpy(r->data, "hello", 5);
        break;
    case WORLD_ECHO:
    case WORLD_SILENT:
        break;
    }
    if (t->raw && r->error) {
        r->quoted = true;
        r->quoted_ttl = 1;
        r->quoted_tos = t->w->egress.tos;
    }
}

/* What the hop itself says of its answers. */
static int fixed_fate(world *w, const world_hop *h, uint64_t n, int64_t *delays_ns)
{
    int *given = &w->p->answers_of[h - w->hops];
    if ((h->lose >> (n % 64) & 1) || (h->budget && *given >= h->budget))
        return 0;
    ++*given;
    int copies = h->copies ? h->copies : 1;
    for (int i = 0; i < copies; i++)
        delays_ns[i] = h->delay_ns + (h->slow_ns && (int)n == h->slow_probe ? h->slow_ns : 0);
    return copies;
}

static void cut_quote(const transport *t, const world_hop *h, npi_reply *r)
{
    if (h->short_quote && r->error && t->kind == NPI_TRANSPORT_UDP)
        r->len = 0;
}

static void answer(transport *t, const npi_probe_out *out, world_sent *log)
{
    world *w = t->w;
    const world_hop *h = hop_at(w, out->ttl);
    uint64_t n = w->p->probes_to[out->ttl]++;
    int64_t delays_ns[WORLD_COPIES];
    log->manner = h->manner;
    if (h->manner == WORLD_SILENT)
        return;
    log->answers = w->fate ? w->fate(w, h, delays_ns) : fixed_fate(w, h, n, delays_ns);
    for (int i = 0; i < log->answers; i++) {
        coming *c = new_coming(w, delays_ns[i]);
        c->transport = (int)(t - w->p->transports);
        fill_reply(t, h, out, &c->reply);
        cut_quote(t, h, &c->reply);
        log->arrive_ns[i] = c->at_ns;
    }
}

static int transport_send(npi_transport *nt, const npi_probe_out *out, npi_now *sent)
{
    transport *t = npi_container(nt, transport, t);
    world *w = t->w;
    clock_now(&w->p->clock, sent);
    if (w->send_errno && w->send_errno_count) {
        if (w->send_errno_count > 0)
            w->send_errno_count--;
        return w->send_errno;
    }
    if (w->sent_count >= WORLD_LOG) {
        world_sent ignored = {0};
        w->sent_count++;
        answer(t, out, &ignored);
        return 0;
    }
    world_sent *log = &w->sent[w->sent_count++];
    *log = (world_sent){.at_ns = w->now_ns,
                        .ttl = out->ttl,
                        .from = nt->id,
                        .to = out->to.port,
                        .len = out->len};
    if (out->len > 0)
        memcpy(log->head, out->data, out->len < sizeof log->head ? out->len : sizeof log->head);
    answer(t, out, log);
    return 0;
}

static bool transport_recv(npi_transport *nt, npi_reply *out)
{
    transport *t = npi_container(nt, transport, t);
    coming *c = t->inbox;
    if (!c)
        return false;
    t->inbox = c->next;
    if (!t->inbox)
        t->inbox_end = &t->inbox;
    *out = c->reply;
    if (!t->w->no_stamps && !out->stamped) {
        out->stamped = true;
        out->stamp.ns = c->at_ns + t->w->wall_shift;
    }
    if (t->w->tamper)
        t->w->tamper(t->w, out);
    free(c);
    return true;
}

static bool transport_overflowed(npi_transport *nt)
{
    world *w = npi_container(nt, transport, t)->w;
    bool was = w->overflow_next;
    w->overflow_next = false;
    return was;
}

static void transport_close(npi_transport *nt)
{
    transport *t = npi_container(nt, transport, t);
    npi_reply r;
    while (transport_recv(nt, &r))
        ;
    t->open = false;
    t->w->closed++;
    t->w->closed_ns = t->w->now_ns;
}

static const npi_transport_ops transport_ops = {transport_send, transport_recv,
                                                transport_overflowed, transport_close};

static int net_open(const npi_net *net, const npi_mem *mem, npi_reactor *reactor, npi_task *task,
                    const npi_endpoint *wanted, npi_transport **out)
{
    struct world_private *p = npi_container(net, struct world_private, net);
    world *w = p->w;
    (void)mem;
    w->egress = *wanted->egress;
    int err = wanted->kind == NPI_TRANSPORT_ICMP  ? w->open_errno_icmp
              : wanted->kind == NPI_TRANSPORT_TCP ? w->open_errno_tcp
                                                  : w->open_errno_udp;
    if (wanted->raw)
        err = w->raw_allowed ? 0 : EPERM;
    if (err)
        return err;
    if (w->open_taken > 0) {
        w->open_taken--;
        return EADDRINUSE;
    }
    int i = 0;
    while (i < WORLD_TRANSPORTS && p->transports[i].open)
        i++;
    if (i == WORLD_TRANSPORTS)
        return EMFILE;
    transport *t = &p->transports[i];
    *t = (transport){.t = {&transport_ops, wanted->id},
                     .w = w,
                     .reactor = reactor,
                     .task = task,
                     .kind = wanted->kind,
                     .raw = wanted->raw,
                     .family = wanted->family,
                     .open = true};
    t->inbox_end = &t->inbox;
    w->opened++;
    *out = &t->t;
    return 0;
}

static int net_source(const npi_net *net, const npi_addr *to, const npi_egress *egress,
                      npi_addr *source)
{
    world *w = npi_container(net, struct world_private, net)->w;
    (void)to;
    (void)egress;
    if (w->source_errno)
        return w->source_errno;
    *source = addr_of(w->source);
    return 0;
}

static const npi_net_ops net_ops = {net_open, net_source};

/* ---- resolver ---- */

static void look_up(npi_resolver *r, npi_lookup *l, const char *name, const char *addr)
{
    world *w = npi_container(r, struct world_private, resolver)->w;
    l->busy = true;
    w->lookups_out++;
    if (w->resolver_dead)
        return;
    coming *c = new_coming(w, w->resolver_delay_ns);
    c->lookup = l;
    c->transport = -1;
    c->status = NP_ERR_NAME;
    for (int i = 0; i < WORLD_NAMES; i++) {
        const world_name *n = &w->names[i];
        if (!n->name || strcmp(name ? n->name : n->addr, name ? name : addr) != 0)
            continue;
        c->at_ns = w->now_ns + n->delay_ns;
        c->status = n->status;
        if (n->status == NP_OK) {
            c->addr = addr_of(n->addr);
            snprintf(c->name, sizeof c->name, "%s", n->name);
        }
        break;
    }
    coming **at = &w->p->queue; /* its time may have changed */
    while (*at != c)
        at = &(*at)->next;
    *at = c->next;
    enqueue(w, c);
}

static void resolver_forward(npi_resolver *r, npi_lookup *l, const char *name, int family)
{
    (void)family;
    look_up(r, l, name, NULL);
}

static void resolver_reverse(npi_resolver *r, npi_lookup *l, const npi_addr *addr)
{
    char text[INET6_ADDRSTRLEN];
    inet_ntop(addr->family == 4 ? AF_INET : AF_INET6, addr->octets, text, sizeof text);
    look_up(r, l, NULL, text);
}

static void resolver_cancel(npi_resolver *r, npi_lookup *l)
{
    world *w = npi_container(r, struct world_private, resolver)->w;
    if (!l->busy)
        return;
    w->lookups_out--;
    l->busy = false;
    for (coming *c = w->p->queue; c; c = c->next)
        if (c->lookup == l)
            c->lookup = NULL;
}

static void resolver_free(npi_resolver *r)
{
    (void)r;
}

static const npi_resolver_ops resolver_ops = {resolver_forward, resolver_reverse,
                                              resolver_cancel, resolver_free};

static npi_resolver *make_resolver(const npi_mem *mem, npi_reactor *reactor, void *self)
{
    world *w = self;
    (void)mem;
    w->p->reactor = reactor;
    return &w->p->resolver;
}

/* ---- the world ---- */

world *world_new(void)
{
    world *w = calloc(1, sizeof *w);
    if (!w)
        abort();
    w->p = calloc(1, sizeof *w->p);
    if (!w->p)
        abort();
    w->p->w = w;
    w->p->clock.ops = &clock_ops;
    w->p->net.ops = &net_ops;
    w->p->resolver.ops = &resolver_ops;
    w->p->armed_ns = INT64_MAX;
    w->p->entropy = 1;
    w->now_ns = 12345;
    w->wall_shift = INT64_C(1700000000) * SEC;
    w->seams = (npi_world){&w->p->clock, &w->p->net, make_resolver, w};
    return w;
}

void world_free(world *w)
{
    while (w->p->queue) {
        coming *c = w->p->queue;
        w->p->queue = c->next;
        free(c);
    }
    free(w->p);
    free(w);
}

void world_path(world *w, int family, int hops)
{
    static const char *const v4[] = {"10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4",
                                     "10.0.0.5", "10.0.0.6", "10.0.0.7", "10.0.0.8"};
    static const char *const v6[] = {"fd00::1", "fd00::2", "fd00::3", "fd00::4",
                                     "fd00::5", "fd00::6", "fd00::7", "fd00::8"};
    const char *const *addrs = family == 4 ? v4 : v6;
    w->hop_count = hops;
    w->source = family == 4 ? "10.0.0.100" : "fd00::100";
    for (int i = 0; i < hops; i++)
        w->hops[i] = (world_hop){.manner = WORLD_TTL,
                                 .addr = addrs[i % 8],
                                 .delay_ns = (i + 1) * MS};
    w->hops[hops - 1].manner = WORLD_TARGET;
    w->target = w->hops[hops - 1].addr;
}

uint32_t world_random(world *w, uint32_t below)
{
    w->seed = w->seed * 1664525u + 1013904223u;
    return (uint32_t)(((uint64_t)(w->seed >> 4) * below) >> 28);
}

void world_inject(world *w, int64_t delay_ns, const npi_reply *r)
{
    coming *c = new_coming(w, delay_ns);
    c->reply = *r;
}
