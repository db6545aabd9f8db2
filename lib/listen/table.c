/* SPDX-License-Identifier: MIT */
/*
 * Decides which rows are one socket, which pass, and how they are ordered.
 *
 * A dump of a busy table can miss an entry that does not move, when others come and go around the
 * place where it was resumed: so each table is read twice, and a socket counts that was in either.
 */
#include "listen/table.h"

#include <string.h>
#include <sys/socket.h>

#include "base/sort.h"

enum { NAMES_MAX = 64 << 20 };

void npi_socks_init(npi_socks *s, const npi_mem *mem)
{
    memset(s, 0, sizeof *s);
    s->mem = mem;
    s->names = npi_buf_grow(mem, NAMES_MAX);
    s->paths = npi_buf_grow(mem, NAMES_MAX);
}

void npi_socks_free(npi_socks *s)
{
    if (!s->mem)
        return;
    npi_free(s->mem, s->rows);
    npi_free(s->mem, s->infos);
    npi_buf_free(&s->names);
    npi_buf_free(&s->paths);
    npi_socks_init(s, s->mem);
}

static bool add_info(npi_socks *s, const npi_tcp_info *info, uint32_t *where)
{
    if (!npi_make_room(s->mem, &s->infos, s->info_count, &s->info_room, sizeof *s->infos))
        return false;
    s->infos[s->info_count++] = *info;
    *where = (uint32_t)s->info_count;
    return true;
}

bool npi_socks_add(npi_socks *s, const npi_diag_answer *a)
{
    npi_sock row = a->sock;
    if (!npi_make_room(s->mem, &s->rows, s->count, &s->room, sizeof *s->rows))
        return false;
    if (a->has_info && !add_info(s, &a->info, &row.info))
        return false;
    if (a->name_len > 0) {
        row.name = (uint32_t)s->names.len;
        row.name_len = (uint32_t)a->name_len;
        npi_buf_bytes(&s->names, a->name, a->name_len);
        if (s->names.nomem || s->names.cut)
            return false;
    }
    s->rows[s->count++] = row;
    return true;
}

static int order(uint64_t a, uint64_t b)
{
    return a < b ? -1 : a > b;
}

/* Identity: the cookie, or where the source knows none, what it does know. */
static int same_socket(const npi_sock *a, const npi_sock *b)
{
    int c = order(a->protocol, b->protocol);
    if (c == 0)
        c = order(a->local.family, b->local.family);
    if (c == 0)
        c = order(a->cookie, b->cookie);
    if (c == 0 && a->cookie == 0)
        c = order(a->inode, b->inode);
    if (c == 0 && a->cookie == 0)
        c = memcmp(a->local.octets, b->local.octets, sizeof a->local.octets);
    if (c == 0 && a->cookie == 0)
        c = order((uint64_t)a->local.port << 16 | a->peer.port,
                  (uint64_t)b->local.port << 16 | b->peer.port);
    if (c == 0 && a->cookie == 0)
        c = memcmp(a->peer.octets, b->peer.octets, sizeof a->peer.octets);
    return c;
}

static int by_identity(const void *pa, const void *pb, const void *with)
{
    const npi_sock *a = pa, *b = pb;
    (void)with;
    int c = same_socket(a, b);
    return c ? c : order(a->pass, b->pass);
}

size_t npi_socks_join(npi_socks *s, size_t from, unsigned pass)
{
    size_t n = s->count - from, kept = 0, seen = 0;
    if (n == 0)
        return 0;
    npi_sock *rows = s->rows + from;
    npi_sort(rows, n, sizeof *rows, by_identity, NULL);
    for (size_t i = 0; i < n; i++) {
        npi_sock *last = kept > 0 ? &rows[kept - 1] : NULL;
        if (last && same_socket(last, &rows[i]) == 0) {
            bool autobound = last->autobound || rows[i].autobound;
            *last = rows[i];
            last->autobound = autobound;
        } else {
            rows[kept++] = rows[i];
        }
    }
    for (size_t i = 0; i < kept; i++)
        seen += rows[i].pass == pass;
    s->count = from + kept;
    return seen;
}

