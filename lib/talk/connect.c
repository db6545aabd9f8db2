/* SPDX-License-Identifier: MIT */
/*
 * Decides which address is tried when, and what is said when none answers.
 */
#include "talk/connect.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

static const int64_t stagger = 250 * NP_MILLISECOND; /* RFC 8305 5 */

void npi_connect_init(npi_connect *c, np_context *ctx, npi_task *task)
{
    *c = (npi_connect){.ctx = ctx, .task = task, .winner = -1};
    c->alarm.task = task;
    c->lookup.task = task;
    for (int i = 0; i < NPI_ATTEMPTS; i++)
        c->tries[i].fd = c->tries[i].watch.fd = -1;
    npi_list_init(&c->lookup.link);
}

static void fail(npi_connect *c, np_status st, const char *problem, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

static void fail(npi_connect *c, np_status st, const char *problem, const char *format, ...)
{
    va_list args;
    npi_buf name = npi_buf_in(c->problem, sizeof c->problem);
    npi_buf sentence = npi_buf_in(c->sentence, sizeof c->sentence);
    npi_buf_str(&name, problem);
    va_start(args, format);
    npi_buf_vprintf(&sentence, format, args);
    va_end(args);
    c->status = st;
    c->state = NPI_CONNECT_FAILED;
}

/* ---- attempts ------------------------------------------------------------------------------ */

static void end_try(npi_connect *c, npi_try *t, npi_mono now, int err)
{
    npi_reactor_unwatch(&c->ctx->reactor, &t->watch);
    if (err != 0 && t->fd >= 0) {
        close(t->fd);
        t->fd = -1;
    }
    t->end = now;
    t->err = err;
}

static int open_try(npi_connect *c, npi_try *t)
{
    struct sockaddr_storage ss;
    int on = 1;
    if (c->egress.source.family && c->egress.source.family != t->to.family)
        return EAFNOSUPPORT;
    t->fd = npi_socket(t->to.family == 4 ? AF_INET : AF_INET6, SOCK_STREAM, IPPROTO_TCP);
    if (t->fd < 0)
        return errno;
    int err = npi_socket_egress(t->fd, t->to.family, &c->egress);
    if (err)
        return err;
    setsockopt(t->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (c->egress.source.family) {
        socklen_t len = npi_addr_to_sockaddr(&c->egress.source, &ss);
        if (bind(t->fd, (struct sockaddr *)&ss, len) < 0)
            return errno;
    }
    socklen_t len = npi_addr_to_sockaddr(&t->to, &ss);
    if (connect(t->fd, (struct sockaddr *)&ss, len) < 0 && errno != EINPROGRESS)
        return errno;
    return npi_reactor_watch(&c->ctx->reactor, &t->watch, t->fd, c->task, true);
}

static void start_next(npi_connect *c, npi_mono now)
{
    npi_try *t = &c->tries[c->started];
    t->to = c->addrs[c->started++];
    t->begin = now;
    t->end = NPI_NEVER;
    t->err = -1;
    int err = open_try(c, t);
    if (err)
        end_try(c, t, now, err);
    npi_reactor_alarm(&c->ctx->reactor, &c->alarm, npi_mono_add(now, stagger));
}

/* How an attempt went: -1 not known yet. */
static int outcome_of(const npi_try *t)
{
    int err = 0;
    socklen_t len = sizeof err;
    struct sockaddr_storage peer;
    socklen_t peer_len = sizeof peer;
    if (getsockopt(t->fd, SOL_SOCKET, SO_ERROR, &err, &len) < 0)
        return errno;
    if (err)
        return err;
    if (getpeername(t->fd, (struct sockaddr *)&peer, &peer_len) == 0)
        return 0;
    return errno == ENOTCONN ? -1 : errno;
}

static void won(npi_connect *c, int which, npi_mono now)
{
    c->winner = which;
    c->connected = now;
    c->state = NPI_CONNECT_DONE;
    for (int i = 0; i < c->started; i++)
        if (i != which && c->tries[i].err == -1)
            end_try(c, &c->tries[i], now, ECANCELED);
    npi_reactor_alarm(&c->ctx->reactor, &c->alarm, NPI_NEVER);
}

/* What an errno means for the one who asks. */
typedef struct meaning {
    int err;
    np_status status;
    const char *problem, *sentence;
} meaning;

static const meaning meanings[] = {
    {0, NP_OK, "", ""},
    {ECANCELED, NP_ERR_CANCELLED, "", "another address was faster"},
    {ECONNREFUSED, NP_ERR_REFUSED, "connect.refused",
     "connection refused: nothing listens there, or a firewall says no"},
    {EAGAIN, NP_ERR_REFUSED, "connect.refused", "too many wait there already"}, /* unix(7) */
    {ECONNRESET, NP_ERR_REFUSED, "connect.reset", "connection reset"},
    {ETIMEDOUT, NP_ERR_TIMEOUT, "connect.timeout", "no answer"},
    {ENETUNREACH, NP_ERR_ROUTE, "route.none", "no route"},
    {EHOSTUNREACH, NP_ERR_ROUTE, "route.none", "no route"},
    {EINVAL, NP_ERR_ROUTE, "route.none", "no route"}, /* of the type blackhole */
    {EADDRNOTAVAIL, NP_ERR_ROUTE, "route.none",
     "the source is no address of this host, or has no port left"},
    {EAFNOSUPPORT, NP_ERR_ROUTE, "route.none", "no address of this family to connect from"},
    {ENODEV, NP_ERR_ROUTE, "route.none", "there is no such interface (see ip link)"},
    {ENOENT, NP_ERR_ROUTE, "route.none", "there is no such socket"},
    {EACCES, NP_ERR_PERMISSION, "route.none",
     "this host forbids it: by a firewall rule, a route, or the permissions of a socket"},
    {EPERM, NP_ERR_PERMISSION, "route.none",
     "this host forbids it: by a firewall rule, a route, or the permissions of a socket"},
    {EMFILE, NP_ERR_MFILE, "memory", "this process has no descriptors left (see ulimit -n)"},
    {ENFILE, NP_ERR_MFILE, "memory", "this host has no descriptors left (see fs.file-max)"},
    {ENOMEM, NP_ERR_NOMEM, "memory", "out of memory"},
    {ENOBUFS, NP_ERR_NOMEM, "memory", "out of memory"},
};

static const meaning *meaning_of(int err)
{
    static const meaning other = {-1, NP_ERR_ROUTE, "route.none", "the kernel refused"};
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++)
        if (meanings[i].err == err)
            return &meanings[i];
    return &other;
}

const char *npi_connect_trouble(int err)
{
    return meaning_of(err)->sentence;
}

np_status npi_connect_status(int err)
{
    return meaning_of(err)->status;
}

/* The address that was preferred tells, of those that could be tried; want of our own before all.
 */
static const npi_try *telling(const npi_connect *c)
{
    const npi_try *tried = NULL;
    for (int i = c->started - 1; i >= 0; i--) {
        np_status st = npi_connect_status(c->tries[i].err);
        if (st == NP_ERR_MFILE || st == NP_ERR_NOMEM)
            return &c->tries[i];
        if (c->tries[i].err != EAFNOSUPPORT)
            tried = &c->tries[i];
    }
    return tried ? tried : &c->tries[0];
}

static void all_failed(npi_connect *c)
{
    const npi_try *t = telling(c);
    char addr[64];
    npi_buf b = npi_buf_in(addr, sizeof addr);
    npi_buf_addr(&b, &t->to);
    fail(c, npi_connect_status(t->err), meaning_of(t->err)->problem,
         "cannot connect to %s port %u: %s", addr, c->port, npi_connect_trouble(t->err));
}

static void look_at_tries(npi_connect *c, npi_mono now)
{
    bool under_way = false;
    for (int i = 0; i < c->started; i++) {
        npi_try *t = &c->tries[i];
        int err = t->err == -1 ? outcome_of(t) : t->err;
        if (t->err == -1 && err >= 0)
            end_try(c, t, now, err);
        if (err == 0) {
            won(c, i, now);
            return;
        }
        under_way |= err == -1;
    }
    const npi_try *last = &c->tries[c->started - 1];
    bool due = last->err != -1 || !npi_mono_before(now, npi_mono_add(last->begin, stagger));
    if (c->started < c->count && due) {
        start_next(c, now);
        npi_reactor_post(&c->ctx->reactor, c->task); /* it may be over already */
    } else if (!under_way && c->started == c->count) {
        all_failed(c);
    }
}

/* ---- names --------------------------------------------------------------------------------- */

/* Families in turn, beginning with that of the first (RFC 8305 4). */
static void sort_addresses(npi_connect *c, const npi_addr *addrs, int count)
{
    bool taken[NPI_LOOKUP_ADDRS] = {false};
    int family = count > 0 ? addrs[0].family : 0;
    c->count = 0;
    while (c->count < NPI_ATTEMPTS) {
        int pick = -1;
        for (int i = 0; i < count && pick < 0; i++)
            if (!taken[i] && addrs[i].family == family)
                pick = i;
        for (int i = 0; i < count && pick < 0; i++)
            if (!taken[i])
                pick = i;
        if (pick < 0)
            return;
        taken[pick] = true;
        c->addrs[c->count] = addrs[pick];
        c->addrs[c->count++].port = c->port;
        family = addrs[pick].family == 4 ? 6 : 4;
    }
}

static void begin_trying(npi_connect *c, npi_mono now, const npi_addr *addrs, int count)
{
    c->resolved = now;
    c->state = NPI_CONNECT_TRYING;
    sort_addresses(c, addrs, count);
    start_next(c, now);
    npi_reactor_post(&c->ctx->reactor, c->task);
}

static void begin_unix(npi_connect *c, npi_mono now, const char *path)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    size_t len = strlen(path);
    npi_try *t = &c->tries[0];
    if (len >= sizeof a.sun_path) {
        fail(c, NP_ERR_INVALID, "script.variable", "the path of the unix socket is too long");
        return;
    }
    memcpy(a.sun_path, path, len + 1);
    t->to = (npi_addr){.family = 0};
    t->fd = npi_socket(AF_UNIX, SOCK_STREAM, 0);
    int err = t->fd < 0 || connect(t->fd, (struct sockaddr *)&a, sizeof a) < 0 ? errno : 0;
    t->begin = t->end = c->resolved = now;
    t->err = err;
    c->started = c->count = 1;
    if (err == 0)
        won(c, 0, now);
    else
        fail(c, npi_connect_status(err), meaning_of(err)->problem,
             "cannot connect to the unix socket: %s", npi_connect_trouble(err));
}

