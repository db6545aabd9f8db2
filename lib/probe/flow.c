/* SPDX-License-Identifier: MIT */
/*
 * Decides which octets of an answer must be ours. What the answer means is not asked here.
 */
#include "probe/flow.h"

#include <string.h>
#include <time.h> /* before errqueue.h, which needs struct timespec */

#include <linux/errqueue.h>

#include "base/reader.h"
#include "wire/icmp.h"

enum {
    IPV4_HEADER = 20,
    IPV6_HEADER = 40,
    UDP_HEADER = 8,
    ICMP_OFFSET = 2, /* the two octets that hold the checksum constant */
    UDP_MARK = 8,    /* number, number masked with the key */
    PORT_BITS = 12   /* 4,096 ports, of which traceroute takes the first few hundred */
};

void npi_flow_size(npi_flow *f, size_t size)
{
    size_t headers = (f->target.family == 4 ? IPV4_HEADER : IPV6_HEADER) + UDP_HEADER;
    size_t least = f->kind == NPI_TRANSPORT_ICMP ? ICMP_OFFSET : UDP_MARK;
    f->payload = size > headers + least ? size - headers : least;
}

void npi_flow_rise(npi_flow *f)
{
    uint32_t room = UINT32_C(65536) - f->target.port;
    f->ports = 1u << PORT_BITS;
    while (f->ports > room)
        f->ports /= 2;
}

uint16_t npi_flow_port(const npi_flow *f, uint64_t id)
{
    return (uint16_t)(f->target.port + (f->ports ? id & (f->ports - 1u) : 0));
}

static unsigned bits_of(const npi_flow *f)
{
    unsigned bits = 0;
    while (f->ports >> bits > 1)
        bits++;
    return bits;
}

/* Whether an answer is about one of the ports that probes went to. */
static bool is_our_port(const npi_flow *f, uint16_t port)
{
    uint32_t beyond = (uint32_t)port - f->target.port;
    return f->ports ? port >= f->target.port && beyond < f->ports : port == f->target.port;
}

static uint32_t mask_of(const npi_flow *f)
{
    npi_reader r = npi_reader_over(f->key, sizeof f->key);
    return npi_reader_be32(&r);
}

void npi_flow_encode(const npi_flow *f, uint64_t id, npi_buf *out)
{
    if (f->kind == NPI_TRANSPORT_TCP)
        return; /* a SYN carries nothing of ours */
    if (f->kind == NPI_TRANSPORT_ICMP) {
        npi_echo_payload p = {f->key, sizeof f->key, f->fill, f->payload};
        npi_echo_encode(out, f->target.family, f->id, (uint16_t)id, &p);
        return;
    }
    npi_buf_be32(out, (uint32_t)id);
    npi_buf_be32(out, (uint32_t)id ^ mask_of(f));
    npi_buf_fill(out, f->fill, f->payload - UDP_MARK);
}

/* What is left of `r` must begin like `want`, as far as both go. */
static bool agrees(npi_reader *r, const uint8_t *want, size_t len)
{
    size_t n = npi_reader_left(r) < len ? npi_reader_left(r) : len;
    return memcmp(r->at, want, n) == 0;
}

/*
 * The octets behind the echo header are the ones that we would send with this sequence number.
 * A reply carries all of them, a quote as many as the router liked to send back.
 */
static bool icmp_payload_is_ours(const npi_flow *f, uint16_t seq, npi_reader *r, bool whole)
{
    char ours[NPI_ICMP_HEADER + ICMP_OFFSET + NPI_FLOW_KEY + 1];
    size_t marked = ICMP_OFFSET + NPI_FLOW_KEY;
    if (f->payload < marked)
        marked = f->payload;
    if (whole && npi_reader_left(r) != f->payload)
        return false;
    npi_buf b = npi_buf_in(ours, sizeof ours);
    npi_flow head = *f;
    head.payload = marked;
    npi_flow_encode(&head, seq, &b);
    return agrees(r, (const uint8_t *)ours + NPI_ICMP_HEADER, marked);
}

static bool match_icmp(const npi_flow *f, const npi_reply *r, uint64_t *low)
{
    npi_reader in = npi_reader_over(r->data, r->len);
    npi_echo e;
    if (!npi_echo_decode(&in, &e))
        return false;
    bool v4 = f->target.family == 4;
    uint8_t want = r->error ? (v4 ? NPI_ICMP4_ECHO : NPI_ICMP6_ECHO)
                            : (v4 ? NPI_ICMP4_ECHO_REPLY : NPI_ICMP6_ECHO_REPLY);
    if (e.type != want || e.code != 0 || e.id != f->id)
        return false;
    bool whole = !r->error && f->payload + NPI_ICMP_HEADER <= NPI_REPLY_MAX;
    if (!icmp_payload_is_ours(f, e.seq, &in, whole))
        return false;
    *low = e.seq;
    return true;
}

static npi_match match_udp(const npi_flow *f, const npi_reply *r, uint64_t *low)
{
    uint8_t masked[4];
    npi_reader in = npi_reader_over(r->data, r->len);
    uint32_t id = npi_reader_be32(&in);
    uint32_t want = id ^ mask_of(f);
    for (int i = 0; i < 4; i++)
        masked[i] = (uint8_t)(want >> (24 - 8 * i));
    bool ours = !in.failed && agrees(&in, masked, sizeof masked);
    if (r->error && in.failed)
        return NPI_MATCH_BARE; /* a router that sends back eight octets shows only our ports */
    if (!r->error && (!ours || npi_reader_left(&in) < sizeof masked))
        return NPI_MATCH_BARE;
    *low = id;
    return ours ? NPI_MATCH_NUMBER : NPI_MATCH_FOREIGN;
}

npi_match npi_flow_match(const npi_flow *f, const npi_reply *r, uint64_t *low, unsigned *bits)
{
    bool v4 = f->target.family == 4;
    if (!npi_addr_same(&r->peer, &f->target))
        return NPI_MATCH_FOREIGN;
    if (r->error && r->origin != (v4 ? SO_EE_ORIGIN_ICMP : SO_EE_ORIGIN_ICMP6))
        return NPI_MATCH_FOREIGN;
    if (r->error && r->offender.family != f->target.family)
        return NPI_MATCH_FOREIGN;
    if (f->kind == NPI_TRANSPORT_ICMP) {
        *bits = 16;
        return match_icmp(f, r, low) ? NPI_MATCH_NUMBER : NPI_MATCH_FOREIGN;
    }
    if (!is_our_port(f, r->peer.port))
        return NPI_MATCH_FOREIGN;
    *bits = 32;
    if (f->kind == NPI_TRANSPORT_TCP) {
        *low = r->number;
        return NPI_MATCH_NUMBER;
    }
    npi_match m = match_udp(f, r, low);
    if (m != NPI_MATCH_BARE || !f->ports)
        return m;
    *low = r->peer.port - f->target.port; /* the port tells what the octets do not */
    *bits = bits_of(f);
    return NPI_MATCH_NUMBER;
}
