/* SPDX-License-Identifier: MIT */
/*
 * Decides what of a raw packet is ours to look at. Whether it answers a probe is flow.c's question.
 */
#include "probe/raw.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h> /* before errqueue.h, which needs struct timespec */

#include <linux/errqueue.h>
#include <linux/filter.h>

#include "base/reader.h"
#include "wire/checksum.h"
#include "wire/icmp.h"
#include "wire/quote.h"

enum {
    IPV4_LEAST = 20,
    UDP_HEADER = 8,
    WORD4 = 4, /* RFC 4884 counts 32-bit words in ICMP, 64-bit words in ICMPv6 */
    WORD6 = 8
};

/* Drop the first n octets. */
static void shift(npi_reply *r, size_t n)
{
    r->len -= n;
    memmove(r->data, r->data + n, r->len);
}

/*
 * Off with the IPv4 header. The kernel gives raw sockets a message before it looks at its
 * checksum; of one that was cut nothing can be said.
 */
static bool unwrap4(npi_reply *r)
{
    if (r->len < IPV4_LEAST)
        return false;
    size_t header = (r->data[0] & 0x0Fu) * 4u;
    if (r->data[0] >> 4 != 4 || header < IPV4_LEAST || header > r->len)
        return false;
    bool whole = r->len < sizeof r->data;
    shift(r, header);
    return !whole || npi_checksum(r->data, r->len) == 0;
}

static bool is_error(int family, uint8_t type)
{
    if (family == 4)
        return type == NPI_ICMP4_UNREACHABLE || type == NPI_ICMP4_TIME_EXCEEDED ||
               type == NPI_ICMP4_PARAMETER;
    return type >= NPI_ICMP6_UNREACHABLE && type <= NPI_ICMP6_PARAMETER;
}

/* The eight octets before the quote. Returns where an extension begins behind them, 0 unknown. */
static size_t read_head(int family, npi_reply *r)
{
    npi_reader in = npi_reader_over(r->data, NPI_ICMP_HEADER);
    r->error = true;
    r->origin = family == 4 ? SO_EE_ORIGIN_ICMP : SO_EE_ORIGIN_ICMP6;
    r->type = npi_reader_u8(&in);
    r->code = npi_reader_u8(&in);
    npi_reader_be16(&in); /* checksum */
    uint32_t rest = npi_reader_be32(&in);
    r->offender = r->peer;
    r->offender.port = 0;
    if (npi_icmp_meaning_of(family, r->type, r->code) == NPI_ICMP_MTU)
        r->info = family == 4 ? rest & 0xFFFF : rest;
    if (family == 6 && r->type != NPI_ICMP6_UNREACHABLE && r->type != NPI_ICMP6_TIME_EXCEEDED)
        return 0;
    return family == 4 ? (rest >> 16 & 0xFF) * WORD4 : (rest >> 24) * WORD6;
}

static bool read_error(int family, npi_transport_kind kind, uint16_t id, npi_reply *r)
{
    npi_quote q;
    size_t extension = read_head(family, r);
    uint8_t icmp = family == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6;
    shift(r, NPI_ICMP_HEADER);
    if (!npi_quote_decode(family, r->data, r->len, &q) ||
        q.protocol != (kind == NPI_TRANSPORT_ICMP ? icmp : IPPROTO_UDP))
        return false;
    r->quoted = true;
    r->quoted_ttl = q.ttl;
    r->quoted_tos = q.tos;
    r->peer = q.to;
    npi_reader in = npi_reader_over(r->data + q.transport, r->len - q.transport);
    size_t ours = q.transport;
    if (kind == NPI_TRANSPORT_UDP) {
        if (npi_reader_be16(&in) != id)
            return false; /* the filter did not look behind extension headers */
        r->peer.port = npi_reader_be16(&in);
        npi_reader_be32(&in);
        ours += UDP_HEADER;
    }
    if (in.failed)
        return false;
    r->extension = extension > ours ? extension - ours : 0;
    shift(r, ours);
    return true;
}

