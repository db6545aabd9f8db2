/* SPDX-License-Identifier: MIT */
/*
 * Seam 2, the resolver: names to addresses and back, never blocking. c-ares is one
 * implementation, tests bring a scripted one.
 *
 * A look-up is a struct of its owner's. Its answer is written into it and the owner's task is
 * posted; nobody is called back. One owner, one look-up at a time in each struct.
 */
#ifndef NPI_CORE_RESOLVER_H
#define NPI_CORE_RESOLVER_H

#include <stdbool.h>

#include "base/addr.h"
#include "base/list.h"
#include "base/mem.h"
#include "core/reactor.h"
#include "netprobe/context.h"

enum {
    NPI_NAME_MAX = 256,     /* octets of a name with its NUL, before escaping */
    NPI_LOOKUP_ADDRS = 16,  /* addresses kept of one answer */
    NPI_DNS_TIMEOUT_MS = 2000, /* for each try of each server */
    NPI_DNS_TRIES = 2
};

typedef struct npi_resolver npi_resolver;

typedef struct npi_lookup {
    npi_task *task;  /* posted when done; set by the owner before asking */
    npi_list link;   /* the resolver's, while it is out */
    bool busy;       /* asked and not yet done */
    np_status status; /* NP_OK, NP_ERR_NAME, NP_ERR_RESOLVER, NP_ERR_NOMEM, NP_ERR_UNSUPPORTED */
    int count;       /* forward: addresses found, in RFC 6724 order */
    npi_addr addrs[NPI_LOOKUP_ADDRS];
    char name[NPI_NAME_MAX]; /* reverse: raw name as the peer gave it, NUL-terminated */
    char why[160];   /* one clause for the error sentence, "" when NP_OK */
} npi_lookup;

typedef struct npi_resolver_ops {
    /*
     * Addresses of a host name (1 to 255 octets, not a literal, not localhost). family 0, 4, 6.
     * May be done before it returns.
     */
    void (*forward)(npi_resolver *r, npi_lookup *l, const char *name, int family);
    /* The name of an address. NP_OK with an empty name never happens. */
    void (*reverse)(npi_resolver *r, npi_lookup *l, const npi_addr *addr);
    /* Forget a look-up: it is not written to any more. Harmless when it is not busy. */
    void (*cancel)(npi_resolver *r, npi_lookup *l);
    void (*free)(npi_resolver *r);
} npi_resolver_ops;

struct npi_resolver {
    const npi_resolver_ops *ops;
};

/* The resolver of this machine, by c-ares; NULL when out of memory. */
npi_resolver *npi_resolver_cares(const npi_mem *mem, npi_reactor *reactor);

/*
 * What needs no resolver: literals (with "%zone" by name or index for IPv6) and localhost.
 * Returns the number of addresses written (family 0, 4, 6 filters), 0 when the text is neither,
 * and -1 with a sentence in `why` when it is a literal that cannot be used (wrong family,
 * unknown zone, 0.0.0.0 or ::). localhost gives ::1 and 127.0.0.1 as this host has routes for
 * them.
 */
int npi_resolve_literal(const char *text, int family, npi_addr out[2], npi_buf *why);

#endif
