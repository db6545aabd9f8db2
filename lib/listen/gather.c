/* SPDX-License-Identifier: MIT */
/*
 * Reads what the kernel tells: sockets from sock_diag or /proc/net. Each step takes a bounded
 * number of datagrams or chunks off its budget, and waits for nothing.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sock_diag.h>
#include <string.h>
#include <unistd.h>

#include "listen/exchange.h"
#include "listen/procfs.h"

#ifdef HAVE_LIBMNL
#define POOR_BECAUSE "sock_diag does not answer here"
#else
#define POOR_BECAUSE "this build has no libmnl"
#endif

static void begin_pass(np_listeners *l)
{
    uint64_t request[NPI_DIAG_REQUEST_MAX / sizeof(uint64_t)];
    npi_diag_query *q = &l->queries[l->query];
    q->seq = npi_exchange_number(l);
    l->dump = npi_dump_begin(q->seq);
    size_t len = npi_diag_request(q, request, sizeof request);
    l->info.dumps++;
    if (!npi_exchange_send(l->diag, request, len)) /* the dump is over before it began */
        l->dump.error = len && (errno == EAGAIN || errno == ENOBUFS) ? ENOBUFS : ENOENT;
}

void npi_listen_next_query(np_listeners *l)
{
    l->query++;
    l->pass = 1;
    l->tries = 0;
    if (l->query == l->query_count) {
        l->phase = NPI_LISTEN_PROC;
        l->query = 0;
        return;
    }
    if (l->by_proc[l->query])
        return;
    if (!l->queries[l->query].autobound) /* that one marks rows of the query before it */
        npi_socks_begin(&l->socks);
    begin_pass(l);
}

static bool take_answer(np_listeners *l, const npi_message *m)
{
    npi_diag_answer a;
    if (m->type != SOCK_DIAG_BY_FAMILY ||
        !npi_diag_decode(&l->queries[l->query], m->payload, m->len, &a))
        return true;
    return npi_socks_add(&l->socks, &a, l->pass);
}

/* This kernel, this build or this socket cannot tell: /proc/net may. */
static bool means_unlisted(int error)
{
    return error == ENOENT || error == EOPNOTSUPP || error == EPROTONOSUPPORT ||
           error == EINVAL || error == ETIMEDOUT;
}

/* NULL where there is none, or not of the namespace that is listed. */
static const char *proc_file(const np_listeners *l, const npi_diag_query *q)
{
    bool v6 = q->family == 6;
    if (l->foreign)
        return NULL;
    switch (q->protocol) {
    case NP_PROTOCOL_TCP:
        return v6 ? "net/tcp6" : "net/tcp";
    case NP_PROTOCOL_UDP:
        return v6 ? "net/udp6" : "net/udp";
    case NP_PROTOCOL_UDPLITE:
        return v6 ? "net/udplite6" : "net/udplite";
    case NP_PROTOCOL_RAW:
        return v6 ? "net/raw6" : "net/raw";
    case NP_PROTOCOL_PING:
        return v6 ? "net/icmp6" : "net/icmp";
    case NP_PROTOCOL_UNIX:
        return "net/unix";
    default:
        return NULL;
    }
}

static void tell_of_protocol(np_listeners *l, const npi_diag_query *q, const char *what)
{
    char text[128];
    npi_buf b = npi_buf_in(text, sizeof text);
    npi_buf_printf(&b, "%s: %s", np_protocol_name(q->protocol), what);
    npi_listen_gap(l, text);
}

/* sock_diag does not tell it, or not to the end. */
static void leave_to_proc(np_listeners *l)
{
    const npi_diag_query *q = &l->queries[l->query];
    int error = l->dump.error;
    /* What marks rows of a query goes with it, and a socket that is deaf stays so. */
    for (int i = l->query; i < l->query_count; i++)
        l->by_proc[i] |= i == l->query || error == ETIMEDOUT ||
                         (i == l->query + 1 && l->queries[i].autobound);
    if (q->autobound && l->socks.count > l->socks.section)
        tell_of_protocol(l, q, "clients cannot be told from servers here");
    else if (!q->autobound && !means_unlisted(error))
        tell_of_protocol(l, q,
                         proc_file(l, q) ? "sock_diag broke off, and /proc/net is read instead"
                                         : "sock_diag broke off");
    if (!q->autobound)
        npi_socks_forget(&l->socks);
    npi_listen_next_query(l);
}

/*
 * A table that is resumed while it changes can leave out what does not change: whatever only one
 * of two passes has seen is a reason for a third.
 */
static void end_pass(np_listeners *l)
{
    if (npi_exchange_again(l))
        return;
    if (l->dump.error) {
        leave_to_proc(l);
        return;
    }
    if (l->dump.interrupted)
        npi_exchange_unsteady(l);
    l->listed = true;
    bool once = l->queries[l->query].autobound;
    bool agreed = l->pass > 1 && npi_socks_agree(&l->socks, l->pass);
    if (once || agreed || l->pass == NPI_PASSES) {
        npi_listen_next_query(l);
        return;
    }
    l->pass++;
    l->tries = 0;
    begin_pass(l);
}

