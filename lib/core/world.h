/* SPDX-License-Identifier: MIT */
/*
 * The seams as a context gets them. NULL members mean this machine's own. The library's own
 * contexts leave all of them NULL; tests hand in scripted ones.
 */
#ifndef NPI_CORE_WORLD_H
#define NPI_CORE_WORLD_H

#include "base/mem.h"
#include "core/clock.h"
#include "core/resolver.h"

struct npi_net; /* probe/transport.h */

typedef struct npi_world {
    const npi_clock *clock;
    const struct npi_net *net;
    /* Makes the resolver at the first look-up. */
    npi_resolver *(*resolver)(const npi_mem *mem, npi_reactor *reactor, void *self);
    void *self; /* for `resolver` */
} npi_world;

/* As np_context_new_with, with a world that must outlive the context. */
np_context *npi_context_new_world(const np_allocator *allocator, const npi_world *world);

#endif
