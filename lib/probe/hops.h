/* SPDX-License-Identifier: MIT */
/*
 * Hops: what is known of each TTL, and of each responder at it. Pure tables; nothing is sent.
 */
#ifndef NPI_PROBE_HOPS_H
#define NPI_PROBE_HOPS_H

#include "base/addr.h"
#include "base/mem.h"
#include "probe/stats.h"
#include "wire/extension.h"

enum { NPI_RESPONDERS_MAX = 64 }; /* addresses kept at one TTL; further ones are not */

typedef struct npi_responder {
    npi_addr addr;
    const char *name; /* escaped, "" while unknown; belongs to the trace's names */
    bool is_target;
    bool by_data; /* its last answer was UDP data: no type and code */
    bool short_quote; /* its errors do not tell which probe they are about: known by address */
    uint8_t type, code;
    int reply_ttl;
    bool quoted; /* its last error showed the IP header of the probe: quoted_ttl, quoted_tos */
    uint8_t quoted_ttl, quoted_tos;
    uint32_t mtu;     /* that it asks for; 0 none */
    bool has_extension;
    npi_extension extension; /* of its latest error that had one */
    npi_counts counts; /* received, late, duplicates */
    npi_times times;
} npi_responder;

typedef struct npi_hop {
    npi_counts counts;
    npi_responder *responders;
    int responder_count;
    uint32_t probes; /* numbers the probes to this TTL */
} npi_hop;

/*
 * The responder with this address, made when it is new (*made). NULL when out of memory
 * (*made false) or when there are too many (*made true).
 */
npi_responder *npi_hop_responder(npi_hop *h, const npi_mem *mem, const npi_addr *addr,
                                 bool *made);

/* The responder that answered most, the first of equals; NULL when silent. */
const npi_responder *npi_hop_main(const npi_hop *h);

/* Forget everything, also the responders. */
void npi_hop_clear(npi_hop *h, const npi_mem *mem);

#endif
