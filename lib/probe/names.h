/* SPDX-License-Identifier: MIT */
/*
 * Names: one reverse look-up for each address that a trace meets, in the background.
 */
#ifndef NPI_PROBE_NAMES_H
#define NPI_PROBE_NAMES_H

#include "base/addr.h"
#include "base/mem.h"
#include "core/resolver.h"

typedef struct npi_name {
    npi_addr addr;
    char *text;         /* escaped; NULL while unknown or when there is none */
    npi_lookup *lookup; /* while it is out */
} npi_name;

typedef struct npi_names {
    const npi_mem *mem;
    npi_resolver *resolver;
    npi_task *task; /* posted when a name has come */
    npi_name **list;
    size_t count;
    size_t open;   /* look-ups that are out */
    bool answered; /* the resolver has answered at least one of them */
} npi_names;

/* resolver NULL: no names are asked for. */
void npi_names_init(npi_names *n, const npi_mem *mem, npi_resolver *resolver, npi_task *task);

/* Cancel what is out; keep what is known. */
void npi_names_stop(npi_names *n);
void npi_names_free(npi_names *n);

/* Ask for the name of an address, once. False when out of memory. */
bool npi_names_ask(npi_names *n, const npi_addr *addr);

/* Take in what has come; returns one name that is new since, NULL when there is none (more). */
const npi_name *npi_names_take(npi_names *n);

/* "" while unknown. The text lives until npi_names_free. */
const char *npi_names_get(const npi_names *n, const npi_addr *addr);

#endif
