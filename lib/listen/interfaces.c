/* SPDX-License-Identifier: MIT */
/*
 * Reads the interfaces and their addresses, and asks the routes about addresses that none has.
 */
#include <errno.h>
#include <string.h>

#include "base/sort.h"
#include "listen/exchange.h"

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
    l->dump = npi_dump_begin(npi_exchange_number(l));
    if (!npi_exchange_send(l->route, octets, request(l->seq, octets, sizeof octets)))
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
    if (npi_exchange_again(l))
        return;
    if (l->dump.error)
        npi_listen_gap(l, "interfaces and their addresses cannot be listed here");
    else if (l->dump.interrupted)
        npi_exchange_unsteady(l);
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
    } else if (l->dump.error == NPI_NOTHING_ASKED) {
        l->tries = 0;
        ask_links(l);
    }
    while (l->phase == NPI_LISTEN_LINKS && *budget > 0) {
        if (l->draining) {
            if (npi_exchange_drained(l, l->route, budget))
                ask_links(l);
            continue;
        }
        npi_dump_step step = l->dump.error ? NPI_DUMP_END : npi_dump_next(&l->dump, &m);
        if (step == NPI_DUMP_MESSAGE && !take_link(l, &m))
            npi_listen_out_of_memory(l);
        else if (step == NPI_DUMP_END)
            end_links(l);
        else if (step == NPI_DUMP_MORE && !npi_exchange_take(l, l->route, budget))
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
    l->dump = npi_dump_begin(npi_exchange_number(l));
    l->asked_route = npi_exchange_send(l->route, octets,
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
        if (step == NPI_DUMP_MORE) {
            if (!npi_exchange_take(l, l->route, budget))
                return;
            if (!l->dump.error)
                continue;
        } else {
            s->dormant = step == NPI_DUMP_END ? means_nowhere(l->dump.error)
                                              : !npi_route_is_local(&m);
        }
        l->asked_route = false;
        l->row++;
    }
}

