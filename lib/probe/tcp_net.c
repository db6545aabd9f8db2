/* SPDX-License-Identifier: MIT */
/*
 * TCP probes by connect(), without privilege: a socket for each, since a TTL belongs to a socket.
 *
 * Facts that shape this file: the kernel sends the SYN again after one second, and an answer to
 * that one would tell a wrong time, so an attempt is closed before; an ICMP error that comes while
 * connect still runs leaves the socket in SYN_SENT, to be closed at once; what has connected is
 * reset, so that no server waits for us. Kernel stamps exist for ICMP errors only: a connection
 * has the kernel's own measurement of the handshake, a refusal only our clock.
 *
 * One flow for all of them means one at a time. A late ICMP error to the one before cannot be
 * mistaken for an answer to the next: the kernel compares the sequence number that it quotes.
 */
#include "probe/tcp_net.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/socket.h"
#include "probe/receive.h"

enum { ATTEMPTS_MAX = 128 /* sockets open at once */ };

#define LIFE_NS INT64_C(950000000) /* below the first retransmission, RFC 6298 2.1 */

typedef struct tcp_endpoint {
    npi_transport t;
    npi_mem mem;
    npi_reactor *reactor;
    npi_task *task; /* of the owner */
    npi_alarm alarm;
    int family;
    npi_egress egress;
    uint16_t port;     /* of every attempt, one at a time; 0: each has its own */
    npi_list attempts; /* oldest first */
    npi_list ready;    /* attempts with something to read */
    int count;
} tcp_endpoint;

typedef struct attempt {
    npi_list link, ready_link;
    tcp_endpoint *owner;
    npi_task task;
    npi_watch watch;
    int fd;
    uint32_t number;
    npi_addr to, local;
    npi_mono opened;
    bool refused; /* connect itself said so */
} attempt;

static tcp_endpoint *endpoint_of(npi_transport *t)
{
    return npi_container(t, tcp_endpoint, t);
}

/* A reset instead of a farewell: the peer forgets us at once. */
static void forget(attempt *a)
{
    tcp_endpoint *e = a->owner;
    struct linger reset = {1, 0};
    npi_mem mem = e->mem;
    npi_reactor_unwatch(e->reactor, &a->watch);
    npi_task_unpost(&a->task);
    npi_list_unlink(&a->link);
    npi_list_unlink(&a->ready_link);
    if (a->fd >= 0 && !e->reactor->forked) /* the parent's to decide */
        setsockopt(a->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    if (a->fd >= 0)
        close(a->fd);
    e->count--;
    npi_free(&mem, a);
}

static void make_ready(npi_task *task, const npi_now *now, int *budget)
{
    attempt *a = npi_container(task, attempt, task);
    (void)now;
    (void)budget;
    if (npi_list_empty(&a->ready_link))
        npi_list_append(&a->owner->ready, &a->ready_link);
    npi_reactor_post(a->owner->reactor, a->owner->task);
}

static attempt *new_attempt(tcp_endpoint *e, const npi_probe_out *probe)
{
    attempt *a = npi_alloc(&e->mem, 1, sizeof *a);
    if (!a)
        return NULL;
    a->owner = e;
    a->number = probe->number;
    a->to = probe->to;
    a->fd = a->watch.fd = -1;
    npi_task_init(&a->task, make_ready);
    npi_list_init(&a->link);
    npi_list_init(&a->ready_link);
    npi_list_append(&e->attempts, &a->link);
    e->count++;
    return a;
}

static int set(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof value);
}