void npi_connect_begin(npi_connect *c, npi_mono now, const char *host, uint16_t port, bool is_unix)
{
    npi_addr literal[2];
    char why[160] = "";
    npi_buf b = npi_buf_in(why, sizeof why);
    npi_connect_stop(c);
    c->begin = now;
    c->port = port;
    c->started = c->count = 0;
    c->winner = -1;
    c->state = NPI_CONNECT_RESOLVING;
    if (is_unix) {
        begin_unix(c, now, host);
        return;
    }
    int n = npi_resolve_literal(host, c->family, literal, &b);
    npi_resolver *r = n == 0 ? npi_context_resolver(c->ctx) : NULL;
    if (n > 0)
        begin_trying(c, now, literal, n);
    else if (n < 0)
        fail(c, NP_ERR_NAME, "name.not-found", "%s", why);
    else if (!r)
        fail(c, NP_ERR_NOMEM, "memory", "out of memory");
    else
        r->ops->forward(r, &c->lookup, host, c->family);
}

void npi_connect_step(npi_connect *c, npi_mono now)
{
    if (c->state == NPI_CONNECT_RESOLVING && !c->lookup.busy) {
        if (c->lookup.status == NP_OK)
            begin_trying(c, now, c->lookup.addrs, c->lookup.count);
        else
            fail(c, c->lookup.status,
                 c->lookup.status == NP_ERR_RESOLVER ? "name.timeout" : "name.not-found", "%s",
                 c->lookup.why);
    }
    if (c->state == NPI_CONNECT_TRYING)
        look_at_tries(c, now);
}