static int by_inode(const void *pa, const void *pb, const void *with)
{
    const npi_sock *a = pa, *b = pb;
    int c = order(a->inode, b->inode);
    if (c == 0)
        c = order(b->protocol == NP_PROTOCOL_MPTCP, a->protocol == NP_PROTOCOL_MPTCP);
    return c ? c : by_identity(a, b, with);
}

void npi_socks_merge_mptcp(npi_socks *s)
{
    size_t kept = 0;
    npi_sort(s->rows, s->count, sizeof *s->rows, by_inode, NULL);
    for (size_t i = 0; i < s->count; i++) {
        const npi_sock *last = kept > 0 ? &s->rows[kept - 1] : NULL;
        bool twin = last && last->protocol == NP_PROTOCOL_MPTCP && s->rows[i].inode != 0 &&
                    s->rows[i].inode == last->inode &&
                    s->rows[i].protocol == NP_PROTOCOL_TCP;
        if (!twin)
            s->rows[kept++] = s->rows[i];
    }
    s->count = kept;
}

static bool has_state(np_socket_state state, int64_t wanted)
{
    switch (wanted) {
    case NPI_FILTER_LISTENING:
        return state == NP_SOCKET_LISTENING;
    case NPI_FILTER_CLIENTS:
        return state == NP_SOCKET_CLIENT;
    case NPI_FILTER_BOUND:
        return state == NP_SOCKET_BOUND;
    case NPI_FILTER_UNCONNECTED:
        return state == NP_SOCKET_LISTENING || state == NP_SOCKET_CLIENT;
    case NPI_FILTER_CONNECTED:
        return state >= NP_SOCKET_ESTABLISHED && state != NP_SOCKET_CLOSED;
    default:
        return true;
    }
}

static bool has_port(const npi_sock_filter *f, uint16_t port)
{
    for (size_t i = 0; i < f->port_count; i++)
        if (port >= f->ports[i].first && port <= f->ports[i].last)
            return true;
    return false;
}

static bool passes(const npi_sock *s, const npi_sock_filter *f)
{
    bool ipv4, ipv6;
    npi_sock_reach(s, &ipv4, &ipv6);
    if ((f->family == 4 && !ipv4) || (f->family == 6 && !ipv6))
        return false;
    if (f->port_count > 0 && !has_port(f, s->local.port) && !has_port(f, s->peer.port))
        return false;
    return f->uid < 0 || s->uid == f->uid;
}

uint64_t npi_socks_filter(npi_socks *s, const npi_sock_filter *f)
{
    size_t kept = 0;
    uint64_t clients = 0;
    for (size_t i = 0; i < s->count; i++) {
        if (!passes(&s->rows[i], f))
            continue;
        np_socket_state state = npi_sock_state(&s->rows[i]);
        if (has_state(state, f->state))
            s->rows[kept++] = s->rows[i];
        else
            clients += state == NP_SOCKET_CLIENT;
    }
    s->count = kept;
    return clients;
}

bool npi_socks_write_paths(npi_socks *s)
{
    for (size_t i = 0; i < s->count; i++) {
        npi_sock *row = &s->rows[i];
        if (row->name_len == 0)
            continue;
        const char *name = s->names.data + row->name;
        size_t abstract = !*name && !row->procfs;
        row->path = (uint32_t)s->paths.len;
        npi_buf_str(&s->paths, abstract ? "@" : "");
        npi_buf_escaped(&s->paths, name + abstract, row->name_len - abstract);
        npi_buf_char(&s->paths, '\0');
    }
    return !s->paths.nomem && !s->paths.cut;
}

/* Octets of unix names, the shorter first where one begins the other. */
static int by_name(const npi_sock *a, const npi_sock *b, const npi_buf *names)
{
    uint32_t least = a->name_len < b->name_len ? a->name_len : b->name_len;
    int c = least ? memcmp(names->data + a->name, names->data + b->name, least) : 0;
    return c ? c : order(a->name_len, b->name_len);
}

