/* SPDX-License-Identifier: MIT */
/*
 * One socket of this host, as the kernel tells of it: what the decoders of netlink and of
 * /proc/net give, and what the results are made from.
 */
#ifndef NPI_LISTEN_SOCK_H
#define NPI_LISTEN_SOCK_H

#include "base/addr.h"
#include "netprobe/listen.h"

/* What the kernel calls TCP_...; for other protocols it knows ESTABLISHED, LISTEN and CLOSE. */
enum {
    NPI_ESTABLISHED = 1,
    NPI_CLOSE = 7,
    NPI_LISTEN = 10,
    NPI_BOUND_INACTIVE = 13 /* asked for by this number, told as CLOSE; Linux 6.8 up */
};

typedef struct npi_tcp_info {
    int64_t rtt_ns, rtt_variation_ns, min_rtt_ns; /* -1 unknown */
    uint64_t sent_octets, received_octets;
    uint32_t retransmits, congestion_window;
} npi_tcp_info;

typedef struct npi_sock {
    uint64_t cookie;         /* identity within a network namespace; 0 unknown */
    uint64_t cgroup;         /* id of the creator's cgroup; 0 unknown */
    npi_addr local, peer;    /* family 0 for unix */
    uint32_t inode;          /* 0: no descriptor ever held it */
    uint32_t uid;            /* of the socket's inode */
    uint32_t interface;      /* index of the device it is bound to; 0 none */
    uint32_t queue, limit;   /* listening: connections that wait, and how many may; else octets */
    uint32_t name, name_len; /* unix: octets of its name, where in npi_socks.names */
    uint32_t path;           /* unix: the name as it may be shown, where in npi_socks.paths */
    uint32_t file_inode, file_device; /* unix: of the file that its name led to */
    uint32_t info;           /* index + 1 in npi_socks.infos; 0 none */
    uint32_t owner, owners;  /* first, and how many, in the sorted list of owners */
    uint8_t protocol;        /* np_protocol */
    uint8_t type;            /* SOCK_STREAM and kin, for unix; the protocol's number for raw */
    uint8_t state;
    uint8_t passes;          /* bits of the dumps that it was seen in */
    int8_t unlinked;         /* 1, 0; -1 unknown */
    bool v6only, v6only_known, autobound, procfs, dormant, kernel, has_file;
} npi_sock;

#endif
