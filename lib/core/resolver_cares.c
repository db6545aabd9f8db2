/* SPDX-License-Identifier: MIT */
/*
 * Names by c-ares, kept on a short leash: its sockets are made and written by us (close-on-exec,
 * no SIGPIPE), its callbacks only note the answer and post the owner's task, and no service name
 * is ever given to it (that would call into NSS).
 */
#include "config.h"

#include "core/resolver.h"

#include <string.h>

#ifdef HAVE_CARES

#include <ares.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/socket.h"

enum { SOCKETS_AT_ONCE = 16 }; /* looked at in one turn */

typedef struct cares {
    npi_resolver r;
    npi_mem mem;
    npi_reactor *reactor;
    npi_task task;
    npi_alarm alarm;
    ares_channel channel;
    npi_list sockets; /* of dns_socket */
    npi_list queries; /* of query */
} cares;

typedef struct dns_socket {
    npi_list link;
    npi_watch watch;
} dns_socket;

/* Stays with c-ares until its callback; the look-up it was for may be gone by then. */
typedef struct query {
    npi_list link;
    cares *c;
    npi_lookup *lookup; /* NULL once cancelled */
} query;

/* ---- sockets ---- */

static ares_socket_t open_socket(int domain, int type, int protocol, void *user)
{
    (void)user;
    return npi_socket(domain, type, protocol);
}

static int close_socket(ares_socket_t fd, void *user)
{
    (void)user;
    return close(fd);
}

static int connect_socket(ares_socket_t fd, const struct sockaddr *to, ares_socklen_t len,
                          void *user)
{
    (void)user;
    return connect(fd, to, len);
}

static ares_ssize_t receive(ares_socket_t fd, void *data, size_t size, int flags,
                            struct sockaddr *from, ares_socklen_t *len, void *user)
{
    (void)user;
    return recvfrom(fd, data, size, flags, from, len);
}

static ares_ssize_t send_all(ares_socket_t fd, const struct iovec *data, int count, void *user)
{
    struct msghdr m = {.msg_iov = (struct iovec *)(uintptr_t)data, .msg_iovlen = (size_t)count};
    (void)user;
    return sendmsg(fd, &m, MSG_NOSIGNAL);
}

static const struct ares_socket_functions socket_functions = {open_socket, close_socket,
                                                              connect_socket, receive, send_all};

static dns_socket *find_socket(cares *c, int fd)
{
    for (npi_list *l = c->sockets.next; l != &c->sockets; l = l->next) {
        dns_socket *s = npi_container(l, dns_socket, link);
        if (s->watch.fd == fd)
            return s;
    }
    return NULL;
}

static void forget_socket(cares *c, dns_socket *s)
{
    npi_reactor_unwatch(c->reactor, &s->watch);
    npi_list_unlink(&s->link);
    npi_free(&c->mem, s);
}

/*
 * c-ares tells what it waits for. A socket that cannot be watched for want of memory is simply
 * not heard: the look-up runs into its time-out.
 */
static void socket_changed(void *user, ares_socket_t fd, int readable, int writable)
{
    cares *c = user;
    dns_socket *s = find_socket(c, fd);
    if (!readable && !writable) {
        if (s)
            forget_socket(c, s);
        return;
    }
    if (!s) {
        s = npi_alloc(&c->mem, 1, sizeof *s);
        if (!s)
            return;
        s->watch.fd = -1;
        npi_list_init(&s->link);
        npi_list_append(&c->sockets, &s->link);
    }
    if (npi_reactor_watch(c->reactor, &s->watch, fd, &c->task, writable != 0) != 0)
        forget_socket(c, s);
}

/* ---- time and work ---- */

static void rearm(cares *c)
{
    npi_now now;
    struct timeval tv;
    npi_mono at = NPI_NEVER;
    struct timeval *left = ares_timeout(c->channel, NULL, &tv);
    if (left) {
        c->reactor->clock->ops->now(c->reactor->clock, &now);
        at = npi_mono_add(now.mono, left->tv_sec * INT64_C(1000000000) + left->tv_usec * 1000);
    }
    npi_reactor_alarm(c->reactor, &c->alarm, at);
}

