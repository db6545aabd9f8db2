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
    npi_free(s->mem, s->slots);
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

/* ---- one row for each socket --------------------------------------------------------------- */

static uint64_t identity(const npi_sock *a)
{
    uint64_t v = a->cookie ? a->cookie : (uint64_t)a->inode << 32 | (uint64_t)a->local.port << 16;
    return (v + a->peer.port) * 0x9e3779b97f4a7c15u; /* spreads neighbours */
}

void npi_socks_begin(npi_socks *s)
{
    s->section = s->count;
    memset(s->seen, 0, sizeof s->seen);
    if (s->slots)
        memset(s->slots, 0, s->slot_count * sizeof *s->slots);
}

void npi_socks_forget(npi_socks *s)
{
    s->count = s->section;
    npi_socks_begin(s);
}

/* Where a socket stands, or would. */
static uint32_t *slot_of(const npi_socks *s, const npi_sock *a)
{
    size_t at = identity(a) >> 16 & (s->slot_count - 1);
    while (s->slots[at] && same_socket(&s->rows[s->slots[at] - 1], a) != 0)
        at = (at + 1) & (s->slot_count - 1);
    return &s->slots[at];
}

/* At most half of the slots are taken. */
static bool grow_slots(npi_socks *s)
{
    size_t needed = 2 * (s->count - s->section + 1), count = s->slot_count ? s->slot_count : 64;
    if (needed <= s->slot_count)
        return true;
    while (count < needed)
        count *= 2;
    npi_free(s->mem, s->slots);
    s->slots = npi_alloc(s->mem, count, sizeof *s->slots);
    s->slot_count = s->slots ? count : 0;
    if (!s->slots)
        return false;
    for (size_t i = s->section; i < s->count; i++)
        *slot_of(s, &s->rows[i]) = (uint32_t)i + 1;
    return true;
}

static bool add_name(npi_socks *s, npi_sock *row, const npi_diag_answer *a)
{
    if (a->name_len == 0)
        return true;
    row->name = (uint32_t)s->names.len;
    row->name_len = (uint32_t)a->name_len;
    npi_buf_bytes(&s->names, a->name, a->name_len);
    return !s->names.nomem && !s->names.cut;
}

/* Known already: the figures that came last, and what never changes as it was. */
static bool update(npi_socks *s, npi_sock *row, const npi_diag_answer *a)
{
    npi_sock old = *row;
    *row = a->sock;
    row->passes = old.passes;
    row->autobound |= old.autobound;
    row->info = old.info;
    row->name = old.name;
    row->name_len = old.name_len;
    if (a->has_info && old.info)
        s->infos[old.info - 1] = a->info;
    else if (a->has_info && !add_info(s, &a->info, &row->info))
        return false;
    return old.name_len > 0 || add_name(s, row, a);
}

static bool append(npi_socks *s, const npi_diag_answer *a)
{
    npi_sock row = a->sock;
    if (!npi_make_room(s->mem, &s->rows, s->count, &s->room, sizeof *s->rows))
        return false;
    if (a->has_info && !add_info(s, &a->info, &row.info))
        return false;
    if (!add_name(s, &row, a))
        return false;
    row.passes = 0;
    s->rows[s->count++] = row;
    return true;
}

bool npi_socks_add(npi_socks *s, const npi_diag_answer *a, unsigned pass)
{
    if (!grow_slots(s))
        return false;
    uint32_t *slot = slot_of(s, &a->sock);
    if (*slot ? !update(s, &s->rows[*slot - 1], a) : !append(s, a))
        return false;
    if (!*slot)
        *slot = (uint32_t)s->count;
    npi_sock *row = &s->rows[*slot - 1];
    s->seen[pass] += !(row->passes >> pass & 1);
    row->passes |= (uint8_t)(1u << pass);
    return true;
}

bool npi_socks_agree(const npi_socks *s, unsigned pass)
{
    size_t rows = s->count - s->section;
    return s->seen[1] == rows && s->seen[pass] == rows;
}

/* ---- rows that are two --------------------------------------------------------------------- */

static int by_inode(const void *pa, const void *pb, const void *with)
{
    const npi_sock *a = pa, *b = pb;
    int c = order(a->inode, b->inode);
    if (c == 0)
        c = order(b->protocol == NP_PROTOCOL_MPTCP, a->protocol == NP_PROTOCOL_MPTCP);
    (void)with;
    return c ? c : same_socket(a, b);
}

static bool has_mptcp(const npi_socks *s)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->rows[i].protocol == NP_PROTOCOL_MPTCP)
            return true;
    return false;
}

void npi_socks_merge_mptcp(npi_socks *s)
{
    size_t kept = 0;
    if (!has_mptcp(s))
        return;
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

static int by_place(const npi_sock *a, const npi_sock *b, const npi_buf *names)
{
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

/* What is sorted in place of rows: their first differences as one number, and which row it is. */
typedef struct place {
    uint64_t key;
    uint32_t row;
} place;

static uint64_t key_of(const npi_sock *s)
{
    const uint8_t *o = s->local.octets;
    return (uint64_t)s->protocol << 56 | (uint64_t)s->local.port << 40 |
           (uint64_t)s->local.family << 32 |
           ((uint64_t)o[0] << 24 | (uint64_t)o[1] << 16 | (uint64_t)o[2] << 8 | o[3]);
}

static int by_key(const void *pa, const void *pb, const void *with)
{
    const place *a = pa, *b = pb;
    const npi_socks *s = with;
    int c = order(a->key, b->key);
    return c ? c : by_place(&s->rows[a->row], &s->rows[b->row], &s->names);
}

/* Row i comes from places[i].row: each cycle of moves once, with one row put aside. */
static void move_rows(npi_socks *s, place *places)
{
    for (uint32_t first = 0; first < s->count; first++) {
        npi_sock aside = s->rows[first];
        uint32_t to = first;
        while (places[to].row != first) {
            uint32_t from = places[to].row;
            s->rows[to] = s->rows[from];
            places[to].row = to; /* done */
            to = from;
        }
        s->rows[to] = aside;
        places[to].row = to;
    }
}

/* What the lists grew beyond what they hold. */
static void trim(npi_socks *s)
{
    npi_free(s->mem, s->slots);
    s->slots = NULL;
    s->slot_count = 0;
    npi_sock *rows = s->count ? npi_realloc(s->mem, s->rows, s->count, sizeof *rows) : NULL;
    if (rows) {
        s->rows = rows;
        s->room = s->count;
    }
}

bool npi_socks_order(npi_socks *s)
{
    trim(s);
    place *places = npi_alloc(s->mem, s->count + 1, sizeof *places);
    if (!places)
        return false;
    for (size_t i = 0; i < s->count; i++)
        places[i] = (place){key_of(&s->rows[i]), (uint32_t)i};
    npi_sort(places, s->count, sizeof *places, by_key, s);
    move_rows(s, places);
    npi_free(s->mem, places);
    return true;
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
