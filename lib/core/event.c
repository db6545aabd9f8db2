/* SPDX-License-Identifier: MIT */
/*
 * Decides which event gives way when a ring is full: its oldest.
 */
#include "core/event.h"

#include <string.h>

void npi_event_init(npi_event *ev, struct npi_object *owner)
{
    memset(ev, 0, sizeof *ev);
    npi_list_init(&ev->link);
    ev->owner = owner;
}

bool npi_ring_make(npi_ring *ring, const npi_mem *mem, struct npi_object *owner, size_t count)
{
    npi_ring_free(ring, mem);
    if (count == 0)
        return true;
    ring->slots = npi_alloc(mem, count, sizeof *ring->slots);
    ring->texts = npi_alloc(mem, count, NPI_EVENT_TEXT);
    if (!ring->slots || !ring->texts) {
        npi_ring_free(ring, mem);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        npi_event_init(&ring->slots[i], owner);
        ring->slots[i].text = ring->texts + i * NPI_EVENT_TEXT;
    }
    ring->count = count;
    return true;
}

void npi_ring_free(npi_ring *ring, const npi_mem *mem)
{
    npi_ring_unlink(ring);
    npi_free(mem, ring->slots);
    npi_free(mem, ring->texts);
    *ring = (npi_ring){0};
}

npi_event *npi_ring_push(npi_ring *ring, npi_list *queue, np_event_type type)
{
    if (ring->count == 0)
        return NULL;
    npi_event *ev = &ring->slots[ring->next];
    ring->next = (ring->next + 1) % ring->count;
    if (!npi_list_empty(&ev->link)) {
        ring->lost++;
        npi_list_unlink(&ev->link);
    }
    ev->e = (np_event){.type = type};
    ev->text[0] = '\0';
    npi_list_append(queue, &ev->link);
    return ev;
}

void npi_ring_unlink(npi_ring *ring)
{
    for (size_t i = 0; i < ring->count; i++)
        npi_list_unlink(&ring->slots[i].link);
}
