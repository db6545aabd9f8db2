/* SPDX-License-Identifier: MIT */
/*
 * Probes through this machine's datagram sockets, without privilege: ICMP errors come back on
 * the error queue (IP_RECVERR), the kernel finds the socket they belong to. Or, with privilege,
 * by a raw ICMP socket: it receives in place of the error queue, and sends ICMP probes itself.
 *
 * Facts that shape this file: an ICMP error also makes the next send fail, once, without
 * sending; the error queue drops silently when the receive buffer is full; path MTU discovery
 * in any mode but INTERFACE and OMIT lets an ICMP error change this host's route.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <linux/sock_diag.h>

#include "core/clock.h"
#include "core/socket.h"
#include "probe/raw.h"
#include "probe/receive.h"
#include "probe/tcp_net.h"

enum {
    RECEIVE_BUFFER = 1 << 20, /* the kernel cuts it to net.core.rmem_max */
    SEND_TRIES = 4,           /* pending errors of earlier probes met in a row */
    READ_TRIES = 4,
    OTHERS_MAX = 256,         /* packets for others, read in a row */
    ENTRY_LEAST = 768 /* octets that one queued reply takes at least */
};

#ifndef IP_PMTUDISC_OMIT
#define IP_PMTUDISC_OMIT 5
#endif
#ifndef IP_RECVERR_RFC4884 /* Linux 5.9: where extensions of RFC 4884 begin */
#define IP_RECVERR_RFC4884 26
#endif
#ifndef IPV6_RECVERR_RFC4884
#define IPV6_RECVERR_RFC4884 31
#endif

typedef struct endpoint {
    npi_transport t;
    npi_mem mem;
    npi_reactor *reactor;
    npi_transport_kind kind;
    npi_watch watch, raw_watch;
    int fd;     /* sends, and receives data */
    int raw_fd; /* receives errors; -1: the error queue of fd does. ICMP: raw_fd does all, no fd */
    int family;
    bool draining;    /* since the queue was found empty last, something was read */
    bool overflowed;
    uint32_t was_used, was_room; /* receive buffer at the start of this drain, octets */
    uint32_t taken;   /* replies read in this drain */
} endpoint;

static endpoint *endpoint_of(npi_transport *t)
{
    return npi_container(t, endpoint, t);
}

static void put_ttl(const endpoint *e, struct msghdr *m, int ttl)
{
    struct cmsghdr *c = CMSG_FIRSTHDR(m);
    c->cmsg_level = e->family == 4 ? IPPROTO_IP : IPPROTO_IPV6;
    c->cmsg_type = e->family == 4 ? IP_TTL : IPV6_HOPLIMIT;
    c->cmsg_len = CMSG_LEN(sizeof ttl);
    memcpy(CMSG_DATA(c), &ttl, sizeof ttl);
}

/* Errors that an ICMP message leaves behind on a socket. */
static bool may_be_pending(int err)
{
    return err != EAGAIN && err != ENOBUFS && err != ENOMEM && err != EINVAL && err != EBADF;
}

