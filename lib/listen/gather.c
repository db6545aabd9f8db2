/* SPDX-License-Identifier: MIT */
/*
 * Reads what the kernel tells: sockets from sock_diag or /proc/net, interfaces, routes. Each step
 * takes a bounded number of datagrams or chunks off its budget, and waits for nothing.
 */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/sort.h"
#include "listen/listen.h"
#include "listen/procfs.h"

#ifdef HAVE_LIBMNL
#define POOR_BECAUSE "sock_diag does not answer here"
#else
#define POOR_BECAUSE "this build has no libmnl"
#endif

enum {
    BUFFER_MAX = 4 << 20, /* octets of one datagram */
    TRIES = 3,            /* of a dump that was interrupted */
    NOTHING_ASKED = -1    /* in place of an errno */
};

static bool send_request(int fd, const void *request, size_t len)
{
    struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
    return len > 0 && sendto(fd, request, len, MSG_DONTWAIT | MSG_NOSIGNAL, (void *)&kernel,
                             sizeof kernel) == (ssize_t)len;
}

/*
 * One datagram of the kernel's. 1 got, 0 none yet, -errno; EMSGSIZE: it did not fit, and the
 * buffer has grown to what it needs.
 */
static int receive(np_listeners *l, int fd)
{
    struct sockaddr_nl from = {0};
    socklen_t from_len = sizeof from;
    ssize_t n = recvfrom(fd, l->buffer, l->buffer_size, MSG_DONTWAIT | MSG_TRUNC, (void *)&from,
                         &from_len);
    if (n < 0 && errno != EAGAIN && errno != EINTR)
        return -errno;
    bool of_kernel = from_len == sizeof from && from.nl_family == AF_NETLINK && from.nl_pid == 0;
    if (n < 0 || !of_kernel) { /* of another process: not the kernel's answer */
        l->starving = fd;
        return 0;
    }
    if ((size_t)n <= l->buffer_size) {
        npi_dump_feed(&l->dump, l->buffer, (size_t)n);
        return 1;
    }
    void *larger = (size_t)n <= BUFFER_MAX ? npi_realloc(&l->o.mem, l->buffer, (size_t)n, 1) : NULL;
    if (!larger)
        return -ENOMEM;
    l->buffer = larger;
    l->buffer_size = (size_t)n;
    return -EMSGSIZE;
}

/*
 * What a dump that was given up still sends has to be read, or the kernel answers EBUSY to the
 * next. True when there is no more of it.
 */
static bool drained(np_listeners *l, int fd, int *budget)
{
    while (l->draining && *budget > 0) {
        --*budget;
        l->draining = receive(l, fd) > 0;
    }
    l->starving = -1;
    return !l->draining;
}

/* Gone when it is asked again. */
static bool is_passing(int error)
{
    return error == ENOBUFS || error == EMSGSIZE || error == EBUSY;
}

/* Whether a dump is to be begun again, which it is so many times. */
static bool again(np_listeners *l)
{
    if (!l->dump.interrupted && !is_passing(l->dump.error))
        return false;
    if (++l->tries == TRIES)
        return false;
    l->draining = true;
    return true;
}

/* Never 0, which what nobody has asked for bears. */
static uint32_t next_number(np_listeners *l)
{
    l->seq += l->seq == UINT32_MAX ? 2 : 1;
    return l->seq;
}

