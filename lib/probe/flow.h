/* SPDX-License-Identifier: MIT */
/*
 * A flow: what all probes of a trace have in common, how a probe carries its number, and how
 * that number is found again in an answer. Pure.
 *
 * ICMP: type, code, identifier and checksum are constant, the sequence number tells probes
 * apart, and the first two octets of the payload offset it in the checksum; eight octets of key
 * follow. UDP: both ports are constant, the payload begins with the number and the same number
 * masked with the key. TCP: each probe has a socket of its own, and the kernel tells which one an
 * answer belongs to; the source port, and with it the flow, varies.
 */
#ifndef NPI_PROBE_FLOW_H
#define NPI_PROBE_FLOW_H

#include "base/buf.h"
#include "probe/transport.h"

enum { NPI_FLOW_KEY = 8 };

typedef struct npi_flow {
    npi_transport_kind kind;
    npi_addr target; /* port: the destination port of UDP, 0 for ICMP */
    uint16_t id;     /* our own port or identifier */
    uint8_t key[NPI_FLOW_KEY]; /* random for each trace */
    size_t payload;  /* octets behind the ICMP or UDP header */
    uint8_t fill;    /* of the payload behind our mark */
    uint16_t ports;  /* UDP: each probe goes to the next of so many, a power of two. 0: to one */
} npi_flow;

/* Set the payload so that IP packets have `size` octets; raised to what our mark needs. */
void npi_flow_size(npi_flow *f, size_t size);

/*
 * Let UDP probes go to rising destination ports, from that of the target on. Not one flow any
 * more, but the port alone tells the probe: routers that quote eight octets are understood.
 */
void npi_flow_rise(npi_flow *f);

/* The destination port of probe number `id`. */
uint16_t npi_flow_port(const npi_flow *f, uint64_t id);

/* Append the octets that the transport takes for probe number `id`. */
void npi_flow_encode(const npi_flow *f, uint64_t id, npi_buf *out);

typedef enum npi_match {
    NPI_MATCH_FOREIGN, /* not an answer to this flow */
    NPI_MATCH_NUMBER,  /* an answer to the probe whose number ends in `low` (`bits` bits) */
    NPI_MATCH_BARE     /* of this flow, but without our mark: UDP data of the target's own, or an
                          error that quotes too little of a UDP probe */
} npi_match;

/*
 * Whether a reply belongs to the flow: addresses, port or identifier, and every octet of our
 * mark that it brings back. Our own address and whether the probe is out are the caller's check.
 */
npi_match npi_flow_match(const npi_flow *f, const npi_reply *r, uint64_t *low, unsigned *bits);

#endif