/* Datagrams until the budget is used up, or the kernel has none ready. */
void npi_listen_step_dump(np_listeners *l, int *budget)
{
    npi_message m;
    while (l->phase == NPI_LISTEN_DUMP && *budget > 0) {
        if (l->by_proc[l->query]) {
            npi_listen_next_query(l);
            continue;
        }
        if (l->draining) {
            if (npi_exchange_drained(l, l->diag, budget))
                begin_pass(l);
            continue;
        }
        npi_dump_step step = l->dump.error ? NPI_DUMP_END : npi_dump_next(&l->dump, &m);
        if (step == NPI_DUMP_MESSAGE && !take_answer(l, &m))
            npi_listen_out_of_memory(l);
        else if (step == NPI_DUMP_END)
            end_pass(l);
        else if (step == NPI_DUMP_MORE && !npi_exchange_take(l, l->diag, budget))
            return;
    }
}

/* ---- /proc/net --------------------------------------------------------------------------- */

/* Where /proc/net is hidden, a process may still see its own. */
static int open_proc_file(const np_listeners *l, const char *name)
{
    char own[32];
    int fd = openat(l->proc, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd >= 0 || errno == EMFILE)
        return fd;
    npi_buf b = npi_buf_in(own, sizeof own);
    npi_buf_printf(&b, "self/%s", name);
    return openat(l->proc, own, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
}

static bool has_wanted_state(const npi_diag_query *q, const npi_sock *s)
{
    return s->state < 32 && (q->states >> s->state & 1);
}

static bool take_line(np_listeners *l, const npi_diag_query *q, npi_text line)
{
    npi_diag_answer a = {.has_info = false};
    npi_text name = {line.at, 0};
    bool ok = q->protocol == NP_PROTOCOL_UNIX
                  ? npi_proc_net_unix(line, &a.sock, &name)
                  : npi_proc_net_inet(line, q->protocol, q->family, &a.sock);
    if (!ok || !has_wanted_state(q, &a.sock))
        return true;
    a.name = name.at;
    a.name_len = name.len;
    return npi_socks_add(&l->socks, &a, 1);
}

static void next_file(np_listeners *l)
{
    npi_listen_close(&l->file);
    l->query++;
    if (l->query < l->query_count)
        return;
    l->phase = NPI_LISTEN_LINKS;
    l->dump = npi_dump_begin(0);
    l->dump.error = NPI_NOTHING_ASKED;
}

static void tell_unlisted(np_listeners *l, const npi_diag_query *q)
{
    if (!q->autobound && q->family != 6) /* said once */
        tell_of_protocol(l, q, l->foreign ? "/proc/net is of another network namespace"
                                          : "this kernel has no way to list it");
}

/* Whole lines of a chunk; the begin of the last one moves to the front. Returns its length. */
static size_t take_chunk(np_listeners *l, const npi_diag_query *q, size_t len, bool last)
{
    char *text = l->buffer;
    size_t whole = len;
    while (!last && whole > 0 && text[whole - 1] != '\n')
        whole--;
    npi_text rest = {text, whole}, line;
    while (npi_proc_line(&rest, &line))
        if (!take_line(l, q, line))
            return SIZE_MAX;
    if (whole == 0 && len == l->buffer_size) /* no line is that long: nothing of ours */
        return 0;
    memmove(text, text + whole, len - whole);
    return len - whole;
}

/* The rows of a protocol that sock_diag should know: what they lack is told once. */
static void tell_poor(np_listeners *l, const npi_diag_query *q)
{
    if (q->protocol > NP_PROTOCOL_UDP || l->socks.count == l->socks.section)
        return;
    npi_listen_gap(l, POOR_BECAUSE ": rows are from /proc/net, which tells no device, backlog "
                      "limit or cookie, nor IPv6 sockets that take IPv4, nor UDP clients");
}

static void read_chunk(np_listeners *l, const npi_diag_query *q)
{
    ssize_t n = read(l->file, (char *)l->buffer + l->carried, l->buffer_size - l->carried);
    if (n < 0 && errno == EINTR)
        return;
    size_t len = l->carried + (n > 0 ? (size_t)n : 0);
    l->carried = take_chunk(l, q, len, n <= 0);
    if (l->carried == SIZE_MAX) {
        npi_listen_out_of_memory(l);
        return;
    }
    if (n <= 0) {
        tell_poor(l, q);
        next_file(l);
    }
}

/* A chunk of a file, or the opening of one. */
static void chunk_or_open(np_listeners *l)
{
    const npi_diag_query *q = &l->queries[l->query];
    const char *name = proc_file(l, q);
    if (l->file >= 0) {
        read_chunk(l, q);
        return;
    }
    if (!l->by_proc[l->query] || q->autobound || q->protocol == NP_PROTOCOL_MPTCP) {
        next_file(l);
        return;
    }
    l->carried = 0;
    npi_socks_begin(&l->socks);
    l->file = name ? open_proc_file(l, name) : -1;
    if (l->file >= 0) {
        l->listed = true;
        return;
    }
    if (name && (errno == EMFILE || errno == ENFILE)) {
        npi_listen_end(l, NP_ERR_MFILE, npi_no_descriptors);
        return;
    }
    tell_unlisted(l, q);
    next_file(l);
}

void npi_listen_step_proc(np_listeners *l, int *budget)
{
    while (l->phase == NPI_LISTEN_PROC && *budget > 0) {
        chunk_or_open(l);
        --*budget;
    }
}