static void begin_pass(np_listeners *l)
{
    uint64_t request[NPI_DIAG_REQUEST_MAX / sizeof(uint64_t)];
    npi_diag_query *q = &l->queries[l->query];
    q->seq = next_number(l);
    l->dump = npi_dump_begin(q->seq);
    size_t len = npi_diag_request(q, request, sizeof request);
    l->info.dumps++;
    if (!send_request(l->diag, request, len)) /* the dump is over before it began */
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

static void tell_unsteady(np_listeners *l)
{
    npi_listen_gap(l, "a list kept changing while it was read, and may lack entries");
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
        tell_of_protocol(l, q, proc_file(l, q) ? "sock_diag broke off, and /proc/net is read instead"
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
    if (again(l))
        return;
    if (l->dump.error) {
        leave_to_proc(l);
        return;
    }
    if (l->dump.interrupted)
        tell_unsteady(l);
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

/* The next datagram for the dump. False when the kernel has none ready, or the run is over. */
static bool take_datagram(np_listeners *l, int fd, int *budget)
{
    int got = receive(l, fd);
    --*budget;
    if (got == -ENOMEM)
        npi_listen_out_of_memory(l);
    else if (got < 0) /* too large, or the kernel lost some, or it broke off */
        l->dump.error = -got;
    return got != 0 && got != -ENOMEM;
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
            if (drained(l, l->diag, budget))
                begin_pass(l);
            continue;
        }
        npi_dump_step step = l->dump.error ? NPI_DUMP_END : npi_dump_next(&l->dump, &m);
        if (step == NPI_DUMP_MESSAGE && !take_answer(l, &m))
            npi_listen_out_of_memory(l);
        else if (step == NPI_DUMP_END)
            end_pass(l);
        else if (step == NPI_DUMP_MORE && !take_datagram(l, l->diag, budget))
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
    l->dump.error = NOTHING_ASKED;
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

/* ---- interfaces -------------------------------------------------------------------------- */

static bool take_link(np_listeners *l, const npi_message *m)
{
    npi_link link;
    npi_link_addr addr;
    if (npi_link_decode(m, &link)) {
        if (!npi_make_room(&l->o.mem, &l->links, l->link_count, &l->link_room, sizeof link))
            return false;
        l->links[l->link_count++] = link;
    } else if (npi_link_addr_decode(m, &addr)) {
        if (!npi_make_room(&l->o.mem, &l->addrs, l->addr_count, &l->addr_room, sizeof addr))
            return false;
        l->addrs[l->addr_count++] = addr;
    }
    return true;
}

static void ask_route_socket(np_listeners *l, size_t (*request)(uint32_t, void *, size_t))
{
    uint64_t octets[NPI_LINKS_REQUEST_MAX / sizeof(uint64_t)];
    l->dump = npi_dump_begin(next_number(l));
    if (!send_request(l->route, octets, request(l->seq, octets, sizeof octets)))
        l->dump.error = ENOSYS;
}

/* Interfaces, or when these are known, their addresses: from the begin. */
static void ask_links(np_listeners *l)
{
    if (l->asked_addrs)
        l->addr_count = 0;
    else
        l->link_count = 0;
    ask_route_socket(l, l->asked_addrs ? npi_link_addrs_request : npi_links_request);
}

static int by_index(const void *pa, const void *pb, const void *with)
{
    uint32_t a = ((const npi_link *)pa)->index, b = ((const npi_link *)pb)->index;
    (void)with;
    return a < b ? -1 : a > b;
}

static int by_interface(const void *pa, const void *pb, const void *with)
{
    const npi_link_addr *a = pa, *b = pb;
    (void)with;
    if (a->index != b->index)
        return a->index < b->index ? -1 : 1;
    if (a->addr.family != b->addr.family)
        return a->addr.family < b->addr.family ? -1 : 1;
    return memcmp(a->addr.octets, b->addr.octets, sizeof a->addr.octets);
}

static void end_links(np_listeners *l)
{
    if (again(l))
        return;
    if (l->dump.error)
        npi_listen_gap(l, "interfaces and their addresses cannot be listed here");
    else if (l->dump.interrupted)
        tell_unsteady(l);
    l->tries = 0;
    if (!l->asked_addrs) {
        l->asked_addrs = true;
        ask_links(l);
        return;
    }
    npi_sort(l->links, l->link_count, sizeof *l->links, by_index, NULL);
    npi_sort(l->addrs, l->addr_count, sizeof *l->addrs, by_interface, NULL);
    l->phase = NPI_LISTEN_ROUTES;
    l->row = 0;
}

void npi_listen_step_links(np_listeners *l, int *budget)
{
    npi_message m;
    if (l->apart) { /* names and addresses would be those of other interfaces */
        npi_listen_gap(l, "interfaces: the socket for them is of another network namespace");
        l->phase = NPI_LISTEN_ROUTES;
        l->row = 0;
    } else if (l->dump.error == NOTHING_ASKED) {
        l->tries = 0;
        ask_links(l);
    }
    while (l->phase == NPI_LISTEN_LINKS && *budget > 0) {
        if (l->draining) {
            if (drained(l, l->route, budget))
                ask_links(l);
            continue;
        }
        npi_dump_step step = l->dump.error ? NPI_DUMP_END : npi_dump_next(&l->dump, &m);
        if (step == NPI_DUMP_MESSAGE && !take_link(l, &m))
            npi_listen_out_of_memory(l);
        else if (step == NPI_DUMP_END)
            end_links(l);
        else if (step == NPI_DUMP_MORE && !take_datagram(l, l->route, budget))
            return;
    }
}

/* ---- addresses that no interface has ------------------------------------------------------ */

static bool has_address(const np_listeners *l, const npi_addr *a)
{
    for (size_t i = 0; i < l->addr_count; i++)
        if (npi_addr_same(&l->addrs[i].addr, a))
            return true;
    return false;
}

/* A mapped address is IPv4's. */
static npi_addr as_routed(const npi_sock *s)
{
    bool ipv4, ipv6;
    npi_addr a = s->local;
    npi_sock_reach(s, &ipv4, &ipv6);
    if (a.family == 6 && !ipv6) {
        memmove(a.octets, a.octets + 12, 4);
        memset(a.octets + 4, 0, 12);
        a.family = 4;
    }
    return a;
}

/* Groups are heard by whoever has joined them, the broadcast by everybody: routes tell neither. */
static bool is_of_many(const npi_addr *a)
{
    static const uint8_t broadcast[4] = {255, 255, 255, 255};
    return npi_addr_multicast(a) ||
           (a->family == 4 && memcmp(a->octets, broadcast, sizeof broadcast) == 0);
}

static bool is_asked_for(const np_listeners *l, const npi_sock *s)
{
    npi_addr a = as_routed(s);
    return npi_sock_state(s) == NP_SOCKET_LISTENING && npi_sock_scope(s) == NP_SCOPE_ADDRESS &&
           !is_of_many(&a) && !has_address(l, &a);
}

/* The row before is of the same address, mostly: what was asked for it holds here too. */
static bool like_the_one_before(np_listeners *l, npi_sock *s)
{
    if (l->row == 0 || !npi_addr_same(&s->local, &s[-1].local) || !is_asked_for(l, &s[-1]))
        return false;
    s->dormant = s[-1].dormant;
    return true;
}

static void ask_route(np_listeners *l, const npi_sock *s)
{
    uint64_t octets[NPI_LINKS_REQUEST_MAX / sizeof(uint64_t)];
    npi_addr to = as_routed(s);
    l->dump = npi_dump_begin(next_number(l));
    l->asked_route = send_request(l->route, octets,
                                  npi_route_request(l->seq, &to, octets, sizeof octets));
}

/* What routes answer for an address that leads nowhere, or to a route that forbids it. */
static bool means_nowhere(int error)
{
    return error == ENETUNREACH || error == EHOSTUNREACH || error == ESRCH || error == EACCES ||
           error == EINVAL || error == ENODEV || error == ENETDOWN;
}

/* One question or one answer. */
void npi_listen_step_routes(np_listeners *l, int *budget)
{
    npi_message m;
    while (l->phase == NPI_LISTEN_ROUTES && *budget > 0) {
        bool deaf = l->dump.error == ETIMEDOUT;
        if (deaf || l->row == l->socks.count || l->addr_count == 0) {
            npi_listen_begin_hunt(l);
            return;
        }
        npi_sock *s = &l->socks.rows[l->row];
        if (!l->asked_route && is_asked_for(l, s) && !like_the_one_before(l, s))
            ask_route(l, s);
        if (!l->asked_route) {
            l->row++;
            continue;
        }
        npi_dump_step step = npi_dump_next(&l->dump, &m);
        --*budget;
        if (step == NPI_DUMP_MORE) {
            int got = receive(l, l->route);
            if (got == 0)
                return;
            if (got > 0)
                continue;
        } else {
            s->dormant = step == NPI_DUMP_END ? means_nowhere(l->dump.error)
                                              : !npi_route_is_local(&m);
        }
        l->asked_route = false;
        l->row++;
    }
}