static int by_place(const void *pa, const void *pb, const void *names)
{
    const npi_sock *a = pa, *b = pb;
    int c = order(a->protocol, b->protocol);
    if (c == 0)
        c = order(a->local.port, b->local.port);
    if (c == 0)
        c = order(a->local.family, b->local.family);
    if (c == 0)
        c = memcmp(a->local.octets, b->local.octets, sizeof a->local.octets);
    if (c == 0)
        c = order(a->interface, b->interface);
    if (c == 0)
        c = memcmp(a->peer.octets, b->peer.octets, sizeof a->peer.octets);
    if (c == 0)
        c = order(a->peer.port, b->peer.port);
    if (c == 0)
        c = by_name(a, b, names);
    if (c == 0)
        c = order(a->cookie, b->cookie);
    return c ? c : order(a->inode, b->inode);
}

void npi_socks_order(npi_socks *s)
{
    npi_sort(s->rows, s->count, sizeof *s->rows, by_place, &s->names);
}

static bool is_stream(const npi_sock *s)
{
    return s->protocol == NP_PROTOCOL_TCP || s->protocol == NP_PROTOCOL_MPTCP ||
           s->protocol == NP_PROTOCOL_SCTP ||
           (s->protocol == NP_PROTOCOL_UNIX && s->type != SOCK_DGRAM);
}

/* A socket without a connection: who chose its port tells a server from a client. */
static np_socket_state unconnected(const npi_sock *s)
{
    bool named = s->protocol == NP_PROTOCOL_UNIX ? s->name_len > 0 : s->local.port != 0;
    if (!named)
        return NP_SOCKET_CLOSED;
    if (is_stream(s))
        return NP_SOCKET_BOUND;
    return s->autobound ? NP_SOCKET_CLIENT : NP_SOCKET_LISTENING;
}

np_socket_state npi_sock_state(const npi_sock *s)
{
    static const uint8_t states[] = {
        [NPI_ESTABLISHED] = NP_SOCKET_ESTABLISHED,
        [2] = NP_SOCKET_SYN_SENT,
        [3] = NP_SOCKET_SYN_RECEIVED,
        [4] = NP_SOCKET_FIN_WAIT_1,
        [5] = NP_SOCKET_FIN_WAIT_2,
        [6] = NP_SOCKET_TIME_WAIT,
        [8] = NP_SOCKET_CLOSE_WAIT,
        [9] = NP_SOCKET_LAST_ACK,
        [NPI_LISTEN] = NP_SOCKET_LISTENING,
        [11] = NP_SOCKET_CLOSING,
        [12] = NP_SOCKET_SYN_RECEIVED, /* not yet a socket of its own */
    };
    if (s->state == NPI_CLOSE || s->state == NPI_BOUND_INACTIVE)
        return unconnected(s);
    return s->state < sizeof states ? (np_socket_state)states[s->state] : NP_SOCKET_UNKNOWN;
}

/* ::ffff:192.0.2.1, an IPv6 socket that only IPv4 reaches. */
static bool is_mapped(const npi_addr *a)
{
    static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};
    return a->family == 6 && memcmp(a->octets, prefix, sizeof prefix) == 0;
}

np_scope npi_sock_scope(const npi_sock *s)
{
    static const uint8_t loopback[16] = {[15] = 1};
    const npi_addr *a = &s->local;
    const uint8_t *v4 = is_mapped(a) ? a->octets + 12 : a->octets;
    bool v6 = a->family == 6 && !is_mapped(a);
    static const uint8_t any[4] = {0};
    if (a->family == 0)
        return NP_SCOPE_NONE;
    if (v6 ? memcmp(a->octets, loopback, sizeof loopback) == 0 : v4[0] == 127)
        return NP_SCOPE_LOOPBACK;
    if (v6 ? npi_addr_unspecified(a) : memcmp(v4, any, sizeof any) == 0)
        return NP_SCOPE_ALL;
    return NP_SCOPE_ADDRESS;
}

void npi_sock_reach(const npi_sock *s, bool *ipv4, bool *ipv6)
{
    const npi_addr *a = &s->local;
    bool both = a->family == 6 && npi_addr_unspecified(a) && s->v6only_known && !s->v6only;
    *ipv4 = a->family == 4 || is_mapped(a) || both;
    *ipv6 = a->family == 6 && !is_mapped(a);
}