bool npi_raw_decode(int family, npi_transport_kind kind, uint16_t id, npi_reply *r)
{
    if (family == 4 && !unwrap4(r))
        return false;
    if (r->len < NPI_ICMP_HEADER)
        return false;
    if (is_error(family, r->data[0]))
        return read_error(family, kind, id, r);
    uint8_t reply = family == 4 ? NPI_ICMP4_ECHO_REPLY : NPI_ICMP6_ECHO_REPLY;
    return kind == NPI_TRANSPORT_ICMP && r->data[0] == reply;
}

/* ---- the filter: loads past the end of a packet drop it ---- */

#define LOAD(size, at) BPF_STMT(BPF_LD | BPF_##size | BPF_IND, at)
#define IF(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, yes, no)
#define RETURN(octets) BPF_STMT(BPF_RET | BPF_K, octets)

enum { ALL = 0xFFFF };

static int attach(int fd, struct sock_filter *code, size_t count)
{
    struct sock_fprog program = {(unsigned short)count, code};
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) < 0 ? errno : 0;
}

static int filter4(int fd, bool icmp, uint16_t id)
{
    uint32_t at = NPI_ICMP_HEADER + (icmp ? 4 : 0); /* of our number in a transport header */
    struct sock_filter code[] = {
        BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0), /* X: length of the IP header */
        LOAD(B, 0),
        IF(NPI_ICMP4_ECHO_REPLY, 0, 2),
        LOAD(H, 4),
        IF(icmp ? id : UINT32_C(0x10000), 12, 13), /* no 16 bits are ever that */
        IF(NPI_ICMP4_UNREACHABLE, 2, 0),
        IF(NPI_ICMP4_TIME_EXCEEDED, 1, 0),
        IF(NPI_ICMP4_PARAMETER, 0, 10),
        LOAD(B, NPI_ICMP_HEADER + 9),
        IF(icmp ? IPPROTO_ICMP : IPPROTO_UDP, 0, 8),
        LOAD(B, NPI_ICMP_HEADER), /* X: and of the quoted one */
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x0F),
        BPF_STMT(BPF_ALU | BPF_LSH | BPF_K, 2),
        BPF_STMT(BPF_ALU | BPF_ADD | BPF_X, 0),
        BPF_STMT(BPF_MISC | BPF_TAX, 0),
        LOAD(H, at),
        IF(id, 0, 1),
        RETURN(ALL),
        RETURN(0),
    };
    return attach(fd, code, sizeof code / sizeof code[0]);
}

/* Extension headers in a quote are for npi_quote_decode to walk. */
static int filter6(int fd, bool icmp, uint16_t id)
{
    enum { QUOTE = NPI_ICMP_HEADER, TRANSPORT = QUOTE + 40 };
    struct sock_filter code[] = {
        BPF_STMT(BPF_LDX | BPF_IMM, 0),
        LOAD(B, 0),
        IF(NPI_ICMP6_ECHO_REPLY, 0, 2),
        LOAD(H, 4),
        IF(icmp ? id : UINT32_C(0x10000), 10, 11),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, NPI_ICMP6_UNREACHABLE, 0, 10),
        BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, NPI_ICMP6_PARAMETER, 9, 0),
        LOAD(B, QUOTE + 6),
        IF(IPPROTO_HOPOPTS, 6, 0),
        IF(IPPROTO_ROUTING, 5, 0),
        IF(IPPROTO_FRAGMENT, 4, 0),
        IF(IPPROTO_DSTOPTS, 3, 0),
        IF(icmp ? IPPROTO_ICMPV6 : IPPROTO_UDP, 0, 3),
        LOAD(H, TRANSPORT + (icmp ? 4 : 0)),
        IF(id, 0, 1),
        RETURN(ALL),
        RETURN(0),
    };
    return attach(fd, code, sizeof code / sizeof code[0]);
}

int npi_raw_filter(int fd, int family, npi_transport_kind kind, uint16_t id)
{
    bool icmp = kind == NPI_TRANSPORT_ICMP;
    char octet;
    int err = family == 4 ? filter4(fd, icmp, id) : filter6(fd, icmp, id);
    while (err == 0 && recv(fd, &octet, sizeof octet, MSG_DONTWAIT) >= 0)
        ; /* what came in before the filter was there */
    return err;
}