int npi_connect_take(npi_connect *c)
{
    npi_try *t = &c->tries[c->winner];
    int fd = t->fd;
    npi_reactor_unwatch(&c->ctx->reactor, &t->watch);
    t->fd = -1;
    return fd;
}

void npi_connect_stop(npi_connect *c)
{
    if (!c->ctx)
        return;
    if (c->lookup.busy && c->ctx->resolver)
        c->ctx->resolver->ops->cancel(c->ctx->resolver, &c->lookup);
    for (int i = 0; i < NPI_ATTEMPTS; i++) {
        npi_try *t = &c->tries[i];
        npi_reactor_unwatch(&c->ctx->reactor, &t->watch);
        if (t->fd >= 0)
            close(t->fd);
        t->fd = -1;
    }
    npi_reactor_alarm(&c->ctx->reactor, &c->alarm, NPI_NEVER);
    c->state = NPI_CONNECT_IDLE;
}

void npi_connect_rest(npi_connect *c)
{
    for (int i = 0; i < NPI_ATTEMPTS; i++)
        npi_reactor_unwatch(&c->ctx->reactor, &c->tries[i].watch);
    npi_reactor_alarm(&c->ctx->reactor, &c->alarm, NPI_NEVER);
}

void npi_connect_go_on(npi_connect *c, npi_mono now)
{
    if (c->state != NPI_CONNECT_TRYING)
        return;
    for (int i = 0; i < c->started; i++) {
        npi_try *t = &c->tries[i];
        int err =
            t->err != -1 ? 0 : npi_reactor_watch(&c->ctx->reactor, &t->watch, t->fd, c->task, true);
        if (err)
            end_try(c, t, now, err);
    }
    npi_reactor_alarm(&c->ctx->reactor, &c->alarm,
                      npi_mono_add(c->tries[c->started - 1].begin, stagger));
}

void npi_connect_give_up(npi_connect *c, npi_mono now)
{
    char addr[64], more[40];
    npi_buf b = npi_buf_in(addr, sizeof addr), m = npi_buf_in(more, sizeof more);
    int silent = 0;
    bool resolving = c->state == NPI_CONNECT_RESOLVING;
    for (int i = 0; i < c->started; i++) {
        if (c->tries[i].err != -1)
            continue;
        if (silent++ == 0)
            npi_buf_addr(&b, &c->tries[i].to);
        end_try(c, &c->tries[i], now, ETIMEDOUT);
    }
    npi_connect_stop(c);
    if (silent > 1)
        npi_buf_printf(&m, ", nor from %d more", silent - 1);
    if (resolving)
        fail(c, NP_ERR_RESOLVER, "name.timeout", "no name server has answered in time");
    else
        fail(c, NP_ERR_TIMEOUT, "connect.timeout",
             "no answer from %s port %u%s: a firewall drops what is sent, or the host is down",
             addr, c->port, more);
}
