/* SPDX-License-Identifier: MIT */
/*
 * Addresses: IPv4 and IPv6 with zone and port, comparable, without sockaddr.
 */
#ifndef NPI_BASE_ADDR_H
#define NPI_BASE_ADDR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

typedef struct npi_addr {
    uint8_t family;    /* 0 none, 4, 6 */
    uint8_t octets[16]; /* the first 4 for IPv4, the rest zero */
    uint32_t scope;    /* interface index of a link-local IPv6 address, else 0 */
    uint16_t port;     /* host order; 0 where it means nothing */
} npi_addr;

/* Same host: family, octets and scope (a scope of 0 matches every scope). Port is not looked at. */
bool npi_addr_same(const npi_addr *a, const npi_addr *b);

/* 0.0.0.0 or :: */
bool npi_addr_unspecified(const npi_addr *a);

/* fe80::/10 */
bool npi_addr_link_local(const npi_addr *a);

/* 224.0.0.0/4 or ff00::/8 */
bool npi_addr_multicast(const npi_addr *a);

/* Numeric text, RFC 5952, with "%index" where scope is set. Nothing for family 0. No port. */
void npi_buf_addr(npi_buf *b, const npi_addr *a);

/*
 * A numeric address without zone: dotted quad of four decimals (no octal, no short forms) or
 * RFC 4291 text. False when the text is neither.
 */
bool npi_addr_parse(const char *text, npi_addr *out);

#endif
