/* SPDX-License-Identifier: MIT */
/*
 * Events: nodes that wait in the context's queue until np_next_event copies them out.
 *
 * An object embeds the node of its DONE, so that the end can never be lost. What streams goes
 * through a ring of nodes that is allocated once; when it is full the oldest node is taken back
 * and counted.
 */
#ifndef NPI_CORE_EVENT_H
#define NPI_CORE_EVENT_H

#include "base/list.h"
#include "base/mem.h"
#include "netprobe/context.h"

struct npi_object;

enum { NPI_EVENT_TEXT = 256 }; /* octets of an event's text with its NUL */

typedef struct npi_event {
    npi_list link;            /* in the queue while it waits */
    struct npi_object *owner; /* NULL: the context itself */
    np_event e;               /* text, object and user are filled in at delivery */
    char *text;               /* NULL, or NPI_EVENT_TEXT octets that belong to the ring */
} npi_event;

typedef struct npi_ring {
    npi_event *slots;
    char *texts;
    size_t count, next;
    uint64_t lost;
} npi_ring;

void npi_event_init(npi_event *ev, struct npi_object *owner);

/* Make a ring of `count` events, 0 for none; forgets what was in it. False when out of memory. */
bool npi_ring_make(npi_ring *ring, const npi_mem *mem, struct npi_object *owner, size_t count);
void npi_ring_free(npi_ring *ring, const npi_mem *mem);

/*
 * Take the next event of the ring, ready to be filled, and put it at the end of `queue`.
 * NULL when the ring has no room at all.
 */
npi_event *npi_ring_push(npi_ring *ring, npi_list *queue, np_event_type type);

/* Take all events of the ring out of the queue. */
void npi_ring_unlink(npi_ring *ring);

#endif
