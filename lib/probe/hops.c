/* SPDX-License-Identifier: MIT */
/*
 * Decides which responder speaks for a hop: the one that answered most.
 */
#include "probe/hops.h"

#include <string.h>

npi_responder *npi_hop_responder(npi_hop *h, const npi_mem *mem, const npi_addr *addr,
                                 bool *made)
{
    *made = false;
    for (int i = 0; i < h->responder_count; i++)
        if (npi_addr_same(&h->responders[i].addr, addr))
            return &h->responders[i];
    if (h->responder_count == NPI_RESPONDERS_MAX) {
        *made = true;
        return NULL;
    }
    npi_responder *list = npi_realloc(mem, h->responders, (size_t)h->responder_count + 1,
                                      sizeof *list);
    if (!list)
        return NULL;
    h->responders = list;
    npi_responder *r = &list[h->responder_count++];
    memset(r, 0, sizeof *r);
    r->addr = *addr;
    r->addr.port = 0;
    r->name = "";
    r->reply_ttl = -1;
    *made = true;
    return r;
}

const npi_responder *npi_hop_main(const npi_hop *h)
{
    const npi_responder *best = NULL;
    for (int i = 0; i < h->responder_count; i++)
        if (!best || h->responders[i].counts.received > best->counts.received)
            best = &h->responders[i];
    return best;
}

void npi_hop_clear(npi_hop *h, const npi_mem *mem)
{
    npi_free(mem, h->responders);
    *h = (npi_hop){0};
}
