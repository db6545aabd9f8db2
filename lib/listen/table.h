/* SPDX-License-Identifier: MIT */
/*
 * The sockets of a run: collected in any order and more than once, then each once and in order.
 */
#ifndef NPI_LISTEN_TABLE_H
#define NPI_LISTEN_TABLE_H

#include "listen/diag.h"
#include "listen/filter.h"

enum { NPI_PASSES = 3 };

typedef struct npi_socks {
    const npi_mem *mem;
    npi_sock *rows;
    size_t count, room;
    npi_tcp_info *infos;
    size_t info_count, info_room;
    size_t section;      /* first row of the table that is being read */
    uint32_t *slots;     /* index + 1 of its rows by identity, open addressing; 0 is free */
    size_t slot_count;
    size_t seen[NPI_PASSES + 1]; /* rows of the section that each pass has told of */
    npi_buf names; /* of unix sockets, one behind the other */
    npi_buf paths; /* the same as they may be shown, each with its NUL */
} npi_socks;

/* What may pass into the results; -1 or 0 lets everything pass, as the options say. */
typedef struct npi_sock_filter {
    int64_t family, uid;
    npi_ports ports[NPI_PORTS];
    size_t port_count; /* 0: every port */
    int64_t state; /* npi_state_filter */
} npi_sock_filter;

typedef enum npi_state_filter {
    NPI_FILTER_LISTENING,
    NPI_FILTER_CONNECTED,
    NPI_FILTER_BOUND,
    NPI_FILTER_CLIENTS,
    NPI_FILTER_ALL,
    NPI_FILTER_UNCONNECTED
} npi_state_filter;

void npi_socks_init(npi_socks *s, const npi_mem *mem);
void npi_socks_free(npi_socks *s);

/* Another table of the kernel's begins: its rows are joined with each other only. */
void npi_socks_begin(npi_socks *s);

/* Forget the rows of this table. */
void npi_socks_forget(npi_socks *s);

/*
 * Take a copy of what pass 1 to NPI_PASSES tells: one row for each socket, with the figures that
 * came last and all marks. False when out of memory.
 */
bool npi_socks_add(npi_socks *s, const npi_diag_answer *a, unsigned pass);

/* Whether the first pass and this one have told of the same sockets, and of no others. */
bool npi_socks_agree(const npi_socks *s, unsigned pass);

/* An MPTCP socket is listed as TCP too: keep the first. */
void npi_socks_merge_mptcp(npi_socks *s);

/* Keep what passes; clients that do not are counted. */
uint64_t npi_socks_filter(npi_socks *s, const npi_sock_filter *f);

/* Names as they may be shown: '@' for the NUL of an abstract one. False when out of memory. */
bool npi_socks_write_paths(npi_socks *s);

/* Protocol, port, address, interface, peer, cookie, inode. False when out of memory. */
bool npi_socks_order(npi_socks *s);

np_socket_state npi_sock_state(const npi_sock *s);
np_scope npi_sock_scope(const npi_sock *s);

/* Over which families its peers come. */
void npi_sock_reach(const npi_sock *s, bool *ipv4, bool *ipv6);

#endif
