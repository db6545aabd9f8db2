/* SPDX-License-Identifier: MIT */
/*
 * ICMP (RFC 792) and ICMPv6 (RFC 4443): echo messages, and what the types and codes mean.
 */
#ifndef NPI_WIRE_ICMP_H
#define NPI_WIRE_ICMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/reader.h"

enum {
    NPI_ICMP_HEADER = 8, /* octets of an echo header */

    NPI_ICMP4_ECHO_REPLY = 0,
    NPI_ICMP4_UNREACHABLE = 3,
    NPI_ICMP4_ECHO = 8,
    NPI_ICMP4_TIME_EXCEEDED = 11,
    NPI_ICMP4_PARAMETER = 12,

    NPI_ICMP6_UNREACHABLE = 1,
    NPI_ICMP6_TOO_BIG = 2,
    NPI_ICMP6_TIME_EXCEEDED = 3,
    NPI_ICMP6_PARAMETER = 4,
    NPI_ICMP6_ECHO = 128,
    NPI_ICMP6_ECHO_REPLY = 129
};

typedef struct npi_echo {
    uint8_t type, code;
    uint16_t checksum; /* as found; not verified here: the kernel did, or cannot */
    uint16_t id, seq;
} npi_echo;

/* Take an echo header (8 octets); false when there are fewer. Types are not checked. */
bool npi_echo_decode(npi_reader *r, npi_echo *out);

typedef struct npi_echo_payload {
    const void *mark;
    size_t mark_len;
    uint8_t fill;
    size_t len;
} npi_echo_payload;

/*
 * Append an echo request of `family` (4, 6): header and `payload->len` octets of payload whose
 * first two offset the sequence number, so that the checksum is the same for every seq of one
 * id and one payload length (constant flow: some balancers hash the checksum). The rest of the
 * payload is `mark` (mark_len octets, cut to what fits), then `fill`. Its length is at least 2.
 * For IPv4 the checksum is computed here; for IPv6 it is left 0 for the kernel (RFC 3542 3.1).
 */
void npi_echo_encode(npi_buf *out, int family, uint16_t id, uint16_t seq,
                     const npi_echo_payload *payload);

/* What an answer says about the probe it answers. */
typedef enum npi_icmp_meaning {
    NPI_ICMP_OTHER,        /* nothing about our path: redirect, source quench, unknown types */
    NPI_ICMP_REPLY,        /* echo reply */
    NPI_ICMP_TTL,          /* time exceeded in transit, code 0: a hop */
    NPI_ICMP_PORT,         /* port unreachable: the end host, when it is the target that says so */
    NPI_ICMP_UNREACHABLE,  /* any other unreachable: the end of the path, with a mark */
    NPI_ICMP_MTU           /* fragmentation needed, packet too big: the end for this size */
} npi_icmp_meaning;

npi_icmp_meaning npi_icmp_meaning_of(int family, uint8_t type, uint8_t code);

/*
 * traceroute's mark of an unreachable: !N network, !H host, !P protocol, !F fragmentation
 * needed or too big, !S source route, !X administratively prohibited, !V precedence violation
 * (3/14), !C precedence cut-off (3/15), !<n> for any other code. "" for answers that are none,
 * and for port unreachable from the target (is_target).
 */
void npi_icmp_mark(npi_buf *out, int family, uint8_t type, uint8_t code, bool is_target);

/* What the type and code mean, in the words of the RFC: "time exceeded in transit". Static. */
const char *npi_icmp_text(int family, uint8_t type, uint8_t code);

#endif
