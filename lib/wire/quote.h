/* SPDX-License-Identifier: MIT */
/*
 * The packet that an ICMP error quotes: RFC 792, 1812 4.3.2.3, 4443 2.4. Routers quote what they
 * like, so any length is met.
 */
#ifndef NPI_WIRE_QUOTE_H
#define NPI_WIRE_QUOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

typedef struct npi_quote {
    npi_addr from, to; /* no ports */
    uint8_t ttl, tos;  /* as they were when the packet came to the router */
    uint8_t protocol;  /* of the transport header; IPv6: behind all extension headers */
    size_t transport;  /* where that begins, counted from the start of the quote */
} npi_quote;

/*
 * Read the IP header of a quote. False for what is no packet of `family`, is shorter than its own
 * headers say, or is a fragment that has no transport header.
 */
bool npi_quote_decode(int family, const void *data, size_t len, npi_quote *out);

#endif
