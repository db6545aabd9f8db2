/* SPDX-License-Identifier: MIT */
/*
 * Decides how long an id is remembered: until its slot is needed by a newer one.
 */
#include "base/idtab.h"

#include <string.h>

enum { FIRST_CAPACITY = 256 };

void npi_idtab_init(npi_idtab *t, const npi_mem *mem, size_t entry_size, size_t limit,
                    bool (*busy)(const void *entry))
{
    *t = (npi_idtab){.mem = mem, .entry_size = entry_size, .limit = limit, .busy = busy};
}

void npi_idtab_free(npi_idtab *t)
{
    if (t->entries)
        npi_free(t->mem, t->entries);
    t->entries = NULL;
    t->capacity = 0;
    t->next = t->first = 0;
}

static void *slot(const npi_idtab *t, uint64_t id)
{
    return t->entries + (size_t)(id & (t->capacity - 1)) * t->entry_size;
}

uint64_t npi_idtab_oldest(const npi_idtab *t)
{
    uint64_t kept = t->next > t->capacity ? t->next - t->capacity : 0;
    return kept > t->first ? kept : t->first;
}

/* Ids that are in the table keep their entries; in a table twice as large each has its place. */
static bool grow(npi_idtab *t)
{
    npi_idtab larger = *t;
    larger.first = npi_idtab_oldest(t);
    larger.capacity = t->capacity ? 2 * t->capacity : FIRST_CAPACITY;
    if (larger.capacity > t->limit)
        larger.capacity = t->limit;
    larger.entries = npi_alloc(t->mem, larger.capacity, t->entry_size);
    if (!larger.entries)
        return false;
    for (uint64_t id = larger.first; id < t->next; id++)
        memcpy(slot(&larger, id), slot(t, id), t->entry_size);
    npi_free(t->mem, t->entries);
    *t = larger;
    return true;
}

npi_idtab_result npi_idtab_add(npi_idtab *t, uint64_t *id, void **entry)
{
    bool full = t->next >= t->capacity && (t->capacity == 0 || t->busy(slot(t, t->next)));
    if (full && t->capacity == t->limit)
        return NPI_IDTAB_FULL;
    if (full && !grow(t))
        return NPI_IDTAB_NOMEM;
    *id = t->next++;
    *entry = slot(t, *id);
    memset(*entry, 0, t->entry_size);
    return NPI_IDTAB_OK;
}

void *npi_idtab_get(const npi_idtab *t, uint64_t id)
{
    if (id >= t->next || id < npi_idtab_oldest(t))
        return NULL;
    return slot(t, id);
}

bool npi_idtab_find(const npi_idtab *t, uint64_t low, unsigned bits, uint64_t *id)
{
    uint64_t span = UINT64_C(1) << bits;
    if (low >= span || t->next == 0)
        return false;
    uint64_t newest = t->next - 1;
    uint64_t back = (newest - low) & (span - 1);
    if (back > newest)
        return false;
    *id = newest - back;
    return *id >= npi_idtab_oldest(t);
}
