/* SPDX-License-Identifier: MIT */
/*
 * Decides what is one line: sockets of one place are (SO_REUSEPORT lets several processes take
 * connections there), and how it is told. The widest reach comes first: it is what matters most.
 */
#include "table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "../common/columns.h"
#include "names.h"

enum {
    COLUMNS = 8,
    NAMES = 3,   /* of processes on one line, at most */
    CELL = 512,
    SHORT_ID = 12, /* digits of a container's id that people type */
    LONG_ID = 64
};

static const char *const headings[COLUMNS] = {"Reach", "Proto", "Address",           "Port",
                                              "Queue", "User",  "Unit or container", "Process"};

typedef struct cell {
    char text[CELL];
    size_t len;
} cell;

typedef struct line {
    cell cells[COLUMNS];
    int rank; /* of its reach: the widest first */
} line;

static void put(cell *c, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(cell *c, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(c->text + c->len, sizeof c->text - c->len, format, args);
    va_end(args);
    c->len += n > 0 ? (size_t)n : 0;
    if (c->len >= sizeof c->text)
        c->len = sizeof c->text - 1;
}

/* ---- what one socket says ----------------------------------------------------------------- */

static int rank_of(const np_listener *n)
{
    static const int ranks[] = {4, 2, 1, 0}; /* none, loopback, address, all */
    return n->dormant ? 3 : ranks[n->scope];
}

static void put_reach(cell *c, const np_listener *n)
{
    static const char *const reaches[] = {"local", "loopback", "address", "all"};
    put(c, "%s", n->dormant ? "nobody" : reaches[n->scope]);
    if (n->interface[0])
        put(c, " on %s", n->interface);
}

static void put_address(cell *c, const np_listener *n)
{
    bool mapped = n->family == 6 && n->ipv4 && !n->ipv6;
    bool wildcard = n->scope == NP_SCOPE_ALL && n->family == 6;
    if (n->protocol == NP_PROTOCOL_UNIX)
        put(c, "%s", n->path);
    else if (mapped)
        put(c, "%s (IPv4 only)", strncmp(n->addr, "::ffff:", 7) == 0 ? n->addr + 7 : n->addr);
    else if (wildcard && n->v6only == 1)
        put(c, ":: (IPv6 only)");
    else if (wildcard && n->v6only == 0)
        put(c, "* (IPv4, IPv6)");
    else
        put(c, "%s", n->addr);
    if (n->unlinked == 1)
        put(c, " (file gone)");
    if (n->dormant)
        put(c, " (not of this host)");
}

static bool is_stream(const np_listener *n)
{
    return n->protocol == NP_PROTOCOL_TCP || n->protocol == NP_PROTOCOL_MPTCP ||
           n->protocol == NP_PROTOCOL_SCTP ||
           (n->protocol == NP_PROTOCOL_UNIX && n->socket_type != 2);
}

static void put_user(cell *c, const np_listener *n, bool numeric)
{
    char socket_user[64], user[64];
    name_user(n->uid, numeric, socket_user, sizeof socket_user);
    if (n->process_uid < 0 || n->process_uid == (int64_t)n->uid) {
        put(c, "%s", socket_user);
        return;
    }
    name_user((uint32_t)n->process_uid, numeric, user, sizeof user);
    put(c, "%s (socket: %s)", user, socket_user);
}

static void put_unit(cell *c, const np_listener *n)
{
    size_t len = strlen(n->container);
    if (n->container[0])
        put(c, "%.*s", len == LONG_ID ? SHORT_ID : (int)len, n->container);
    else if (n->socket_unit[0] && n->unit[0])
        put(c, "%s > %s", n->socket_unit, n->unit);
    else
        put(c, "%s", n->socket_unit[0] ? n->socket_unit : n->unit[0] ? n->unit : "-");
}

/* ---- who is behind a line ----------------------------------------------------------------- */

typedef struct group {
    const char *name;
    int64_t first, start; /* the oldest: its pid, and when it began */
    int more;        /* processes of that name besides */
    bool deleted;    /* the program of one of them */
} group;

typedef struct owners {
    group groups[NAMES];
    int count;
    bool others; /* of further names */
} owners;

static group *group_of(owners *o, const np_owner *owner)
{
    for (int i = 0; i < o->count; i++)
        if (strcmp(o->groups[i].name, owner->process) == 0)
            return &o->groups[i];
    if (o->count == NAMES) {
        o->others = true;
        return NULL;
    }
    o->groups[o->count] = (group){owner->process, owner->pid, owner->start_ticks, -1, false};
    return &o->groups[o->count++];
}

/* A process that holds a socket twice, or two sockets of the line, counts once. */
static bool seen_before(const np_listeners *l, int from, int row, int owner, int64_t pid)
{
    for (int i = from; i <= row; i++) {
        int count = i == row ? owner : np_listeners_owner_count(l, i);
        for (int k = 0; k < count; k++) {
            np_owner other;
            np_listeners_get_owner(l, i, k, &other, sizeof other);
            if (other.pid == pid)
                return true;
        }
    }
    return false;
}

static owners collect(const np_listeners *l, int from, int end)
{
    owners o = {.count = 0};
    for (int i = from; i < end; i++) {
        int count = np_listeners_owner_count(l, i);
        for (int k = 0; k < count; k++) {
            np_owner owner;
            np_listeners_get_owner(l, i, k, &owner, sizeof owner);
            group *g = group_of(&o, &owner);
            if (!g || seen_before(l, from, i, k, owner.pid))
                continue;
            g->more++;
            if (owner.start_ticks < g->start ||
                (owner.start_ticks == g->start && owner.pid < g->first)) {
                g->first = owner.pid;
                g->start = owner.start_ticks;
            }
            g->deleted |= owner.exe_deleted != 0;
        }
    }
    return o;
}

static void put_process(cell *c, const np_listeners *l, int from, int end, const np_listener *n)
{
    owners o = collect(l, from, end);
    for (int i = 0; i < o.count; i++) {
        const group *g = &o.groups[i];
        put(c, "%s%s (%lld", i ? ", " : "", g->name, (long long)g->first);
        if (g->more > 0)
            put(c, ", +%d", g->more);
        put(c, "%s)", g->deleted ? ", program deleted" : "");
    }
    if (o.others)
        put(c, ", ...");
    if (o.count == 0 && n->owner_state == NP_OWNER_KERNEL)
        put(c, "kernel: %s", n->device);
    else if (o.count == 0)
        put(c, "%s", n->owner_state == NP_OWNER_NONE ? "-" : "?");
}

/* Sums over the line; a queue of datagrams is counted in octets. */
static void put_queue(cell *c, const np_listeners *l, int from, int end)
{
    unsigned long long waiting = 0, limit = 0;
    bool full = false;
    np_listener n;
    for (int i = from; i < end; i++) {
        np_listeners_get(l, i, &n, sizeof n);
        waiting += n.queue;
        limit += n.queue_limit;
        full |= n.queue_full != 0;
    }
    if (!is_stream(&n))
        put(c, waiting ? "%llu B" : "%llu", waiting);
    else if (n.from_proc)
        put(c, "%llu", waiting);
    else
        put(c, "%llu/%llu%s", waiting, limit, full ? " full" : "");
}

/* ---- the table ---------------------------------------------------------------------------- */

static bool same_place(const np_listener *a, const np_listener *b)
{
    return a->protocol == b->protocol && a->protocol != NP_PROTOCOL_UNIX && a->port == b->port &&
           a->state == b->state && a->v6only == b->v6only && strcmp(a->addr, b->addr) == 0 &&
           strcmp(a->interface, b->interface) == 0;
}

/* How many rows from `from` on are one line; *n is the first of them. */
static int end_of_line(const np_listeners *l, int from, np_listener *n)
{
    int end = from + 1, count = np_listeners_count(l);
    np_listener next;
    np_listeners_get(l, from, n, sizeof *n);
    while (end < count) {
        np_listeners_get(l, end, &next, sizeof next);
        if (!same_place(n, &next))
            break;
        end++;
    }
    return end;
}

static void fill(line *out, const np_listeners *l, int from, int end, const np_listener *n,
                 bool numeric)
{
    cell *c = out->cells;
    memset(out, 0, sizeof *out);
    out->rank = rank_of(n);
    put_reach(&c[0], n);
    put(&c[1], "%s", np_protocol_name(n->protocol));
    put_address(&c[2], n);
    if (n->protocol != NP_PROTOCOL_UNIX)
        put(&c[3], "%d", n->port);
    put_queue(&c[4], l, from, end);
    put_user(&c[5], n, numeric);
    put_unit(&c[6], n);
    put_process(&c[7], l, from, end, n);
}

static int by_reach(const void *pa, const void *pb)
{
    const line *const *a = pa, *const *b = pb;
    if ((*a)->rank != (*b)->rank)
        return (*a)->rank - (*b)->rank;
    return *a < *b ? -1 : *a > *b; /* as they came: sorted already */
}

static void put_line(const line *row, const size_t *widths, FILE *out)
{
    for (int i = 0; i < COLUMNS; i++) {
        const char *text = row ? row->cells[i].text : headings[i];
        bool right = i == 3, last = i == COLUMNS - 1;
        if (right)
            fprintf(out, "%*s", (int)(widths[i] - columns_of(text)), "");
        columns_put(out, text, last || right ? 0 : widths[i], SIZE_MAX);
        fputs(last ? "\n" : "  ", out);
    }
}

static void print_lines(line *const *order, int count, FILE *out)
{
    size_t widths[COLUMNS];
    for (int i = 0; i < COLUMNS; i++) {
        widths[i] = columns_of(headings[i]);
        for (int k = 0; k < count; k++) {
            size_t width = columns_of(order[k]->cells[i].text);
            widths[i] = width > widths[i] ? width : widths[i];
        }
    }
    put_line(NULL, widths, out);
    for (int k = 0; k < count; k++)
        put_line(order[k], widths, out);
}

bool table_print(const np_listeners *l, bool numeric, FILE *out)
{
    int count = np_listeners_count(l), used = 0;
    line *lines = calloc((size_t)count + 1, sizeof *lines);
    line **order = calloc((size_t)count + 1, sizeof(line *));
    for (int from = 0, end; lines && order && from < count; from = end) {
        np_listener n;
        end = end_of_line(l, from, &n);
        order[used] = &lines[used];
        fill(&lines[used++], l, from, end, &n, numeric);
    }
    bool ok = lines && order;
    if (ok && used > 0) {
        qsort(order, (size_t)used, sizeof(line *), by_reach);
        print_lines(order, used, out);
    }
    free(lines);
    free(order);
    return ok;
}
