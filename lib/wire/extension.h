/* SPDX-License-Identifier: MIT */
/*
 * What routers append to ICMP errors: the extension structure of RFC 4884, in it the MPLS label
 * stack (RFC 4950) and the interface that a packet came in by (RFC 5837).
 */
#ifndef NPI_WIRE_EXTENSION_H
#define NPI_WIRE_EXTENSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"

enum {
    NPI_LABELS = 8,           /* of a stack; further ones are counted, not kept */
    NPI_EXTENSION_OFFSET = 128 /* octets of a quote where a router does not tell how many */
};

/* One entry of a label stack (RFC 3032 2.1). */
typedef struct npi_label {
    uint32_t label; /* 20 bits */
    uint8_t traffic_class, ttl;
    bool bottom;
} npi_label;

typedef enum npi_role {
    NPI_ROLE_INCOMING = 0,
    NPI_ROLE_SUBINTERFACE = 1, /* of the bundle that it came in by */
    NPI_ROLE_OUTGOING = 2,
    NPI_ROLE_NEXT_HOP = 3
} npi_role;

/* Interface information; 0 and "" are unknown. */
typedef struct npi_ingress {
    bool known;
    npi_role role;
    uint32_t index, mtu;
    npi_addr addr; /* family 0 unknown */
    char name[64]; /* as the router writes it: octets of a stranger */
} npi_ingress;

typedef struct npi_extension {
    npi_label labels[NPI_LABELS];
    int label_count;     /* of the stack, at most NPI_LABELS of them kept */
    npi_ingress ingress; /* of the role incoming, else the first one told */
    int others;          /* objects that mean nothing here */
} npi_extension;

/*
 * False where there is no extension: version, length or checksum are wrong. `checked`: only one
 * with a checksum counts, because the place is a guess.
 */
bool npi_extension_decode(const void *data, size_t len, bool checked, npi_extension *out);

#endif
