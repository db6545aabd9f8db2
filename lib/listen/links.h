/* SPDX-License-Identifier: MIT */
/*
 * rtnetlink(7), pure: interfaces, their addresses, and whether an address is this host's.
 */
#ifndef NPI_LISTEN_LINKS_H
#define NPI_LISTEN_LINKS_H

#include "base/addr.h"
#include "listen/dump.h"

typedef struct npi_link {
    uint32_t index;
    char name[16];
    bool up, loopback;
    uint16_t kernel_port; /* UDP port at which the kernel listens for it while it is up; 0 none */
} npi_link;

typedef struct npi_link_addr {
    uint32_t index; /* of the interface */
    npi_addr addr;
    uint8_t prefix_len;
} npi_link_addr;

enum { NPI_LINKS_REQUEST_MAX = 64 };

/* Requests, 4-aligned; 0 where this build cannot ask. */
size_t npi_links_request(uint32_t seq, void *out, size_t size);
size_t npi_link_addrs_request(uint32_t seq, void *out, size_t size);
size_t npi_route_request(uint32_t seq, const npi_addr *to, void *out, size_t size);

/* False for a message of another kind, or cut short. */
bool npi_link_decode(const npi_message *m, npi_link *out);
bool npi_link_addr_decode(const npi_message *m, npi_link_addr *out);

/* Whether the answer to npi_route_request says that packets to it arrive here. */
bool npi_route_is_local(const npi_message *m);

#endif