static int send_probe(npi_transport *t, const npi_probe_out *probe, npi_now *sent)
{
    endpoint *e = endpoint_of(t);
    struct sockaddr_storage to;
    union {
        struct cmsghdr align;
        char octets[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec iov = {(void *)(uintptr_t)probe->data, probe->len};
    memset(&control, 0, sizeof control);
    struct msghdr m = {.msg_name = &to,
                       .msg_namelen = npi_addr_to_sockaddr(&probe->to, &to),
                       .msg_iov = &iov,
                       .msg_iovlen = 1,
                       .msg_control = &control,
                       .msg_controllen = sizeof control};
    put_ttl(e, &m, probe->ttl);
    int err = 0;
    for (int i = 0; i < SEND_TRIES; i++) {
        e->reactor->clock->ops->now(e->reactor->clock, sent);
        if (sendmsg(e->fd >= 0 ? e->fd : e->raw_fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
            return 0;
        err = errno;
        if (err != EINTR && !may_be_pending(err))
            return err;
    }
    return err;
}

/* How full the receive buffer is: error queue and data queue share it. */
static void look_at_buffer(endpoint *e)
{
    uint32_t info[SK_MEMINFO_VARS] = {0};
    socklen_t len = sizeof info;
    e->draining = true;
    e->taken = 0;
    e->was_used = e->was_room = 0;
    int fd = e->raw_fd >= 0 ? e->raw_fd : e->fd;
    if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &len) < 0 || len < sizeof info[0] * 2)
        return; /* Linux before 4.12: overflow cannot be seen */
    e->was_used = info[SK_MEMINFO_RMEM_ALLOC];
    e->was_room = info[SK_MEMINFO_RCVBUF];
}

/*
 * The queue was full when one more entry of average size would not have fitted. The kernel
 * counts nothing for the error queue, so this is the only sign there is.
 */
static void judge_drain(endpoint *e)
{
    uint32_t average = e->taken ? e->was_used / e->taken : 0;
    if (average < ENTRY_LEAST)
        average = ENTRY_LEAST;
    if (e->was_room && e->was_used + average >= e->was_room)
        e->overflowed = true;
    e->draining = false;
}

/*
 * A pending error fails one reading, and is gone; the error queue still tells of it. What a raw
 * socket has for others is read in passing, so many at most: the rest waits for the next call.
 */
static bool read_queue(endpoint *e, int fd, int flags, npi_reply *out)
{
    for (int failures = 0, others = 0; failures < READ_TRIES && others < OTHERS_MAX;) {
        switch (npi_receive(fd, flags, out)) {
        case NPI_RECEIVED_REPLY:
            e->taken++;
            if (fd != e->raw_fd || npi_raw_decode(e->family, e->kind, e->t.id, out))
                return true;
            others++;
            break;
        case NPI_RECEIVED_OTHER:
            e->taken++;
            break;
        case NPI_RECEIVED_EMPTY:
            return false;
        case NPI_RECEIVED_ERROR:
            failures++;
            break;
        }
    }
    return false;
}

static bool receive(npi_transport *t, npi_reply *out)
{
    endpoint *e = endpoint_of(t);
    if (!e->draining)
        look_at_buffer(e);
    if (e->raw_fd >= 0 && read_queue(e, e->raw_fd, 0, out))
        return true;
    if (e->fd >= 0 && (read_queue(e, e->fd, MSG_ERRQUEUE, out) || read_queue(e, e->fd, 0, out)))
        return true;
    judge_drain(e);
    return false;
}

static bool overflowed(npi_transport *t)
{
    endpoint *e = endpoint_of(t);
    bool was = e->overflowed;
    e->overflowed = false;
    return was;
}

static void close_endpoint(npi_transport *t)
{
    endpoint *e = endpoint_of(t);
    npi_mem mem = e->mem;
    npi_reactor_unwatch(e->reactor, &e->watch);
    npi_reactor_unwatch(e->reactor, &e->raw_watch);
    if (e->fd >= 0)
        close(e->fd);
    if (e->raw_fd >= 0)
        close(e->raw_fd);
    npi_free(&mem, e);
}

static const npi_transport_ops transport_ops = {send_probe, receive, overflowed, close_endpoint};

static int set(int fd, int level, int option, int value)
{
    return setsockopt(fd, level, option, &value, sizeof value);
}

/* Every option that lacks removes what it gives. */
static void set_options(int fd, int family, bool dont_fragment)
{
    /* IPv6 has the same numbers for these. */
    int discover = dont_fragment ? IP_PMTUDISC_PROBE : IP_PMTUDISC_OMIT;
    set(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
    set(fd, SOL_SOCKET, SO_RCVBUF, RECEIVE_BUFFER);
    set(fd, SOL_SOCKET, SO_REUSEADDR, 0); /* ping sockets share identifiers unless told not to */
    if (family == 4) {
        set(fd, IPPROTO_IP, IP_MTU_DISCOVER, discover);
        set(fd, IPPROTO_IP, IP_PKTINFO, 1);
        set(fd, IPPROTO_IP, IP_RECVTTL, 1);
        return;
    }
    set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
    set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, discover);
    set(fd, IPPROTO_IPV6, IPV6_DONTFRAG, dont_fragment);
    set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
    set(fd, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1);
}

/* This one is indispensable where nothing else tells of errors. Returns 0 or an errno. */
static int want_errors(int fd, int family)
{
    int err;
    if (family == 4) {
        set(fd, IPPROTO_IP, IP_RECVERR_RFC4884, 1);
        err = set(fd, IPPROTO_IP, IP_RECVERR, 1);
    } else {
        set(fd, IPPROTO_IPV6, IPV6_RECVERR_RFC4884, 1);
        err = set(fd, IPPROTO_IPV6, IPV6_RECVERR, 1);
    }
    return err < 0 ? errno : 0;
}

/* A fresh socket, set up and bound to our port or identifier. Returns 0 or an errno. */
static int open_socket(const npi_endpoint *w, int type, int protocol, int *fd)
{
    npi_addr local = w->egress->source; /* any, unless one was asked for */
    struct sockaddr_storage ss;
    local.family = (uint8_t)w->family;
    local.port = type == SOCK_RAW ? 0 : w->id;
    *fd = npi_socket(w->family == 4 ? AF_INET : AF_INET6, type, protocol);
    if (*fd < 0)
        return errno;
    int err = npi_socket_egress(*fd, w->family, w->egress);
    if (err)
        return err;
    set_options(*fd, w->family, w->egress->dont_fragment);
    socklen_t len = npi_addr_to_sockaddr(&local, &ss);
    return bind(*fd, (struct sockaddr *)&ss, len) < 0 ? errno : 0;
}

/* Returns 0 or an errno; what is open is closed with the endpoint. */
static int open_sockets(endpoint *e, const npi_endpoint *w)
{
    int icmp = w->family == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
    int protocol = w->kind == NPI_TRANSPORT_ICMP ? icmp : IPPROTO_UDP;
    int err = 0;
    if (w->raw) {
        err = open_socket(w, SOCK_RAW, icmp, &e->raw_fd);
        if (err == 0)
            err = npi_raw_filter(e->raw_fd, w->family, w->kind, w->id);
        if (err || w->kind == NPI_TRANSPORT_ICMP)
            return err;
    }
    err = open_socket(w, SOCK_DGRAM, protocol, &e->fd);
    return err || w->raw ? err : want_errors(e->fd, w->family);
}

static int watch_sockets(endpoint *e, npi_task *task)
{
    int err = 0;
    if (e->raw_fd >= 0)
        err = npi_reactor_watch(e->reactor, &e->raw_watch, e->raw_fd, task, false);
    if (e->fd >= 0 && err == 0)
        err = npi_reactor_watch(e->reactor, &e->watch, e->fd, task, false);
    return err;
}

static int open_endpoint(const npi_net *net, const npi_mem *mem, npi_reactor *reactor,
                         npi_task *task, const npi_endpoint *wanted, npi_transport **out)
{
    (void)net;
    if (wanted->kind == NPI_TRANSPORT_TCP)
        return npi_tcp_open(mem, reactor, task, wanted, out);
    endpoint *e = npi_alloc(mem, 1, sizeof *e);
    if (!e)
        return ENOMEM;
    *e = (endpoint){.t = {&transport_ops, wanted->id},
                    .mem = *mem,
                    .reactor = reactor,
                    .kind = wanted->kind,
                    .watch = {.fd = -1},
                    .raw_watch = {.fd = -1},
                    .fd = -1,
                    .raw_fd = -1,
                    .family = wanted->family};
    int err = open_sockets(e, wanted);
    if (err == 0)
        err = watch_sockets(e, task);
    if (err) {
        close_endpoint(&e->t);
        return err;
    }
    *out = &e->t;
    return 0;
}

static int source(const npi_net *net, const npi_addr *to, const npi_egress *egress,
                  npi_addr *out)
{
    (void)net;
    return npi_source_for(to, egress, out);
}

static const npi_net_ops net_ops = {open_endpoint, source};

const npi_net npi_net_linux = {&net_ops};
