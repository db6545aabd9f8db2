/* SPDX-License-Identifier: MIT */
/*
 * Seam 3, the probe transport: octets out with a TTL, octets in as the kernel gave them, plus
 * side facts. Linux error-queue sockets are one implementation; tests bring scripted ones that
 * hand over real octets, so the codecs above are always exercised.
 *
 * A transport is one local endpoint: one kind, one family, one local port or identifier.
 */
#ifndef NPI_PROBE_TRANSPORT_H
#define NPI_PROBE_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/time.h"
#include "core/reactor.h"
#include "core/socket.h"

typedef enum npi_transport_kind {
    NPI_TRANSPORT_ICMP, /* datagram socket of IPPROTO_ICMP, IPPROTO_ICMPV6 */
    NPI_TRANSPORT_UDP,
    NPI_TRANSPORT_TCP   /* a connection attempt of its own for each probe */
} npi_transport_kind;

/* A probe out. */
typedef struct npi_probe_out {
    npi_addr to;  /* with the destination port for UDP */
    int ttl;
    uint32_t number;  /* TCP: comes back in the reply */
    const void *data; /* ICMP: header and payload; UDP: payload; TCP: nothing */
    size_t len;
} npi_probe_out;

/* How a connection attempt went. */
typedef enum npi_tcp_answer {
    NPI_TCP_NONE,
    NPI_TCP_OPEN,  /* connected */
    NPI_TCP_CLOSED /* refused by a reset */
} npi_tcp_answer;

enum {
    NPI_REPLY_MAX = 1024, /* octets kept of a reply; what is longer is cut */
    NPI_REPLY_HEAD = 60   /* room for the IPv4 header that raw sockets hand over before them */
};

/* A reply in. */
typedef struct npi_reply {
    bool error;        /* from the error queue: data is the quote of our own packet */
    npi_addr peer;     /* data: who sent it. error: where the quoted packet was going */
    npi_addr offender; /* error: who reports it; family 0 when the kernel does not say */
    npi_addr local;    /* the address of ours that it came to; family 0 when unknown */
    int origin;        /* error: ee_origin (SO_EE_ORIGIN_ICMP, _ICMP6, _LOCAL) */
    int err;           /* error: ee_errno */
    uint8_t type, code; /* error: ICMP type and code */
    uint32_t info;     /* error: ee_info */
    bool quoted;       /* error: the quoted IP header was seen, by a raw socket */
    uint8_t quoted_ttl, quoted_tos; /* in it, as the probe came to the offender */
    int reply_ttl;     /* hop limit it arrived with; -1 unknown */
    bool stamped;      /* the kernel stamped its arrival: `stamp` */
    npi_wall stamp;
    uint32_t number;   /* TCP: the probe's, for each has a socket of its own */
    npi_tcp_answer tcp;
    int64_t rtt_ns;    /* the kernel's own measurement of the handshake; -1 none */
    size_t len;
    size_t extension;  /* error: where in data the router's extension begins; 0 it tells of none */
    /* error: quoted octets from our ICMP header (ICMP), from our payload (UDP); else as received */
    uint8_t data[NPI_REPLY_MAX + NPI_REPLY_HEAD];
} npi_reply;

typedef struct npi_transport npi_transport;

typedef struct npi_transport_ops {
    /*
     * Send one probe now. Returns 0, or the errno of a failure that is this host's own: an ICMP
     * error of an earlier probe, which the kernel hands to the next send, never ends up here.
     * EAGAIN, ENOBUFS and ENOMEM mean: not now, try again; EBUSY: as many are out as may be, wait
     * for one to end. `sent` is read before the packet leaves.
     */
    int (*send)(npi_transport *t, const npi_probe_out *probe, npi_now *sent);
    /* Take one reply; false when there is none. */
    bool (*recv)(npi_transport *t, npi_reply *out);
    /*
     * Whether the queue of replies was found full since the last call: answers to probes that
     * were out at that time may have been dropped here, at our own door.
     */
    bool (*overflowed)(npi_transport *t);
    void (*close)(npi_transport *t);
} npi_transport_ops;

struct npi_transport {
    const npi_transport_ops *ops;
    uint16_t id; /* the local port or echo identifier that it really has; TCP: 0, or that of all */
};

typedef struct npi_net npi_net;

/* What a transport is to be. */
typedef struct npi_endpoint {
    npi_transport_kind kind;
    int family;
    uint16_t id; /* the wanted local port or identifier */
    bool raw;    /* ICMP, UDP: by a raw ICMP socket, which shows the quoted IP header */
    bool serial; /* TCP: every attempt from that port, one at a time; else each from its own */
    const npi_egress *egress;
} npi_endpoint;

typedef struct npi_net_ops {
    /*
     * Open a transport whose task is posted whenever there is something to receive. Returns 0 or
     * an errno: EADDRINUSE when the port or identifier is taken, EADDRNOTAVAIL when the source
     * address is not this host's, ENODEV for an unknown interface, EACCES or EPERM when not
     * allowed, EAFNOSUPPORT when this kernel lacks the family.
     */
    int (*open)(const npi_net *net, const npi_mem *mem, npi_reactor *reactor, npi_task *task,
                const npi_endpoint *wanted, npi_transport **out);
    /* npi_source_for, behind the seam. */
    int (*source)(const npi_net *net, const npi_addr *to, const npi_egress *egress,
                  npi_addr *source);
} npi_net_ops;

struct npi_net {
    const npi_net_ops *ops;
};

/* This machine's sockets. Has no state. */
extern const npi_net npi_net_linux;

#endif