static void work(npi_task *task, const npi_now *now, int *budget)
{
    cares *c = npi_container(task, cares, task);
    int fds[SOCKETS_AT_ONCE];
    int count = 0;
    (void)now;
    /* A copy: the list changes while c-ares works. Reading a socket too often is harmless. */
    for (npi_list *l = c->sockets.next; l != &c->sockets && count < SOCKETS_AT_ONCE; l = l->next)
        fds[count++] = npi_container(l, dns_socket, link)->watch.fd;
    ares_process_fd(c->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    for (int i = 0; i < count; i++)
        ares_process_fd(c->channel, fds[i], fds[i]);
    *budget -= count;
    rearm(c);
}

/* ---- look-ups ---- */

static void say(npi_lookup *l, np_status st, const char *why)
{
    npi_buf b = npi_buf_in(l->why, sizeof l->why);
    npi_buf_str(&b, why);
    l->status = st;
}

static void explain(npi_lookup *l, int status)
{
    switch (status) {
    case ARES_SUCCESS:
        say(l, NP_OK, "");
        return;
    case ARES_ENOTFOUND:
        say(l, NP_ERR_NAME,
            "no such name (asked were DNS and the hosts file, not mDNS or other nsswitch "
            "modules)");
        return;
    case ARES_ENODATA:
        say(l, NP_ERR_NAME, "the name exists, but has no address of the family asked for");
        return;
    case ARES_EBADNAME:
    case ARES_EBADSTR:
        say(l, NP_ERR_NAME, "this cannot be a host name");
        return;
    case ARES_ENOMEM:
        say(l, NP_ERR_NOMEM, "out of memory");
        return;
    case ARES_ETIMEOUT:
        say(l, NP_ERR_RESOLVER, "no name server answered in time (see /etc/resolv.conf)");
        return;
    case ARES_ECONNREFUSED:
        say(l, NP_ERR_RESOLVER, "no name server can be reached (see /etc/resolv.conf)");
        return;
    default:
        say(l, NP_ERR_RESOLVER, "the name server failed to answer (see /etc/resolv.conf)");
    }
}

/* The look-up a finished query was for, NULL when it has been cancelled; frees the query. */
static npi_lookup *finish(query *q, int status)
{
    npi_lookup *l = q->lookup;
    cares *c = q->c;
    npi_list_unlink(&q->link);
    npi_free(&c->mem, q);
    if (!l || status == ARES_EDESTRUCTION)
        return NULL;
    l->busy = false;
    explain(l, status);
    npi_reactor_post(c->reactor, l->task);
    return l;
}

static void found_addresses(void *arg, int status, int timeouts, struct ares_addrinfo *result)
{
    npi_lookup *l = finish(arg, status);
    (void)timeouts;
    if (l && status == ARES_SUCCESS) {
        l->count = 0;
        for (struct ares_addrinfo_node *n = result->nodes; n && l->count < NPI_LOOKUP_ADDRS;
             n = n->ai_next) {
            npi_addr a = npi_addr_from_sockaddr(n->ai_addr, (socklen_t)n->ai_addrlen);
            a.port = 0;
            if (a.family)
                l->addrs[l->count++] = a;
        }
        if (l->count == 0)
            explain(l, ARES_ENODATA);
    }
    if (result)
        ares_freeaddrinfo(result);
}

static void found_name(void *arg, int status, int timeouts, struct hostent *host)
{
    npi_lookup *l = finish(arg, status);
    (void)timeouts;
    if (!l || status != ARES_SUCCESS)
        return;
    if (!host || !host->h_name || !host->h_name[0]) {
        explain(l, ARES_ENODATA);
        return;
    }
    npi_buf b = npi_buf_in(l->name, sizeof l->name);
    npi_buf_bytes(&b, host->h_name, strlen(host->h_name));
}

static query *ask(npi_resolver *r, npi_lookup *l)
{
    cares *c = npi_container(r, cares, r);
    l->busy = true;
    query *q = npi_alloc(&c->mem, 1, sizeof *q);
    if (!q) {
        l->busy = false;
        explain(l, ARES_ENOMEM);
        npi_reactor_post(c->reactor, l->task);
        return NULL;
    }
    q->c = c;
    q->lookup = l;
    npi_list_init(&q->link);
    npi_list_append(&c->queries, &q->link);
    return q;
}

static void forward(npi_resolver *r, npi_lookup *l, const char *name, int family)
{
    cares *c = npi_container(r, cares, r);
    struct ares_addrinfo_hints hints = {
        .ai_family = family == 4 ? AF_INET : family == 6 ? AF_INET6 : AF_UNSPEC,
        .ai_socktype = SOCK_DGRAM};
    query *q = ask(r, l);
    if (!q)
        return;
    ares_getaddrinfo(c->channel, name, NULL, &hints, found_addresses, q);
    rearm(c);
}

static void reverse(npi_resolver *r, npi_lookup *l, const npi_addr *addr)
{
    cares *c = npi_container(r, cares, r);
    query *q = ask(r, l);
    if (!q)
        return;
    ares_gethostbyaddr(c->channel, addr->octets, addr->family == 4 ? 4 : 16,
                       addr->family == 4 ? AF_INET : AF_INET6, found_name, q);
    rearm(c);
}

static void cancel(npi_resolver *r, npi_lookup *l)
{
    cares *c = npi_container(r, cares, r);
    l->busy = false;
    for (npi_list *i = c->queries.next; i != &c->queries; i = i->next) {
        query *q = npi_container(i, query, link);
        if (q->lookup == l)
            q->lookup = NULL;
    }
}

static void free_cares(npi_resolver *r)
{
    cares *c = npi_container(r, cares, r);
    npi_mem mem = c->mem;
    if (c->channel)
        ares_destroy(c->channel);
    while (!npi_list_empty(&c->sockets))
        forget_socket(c, npi_container(c->sockets.next, dns_socket, link));
    npi_reactor_alarm(c->reactor, &c->alarm, NPI_NEVER);
    npi_task_unpost(&c->task);
    npi_free(&mem, c);
}

static const npi_resolver_ops ops = {forward, reverse, cancel, free_cares};

npi_resolver *npi_resolver_cares(const npi_mem *mem, npi_reactor *reactor)
{
    cares *c = npi_alloc(mem, 1, sizeof *c);
    if (!c)
        return NULL;
    c->r.ops = &ops;
    c->mem = *mem;
    c->reactor = reactor;
    npi_task_init(&c->task, work);
    c->alarm.task = &c->task;
    npi_list_init(&c->sockets);
    npi_list_init(&c->queries);
    struct ares_options options = {.timeout = NPI_DNS_TIMEOUT_MS,
                                   .tries = NPI_DNS_TRIES,
                                   .sock_state_cb = socket_changed,
                                   .sock_state_cb_data = c};
    int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB;
    if (ares_init_options(&c->channel, &options, mask) != ARES_SUCCESS) {
        c->channel = NULL;
        free_cares(&c->r);
        return NULL;
    }
    ares_set_socket_functions(c->channel, &socket_functions, c);
    return &c->r;
}

#else

typedef struct none {
    npi_resolver r;
    npi_mem mem;
    npi_reactor *reactor;
} none;

/* This build has no c-ares: every look-up says so. */
static void answer(npi_resolver *r, npi_lookup *l)
{
    npi_buf b = npi_buf_in(l->why, sizeof l->why);
    npi_buf_str(&b, "this build has no c-ares: give a numeric address");
    l->busy = false;
    l->status = NP_ERR_UNSUPPORTED;
    npi_reactor_post(npi_container(r, none, r)->reactor, l->task);
}

static void forward(npi_resolver *r, npi_lookup *l, const char *name, int family)
{
    (void)name;
    (void)family;
    answer(r, l);
}

static void reverse(npi_resolver *r, npi_lookup *l, const npi_addr *addr)
{
    (void)addr;
    answer(r, l);
}

static void cancel(npi_resolver *r, npi_lookup *l)
{
    (void)r;
    l->busy = false;
}

static void free_none(npi_resolver *r)
{
    none *n = npi_container(r, none, r);
    npi_mem mem = n->mem;
    npi_free(&mem, n);
}

static const npi_resolver_ops ops = {forward, reverse, cancel, free_none};

npi_resolver *npi_resolver_cares(const npi_mem *mem, npi_reactor *reactor)
{
    none *n = npi_alloc(mem, 1, sizeof *n);
    if (!n)
        return NULL;
    n->r.ops = &ops;
    n->mem = *mem;
    n->reactor = reactor;
    return &n->r;
}

#endif