static int set_options(int fd, int family, int ttl)
{
    set(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
    if (family == 4) {
        set(fd, IPPROTO_IP, IP_RECVTTL, 1);
        return set(fd, IPPROTO_IP, IP_TTL, ttl) < 0 ? -1 : set(fd, IPPROTO_IP, IP_RECVERR, 1);
    }
    set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    set(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
    return set(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, ttl) < 0
               ? -1
               : set(fd, IPPROTO_IPV6, IPV6_RECVERR, 1);
}

/* To the source address and port that were asked for, if any. Returns 0 or an errno. */
static int bind_local(int fd, int family, const npi_egress *egress, uint16_t port)
{
    struct sockaddr_storage ss;
    npi_addr local = egress->source;
    if (!local.family && !port)
        return 0;
    local.family = (uint8_t)family;
    local.port = port;
    socklen_t len = npi_addr_to_sockaddr(&local, &ss);
    return bind(fd, (struct sockaddr *)&ss, len) < 0 ? errno : 0;
}

/* Returns 0 or an errno. */
static int open_attempt(attempt *a, int ttl)
{
    tcp_endpoint *e = a->owner;
    a->fd = npi_socket(e->family == 4 ? AF_INET : AF_INET6, SOCK_STREAM, IPPROTO_TCP);
    if (a->fd < 0)
        return errno;
    int err = npi_socket_egress(a->fd, e->family, &e->egress);
    if (err)
        return err;
    if (set_options(a->fd, e->family, ttl) < 0)
        return errno;
    return bind_local(a->fd, e->family, &e->egress, e->port);
}

/*
 * Start to connect. What the loopback answers at once is an answer as well, to be read like any
 * other; an error without a report of ICMP behind it is this host's own.
 */
static int start(attempt *a)
{
    struct sockaddr_storage ss;
    socklen_t len = npi_addr_to_sockaddr(&a->to, &ss);
    int err = connect(a->fd, (struct sockaddr *)&ss, len) < 0 ? errno : 0;
    if (err && err != EINPROGRESS && err != ECONNREFUSED)
        return err;
    len = sizeof ss;
    if (getsockname(a->fd, (struct sockaddr *)&ss, &len) == 0)
        a->local = npi_addr_from_sockaddr((struct sockaddr *)&ss, len);
    a->local.port = 0;
    a->refused = err == ECONNREFUSED;
    if (a->refused)
        npi_reactor_post(a->owner->reactor, &a->task);
    return npi_reactor_watch(a->owner->reactor, &a->watch, a->fd, &a->task, true);
}

/* The first attempt's end of life wakes the owner, who then calls receive. */
static void rearm(tcp_endpoint *e)
{
    npi_mono at = NPI_NEVER;
    if (!npi_list_empty(&e->attempts)) {
        const attempt *oldest = npi_container(e->attempts.next, attempt, link);
        at = npi_mono_add(oldest->opened, LIFE_NS);
    }
    npi_reactor_alarm(e->reactor, &e->alarm, at);
}

static int send_probe(npi_transport *t, const npi_probe_out *probe, npi_now *sent)
{
    tcp_endpoint *e = endpoint_of(t);
    if (e->count >= (e->port ? 1 : ATTEMPTS_MAX))
        return EBUSY;
    attempt *a = new_attempt(e, probe);
    if (!a)
        return ENOMEM;
    int err = open_attempt(a, probe->ttl);
    e->reactor->clock->ops->now(e->reactor->clock, sent);
    a->opened = sent->mono;
    if (err == 0)
        err = start(a);
    if (err)
        forget(a);
    rearm(e);
    if ((err == EMFILE || err == ENFILE) && e->count > 0)
        return EBUSY; /* one of ours ends within a second */
    return err;
}

/* The outcome of the handshake itself; NPI_TCP_NONE while there is none. */
static npi_tcp_answer read_outcome(const attempt *a, int64_t *rtt_ns)
{
    int err = 0;
    socklen_t len = sizeof err;
    struct tcp_info info = {0};
    if (a->refused || (getsockopt(a->fd, SOL_SOCKET, SO_ERROR, &err, &len) == 0 &&
                       err == ECONNREFUSED))
        return NPI_TCP_CLOSED;
    len = sizeof info;
    if (err || getsockopt(a->fd, IPPROTO_TCP, TCP_INFO, &info, &len) < 0 ||
        info.tcpi_state != TCP_ESTABLISHED)
        return NPI_TCP_NONE;
    *rtt_ns = info.tcpi_rtt > 0 ? (int64_t)info.tcpi_rtt * 1000 : -1;
    return NPI_TCP_OPEN;
}

static bool read_attempt(const attempt *a, npi_reply *out)
{
    if (npi_receive(a->fd, MSG_ERRQUEUE, out) != NPI_RECEIVED_REPLY) {
        memset(out, 0, offsetof(npi_reply, data));
        out->reply_ttl = out->rtt_ns = -1;
        out->tcp = read_outcome(a, &out->rtt_ns);
        if (out->tcp == NPI_TCP_NONE)
            return false;
    }
    out->number = a->number;
    out->peer = a->to;
    out->local = a->local;
    return true;
}

static bool receive(npi_transport *t, npi_reply *out)
{
    tcp_endpoint *e = endpoint_of(t);
    npi_now now;
    bool found = false;
    while (!found && !npi_list_empty(&e->ready)) {
        attempt *a = npi_container(e->ready.next, attempt, ready_link);
        found = read_attempt(a, out);
        forget(a); /* answered, or broken */
    }
    e->reactor->clock->ops->now(e->reactor->clock, &now);
    while (!npi_list_empty(&e->attempts)) {
        attempt *a = npi_container(e->attempts.next, attempt, link);
        if (npi_mono_before(now.mono, npi_mono_add(a->opened, LIFE_NS)))
            break;
        forget(a);
    }
    rearm(e);
    return found;
}

static bool overflowed(npi_transport *t)
{
    (void)t; /* each socket holds the one answer it waits for */
    return false;
}

static void close_endpoint(npi_transport *t)
{
    tcp_endpoint *e = endpoint_of(t);
    npi_mem mem = e->mem;
    while (!npi_list_empty(&e->attempts))
        forget(npi_container(e->attempts.next, attempt, link));
    npi_reactor_alarm(e->reactor, &e->alarm, NPI_NEVER);
    npi_free(&mem, e);
}

static const npi_transport_ops ops = {send_probe, receive, overflowed, close_endpoint};

/* Whether such sockets can be had at all is told before the first probe. */
static int try_socket(const npi_endpoint *wanted)
{
    int fd = npi_socket(wanted->family == 4 ? AF_INET : AF_INET6, SOCK_STREAM, IPPROTO_TCP);
    if (fd < 0)
        return errno;
    int err = npi_socket_egress(fd, wanted->family, wanted->egress);
    if (err == 0)
        err = bind_local(fd, wanted->family, wanted->egress, wanted->serial ? wanted->id : 0);
    close(fd);
    return err;
}

int npi_tcp_open(const npi_mem *mem, npi_reactor *reactor, npi_task *task,
                 const npi_endpoint *wanted, npi_transport **out)
{
    int err = try_socket(wanted);
    if (err)
        return err;
    tcp_endpoint *e = npi_alloc(mem, 1, sizeof *e);
    if (!e)
        return ENOMEM;
    *e = (tcp_endpoint){.t = {&ops, wanted->serial ? wanted->id : 0},
                        .port = wanted->serial ? wanted->id : 0,
                        .mem = *mem,
                        .reactor = reactor,
                        .task = task,
                        .alarm = {.task = task},
                        .family = wanted->family,
                        .egress = *wanted->egress};
    npi_list_init(&e->attempts);
    npi_list_init(&e->ready);
    *out = &e->t;
    return 0;
}
